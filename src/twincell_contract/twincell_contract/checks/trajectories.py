"""FollowJointTrajectory with joint_trajectory_controller's rules, as MoveIt expects them."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from action_msgs.msg import GoalStatus
from builtin_interfaces.msg import Duration
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from control_msgs.action import FollowJointTrajectory
from twincell_msgs.msg import ControllerStatus

from .. import names
from ..facts import Array
from .behaviour import hold, in_mode, owning, safe_signs, unmoved
from .check import Item, require
from .observer import Observer

STEP_RAD = 0.06
MOVE_S = 1.0
RESULT_S = 8.0


def duration(seconds: float) -> Duration:
    """A ROS duration."""
    whole = int(seconds)
    return Duration(sec=whole, nanosec=int((seconds - whole) * 1e9))


def trajectory(
    joint_names: list[str], points: list[tuple[float, Array]], end_velocity: float = 0.0
) -> JointTrajectory:
    """A trajectory through positions [rad] at times [s]; the last point has a velocity [rad/s]."""
    message = JointTrajectory(joint_names=joint_names)
    for seconds, positions in points:
        point = JointTrajectoryPoint(positions=positions.tolist(), time_from_start=duration(seconds))
        message.points.append(point)
    if message.points:
        message.points[-1].velocities = [end_velocity] * len(joint_names)
    return message


def send(cell: Observer, message: JointTrajectory, feedback: list[Any] | None = None) -> Any:
    """Send a goal and return its handle."""
    goal = FollowJointTrajectory.Goal(trajectory=message)
    return cell.goal(names.FOLLOW_JOINT_TRAJECTORY, FollowJointTrajectory, goal, feedback)


def finish(cell: Observer, handle: Any) -> Any:
    """Status and result of a goal."""
    return cell.result(handle, names.FOLLOW_JOINT_TRAJECTORY, RESULT_S)


def away(cell: Observer, start: Array) -> Array:
    """A pose close by, inside the limits."""
    return start + STEP_RAD * safe_signs(cell, start)


Make = Callable[[Observer, Array], JointTrajectory]


def wrong_joints(cell: Observer, start: Array) -> JointTrajectory:
    """A joint the arm does not have."""
    return trajectory(["no_such_joint", *cell.facts.joint_names[1:]], [(MOVE_S, start)])


def partial_joints(cell: Observer, start: Array) -> JointTrajectory:
    """Not all joints."""
    return trajectory(list(cell.facts.joint_names[1:]), [(MOVE_S, start[1:])])


def empty(cell: Observer, _: Array) -> JointTrajectory:
    """No points."""
    return trajectory(list(cell.facts.joint_names), [])


def moving_end(cell: Observer, start: Array) -> JointTrajectory:
    """Ends with a velocity."""
    return trajectory(list(cell.facts.joint_names), [(MOVE_S, away(cell, start))], end_velocity=0.1)


def unordered(cell: Observer, start: Array) -> JointTrajectory:
    """Times that fall."""
    return trajectory(list(cell.facts.joint_names), [(MOVE_S, start), (MOVE_S / 2, start)])


def wrong_size(cell: Observer, start: Array) -> JointTrajectory:
    """A point with one value too few."""
    return trajectory(list(cell.facts.joint_names), [(MOVE_S / 2, start[:-1]), (MOVE_S, start)])


def not_finite(cell: Observer, start: Array) -> JointTrajectory:
    """A point that is not finite."""
    return trajectory(list(cell.facts.joint_names), [(MOVE_S, np.full_like(start, np.nan))])


def in_the_past(cell: Observer, start: Array) -> JointTrajectory:
    """Stamped so that it ended a minute ago."""
    message = trajectory(list(cell.facts.joint_names), [(MOVE_S, away(cell, start))])
    message.header.stamp.sec, message.header.stamp.nanosec = divmod(
        cell.now_ns() - 60_000_000_000, 1_000_000_000
    )
    return message


def beyond_limits(cell: Observer, start: Array) -> JointTrajectory:
    """A goal outside the position limits."""
    goal = start.copy()
    goal[-1] = cell.facts.upper[-1] + 0.5
    return trajectory(list(cell.facts.joint_names), [(30.0, goal)])


REJECTIONS: tuple[tuple[str, Make, str], ...] = (
    ("wrong_joints", wrong_joints, "with a joint the arm does not have"),
    ("partial_joints", partial_joints, "that names only some joints"),
    ("empty", empty, "without points"),
    ("moving_end", moving_end, "whose last point has a velocity"),
    ("unordered_times", unordered, "whose times do not rise"),
    ("wrong_size", wrong_size, "with a point of the wrong size"),
    ("not_finite", not_finite, "with a point that is not finite"),
    ("in_the_past", in_the_past, "that ended a minute ago"),
    ("beyond_limits", beyond_limits, "beyond the position limits"),
)


def rejected(make: Make, what: str, cell: Observer) -> str:
    """The goal is refused before anything moves."""
    start = hold(cell)
    handle = send(cell, make(cell, start))
    if handle.accepted:
        cell.done(handle.cancel_goal_async(), "Cancelling a goal")
        hold(cell)
    require(
        not handle.accepted,
        f"A trajectory {what} was accepted. Reject it, as joint_trajectory_controller does.",
    )
    unmoved(cell, start, f"a trajectory {what}")
    return f"a trajectory {what} is rejected"


def executes(cell: Observer) -> str:
    """A small motion, its joints in another order, runs to its end with feedback and gives the arm back."""
    start = hold(cell)
    goal = away(cell, start)
    order = np.arange(cell.facts.dof)[::-1]
    feedback: list[Any] = []
    handle = send(
        cell, trajectory([cell.facts.joint_names[k] for k in order], [(MOVE_S, goal[order])]), feedback
    )
    require(handle.accepted, "A small motion of all joints was rejected. Is the arm free?")
    outcome = finish(cell, handle)
    require(
        outcome.status == GoalStatus.STATUS_SUCCEEDED and outcome.result.error_code == 0,
        f"A small motion failed with error code {outcome.result.error_code}: {outcome.result.error_string}",
    )
    off = float(np.abs(cell.at_rest() - goal).max())
    require(off < 0.01, f"The arm ended {off:.4f} rad from the goal of a trajectory that it says succeeded.")
    require(len(feedback) >= 5, f"{len(feedback)} feedback messages in {MOVE_S:g} s; send them at 20 Hz.")
    last = feedback[-1]
    found = cell.indices(last.joint_names)
    require(
        len(last.desired.positions) == len(last.actual.positions) == len(last.error.positions) == len(found),
        "The feedback lacks desired, actual or error positions. Fill one value per joint.",
    )
    actual = np.array(last.actual.positions)[found]
    require(
        np.abs(actual - goal).max() < 0.05,
        "The feedback's actual positions are not those of the joints they name.",
    )
    in_mode(cell, [ControllerStatus.MODE_HOLD], "The controller should hold after a trajectory")
    require(
        cell.latest(names.CONTROLLER_STATUS).owner == "",
        "The planner keeps the arm after its trajectory ended.",
    )
    return f"ended {off:.4f} rad from the goal, {len(feedback)} feedback messages"


def long_motion(cell: Observer, start: Array) -> JointTrajectory:
    """A motion that takes 4 s."""
    return trajectory(list(cell.facts.joint_names), [(4.0, away(cell, start))])


def cancelled(cell: Observer) -> str:
    """A cancelled goal ends as cancelled, and the arm comes to rest under control."""
    start = hold(cell)
    handle = send(cell, long_motion(cell, start))
    require(handle.accepted, "A small motion of all joints was rejected. Is the arm free?")
    cell.pump(0.5)
    cell.done(handle.cancel_goal_async(), "Cancelling a goal")
    outcome = finish(cell, handle)
    require(
        outcome.status == GoalStatus.STATUS_CANCELED,
        f"A cancelled trajectory ended with status {outcome.status}; it must be CANCELED.",
    )
    in_mode(cell, [ControllerStatus.MODE_HOLD], "The controller should hold after a cancelled trajectory")
    cell.at_rest()
    return "cancelled and at rest"


def replaced(cell: Observer) -> str:
    """A new goal aborts the running one and is followed to its own end."""
    start = hold(cell)
    first = send(cell, long_motion(cell, start))
    require(first.accepted, "A small motion of all joints was rejected. Is the arm free?")
    cell.pump(0.4)
    second = send(cell, trajectory(list(cell.facts.joint_names), [(MOVE_S, start)]))
    require(
        second.accepted,
        "A new goal was rejected while another of the planner's runs. The new one replaces it.",
    )
    ended = finish(cell, first)
    require(
        ended.status == GoalStatus.STATUS_ABORTED,
        f"The replaced trajectory ended with status {ended.status}; it must be ABORTED.",
    )
    outcome = finish(cell, second)
    require(outcome.result.error_code == 0, f"The new trajectory failed: {outcome.result.error_string}")
    off = float(np.abs(cell.at_rest() - start).max())
    require(off < 0.01, f"The arm ended {off:.4f} rad from the goal of the new trajectory.")
    return f"first aborted, second ended {off:.4f} rad from its goal"


def refused_while_owned(cell: Observer) -> str:
    """The planner gets no arm that somebody else owns."""
    with owning(cell, "teleop") as start:
        handle = send(cell, long_motion(cell, start))
        require(
            not handle.accepted, "A trajectory was accepted while teleop owns the arm. Release comes first."
        )
    return "rejected while teleop owns the arm"


def stopped(cell: Observer) -> str:
    """controller/stop aborts a running trajectory."""
    start = hold(cell)
    handle = send(cell, long_motion(cell, start))
    require(handle.accepted, "A small motion of all joints was rejected. Is the arm free?")
    cell.pump(0.4)
    cell.call(names.CONTROLLER_STOP, Trigger)
    outcome = finish(cell, handle)
    require(
        outcome.status == GoalStatus.STATUS_ABORTED and outcome.result.error_code != 0,
        f"A stopped trajectory ended with status {outcome.status}, code {outcome.result.error_code}; it "
        "must be aborted.",
    )
    hold(cell)
    return f"aborted: {outcome.result.error_string}"


def items(_: Observer) -> Iterator[Item]:
    """The checks of this file."""
    for name, make, what in REJECTIONS:
        yield Item(f"trajectory_rejects_{name}", partial(rejected, make, what))
    yield Item("trajectory_executes", executes)
    yield Item("trajectory_cancelled", cancelled)
    yield Item("trajectory_replaced_by_a_new_one", replaced)
    yield Item("trajectory_refused_while_owned", refused_while_owned)
    yield Item("trajectory_aborted_by_stop", stopped)
