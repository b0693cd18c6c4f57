"""The monitor: words for modes, rates from the publishers' own times."""

import pytest
from twincell_cell.monitor import Rate, mode_names

from twincell_msgs.msg import ArmStatus, ControllerStatus


def test_every_mode_has_a_word() -> None:
    assert mode_names(ArmStatus) == {
        0: "disconnected",
        1: "disabled",
        2: "holding",
        3: "following",
        4: "stopping",
        5: "fault",
        6: "estop",
    }
    assert mode_names(ControllerStatus)[ControllerStatus.MODE_OWNED] == "owned"


def test_a_rate_counts_intervals_of_the_last_second() -> None:
    rate = Rate()
    assert rate.hertz() == 0.0
    for index in range(2000):
        rate.add(index * 2_000_000)
    assert rate.hertz() == pytest.approx(500.0)
    for index in range(200):
        rate.add(4_000_000_000 + index * 10_000_000)
    assert rate.hertz() == pytest.approx(100.0)
