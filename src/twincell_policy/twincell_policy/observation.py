"""From measured state to the model's input. The same code runs in training, in evaluation and in the node."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from twincell_policy.manifest import Observation

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class JointSample:
    """A joint state. Vectors in the manifest's joint order."""

    positions: Array
    """(dof,) [rad]"""
    velocities: Array
    """(dof,) [rad/s]"""
    stamp_ns: int
    """When it was measured [ns]."""
    age_s: float
    """Its age when it is used [s]."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """The arm at the exposure of the images. Position in the manifest's observation frame."""

    joint_positions: Array
    """(dof,) [rad]"""
    tool_position: Array
    """(3,) [m]"""
    tool_quaternion: Array
    """(4,) w, x, y, z"""


@dataclass(frozen=True, slots=True)
class ObservationInputs:
    """What an observation is made of. Positions in the manifest's observation frame."""

    joints: JointSample
    tool_position: Array
    """(3,) [m]"""
    tool_quaternion: Array
    """(4,) w, x, y, z"""
    goal_position: Array
    """(3,) [m]; NaN for a policy whose goal is what it sees"""
    previous_action: Array
    """(action size,) the last action that was sent, clipped, before scaling; zeros at first and after a stop"""
    pixels: Mapping[str, NDArray[np.uint8]] = field(default_factory=dict)
    """By camera, as images.ImagePipeline.pixels gives them; empty for a policy without images"""
    exposure: Exposure | None = None
    """Where the arm was when the images were exposed"""


def _exposure(inputs: ObservationInputs) -> Exposure:
    if inputs.exposure is None:
        raise ValueError("the observation needs images, there are none")
    return inputs.exposure


_TERMS: dict[str, Callable[[ObservationInputs], Array]] = {
    "joint_positions": lambda inputs: inputs.joints.positions,
    "joint_velocities": lambda inputs: inputs.joints.velocities,
    "tool_position": lambda inputs: inputs.tool_position,
    "tool_quaternion": lambda inputs: inputs.tool_quaternion,
    "goal_position": lambda inputs: inputs.goal_position,
    "goal_error": lambda inputs: inputs.goal_position - inputs.tool_position,
    "previous_action": lambda inputs: inputs.previous_action,
    "exposure_joint_positions": lambda inputs: _exposure(inputs).joint_positions,
    "exposure_tool_position": lambda inputs: _exposure(inputs).tool_position,
    "exposure_tool_quaternion": lambda inputs: _exposure(inputs).tool_quaternion,
}


class ObservationPipeline:
    """Builds and normalises observation vectors as a manifest describes them."""

    def __init__(self, observation: Observation) -> None:
        self._terms = [_TERMS[term.name] for term in observation.terms]
        self._mean = np.concatenate([term.mean for term in observation.terms])
        self._std = np.concatenate([term.std for term in observation.terms])
        self._clip = observation.clip
        self.size = observation.size

    def vector(self, inputs: ObservationInputs) -> Array:
        """The terms in order, before normalisation: (size,), SI units."""
        return np.concatenate([term(inputs) for term in self._terms])

    def normalise(self, vector: Array) -> NDArray[np.float32]:
        """The model's input for `vector`: (size,) within +-clip."""
        return np.clip((vector - self._mean) / self._std, -self._clip, self._clip).astype(np.float32)


class Freshness:
    """Tells whether a joint state may be acted on: newer than the last one, young enough and finite."""

    def __init__(self, max_age_s: float) -> None:
        self._max_age_s = max_age_s
        self._last_ns: int | None = None

    def refusal(self, joints: JointSample) -> str:
        """Why there must be no motion on this state, in a few words; empty where there may. Remembers the stamp."""
        last, self._last_ns = self._last_ns, joints.stamp_ns
        if last is not None and joints.stamp_ns <= last:
            return "repeated joint state"
        if not abs(joints.age_s) <= self._max_age_s:
            return f"joint state {joints.age_s * 1e3:.0f} ms old"
        if not (np.isfinite(joints.positions).all() and np.isfinite(joints.velocities).all()):
            return "joint state not finite"
        return ""
