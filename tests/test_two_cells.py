"""Two cells in two namespaces on one host do not hear each other."""

import numpy as np
import pytest
from std_srvs.srv import Trigger
from twincell_cell.supervisor import CellError
from twincell_contract.reasons import Reason

from control_msgs.action import FollowJointTrajectory
from twincell_contract import names
from twincell_msgs.msg import ControllerStatus
from twincell_msgs.srv import ResetCell

MOVE_RAD = 0.1


def test_two_cells_do_not_hear_each_other(start_cell, joints_of) -> None:
    left, right = start_cell(namespace="left"), start_cell(namespace="right")
    left.wait_ready()
    right.wait_ready()

    def topics() -> set[str]:
        return {name for name, _ in left.node.get_topic_names_and_types()}

    def publishers() -> dict[str, int]:
        return {name: left.node.count_publishers(name) for name in watched}

    def check_graph() -> None:
        """Nothing of a cell is outside its namespace. (Topics of a cell that has just ended may still be listed.)"""
        own = {name.removeprefix("/left") for name in topics() if name.startswith("/left/")}
        assert own & topics() == set()
        assert publishers() == dict.fromkeys(watched, 1)

    watched = [
        f"/{cell}/{name}" for cell in ("left", "right") for name in (names.JOINT_STATES, names.COMMANDS)
    ]
    expected = {f"/{cell}/{name}" for cell in ("left", "right") for name in (names.JOINT_STATES, names.TF)}
    # Discovery goes on while both cells are ready already, and the names of topics come before their publishers.
    assert left.spin_until(lambda: expected <= topics() and all(publishers().values()), 20.0), (
        expected - topics(),
        publishers(),
    )
    check_graph()

    joints_left, joints_right = joints_of(left), joints_of(right)
    before_left, before_right = joints_left.read(), joints_right.read()
    assert joints_left.move(MOVE_RAD) == FollowJointTrajectory.Result.SUCCESSFUL
    first = next(iter(before_left))
    assert joints_left.read()[first] == pytest.approx(before_left[first] + MOVE_RAD, abs=5e-3)
    after_right = joints_right.read()
    assert np.allclose([after_right[j] for j in before_right], list(before_right.values()), atol=1e-4)

    assert left.call(Trigger, names.CONTROLLER_STOP).success
    stopped = ControllerStatus.MODE_STOPPED
    assert left.spin_until(lambda: left.controller_status().mode == stopped, 10.0)
    right.spin_until(lambda: False, 0.3)
    status = right.controller_status()
    assert status.mode not in (ControllerStatus.MODE_STOPPING, ControllerStatus.MODE_STOPPED)
    assert not status.reasons & Reason.STOP_REQUESTED

    assert left.call(ResetCell, names.CELL_RESET, ResetCell.Request(), timeout=20.0).success
    assert left.spin_until(lambda: left.controller_status().mode == ControllerStatus.MODE_HOLD, 10.0)
    home = joints_left.read()
    assert home[first] == pytest.approx(before_left[first], abs=5e-3)
    check_graph()  # with everything discovered: a late second publisher would show by now


def test_a_second_cell_in_the_same_place_is_refused_in_one_sentence(start_cell) -> None:
    start_cell(namespace="left", skip=("policy", "cell"))
    with pytest.raises(CellError, match="already runs in namespace '/left'"):
        start_cell(namespace="left")
