"""The two processes of the controller against the MuJoCo arm, over DDS."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from action_msgs.msg import GoalStatus
from builtin_interfaces.msg import Duration
from control_cell import Cell
from rclpy.node import Node
from sensor_msgs.msg import JointState
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint
from twincell_contract.reasons import Reason
from twincell_control.types import Mode

from control_msgs.action import FollowJointTrajectory, GripperCommand, ParallelGripperCommand
from control_msgs.msg import JointJog
from twincell_contract import names, qos
from twincell_msgs.srv import Acquire, Release

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cell]:
    """One cell for all tests of this file."""
    cell = Cell(tmp_path_factory.mktemp("cell"), "robot:=ur5e")
    try:
        yield cell
    finally:
        cell.close()


@pytest.fixture
def cell(running: Cell) -> Cell:
    """The cell at hold, without owner."""
    assert running.wait(lambda: bool(running.statuses)), running.log("servo")
    if running.status.owner:
        running.call(Release, names.CONTROLLER_RELEASE, source=running.status.owner)
    running.mode(Mode.HOLD, Mode.STOPPED, Mode.FAULT)
    if running.status.mode != Mode.HOLD:
        refusals: list[str] = []

        def reset() -> bool:
            refusals.append(running.call(Trigger, names.CONTROLLER_RESET).message)
            return running.status.mode == Mode.HOLD

        assert running.wait(reset), (refusals[-1], running.log("arm")[-500:])
    assert running.mode(Mode.HOLD)
    running.publisher(JointJog, names.source_topic("policy", "joint_jog"))
    return running


def positions(cell: Cell) -> np.ndarray:
    """Newest commanded positions."""
    return np.array(cell.status.tick_position)[-len(cell.status.joint_names) :]


def trajectory(cell: Cell, offset: float, seconds: float) -> FollowJointTrajectory.Goal:
    """All joints by `offset` from where they are."""
    still = [0.0] * len(cell.status.joint_names)
    end = JointTrajectoryPoint(
        positions=(positions(cell) + offset).tolist(),
        velocities=still,
        time_from_start=Duration(sec=int(seconds), nanosec=int(seconds % 1 * 1e9)),
    )
    return FollowJointTrajectory.Goal(
        trajectory=JointTrajectory(joint_names=list(cell.status.joint_names), points=[end])
    )


def test_status_holds_every_tick(cell: Cell) -> None:
    cell.statuses.clear()
    assert cell.wait(lambda: len(cell.statuses) >= 50)
    batches = list(cell.statuses)
    starts = np.array([batch.tick_stamp_ns[0] for batch in batches]) * 1e-9
    assert (
        1 / 60 <= np.median(np.diff(starts)) <= 1 / 40
    )  # the median: a busy machine may stand still meanwhile
    for before, after in pairwise(batches):
        assert after.first_sequence == before.first_sequence + len(before.tick_mode)
    assert all(len(b.tick_position) == 6 * len(b.tick_mode) for b in batches)


def test_owner_moves_silence_stops_lease_ends(cell: Cell) -> None:
    # The front may not have found the servo process yet.
    assert cell.wait(lambda: cell.call(Acquire, names.CONTROLLER_ACQUIRE, source="policy", lease=0.0).granted)
    refused = cell.call(Acquire, names.CONTROLLER_ACQUIRE, source="policy", lease=0.0)
    assert not refused.granted
    assert "policy" in refused.reason
    before = positions(cell)
    cell.jog(0.6, 0.1)
    assert cell.status.owner == "policy"
    assert (positions(cell) - before).min() > 0.02
    cell.statuses[:] = cell.statuses[-1:]
    assert cell.mode(Mode.HOLD)
    assert any(bits & Reason.SOURCE_SILENT for batch in cell.statuses for bits in batch.tick_reasons)
    assert any(bits & Reason.LEASE_EXPIRED for batch in cell.statuses for bits in batch.tick_reasons)


def test_stop_and_reset(cell: Cell) -> None:
    assert cell.call(Acquire, names.CONTROLLER_ACQUIRE, source="policy", lease=20.0).granted
    cell.jog(0.4, -0.1)
    assert cell.call(Trigger, names.CONTROLLER_STOP).success
    assert cell.mode(Mode.STOPPED)
    assert not cell.call(Acquire, names.CONTROLLER_ACQUIRE, source="teleop", lease=0.0).granted
    # Refused until the arm, which lags behind its commands, is measured at rest too.
    assert cell.wait(lambda: cell.call(Trigger, names.CONTROLLER_RESET).success)
    assert cell.mode(Mode.HOLD)


def test_second_publisher_is_a_fault(cell: Cell) -> None:
    assert cell.call(Acquire, names.CONTROLLER_ACQUIRE, source="policy", lease=30.0).granted
    cell.jog(0.1, 0.0)
    intruder = Node("intruder", namespace=cell.node.get_namespace(), context=cell.context)
    second = intruder.create_publisher(JointJog, "policy/joint_jog", qos.streaming())
    try:
        for _ in range(100):  # until the servo process has found the second publisher
            cell.jog(0.2, 0.0)
            if cell.status.mode == Mode.FAULT:
                break
        assert cell.status.mode == Mode.FAULT
        assert cell.status.reasons & Reason.SEVERAL_PUBLISHERS
        assert "publisher" in cell.status.reason
    finally:
        intruder.destroy_publisher(second)
        intruder.destroy_node()


def test_trajectory_runs_with_feedback(cell: Cell) -> None:
    goal, feedback = trajectory(cell, 0.1, 1.2), []
    end = positions(cell) + 0.1
    handle = cell.send(FollowJointTrajectory, names.FOLLOW_JOINT_TRAJECTORY, goal, feedback)
    assert handle.accepted
    outcome = cell.result(handle)
    assert outcome.status == GoalStatus.STATUS_SUCCEEDED
    assert outcome.result.error_code == 0
    assert 15 <= len(feedback) <= 40
    assert np.abs(positions(cell) - end).max() < 1e-3
    assert cell.mode(Mode.HOLD)
    assert cell.wait(lambda: cell.status.owner == "")


def test_trajectory_cancelled_and_stopped(cell: Cell) -> None:
    handle = cell.send(FollowJointTrajectory, names.FOLLOW_JOINT_TRAJECTORY, trajectory(cell, -0.2, 3.0))
    cell.spin(0.4)
    cancelling = handle.cancel_goal_async()
    assert cell.wait(cancelling.done)
    assert cell.result(handle).status == GoalStatus.STATUS_CANCELED
    assert cell.mode(Mode.HOLD)
    second = cell.send(FollowJointTrajectory, names.FOLLOW_JOINT_TRAJECTORY, trajectory(cell, -0.2, 3.0))
    cell.spin(0.3)
    cell.call(Trigger, names.CONTROLLER_STOP)
    outcome = cell.result(second)
    assert outcome.status == GoalStatus.STATUS_ABORTED
    assert outcome.result.error_code != 0


def test_bad_trajectory_is_refused(cell: Cell) -> None:
    goal = trajectory(cell, 0.1, 1.0)
    goal.trajectory.joint_names[0] = "no_such_joint"
    assert not cell.send(FollowJointTrajectory, names.FOLLOW_JOINT_TRAJECTORY, goal).accepted


def test_gripper_actions(cell: Cell) -> None:
    goal = GripperCommand.Goal()
    goal.command.position = 0.03
    outcome = cell.result(cell.send(GripperCommand, names.gripper_action("ur5e"), goal))
    assert outcome.status == GoalStatus.STATUS_SUCCEEDED
    assert outcome.result.position == pytest.approx(0.03, abs=2.5e-3)
    parallel = ParallelGripperCommand.Goal(command=JointState(position=[0.06]))
    outcome = cell.result(cell.send(ParallelGripperCommand, names.PARALLEL_GRIPPER_ACTION, parallel))
    assert outcome.result.reached_goal
    goal.command.position = 0.5
    assert not cell.send(GripperCommand, names.gripper_action("ur5e"), goal).accepted
    assert cell.call(Acquire, names.CONTROLLER_ACQUIRE, source="teleop", lease=30.0).granted
    assert cell.wait(lambda: cell.status.owner == "teleop")
    goal.command.position = 0.02
    assert not cell.send(GripperCommand, names.gripper_action("ur5e"), goal).accepted


def test_front_killed_in_a_trajectory_stops_the_arm(cell: Cell) -> None:
    handle = cell.send(FollowJointTrajectory, names.FOLLOW_JOINT_TRAJECTORY, trajectory(cell, 0.2, 60.0))
    assert handle.accepted
    cell.spin(0.5)
    cell.end("front", signal.SIGTERM)
    assert cell.mode(Mode.HOLD, seconds=30.0)  # the trajectory would have taken twice as long
    cell.start("front")
    assert cell.call(Release, names.CONTROLLER_RELEASE, source="policy").released is False


def test_arm_killed_while_nobody_owns_it_is_waited_for(cell: Cell) -> None:
    cell.end("arm", signal.SIGKILL)
    assert cell.mode(Mode.STARTING)
    assert cell.status.reasons & Reason.STATE_STALE
    cell.start("arm")
    assert cell.mode(Mode.HOLD)


def test_arm_killed_while_owned_is_a_fault_and_reset_recovers(cell: Cell) -> None:
    assert cell.call(Acquire, names.CONTROLLER_ACQUIRE, source="policy", lease=30.0).granted
    assert cell.mode(Mode.OWNED, seconds=10.0)
    cell.end("arm", signal.SIGKILL)
    assert cell.mode(Mode.FAULT, seconds=10.0)
    assert cell.status.reasons & Reason.STATE_STALE
    cell.start("arm")
    assert cell.wait(lambda: cell.call(Trigger, names.CONTROLLER_RESET).success)
    assert cell.mode(Mode.HOLD)


def test_ends_cleanly_on_a_signal(cell: Cell) -> None:
    before = {name: len(cell.log(name)) for name in ("servo", "front")}
    assert cell.end("servo") == 0
    assert cell.end("front") == 0
    for name, length in before.items():
        assert "Traceback" not in cell.log(name)[length:]
        assert "leaked" not in cell.log(name)[length:]


@pytest.mark.parametrize("module", ["servo_node", "front_node"])
def test_wrong_words_are_one_sentence(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", f"twincell_control.{module}", "--ros-args", "-p", "robot:=kuka"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "kuka" in done.stderr
    assert done.stderr.count("\n") == 1
