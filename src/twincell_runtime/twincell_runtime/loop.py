"""A periodic loop on an absolute schedule. It skips missed periods and never catches up in a burst."""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tick:
    """One wake-up of the loop."""

    index: int
    """Ticks run so far, from 0."""
    now: float
    """Monotonic time of the wake-up [s]."""
    lateness_s: float
    """Wake-up after the scheduled time [s]."""
    skipped: int
    """Whole periods that passed without a tick before this one."""


class PeriodicLoop:
    """Calls `tick` every `period_s` on CLOCK_MONOTONIC until `stop` is called.

    `tick` may raise: the exception ends the loop and leaves `run`.
    """

    def __init__(self, period_s: float, tick: Callable[[Tick], None], *, name: str = "loop") -> None:
        if not (math.isfinite(period_s) and period_s > 0.0):
            raise ValueError(f"{name}: the period must be positive, not {period_s}")
        self.period_s = period_s
        self.name = name
        self._tick = tick
        self._stop = threading.Event()

    def stop(self) -> None:
        """End the loop after the present tick. Safe from signal handlers and other threads."""
        self._stop.set()

    def run(self) -> None:
        """Run in the calling thread until stopped."""
        period = self.period_s
        start = time.monotonic()
        slot = 0
        index = 0
        while not self._stop.is_set():
            due = start + slot * period
            delay = due - time.monotonic()
            if delay > 0.0:
                time.sleep(delay)
            now = time.monotonic()
            skipped = max(int((now - due) / period), 0)
            slot += skipped
            self._tick(Tick(index, now, now - due, skipped))
            index += 1
            slot += 1


class RateTimer:
    """Tells a loop when slower work is due: `due(now)` is true at most `rate_hz` times a second."""

    def __init__(self, rate_hz: float) -> None:
        self._period = 1.0 / rate_hz
        self._next = -math.inf

    def due(self, now: float) -> bool:
        """Whether the work is due at `now` [s]. Keeps the phase while the loop keeps up."""
        if now < self._next:
            return False
        self._next = now + self._period if now - self._next > self._period else self._next + self._period
        return True
