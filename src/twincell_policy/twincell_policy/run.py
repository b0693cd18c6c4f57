"""One run of policy/run: the loop between joint states, images and the controller, until the episode ends."""

from __future__ import annotations

import math
from collections.abc import Callable

from rclpy.action.server import ServerGoalHandle
from twincell_runtime.loop import PeriodicLoop, Tick

from twincell_msgs.action import RunPolicy
from twincell_policy.cell_link import SOURCE, CellLink
from twincell_policy.episode import Episode, Step
from twincell_policy.image_link import ImageSet
from twincell_policy.image_loop import ImageLoop
from twincell_policy.lease import LeaseWatch
from twincell_policy.onnx_policy import OnnxPolicy
from twincell_policy.publishers import CommandPublisher
from twincell_policy.sight_timing import SightTiming
from twincell_policy.stepped import Acknowledger, SteppedLoop
from twincell_policy.views import View


class PolicyRun:
    """Runs an episode at the policy's rate: of the wall clock, of joint states where there is an acknowledger, or of
    the images where the policy sees."""

    def __init__(
        self,
        link: CellLink,
        commands: CommandPublisher,
        handle: ServerGoalHandle,
        policy: OnnxPolicy,
        episode: Episode,
        *,
        stopping: Callable[[], bool],
        feedback_s: float,
        acknowledger: Acknowledger | None,
        sight: SightTiming,
    ) -> None:
        self._link = link
        self._commands = commands
        self._handle = handle
        self._policy = policy
        self._episode = episode
        self._stopping = stopping
        self._feedback_s = feedback_s
        self._acknowledger = acknowledger
        self._period_s = 1.0 / policy.package.manifest.rate_hz
        self._start_s = self._end_s = self._told_s = math.nan
        self._watch: LeaseWatch | None = None
        self._last = Step(None, math.nan)
        self._sight = sight
        self._set: ImageSet | None = None
        observation = policy.package.manifest.observation
        self._sees = bool(observation.images)
        self._loop: PeriodicLoop | SteppedLoop | ImageLoop
        if self._sees:
            link.images.watch([image.camera for image in observation.images], observation.image_skew_s)
            self._loop = ImageLoop(
                self._period_s, self._tick, ready=self._look, interrupted=self._interrupted
            )
        elif acknowledger is None:
            self._loop = PeriodicLoop(self._period_s, self._tick, name="policy")
        else:
            self._loop = SteppedLoop(
                self._period_s,
                self._tick,
                sample=link.sample,
                interrupted=self._interrupted,
                done=acknowledger.reached,
            )

    def result(self) -> RunPolicy.Result:
        """Run until the episode ends."""
        self._loop.run()
        if self._sees:
            self._sight.publish(self._policy.package.manifest.name, now=True)
        return RunPolicy.Result(
            success=self._last.success,
            reason=self._last.reason,
            error=self._last.error,
            duration=self._end_s - self._start_s,
            steps=self._episode.steps,
        )

    def _interrupted(self) -> bool:
        return bool(self._handle.is_cancel_requested) or self._stopping()

    def _look(self) -> bool:
        """Whether a new set of images is there; takes it."""
        self._link.take_states()
        self._set = self._link.images.take()
        return self._set is not None

    def _view(self) -> View | None:
        """The images just taken, with the joint state of their exposure."""
        if self._set is None:
            return None
        joints = self._link.joints_at(self._set.stamp_ns)
        return None if joints is None else View(self._set.images, self._set.stamp_ns, joints.age_s, joints)

    def _tick(self, tick: Tick) -> None:
        if self._watch is None:
            self._start_s = self._told_s = tick.now
            self._watch = LeaseWatch(SOURCE, tick.now)
        self._end_s = tick.now
        interrupted = self._watch.lost(self._link.controller_status(), tick.now)
        if self._handle.is_cancel_requested:
            interrupted = "cancelled"
        elif self._stopping():
            interrupted = "the policy node is shutting down"
        view = self._view() if self._sees else None
        step = self._episode.step(self._link.sample(), tick.now, view)
        if interrupted:
            step = Step(self._episode.rest, step.error, done=True, reason=interrupted)
        self._last = step
        if step.command is not None:
            self._commands.send(step.command, self._link.now_ns(), self._period_s)
            if self._acknowledger is not None:
                self._acknowledger.sent += 1
            if self._sees:
                self._note_timing(step.held)
        if step.done:
            self._loop.stop()
        elif tick.now - self._told_s >= self._feedback_s:
            self._told_s = tick.now
            self._tell(step, tick.now)

    def _note_timing(self, held: str) -> None:
        if self._set is None or held:
            self._sight.blind()
        else:
            self._sight.step(self._set.stamp_ns, self._set.published_ns, self._policy.inference_s)
        self._sight.publish(self._policy.package.manifest.name)

    def _tell(self, step: Step, now_s: float) -> None:
        self._handle.publish_feedback(
            RunPolicy.Feedback(
                error=step.error,
                elapsed=now_s - self._start_s,
                steps=self._episode.steps,
                inference_ms=self._policy.inference_s * 1e3,
            )
        )
