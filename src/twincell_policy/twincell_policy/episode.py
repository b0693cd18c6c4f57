"""One run of a policy towards a goal, without ROS: what to ask for next, and when the run is over and why."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from twincell_policy.action import ActionDecoder, Command
from twincell_policy.images import ImagePipeline
from twincell_policy.manifest import Goal, Manifest
from twincell_policy.observation import Exposure, Freshness, JointSample, ObservationInputs
from twincell_policy.onnx_policy import Answer
from twincell_policy.views import View

Array = NDArray[np.float64]

STALE_LIMIT_S = 1.0
"""Without a usable joint state or, where the policy sees, usable images for so long a run ends."""


class KinematicsLike(Protocol):
    """What an episode needs of twincell_model.kinematics.Kinematics, at the manifest's tool point."""

    def pose(self, q: Array) -> tuple[Array, Array]: ...

    def jacobian(self, q: Array) -> Array: ...


class PolicyLike(Protocol):
    """What an episode needs of an OnnxPolicy."""

    def output(self, inputs: ObservationInputs) -> Answer: ...


@dataclass(frozen=True, slots=True)
class Step:
    """What one step of an episode came to. `command` is None only before the first joint state."""

    command: Command | None
    error: float
    """Tool to goal [m]; NaN before the first usable state. Of a goal that is seen: as the policy sees it."""
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
    """Steps a policy towards its goal until it is reached, the time is out or joint states or images stay away.

    The goal is the position given, or (goal/kind seen) where the model says that it is.
    """

    def __init__(
        self,
        manifest: Manifest,
        policy: PolicyLike,
        kinematics: KinematicsLike,
        goal_position: Array | None,
        *,
        tolerance_m: float = 0.0,
        timeout_s: float = 0.0,
    ) -> None:
        """`goal_position` (3,) [m] in the observation frame, not read where the goal is seen; 0 for tolerance or
        time-out: the manifest's own."""
        self.timeout_s = timeout_s or manifest.goal.timeout_s
        self.steps = 0
        self._policy = policy
        self._kinematics = kinematics
        self._seen = manifest.goal.kind == "seen"
        known = goal_position is not None and not self._seen
        self._goal: Array = np.array(goal_position if known else [math.nan] * 3, dtype=np.float64)
        self._decoder = ActionDecoder(manifest.action)
        self._freshness = Freshness(manifest.observation.state_max_age_s)
        self._images = ImagePipeline(manifest.observation.images)
        self._image_max_age_s = manifest.observation.image_max_age_s
        self._view_ns = -1
        self._monitor = GoalMonitor(manifest.goal, tolerance_m)
        self._previous = np.zeros(manifest.action.size)
        self.rest: Command | None = None
        self._error = math.nan
        self._start_s = math.nan
        self._fresh_s = math.nan

    def step(self, sample: JointSample | None, now_s: float, view: View | None = None) -> Step:
        """The next command, from the newest joint state and images (None: none yet) at monotonic time `now_s`."""
        if self.steps == 0:
            self._start_s = self._fresh_s = now_s
        self.steps += 1
        held = self._refusal(sample, view)
        if now_s - self._fresh_s > STALE_LIMIT_S:
            what = "images or joint state" if self._images.inputs else "joint state"
            return self._end(f"no usable {what} for {STALE_LIMIT_S:g} s ({held})")
        if held or sample is None:
            self._previous = np.zeros_like(self._previous)
            return (
                self._end(self._late(), held)
                if self._is_late(now_s)
                else Step(self.rest, self._error, held=held)
            )
        self._fresh_s = now_s
        return self._act(self._inputs(sample, view), now_s)

    def _act(self, inputs: ObservationInputs, now_s: float) -> Step:
        """What to do about inputs that may be acted on."""
        joints = inputs.joints
        try:
            answer = self._policy.output(inputs) if self._seen else None
            goal = self._goal if answer is None else _seen_goal(answer)
            self._error = float(np.linalg.norm(goal - inputs.tool_position))
            velocity = self._kinematics.jacobian(joints.positions)[:3] @ joints.velocities
            if self._monitor.reached(now_s, self._error, float(np.linalg.norm(velocity))):
                return Step(self.rest, self._error, done=True, success=True, reason="goal reached")
            if self._is_late(now_s):
                return self._end(self._late())
            action = self._decoder.clip((answer or self._policy.output(inputs)).action)
        except ValueError as error:
            return self._end(str(error))
        self._previous = action
        return Step(self._decoder.decode(action, joints.positions), self._error)

    def _refusal(self, joints: JointSample | None, view: View | None) -> str:
        """Why there must be no motion on this state and these images; empty where there may. Notes what was there."""
        if joints is None:
            return "no joint state"
        held = self._freshness.refusal(joints)
        if held or not self._images.inputs:
            return held
        if view is None:
            return "no new images"
        last, self._view_ns = self._view_ns, view.stamp_ns
        if view.stamp_ns <= last:
            return "repeated images"
        if not abs(view.age_s) <= self._image_max_age_s:
            return f"images {view.age_s * 1e3:.0f} ms old"
        return ""

    def _inputs(self, joints: JointSample, view: View | None) -> ObservationInputs:
        position, quaternion = self._kinematics.pose(joints.positions)
        self.rest = self._decoder.rest(joints.positions)
        if view is None or not self._images.inputs:
            return ObservationInputs(joints, position, quaternion, self._goal, self._previous)
        there = view.joints.positions
        pixels = self._images.pixels(view.images)
        exposure = Exposure(there, *self._kinematics.pose(there))
        return ObservationInputs(joints, position, quaternion, self._goal, self._previous, pixels, exposure)

    def _is_late(self, now_s: float) -> bool:
        return now_s - self._start_s >= self.timeout_s

    def _late(self) -> str:
        distance = "" if math.isnan(self._error) else f", {self._error * 1e3:.1f} mm from the goal"
        return f"time-out after {self.timeout_s:g} s{distance}"

    def _end(self, reason: str, held: str = "") -> Step:
        return Step(self.rest, self._error, done=True, reason=reason, held=held)


def _seen_goal(answer: Answer) -> Array:
    if answer.goal is None or not np.isfinite(answer.goal).all():
        raise ValueError("the model does not say where its goal is")
    return answer.goal
