"""Feeds the motion judge from a running cell: joint states, commands and controller status, polled."""

import threading
import time
from collections import deque
from typing import Any

import numpy as np
from rclpy.node import Node
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray
from twincell_model.kinematics import Kinematics
from twincell_model.profile import RobotProfile
from twincell_model.safety import SafetyLimits
from twincell_runtime.polled import PolledSubscription, Received

from twincell_cell.motion_judge import JudgeLimits, MotionJudge, Verdict
from twincell_cell.report.trace import RunTrace
from twincell_contract import names, qos
from twincell_msgs.msg import ControllerStatus

POLL_S = 0.02
BATCH_S = 0.05
"""Commands and states wait until ticks so much younger have come in: the status batch of their time is then there."""
PATIENCE_S = 2.0
"""They wait no longer than this: on a busy machine the middleware may send a lost batch again only then."""
QUEUE = 2000


def judge_limits(profile: RobotProfile, safety: SafetyLimits) -> JudgeLimits:
    """The limits of a robot under a safety profile, for the judge."""
    kinematics = Kinematics(profile)
    return JudgeLimits(
        period_s=1.0 / profile.rate_hz,
        lower=np.asarray(profile.lower),
        upper=np.asarray(profile.upper),
        velocity=np.asarray(safety.velocity),
        acceleration=np.asarray(safety.acceleration),
        deceleration=np.asarray(safety.deceleration),
        jerk=np.asarray(safety.jerk),
        tcp_speed=safety.tcp_speed,
        box_lower=np.asarray(safety.box_lower),
        box_upper=np.asarray(safety.box_upper),
        tool_position=lambda q: kinematics.pose(q)[0].copy(),
    )


def _stamp_s(stamp: Any) -> float:
    return float(stamp.sec) + 1e-9 * float(stamp.nanosec)


class JudgeRecorder:
    """Judges a running cell from its topics in a thread of its own, from construction to `result`."""

    def __init__(
        self, node: Node, profile: RobotProfile, safety: SafetyLimits, trace: RunTrace | None = None
    ) -> None:
        """`trace` gets what the judge reads, for a report; the verdict does not depend on it."""
        self._trace = trace
        self._judge = MotionJudge(judge_limits(profile, safety))
        self._order = {name: i for i, name in enumerate(profile.joint_names)}
        self._dof = profile.dof
        self._status = PolledSubscription(node, ControllerStatus, names.CONTROLLER_STATUS, qos.streaming(200))
        self._commands = PolledSubscription(node, Float64MultiArray, names.COMMANDS, qos.streaming(QUEUE))
        self._states = PolledSubscription(node, JointState, names.JOINT_STATES, qos.streaming(QUEUE))
        self._waiting: deque[tuple[float, Received[Any]]] = deque()
        self._newest_tick_ns = 0
        self._stop = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="judge", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self._collect()
                self._drain()
                time.sleep(POLL_S)
            self._collect()
            while self._waiting:
                time.sleep(POLL_S)
                self._collect_status()
                self._drain()
        except Exception as error:
            self._error = error

    def _collect(self) -> None:
        self._collect_status()
        now = time.monotonic()
        self._waiting.extend((now, received) for received in self._commands.take_all())
        self._waiting.extend((now, received) for received in self._states.take_all())

    def _collect_status(self) -> None:
        for received in self._status.take_all():
            self._feed_status(received.msg)

    def _drain(self) -> None:
        known_ns = self._newest_tick_ns - int(1e9 * BATCH_S)
        give_up = time.monotonic() - PATIENCE_S
        while self._waiting:
            arrived, received = self._waiting[0]
            if received.source_ns > known_ns and arrived > give_up:
                break
            self._waiting.popleft()
            if isinstance(received.msg, JointState):
                self._feed_state(received.msg)
            else:
                self._judge.command(np.array(received.msg.data))

    def _feed_status(self, msg: ControllerStatus) -> None:
        positions = np.array(msg.tick_position).reshape(-1, self._dof)
        if self._trace is not None:
            self._trace.status(msg, positions)
        for k, position in enumerate(positions):
            stamp_s = 1e-9 * float(msg.tick_stamp_ns[k])
            self._newest_tick_ns = msg.tick_stamp_ns[k]
            self._judge.tick(msg.first_sequence + k, stamp_s, msg.tick_mode[k], msg.tick_owner[k], position)

    def _feed_state(self, msg: JointState) -> None:
        index = [self._order[name] for name in msg.name if name in self._order]
        position, velocity = np.full(self._dof, np.nan), np.full(self._dof, np.nan)
        position[index] = [p for n, p in zip(msg.name, msg.position, strict=True) if n in self._order]
        velocity[index] = [v for n, v in zip(msg.name, msg.velocity, strict=True) if n in self._order]
        stamp_s = _stamp_s(msg.header.stamp)
        self._judge.state(stamp_s, position, velocity)
        if self._trace is not None:
            self._trace.state(stamp_s, position, velocity)

    def result(self) -> Verdict:
        """Stop judging and return the verdict. Raises when the judge itself failed or saw nothing."""
        self._stop.set()
        self._thread.join()
        for subscription in (self._status, self._commands, self._states):
            subscription.destroy()
        if self._error is not None:
            raise RuntimeError("the motion judge failed") from self._error
        verdict = self._judge.verdict
        if verdict.ticks == 0 or verdict.states == 0 or verdict.commands == 0:
            raise RuntimeError(
                f"the motion judge saw {verdict.ticks} ticks, {verdict.commands} commands and {verdict.states} states:"
                " nothing can be said about limits"
            )
        return verdict
