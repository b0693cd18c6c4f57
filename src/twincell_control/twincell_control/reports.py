"""What the servo process publishes about itself: status batches with every tick, and loop timing."""

from __future__ import annotations

import math
import time
from array import array
from collections.abc import Sequence

from rclpy.node import Node
from twincell_contract.reasons import describe
from twincell_runtime.loop import Tick
from twincell_runtime.scheduling import is_fifo

from twincell_contract import names, qos
from twincell_msgs.msg import ControllerStatus, LoopTiming

from .types import OWNER_CODES, Outputs
from .wire import NANOSECONDS

STATUS_RATE = 50.0
"""Hz; each batch holds the ticks since the one before."""


class StatusBatches:
    """Collects ticks and publishes them in batches. Called by the loop."""

    def __init__(self, node: Node, joint_names: Sequence[str], rate_hz: float) -> None:
        self._publisher = node.create_publisher(ControllerStatus, names.CONTROLLER_STATUS, qos.streaming())
        self._message = ControllerStatus(joint_names=list(joint_names))
        self._unplaced = (math.nan,) * len(joint_names)
        self._rate = rate_hz
        self._ticks = 0
        self._batches = 0
        self._clear()

    def _clear(self) -> None:
        self._stamps = array("q")
        self._modes: list[int] = []
        self._owners: list[int] = []
        self._reasons = array("I")
        self._floats: tuple[array[float], ...] = tuple(array("f") for _ in range(4))
        self._positions = array("d")

    def record(self, stamp_ns: int, out: Outputs, measured: Sequence[float], lateness_s: float) -> bool:
        """Note one tick; true when a batch is due."""
        self._stamps.append(stamp_ns)
        self._modes.append(int(out.mode))
        self._owners.append(OWNER_CODES[out.owner])
        self._reasons.append(out.reasons)
        scale, source, state, lateness = self._floats
        scale.append(out.speed_scale)
        source.append(out.source_age)
        state.append(out.state_age if math.isfinite(out.state_age) else -1.0)
        lateness.append(lateness_s)
        self._positions.extend(out.position or measured or self._unplaced)
        self._ticks += 1
        due = self._ticks >= (self._batches + 1) * self._rate / STATUS_RATE
        return due

    def publish(self, out: Outputs, accepted: int, rejected: int) -> None:
        """Publish the noted ticks; `out` is the newest."""
        message = self._message
        message.header.stamp.sec, message.header.stamp.nanosec = divmod(self._stamps[-1], NANOSECONDS)
        message.mode, message.owner = int(out.mode), out.owner
        message.reasons, message.reason = out.reasons, describe(out.reasons) if out.reasons else ""
        message.speed_scale = out.speed_scale
        message.commands_accepted, message.commands_rejected = accepted, rejected
        message.first_sequence = self._ticks - len(self._stamps)
        message.tick_stamp_ns = self._stamps
        message.tick_mode, message.tick_owner = self._modes, self._owners
        message.tick_reasons = self._reasons
        (
            message.tick_speed_scale,
            message.tick_source_age,
            message.tick_state_age,
            message.tick_lateness,
        ) = self._floats
        message.tick_intervention = [owner == OWNER_CODES["teleop"] for owner in self._owners]
        message.tick_position = self._positions
        self._publisher.publish(message)
        self._batches += 1
        self._clear()


class TimingReport:
    """Lateness of the loop, published once a second."""

    def __init__(self, node: Node, period_s: float) -> None:
        self._publisher = node.create_publisher(LoopTiming, names.CONTROLLER_TIMING, qos.streaming())
        self._period_ms = 1e3 * period_s
        self._lateness = array("f")
        self._skipped = 0

    def record(self, tick: Tick) -> None:
        """Note one tick."""
        self._lateness.append(1e3 * tick.lateness_s)
        self._skipped += tick.skipped

    def publish(self, stamp_ns: int) -> None:
        """Publish what was noted since the last call."""
        message = LoopTiming(loop="controller", period_ms=self._period_ms, fifo=is_fifo())
        message.header.stamp.sec, message.header.stamp.nanosec = divmod(stamp_ns, NANOSECONDS)
        message.lateness_ms, message.ticks_skipped = self._lateness, self._skipped
        message.cpu_s = time.process_time()
        self._publisher.publish(message)
        self._lateness, self._skipped = array("f"), 0
