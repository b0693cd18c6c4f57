"""Time the hypervisor took from this machine, from /proc/stat (proc(5): the 8th value of a cpu line).

The kernel books it at its next clock tick and shows it in steps of 10 ms as a rule: a thread that goes on after a
pause may read the old figure. Ask again LAG_S later.
"""

import os
import threading
import time
from bisect import bisect_left, bisect_right

LAG_S = 0.02
"""By then time that was stolen is booked: two steps of 10 ms."""
_SAMPLE_S = 0.005


class StealClock:
    """Machine steal time since boot."""

    def __init__(self) -> None:
        self._ms_per_tick = 1000.0 / os.sysconf("SC_CLK_TCK")
        try:
            self._fd = os.open("/proc/stat", os.O_RDONLY)
        except OSError:
            self._fd = -1

    def per_cpu(self) -> tuple[float, ...]:
        """Steal time of each CPU [ms]; empty where the system does not tell."""
        if self._fd < 0:
            return ()
        lines = os.pread(self._fd, 4096, 0).split(b"\n")[1:-1]
        return tuple(
            float(line.split()[8]) * self._ms_per_tick
            for line in lines
            if line.startswith(b"cpu") and line.count(b" ") >= 8
        )

    def milliseconds(self) -> float:
        """Steal time of all CPUs together [ms]; 0 where the system does not tell."""
        return sum(self.per_cpu())


def stolen(before: tuple[float, ...], after: tuple[float, ...]) -> float:
    """The most that one CPU lost between two readings of `per_cpu` [ms]: a thread runs on one at a time."""
    return max((late - early for early, late in zip(before, after, strict=False)), default=0.0)


class StealLog:
    """Keeps steal time over the wall clock, sampled by a thread from construction to `stop`."""

    def __init__(self) -> None:
        self._clock = StealClock()
        self._times: list[float] = [time.time()]
        self._readings: list[tuple[float, ...]] = [self._clock.per_cpu()]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="steal", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.wait(_SAMPLE_S):
            self.add(time.time(), self._clock.per_cpu())

    def add(self, time_s: float, reading: tuple[float, ...]) -> None:
        """Note a reading; only changes are kept."""
        if reading != self._readings[-1]:
            self._times.append(time_s)
            self._readings.append(reading)

    def stop(self) -> None:
        """End sampling."""
        self._stop.set()
        self._thread.join()
        self.add(time.time(), self._clock.per_cpu())

    def between(self, start_s: float, end_s: float) -> float:
        """The most that one CPU lost from `start_s` to `end_s` [s, system time], booked late included [ms]."""
        first = max(bisect_right(self._times, start_s) - 1, 0)
        last = min(bisect_left(self._times, end_s + LAG_S + _SAMPLE_S), len(self._times)) - 1
        return stolen(self._readings[first], self._readings[max(last, first)])
