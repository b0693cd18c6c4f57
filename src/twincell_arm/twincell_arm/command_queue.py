"""Evens out the arrival of a command stream: one command per tick, although two loops never wake up in step.

With the controller's command arriving close to the arm's wake-up, a tick sees one, none or two of them. Taking the
newest would double the speed for a tick (29 % of overshoot measured behind a ur5's look-ahead) and then stand still.
"""

from collections import deque
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

ALLOWANCE = 1
"""Commands that may wait beyond those of the tick: one period of delay at most."""


class CommandQueue:
    """Commands that have been admitted and not followed yet, oldest first.

    With `even` false every call takes the newest command, as in lockstep, where arrival is no matter of time.
    """

    def __init__(self, bridge_ticks: int, *, even: bool = True) -> None:
        """`bridge_ticks` is how many ticks without a command the follower continues the stream by itself."""
        self._bridge_ticks = bridge_ticks
        self._even = even
        self._waiting: deque[Array] = deque()
        self._missing = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def clear(self) -> None:
        """Forget what waits."""
        self._waiting.clear()
        self._missing = 0

    @property
    def newest(self) -> Array | None:
        """The command that came last and still waits."""
        return self._waiting[-1] if self._waiting else None

    def add(self, commands: Sequence[Array]) -> None:
        """Append commands in the order of their arrival."""
        self._waiting.extend(commands)

    def take(self, ticks_to_come: int = 0) -> Array | None:
        """The command of this tick. `ticks_to_come` are further ticks that will be served from what waits now."""
        if not self._waiting:
            self._missing += 1
            return None
        count = len(self._waiting)
        if self._even and self._missing <= self._bridge_ticks:
            # the follower has gone on by itself for the ticks that were missing
            count = min(max(1 + self._missing, count - ALLOWANCE - ticks_to_come), count)
        self._missing = 0
        for _ in range(count):
            command = self._waiting.popleft()
        if self._waiting and np.array_equal(command, self._waiting[-1]):
            self._waiting.clear()  # a stream at rest: the delay can go without a trace
        return command
