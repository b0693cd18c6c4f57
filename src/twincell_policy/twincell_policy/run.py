"""One run of policy/run: the loop between the joint states and the controller, until the episode ends."""

from __future__ import annotations

import math
from collections.abc import Callable

from rclpy.action.server import ServerGoalHandle
from twincell_runtime.loop import PeriodicLoop, Tick

from twincell_msgs.action import RunPolicy
from twincell_policy.cell_link import SOURCE, CellLink
from twincell_policy.episode import Episode, Step
from twincell_policy.lease import LeaseWatch
from twincell_policy.onnx_policy import OnnxPolicy
from twincell_policy.publishers import CommandPublisher
from twincell_policy.stepped import Acknowledger, SteppedLoop


class PolicyRun:
    """Runs an episode at the policy's rate: of the wall clock, or of joint states where there is an acknowledger."""

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
        self._loop: PeriodicLoop | SteppedLoop
        if acknowledger is None:
            self._loop = PeriodicLoop(self._period_s, self._tick, name="policy")
        else:
            self._loop = SteppedLoop(
                self._period_s,
                self._tick,
                sample=link.sample,
                interrupted=lambda: bool(handle.is_cancel_requested) or stopping(),
                done=acknowledger.reached,
            )

    def result(self) -> RunPolicy.Result:
        """Run until the episode ends."""
        self._loop.run()
        return RunPolicy.Result(
            success=self._last.success,
            reason=self._last.reason,
            error=self._last.error,
            duration=self._end_s - self._start_s,
            steps=self._episode.steps,
        )

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
        step = self._episode.step(self._link.sample(), tick.now)
        if interrupted:
            step = Step(self._episode.rest, step.error, done=True, reason=interrupted)
        self._last = step
        if step.command is not None:
            self._commands.send(step.command, self._link.now_ns(), self._period_s)
            if self._acknowledger is not None:
                self._acknowledger.sent += 1
        if step.done:
            self._loop.stop()
        elif tick.now - self._told_s >= self._feedback_s:
            self._told_s = tick.now
            self._tell(step, tick.now)

    def _tell(self, step: Step, now_s: float) -> None:
        self._handle.publish_feedback(
            RunPolicy.Feedback(
                error=step.error,
                elapsed=now_s - self._start_s,
                steps=self._episode.steps,
                inference_ms=self._policy.inference_s * 1e3,
            )
        )
