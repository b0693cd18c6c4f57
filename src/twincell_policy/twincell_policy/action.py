"""What a model's output asks the controller for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twincell_policy.manifest import Action

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class JointVelocity:
    """Joint velocities (dof,) [rad/s], in the manifest's joint order."""

    velocities: Array


@dataclass(frozen=True, slots=True)
class CartesianTwist:
    """Velocity of the tool in the action's frame: linear (3,) [m/s] and angular (3,) [rad/s]."""

    linear: Array
    angular: Array


@dataclass(frozen=True, slots=True)
class JointPositionChunk:
    """Joint positions (points, dof) [rad] to pass `step_s`, 2 `step_s`, ... from now."""

    positions: Array
    step_s: float


Command = JointVelocity | CartesianTwist | JointPositionChunk


class ActionDecoder:
    """Turns model outputs into commands as a manifest describes them."""

    def __init__(self, action: Action) -> None:
        self._action = action
        self.size = action.size

    def clip(self, output: Array) -> Array:
        """The action that counts: output within +-clip, (size,). Raises ValueError where it is not finite."""
        if not np.isfinite(output).all():
            raise ValueError("the model's output is not finite")
        return np.clip(output, -self._action.clip, self._action.clip)

    def decode(self, action: Array, joint_positions: Array) -> Command:
        """The command for a clipped action (size,). Chunks are offsets from `joint_positions` (dof,) [rad]."""
        value = action * self._action.scale
        if self._action.semantics == "joint_velocity":
            return JointVelocity(value)
        if self._action.semantics == "cartesian_twist":
            return CartesianTwist(value[:3], value[3:])
        return JointPositionChunk(
            joint_positions + value.reshape(self._action.points, -1), self._action.step_s
        )

    def rest(self, joint_positions: Array) -> Command:
        """The command that asks for no motion."""
        return self.decode(np.zeros(self.size), joint_positions)
