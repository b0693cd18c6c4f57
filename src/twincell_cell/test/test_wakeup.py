"""The wake-up measurement tells a plausible lateness."""

import pytest

from twincell_cell import wakeup


def test_measures_a_short_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWINCELL_FIFO", "0")
    report = wakeup.measure(0.1)
    assert report["fifo"] is False
    assert 0.0 <= report["p50_ms"] <= report["p99_ms"] <= report["max_ms"]  # type: ignore[operator]
    assert report["stolen"] >= 0.0  # type: ignore[operator]
