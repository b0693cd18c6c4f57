"""Two cells in two namespaces on one host do not hear each other."""

import numpy as np
import pytest
from builtin_interfaces.msg import Duration
from rclpy.action import ActionClient
from sensor_msgs.msg import JointState
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectoryPoint
from twincell_cell.session import CellSession
from twincell_cell.supervisor import CellError
from twincell_runtime.polled import PolledSubscription

from control_msgs.action import FollowJointTrajectory
from twincell_contract import names, qos
from twincell_msgs.msg import ControllerStatus
from twincell_msgs.srv import ResetCell

# What ROS itself keeps outside namespaces.
GLOBAL_TOPICS = {"/parameter_events", "/rosout"}
MOVE_RAD = 0.1


class Positions:
    """Joint positions of a cell, by name."""

    def __init__(self, session: CellSession) -> None:
        self._session = session
        self._states = PolledSubscription(session.node, JointState, names.JOINT_STATES, qos.sensor(1))

    def read(self) -> dict[str, float]:
        """A state that came in after the call."""
        self._states.latest()
        found: list[JointState] = []
        assert self._session.spin_until(
            lambda: found.extend(r.msg for r in self._states.take_all()) or found, 3.0
        )
        return dict(zip(found[-1].name, found[-1].position, strict=True))


def move(session: CellSession, start: dict[str, float], offset: float) -> int:
    """Send the first joint to `start` + `offset` by the trajectory action; returns its error code."""
    goal = FollowJointTrajectory.Goal()
    goal.trajectory.joint_names = list(start)
    target = list(start.values())
    target[0] += offset
    goal.trajectory.points = [
        JointTrajectoryPoint(
            positions=target, velocities=[0.0] * len(target), time_from_start=Duration(sec=2)
        )
    ]
    client = ActionClient(session.node, FollowJointTrajectory, names.FOLLOW_JOINT_TRAJECTORY)
    assert session.spin_until(client.server_is_ready, 5.0)
    sent = client.send_goal_async(goal)
    assert session.spin_until(sent.done, 5.0) and sent.result().accepted
    done = sent.result().get_result_async()
    assert session.spin_until(done.done, 10.0)
    return int(done.result().result.error_code)


def test_two_cells_do_not_hear_each_other(start_cell) -> None:
    left, right = start_cell(namespace="left"), start_cell(namespace="right")
    left.wait_ready()
    right.wait_ready()

    def topics() -> set[str]:
        return {name for name, _ in left.node.get_topic_names_and_types()}

    expected = {f"/{cell}/{name}" for cell in ("left", "right") for name in (names.JOINT_STATES, names.TF)}
    assert left.spin_until(lambda: expected <= topics(), 10.0), expected - topics()
    outside = {name for name in topics() if not name.startswith(("/left/", "/right/"))} - GLOBAL_TOPICS
    assert outside == set()
    for name in ("left", "right"):
        assert left.node.count_publishers(f"/{name}/{names.JOINT_STATES}") == 1
        assert left.node.count_publishers(f"/{name}/{names.COMMANDS}") == 1

    positions_left, positions_right = Positions(left), Positions(right)
    before_left, before_right = positions_left.read(), positions_right.read()
    assert move(left, before_left, MOVE_RAD) == FollowJointTrajectory.Result.SUCCESSFUL
    first = next(iter(before_left))
    assert positions_left.read()[first] == pytest.approx(before_left[first] + MOVE_RAD, abs=5e-3)
    after_right = positions_right.read()
    assert np.allclose([after_right[j] for j in before_right], list(before_right.values()), atol=1e-4)

    assert left.call(Trigger, names.CONTROLLER_STOP).success
    stopped = ControllerStatus.MODE_STOPPED
    assert left.spin_until(lambda: left.controller_status().mode == stopped, 3.0)
    right.spin_until(lambda: False, 0.3)
    assert right.controller_status().mode == ControllerStatus.MODE_HOLD

    assert left.call(ResetCell, names.CELL_RESET, ResetCell.Request(), timeout=20.0).success
    assert left.spin_until(lambda: left.controller_status().mode == ControllerStatus.MODE_HOLD, 3.0)
    home = positions_left.read()
    assert home[first] == pytest.approx(before_left[first], abs=5e-3)


def test_a_second_cell_in_the_same_place_is_refused_in_one_sentence(start_cell) -> None:
    start_cell(namespace="left", skip=("policy", "cell"))
    with pytest.raises(CellError, match="already runs in namespace '/left'"):
        start_cell(namespace="left")
