import pytest
from twincell_cell.timing import own_lateness, percentiles, summarize, summarize_sight

from twincell_msgs.msg import LoopTiming, PolicyTiming


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


def test_lateness_that_the_machine_explains_is_taken_off():
    late = message("controller", period_ms=2.0, lateness_ms=[0.1] * 50 + [30.0] + [0.1] * 10 + [5.0])
    late.header.stamp.sec = 1000
    # The last tick woke up at its stamp; the one of 30 ms eleven periods and the last one's two skipped ones earlier.
    asked: list[tuple[float, float]] = []

    def stolen(start: float, end: float) -> float:
        asked.append((start, end))
        return 28.0 if end < 999.99 else 0.0

    assert own_lateness([late], stolen) == pytest.approx(5.0)
    (_, newest), (start, end) = asked
    assert newest == pytest.approx(1000.002, abs=1e-4)
    assert end == pytest.approx(1000.0 - 0.026 + 0.002, abs=1e-4) and end - start == pytest.approx(
        0.034, abs=1e-4
    )
    assert own_lateness([], stolen) is None


def test_the_sight_of_a_policy():
    result = summarize_sight(
        [
            PolicyTiming(exposure_to_image_ms=[33.0, 35.0], image_to_command_ms=[5.0, 7.0]),
            PolicyTiming(exposure_to_image_ms=[34.0], image_to_command_ms=[6.0], steps_without_images=2),
        ]
    )
    assert result["image_to_command_ms"] == {"p50": 6.0, "p95": pytest.approx(6.9)}
    assert result["exposure_to_image_ms"]["p50"] == 34.0
    assert result["image_steps"] == {"with_images": 3, "without_images": 2}
    assert summarize_sight([])["image_to_command_ms"] == {"p50": None, "p95": None}
