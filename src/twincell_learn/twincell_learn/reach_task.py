"""The reach task as a Gymnasium environment, through the world, the controller and the observation code of the cell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray
from twincell_policy.action import ActionDecoder, JointVelocity
from twincell_policy.manifest import Action, Observation
from twincell_policy.observation import ObservationInputs, ObservationPipeline

from twincell_learn.fast_cell import FastCell

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Reward:
    """Weights of the reward of one step."""

    distance: float
    """per m of distance between tool and target"""
    precision: float
    """for the last centimetres: times 1 - tanh(distance / precision_m)"""
    precision_m: float
    action: float
    """times the mean square of the action, near the target only"""
    change: float
    """times the mean square of the action's change"""
    posture: float
    """times the mean square of the joints' distance from home [rad]"""


class ReachTask(gymnasium.Env[NDArray[np.float32], NDArray[np.float32]]):
    """Bring the tool point to a target. Observations and actions are those of the policy package's manifest."""

    def __init__(
        self,
        cell: FastCell,
        observation: Observation,
        action: Action,
        sample_target: Callable[[np.random.Generator], Array],
        reward: Reward,
        home: Array,
        *,
        episode_steps: int,
        continued: float,
    ) -> None:
        """`continued`: share of episodes that start where the last one ended and not near home."""
        self.observation_space = gymnasium.spaces.Box(
            -observation.clip, observation.clip, (observation.size,)
        )
        self.action_space = gymnasium.spaces.Box(-1.0, 1.0, (action.size,))
        self._cell = cell
        self._pipeline = ObservationPipeline(observation)
        self._decoder = ActionDecoder(action)
        self._clip = action.clip
        self._sample_target = sample_target
        self._reward = reward
        self._home = home
        self._episode_steps = episode_steps
        self._continued = continued
        self._steps = 0
        self._previous = np.zeros(action.size)
        self.target = np.zeros(3)
        self._fresh = True
        self.inputs: ObservationInputs
        """What the last observation was made of; there from the first reset."""

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """A new target; a new sample of the randomisation and start pose, or the old pose."""
        super().reset(seed=seed)
        rng = self.np_random
        keep = not self._fresh and seed is None and rng.random() < self._continued
        self._fresh = False
        self._cell.reset(rng, keep_pose=keep)
        self.target = self._sample_target(rng)
        self._steps = 0
        self._previous = np.zeros(len(self._previous))
        return self._observe(), {}

    def step(
        self, action: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """One period of the policy. Episodes are only ever truncated: staying at the target is part of the task."""
        clipped = self._decoder.clip(np.asarray(action, dtype=np.float64))
        command = self._decoder.decode(clipped, self._home)
        assert isinstance(command, JointVelocity)
        self._cell.advance(command.velocities)
        change = clipped - self._previous
        self._previous = clipped
        self._steps += 1
        observation = self._observe()
        distance = float(np.linalg.norm(self.target - self._cell.tool()))
        reward = self._score(distance, clipped, change)
        return observation, reward, False, self._steps >= self._episode_steps, {"distance": distance}

    def _score(self, distance: float, action: Array, change: Array) -> float:
        weights = self._reward
        near = 1.0 - np.tanh(distance / weights.precision_m)
        offset = self.inputs.joints.positions - self._home
        return float(
            weights.precision * near
            - weights.distance * distance
            - weights.action * near * np.mean(action**2)
            - weights.change * np.mean(change**2)
            - weights.posture * np.mean(offset**2)
        )

    def _observe(self) -> NDArray[np.float32]:
        joints = self._cell.sample()
        position, quaternion = self._cell.kinematics.pose(joints.positions)
        self.inputs = ObservationInputs(joints, position, quaternion, self.target, self._previous)
        return self._pipeline.normalise(self._pipeline.vector(self.inputs))
