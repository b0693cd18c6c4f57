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

    expected = {f"/{cell}/{name}" for cell in ("left", "right") for name in (names.JOINT_STATES, names.TF)}
    assert left.spin_until(lambda: expected <= topics(), 10.0), expected - topics()
    # Nothing of a cell is outside its namespace. (Topics of cells that ended a moment ago may still be listed.)
    own = {name.removeprefix("/left") for name in topics() if name.startswith("/left/")}
    assert own & topics() == set()
    for name in ("left", "right"):
        assert left.node.count_publishers(f"/{name}/{names.JOINT_STATES}") == 1
        assert left.node.count_publishers(f"/{name}/{names.COMMANDS}") == 1

    joints_left, joints_right = joints_of(left), joints_of(right)
    before_left, before_right = joints_left.read(), joints_right.read()
    assert joints_left.move(MOVE_RAD) == FollowJointTrajectory.Result.SUCCESSFUL
    first = next(iter(before_left))
    assert joints_left.read()[first] == pytest.approx(before_left[first] + MOVE_RAD, abs=5e-3)
    after_right = joints_right.read()
    assert np.allclose([after_right[j] for j in before_right], list(before_right.values()), atol=1e-4)

    assert left.call(Trigger, names.CONTROLLER_STOP).success
    stopped = ControllerStatus.MODE_STOPPED
    assert left.spin_until(lambda: left.controller_status().mode == stopped, 3.0)
    right.spin_until(lambda: False, 0.3)
    status = right.controller_status()
    assert status.mode not in (ControllerStatus.MODE_STOPPING, ControllerStatus.MODE_STOPPED)
    assert not status.reasons & Reason.STOP_REQUESTED

    assert left.call(ResetCell, names.CELL_RESET, ResetCell.Request(), timeout=20.0).success
    assert left.spin_until(lambda: left.controller_status().mode == ControllerStatus.MODE_HOLD, 3.0)
    home = joints_left.read()
    assert home[first] == pytest.approx(before_left[first], abs=5e-3)


def test_a_second_cell_in_the_same_place_is_refused_in_one_sentence(start_cell) -> None:
    start_cell(namespace="left", skip=("policy", "cell"))
    with pytest.raises(CellError, match="already runs in namespace '/left'"):
        start_cell(namespace="left")
