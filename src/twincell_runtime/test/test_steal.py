"""Steal time of the machine: what the kernel tells, and when."""

import time

from twincell_runtime.steal import StealClock, StealLog, stolen


def test_the_clock_never_goes_back_and_sums_the_cpus() -> None:
    clock = StealClock()
    first = clock.per_cpu()
    assert first and all(value >= 0.0 for value in first)
    second = clock.per_cpu()
    assert len(second) == len(first) and all(b >= a for a, b in zip(first, second, strict=True))
    assert clock.milliseconds() >= sum(first)


def test_the_cpu_that_lost_most_counts() -> None:
    assert stolen((10.0, 20.0), (40.0, 30.0)) == 30.0
    assert stolen((), ()) == 0.0


def test_the_log_finds_what_was_booked_late_and_nothing_else() -> None:
    log = StealLog()
    log.stop()
    base, zero = time.time() + 10.0, tuple(0.0 for _ in StealClock().per_cpu())
    lost = (50.0, *zero[1:])
    log.add(base, zero)
    log.add(base + 1.012, lost)  # stolen until base + 1.0, shown 12 ms later
    assert log.between(base + 0.95, base + 1.0) == 50.0
    assert log.between(base + 0.5, base + 0.9) == 0.0
    assert log.between(base + 1.1, base + 1.2) == 0.0
