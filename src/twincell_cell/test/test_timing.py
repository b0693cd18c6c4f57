import pytest
from twincell_cell.timing import percentiles, summarize

from twincell_msgs.msg import LoopTiming


def message(loop: str, **values) -> LoopTiming:
    return LoopTiming(loop=loop, fifo=values.pop("fifo", True), **values)


def test_figures_of_both_loops():
    result = summarize(
        [
            message("controller", lateness_ms=[0.1] * 99 + [2.0]),
            message(
                "arm",
                lateness_ms=[0.2],
                command_age_ms=[1.0, 3.0],
                command_gap_ms=[2.0, 30.0],
                gap_steal_ms=[0.0, 20.0],
            ),
        ]
    )
    assert result["servo_lateness_ms"]["p50"] == pytest.approx(0.1)
    assert result["servo_lateness_ms"]["max"] == pytest.approx(2.0)
    assert result["command_age_ms"]["max"] == pytest.approx(3.0)
    assert result["command_gap_ms"] == {"p99": pytest.approx(29.72), "max": 30.0, "own_max": 10.0}
    assert result["fifo"] is True


def test_fifo_only_when_both_loops_have_it():
    assert summarize([message("controller"), message("arm", fifo=False)])["fifo"] is False
    assert summarize([])["fifo"] is False


def test_nothing_recorded_is_null_not_zero():
    assert percentiles([]) == {"p50": None, "p99": None, "max": None}
