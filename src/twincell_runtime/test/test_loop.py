import itertools
import time

import pytest
from twincell_runtime.loop import PeriodicLoop, RateTimer, Tick


def run_ticks(period: float, count: int, work=lambda tick: None) -> list[Tick]:
    ticks: list[Tick] = []

    def tick(t: Tick) -> None:
        ticks.append(t)
        work(t)
        if len(ticks) == count:
            loop.stop()

    loop = PeriodicLoop(period, tick)
    loop.run()
    return ticks


def test_schedule_is_absolute():
    started = time.monotonic()
    ticks = run_ticks(0.01, 30, lambda t: time.sleep(0.004))
    assert len(ticks) == 30
    # 29 periods: sleeping 4 ms in each tick must not stretch them.
    assert 0.28 <= ticks[-1].now - started <= 0.40


def test_missed_periods_are_skipped_not_caught_up():
    ticks = run_ticks(0.01, 6, lambda t: time.sleep(0.035) if t.index == 1 else None)
    after = ticks[2]
    assert after.skipped >= 2
    gaps = [b.now - a.now for a, b in itertools.pairwise(ticks[2:])]
    assert min(gaps) > 0.002, "a burst followed the stall"


def test_exception_leaves_run():
    def tick(t: Tick) -> None:
        raise RuntimeError("from the tick")

    with pytest.raises(RuntimeError, match="from the tick"):
        PeriodicLoop(0.01, tick).run()


@pytest.mark.parametrize("period", [0.0, -1.0, float("nan"), float("inf")])
def test_period_must_be_positive(period):
    with pytest.raises(ValueError, match="period"):
        PeriodicLoop(period, lambda t: None)


def test_rate_timer_divides_a_faster_loop():
    timer = RateTimer(50.0)
    assert sum(timer.due(k * 0.002) for k in range(5000)) == pytest.approx(500, abs=2)


def test_rate_timer_does_not_burst_after_a_gap():
    timer = RateTimer(10.0)
    assert timer.due(0.0)
    assert timer.due(5.0)
    assert not timer.due(5.01)
