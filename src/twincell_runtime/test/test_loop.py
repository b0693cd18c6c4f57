import itertools
import time

import pytest
from twincell_runtime.loop import PeriodicLoop, RateTimer, Tick

PERIOD = 0.01


def slot(tick: Tick) -> float:
    """Begin of the period in which a tick ran, as the schedule has it [s]."""
    return tick.now - tick.lateness_s + PERIOD * tick.skipped


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
    for _ in range(5):  # a busy machine misses some periods
        ticks = run_ticks(PERIOD, 30, lambda t: time.sleep(0.004))
        missed = sum(t.skipped for t in ticks[1:])
        if missed <= 3:
            break
    assert len(ticks) == 30
    # 29 periods: sleeping 4 ms in each tick must not stretch them; that would be 12 more.
    assert missed <= 3
    assert slot(ticks[-1]) - slot(ticks[0]) == pytest.approx(PERIOD * (29 + missed), abs=1e-6)


def test_missed_periods_are_skipped_not_caught_up():
    ticks = run_ticks(PERIOD, 6, lambda t: time.sleep(0.035) if t.index == 1 else None)
    after = ticks[2]
    assert after.skipped >= 2
    # However late a busy machine makes a tick, it is in a period of its own: a burst would be in past ones.
    assert all(-1e-6 < t.now - slot(t) < PERIOD + 1e-6 for t in ticks)
    assert all(slot(b) - slot(a) > 0.99 * PERIOD for a, b in itertools.pairwise(ticks))


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
