"""One run of a policy towards a goal, without ROS: what to ask for next, and when the run is over and why."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from twincell_policy.action import ActionDecoder, Command
from twincell_policy.manifest import Goal, Manifest
from twincell_policy.observation import Freshness, JointSample, ObservationInputs

Array = NDArray[np.float64]

STALE_LIMIT_S = 1.0
"""Without a usable joint state for so long a run ends."""


class KinematicsLike(Protocol):
    """What an episode needs of twincell_model.kinematics.Kinematics."""

    def pose(self, q: Array) -> tuple[Array, Array]: ...

    def jacobian(self, q: Array) -> Array: ...


class PolicyLike(Protocol):
    """What an episode needs of an OnnxPolicy."""

    def output(self, inputs: ObservationInputs) -> Array: ...


@dataclass(frozen=True, slots=True)
class Step:
    """What one step of an episode came to. `command` is None only before the first joint state."""

    command: Command | None
    error: float
    """Tool to goal [m]; NaN before the first joint state."""
    done: bool = False
    success: bool = False
    reason: str = ""
    held: str = ""
    """Why there is no motion in this step; empty where there may be."""


class GoalMonitor:
    """Success: the tool stays within tolerance, and ends the dwell nearly at rest."""

    def __init__(self, goal: Goal, tolerance_m: float = 0.0) -> None:
        self.tolerance_m = tolerance_m or goal.tolerance_m
        self._goal = goal
        self._since = math.nan

    def reached(self, now_s: float, error_m: float, speed_m_s: float) -> bool:
        """Whether the goal is reached at `now_s` [s], for this error and tool speed."""
        if not error_m <= self.tolerance_m:
            self._since = math.nan
            return False
        if math.isnan(self._since):
            self._since = now_s
        return now_s - self._since >= self._goal.dwell_s and speed_m_s <= self._goal.rest_speed_m_s


class Episode:
    """Steps a policy towards a goal position until it is reached, the time is out or joint states stay away."""

    def __init__(
        self,
        manifest: Manifest,
        policy: PolicyLike,
        kinematics: KinematicsLike,
        goal_position: Array,
        *,
        tolerance_m: float = 0.0,
        timeout_s: float = 0.0,
    ) -> None:
        """`goal_position` (3,) [m] in the observation frame; 0 for tolerance or time-out: the manifest's own."""
        self.timeout_s = timeout_s or manifest.goal.timeout_s
        self.steps = 0
        self._policy = policy
        self._kinematics = kinematics
        self._goal = np.asarray(goal_position, dtype=np.float64)
        self._decoder = ActionDecoder(manifest.action)
        self._freshness = Freshness(manifest.observation.state_max_age_s)
        self._monitor = GoalMonitor(manifest.goal, tolerance_m)
        self._previous = np.zeros(manifest.action.size)
        self.rest: Command | None = None
        self._error = math.nan
        self._start_s = math.nan
        self._fresh_s = math.nan

    def step(self, sample: JointSample | None, now_s: float) -> Step:
        """The next command, from the newest joint state (None: none yet) at monotonic time `now_s`."""
        if self.steps == 0:
            self._start_s = self._fresh_s = now_s
        self.steps += 1
        held = "no joint state" if sample is None else self._use(sample, now_s)
        if now_s - self._fresh_s > STALE_LIMIT_S:
            return self._end(f"no usable joint state for {STALE_LIMIT_S:g} s ({held})")
        if held:
            self._previous = np.zeros_like(self._previous)
            return (
                self._end(self._late(), held)
                if self._is_late(now_s)
                else Step(self.rest, self._error, held=held)
            )
        inputs = self._inputs
        joints = inputs.joints
        speed = float(np.linalg.norm(self._kinematics.jacobian(joints.positions)[:3] @ joints.velocities))
        if self._monitor.reached(now_s, self._error, speed):
            return Step(self.rest, self._error, done=True, success=True, reason="goal reached")
        if self._is_late(now_s):
            return self._end(self._late())
        try:
            action = self._decoder.clip(self._policy.output(inputs))
        except ValueError as error:
            return self._end(str(error))
        self._previous = action
        return Step(self._decoder.decode(action, joints.positions), self._error)

    def _use(self, joints: JointSample, now_s: float) -> str:
        """Take a joint state. Returns why there must be no motion on it, empty where there may."""
        held = self._freshness.refusal(joints)
        if held:
            return held
        position, quaternion = self._kinematics.pose(joints.positions)
        self._inputs = ObservationInputs(joints, position, quaternion, self._goal, self._previous)
        self._fresh_s = now_s
        self._error = float(np.linalg.norm(self._goal - position))
        self.rest = self._decoder.rest(joints.positions)
        return ""

    def _is_late(self, now_s: float) -> bool:
        return now_s - self._start_s >= self.timeout_s

    def _late(self) -> str:
        distance = "" if math.isnan(self._error) else f", {self._error * 1e3:.1f} mm from the goal"
        return f"time-out after {self.timeout_s:g} s{distance}"

    def _end(self, reason: str, held: str = "") -> Step:
        return Step(self.rest, self._error, done=True, reason=reason, held=held)
