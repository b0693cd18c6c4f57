"""Wrong commands are refused and counted, by the arm and by the controller, and nothing moves."""

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from geometry_msgs.msg import PoseStamped
from std_msgs.msg import Float64MultiArray
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from twincell_msgs.msg import ArmStatus

from .. import names
from ..facts import Array
from ..reasons import Reason
from .behaviour import TELL_S, hold, jog, owning, pose_message, reasons_since, status, twist, unmoved
from .check import Item, require
from .observer import Observer

SENT = 5
TELEOP_JOG = names.source_topic("teleop", "joint_jog")
TELEOP_TWIST = names.source_topic("teleop", "twist")
TELEOP_POSE = names.source_topic("teleop", "pose")
TELEOP_TRAJECTORY = names.source_topic("teleop", "trajectory")


def dropped(make: Callable[[Observer, Array], list[float]], what: str, cell: Observer) -> str:
    """The arm drops and counts a wrong command that arrives between the controller's."""
    start = hold(cell)
    before: ArmStatus = cell.next(names.ARM_STATUS)
    for _ in range(SENT):
        cell.publish(names.COMMANDS, Float64MultiArray(data=make(cell, start)))
        cell.pump(0.02)
    cell.unpublish(names.COMMANDS)

    def counted() -> int:
        return int(cell.latest(names.ARM_STATUS).commands_dropped - before.commands_dropped)

    cell.wait(lambda: counted() >= SENT, 4.0)  # arm/status comes at 2 Hz
    require(
        counted() >= SENT,
        f"The arm counted {counted()} of {SENT} commands {what} as dropped (arm/status commands_dropped). "
        "Check every command "
        "before it is used, not only the newest of a tick.",
    )
    unmoved(cell, start, f"a command {what}")
    return f"{counted()} of {SENT} dropped and counted; the arm did not move"


def too_short(_: Observer, start: Array) -> list[float]:
    """One value too few."""
    return start[:-1].tolist()


def with_nan(_: Observer, start: Array) -> list[float]:
    """Not a number in the first place."""
    return [math.nan, *start[1:].tolist()]


def far(cell: Observer, start: Array) -> list[float]:
    """Further from the reference than the step guard allows."""
    return [float(start[0]) + 3.0 * cell.facts.step_guard, *start[1:].tolist()]


def refused(
    topic: str, make: Callable[[Observer], Any], bit: Reason, owner: str, what: str, cell: Observer
) -> str:
    """The controller refuses and counts a wrong command of a source, and says why."""
    if owner:
        with owning(cell, owner) as start:
            return _send_and_look(topic, make, bit, what, cell, start)
    return _send_and_look(topic, make, bit, what, cell, hold(cell))


def _send_and_look(
    topic: str, make: Callable[[Observer], Any], bit: Reason, what: str, cell: Observer, start: Array
) -> str:
    cell.publish(topic, make(cell))  # finds the subscriber; not counted below
    cell.pump(0.05)
    before = status(cell).commands_rejected
    since = cell.now_ns()
    for _ in range(SENT):
        cell.publish(topic, make(cell))
        cell.pump(0.02)

    def counted() -> int:
        return int(cell.latest(names.CONTROLLER_STATUS).commands_rejected - before)

    cell.wait(lambda: counted() >= SENT and reasons_since(cell, since) & bit, TELL_S)
    require(
        counted() >= SENT,
        f"The controller counted {counted()} of {SENT} messages {what} as rejected (controller/status "
        "commands_rejected).",
    )
    require(
        reasons_since(cell, since) & bit,
        f"No tick of controller/status carries {bit.name} after messages {what}. Set the bit in the tick "
        "that refuses.",
    )
    unmoved(cell, start, f"messages {what}")
    return f"{counted()} of {SENT} rejected with {bit.name}; the arm did not move"


def _jog(cell: Observer, value: float = 0.05, name: str = "", age_s: float = 0.0) -> Any:
    message = jog(cell, [name or cell.facts.joint_names[0]], [value])
    shifted = cell.now_ns() - int(age_s * 1e9)
    message.header.stamp.sec, message.header.stamp.nanosec = divmod(shifted, 1_000_000_000)
    return message


def _bad_pose(cell: Observer) -> PoseStamped:
    message = pose_message(cell, cell.facts.pose(cell.positions()))
    message.pose.orientation.w += 2.0
    return message


def _unordered(cell: Observer) -> JointTrajectory:
    positions = cell.positions().tolist()
    points = [JointTrajectoryPoint(positions=positions) for _ in range(2)]
    points[0].time_from_start.sec = 2
    points[1].time_from_start.sec = 1
    message = JointTrajectory(joint_names=list(cell.facts.joint_names), points=points)
    message.header.stamp = cell.asker.get_clock().now().to_msg()
    return message


REFUSALS: tuple[tuple[str, str, Callable[[Observer], Any], Reason, str, str], ...] = (
    ("not_owner", TELEOP_JOG, _jog, Reason.COMMAND_NOT_OWNER, "", "of a source that does not own the arm"),
    (
        "not_finite",
        TELEOP_JOG,
        partial(_jog, value=math.nan),
        Reason.COMMAND_NOT_FINITE,
        "teleop",
        "with a NaN",
    ),
    (
        "unknown_joint",
        TELEOP_JOG,
        partial(_jog, name="no_such_joint"),
        Reason.COMMAND_JOINT_NAMES,
        "teleop",
        "naming an unknown joint",
    ),
    ("stale", TELEOP_JOG, partial(_jog, age_s=10.0), Reason.COMMAND_STALE, "teleop", "stamped 10 s ago"),
    ("future", TELEOP_JOG, partial(_jog, age_s=-10.0), Reason.COMMAND_FUTURE, "teleop", "stamped 10 s ahead"),
    (
        "unknown_frame",
        TELEOP_TWIST,
        lambda cell: twist(cell, (0.03, 0.0, 0.0), "no_such_frame"),
        Reason.COMMAND_FRAME,
        "teleop",
        "in an unknown frame",
    ),
    (
        "quaternion",
        TELEOP_POSE,
        _bad_pose,
        Reason.COMMAND_SHAPE,
        "teleop",
        "with a quaternion that is not of unit length",
    ),
    (
        "unordered_times",
        TELEOP_TRAJECTORY,
        _unordered,
        Reason.COMMAND_SHAPE,
        "teleop",
        "with times out of order",
    ),
)


def items(_: Observer) -> Iterator[Item]:
    """The checks of this file."""
    yield Item("arm_drops_wrong_length", partial(dropped, too_short, "of the wrong length"))
    yield Item("arm_drops_nan", partial(dropped, with_nan, "with a NaN"))
    yield Item("arm_drops_far_step", partial(dropped, far, "beyond the step guard"))
    for name, topic, make, bit, owner, what in REFUSALS:
        yield Item(f"controller_refuses_{name}", partial(refused, topic, make, bit, owner, what))
