"""The figures of a camera: CPU of a frame, and rate, latency and CPU of a running one."""

import os

import pytest
from twincell_cell.camera_bench import frame_cost, running
from twincell_cell.config import CellConfig


def test_a_frame_costs_something_and_more_pixels_cost_more() -> None:
    said: list[str] = []
    small, large = (frame_cost(CellConfig(), size, "none", said.append) for size in ("424x240", "848x480"))
    assert 0.5 < small < large < 500.0
    assert said == ["424x240, effects none", "848x480, effects none"]


@pytest.mark.slow
def test_a_running_camera_is_measured() -> None:
    figures = running(
        CellConfig(
            robot="xarm7", domain=int(os.environ.get("ROS_DOMAIN_ID") or 83), namespace="camera_bench_test"
        ),
        "424x240",
        15,
        4.0,
    )
    assert set(figures["rate_hz"]) == {"color", "depth", "aligned"}
    assert all(5.0 < rate <= 16.0 for rate in figures["rate_hz"].values())
    assert 1.0 < figures["cpu_percent"] < 100.0
    assert 30.0 < figures["latency_ms"]["p50"] <= figures["latency_ms"]["p95"]
