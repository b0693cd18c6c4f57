"""Collects what arm/timing shows: lateness, command age and command gaps, with the machine's steal time."""

import math
import time
from array import array
from collections import deque

from rclpy.node import Node
from twincell_runtime.loop import Tick
from twincell_runtime.polled import Received
from twincell_runtime.scheduling import is_fifo
from twincell_runtime.steal import LAG_S, StealClock, stolen

from twincell_contract import names, qos
from twincell_msgs.msg import LoopTiming


class TimingRecorder:
    """Times of one loop, published once a second. All methods are called by the loop."""

    def __init__(self, node: Node, loop: str, period_s: float) -> None:
        self._publisher = node.create_publisher(LoopTiming, names.ARM_TIMING, qos.streaming())
        self._loop, self._period_ms = loop, 1e3 * period_s
        self._steal = StealClock()
        self._sources: deque[int] = deque(maxlen=32)
        self._newest_received_ns = 0
        self._steal_then = self._steal.per_cpu()
        self._unbooked: deque[tuple[float, float, tuple[float, ...]]] = deque()
        self._fifo: bool | None = None
        self._clear()

    def _clear(self) -> None:
        self._lateness: list[float] = []
        self._age: list[float] = []
        self._gap: list[float] = []
        self._gap_steal: list[float] = []
        self._skipped = 0

    def record(
        self, tick: Tick, commands: list[Received], now_ns: int, following: bool, waiting: int = 0
    ) -> None:
        """Note one tick and the commands that arrived. `now_ns` is ROS system time [ns].

        Ages are those of the command in use, the `waiting`-th before the newest, and count while following.
        """
        self._lateness.append(1e3 * tick.lateness_s)
        self._skipped += tick.skipped
        if commands:
            steal = self._steal.per_cpu()
            for received in commands:
                if self._newest_received_ns:
                    gap = 1e-6 * (received.received_ns - self._newest_received_ns)
                    self._unbooked.append((tick.now, gap, self._steal_then))
                self._newest_received_ns = received.received_ns
                self._steal_then = steal
            self._book(tick.now, steal)
            self._sources.extend(received.source_ns for received in commands)
        if following and len(self._sources) > waiting:
            self._age.append(1e-6 * (now_ns - self._sources[-1 - waiting]))

    def _book(self, now: float, steal: tuple[float, ...]) -> None:
        """Note the gaps that ended long enough ago for their steal time to be known."""
        while self._unbooked and now - self._unbooked[0][0] >= LAG_S:
            _, gap, before = self._unbooked.popleft()
            self._gap.append(gap)
            self._gap_steal.append(stolen(before, steal))

    def publish(self, stamp_ns: int) -> None:
        """Publish what was noted since the last call."""
        if self._fifo is None:
            self._fifo = is_fifo()
        message = LoopTiming(loop=self._loop, period_ms=self._period_ms, fifo=self._fifo)
        message.header.stamp.sec, message.header.stamp.nanosec = divmod(stamp_ns, 1_000_000_000)
        message.lateness_ms, message.command_age_ms = array("f", self._lateness), array("f", self._age)
        message.command_gap_ms, message.gap_steal_ms = array("f", self._gap), array("f", self._gap_steal)
        message.ticks_skipped = self._skipped
        message.cpu_s = time.process_time()
        self._publisher.publish(message)
        self._clear()

    def worst_lateness_ms(self) -> float:
        """Largest lateness noted since the last publication; NaN before the first tick."""
        return max(self._lateness, default=math.nan)
