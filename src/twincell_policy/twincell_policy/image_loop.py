"""Steps of a policy that sees: one for each set of images, as soon as it is there."""

from __future__ import annotations

import time
from collections.abc import Callable

from twincell_runtime.loop import Tick

_POLL_S = 0.001
PATIENCE = 2.5
"""Periods without a set of images after which a step is made without: one lost frame is waited for, two are not."""


class ImageLoop:
    """Calls `tick` for every set of images and, without one, every 2.5 periods. Has PeriodicLoop's methods."""

    def __init__(
        self,
        period_s: float,
        tick: Callable[[Tick], None],
        *,
        ready: Callable[[], bool],
        interrupted: Callable[[], bool],
    ) -> None:
        """`ready` says whether a new set is there; `interrupted` tells to tick without waiting for one."""
        self._patience_s = PATIENCE * period_s
        self._tick = tick
        self._ready = ready
        self._interrupted = interrupted
        self._stopping = False

    def stop(self) -> None:
        """End after the present tick."""
        self._stopping = True

    def run(self) -> None:
        """Run in the calling thread until stopped."""
        index, last = 0, time.monotonic()
        while not self._stopping:
            ready, now = self._ready(), time.monotonic()
            late = now - last - self._patience_s
            if not ready and late < 0.0 and not self._interrupted():
                time.sleep(_POLL_S)
                continue
            self._tick(Tick(index, now, max(late, 0.0), 0))
            index, last = index + 1, now
