"""What the behaviour checks share: a controller at HOLD, owning the arm, messages, and measured motion."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from geometry_msgs.msg import PoseStamped, TwistStamped
from std_srvs.srv import Trigger

from control_msgs.msg import JointJog
from twincell_msgs.msg import ControllerStatus
from twincell_msgs.srv import Acquire, Release

from .. import names
from ..facts import Array, Pose
from ..reasons import Reason
from .check import Failed, require
from .observer import Observer
from .status import in_words

SETTLE_S = 5.0
"""Longest time a controller takes from any mode back to HOLD."""
LEASE_S = 20.0
"""Longer than any check needs to find a subscriber: a lease must not run out while DDS matches its owner's topics."""
TELL_S = 3.0
"""Longest wait for controller/status (50 Hz) to tell what has happened, on a busy machine."""
FREE = (ControllerStatus.MODE_STOPPED, ControllerStatus.MODE_FAULT)


def status(cell: Observer) -> ControllerStatus:
    """A status from now on."""
    message: ControllerStatus = cell.next(names.CONTROLLER_STATUS)
    return message


def in_mode(cell: Observer, modes: Sequence[int], what: str, timeout: float = SETTLE_S) -> ControllerStatus:
    """Wait for one of the modes. Raises Failed with `what` should have happened."""
    last = status(cell)
    reached = cell.wait(lambda: cell.latest(names.CONTROLLER_STATUS).mode in modes, timeout)
    last = cell.latest(names.CONTROLLER_STATUS)
    require(reached, f"{what}; the controller is in {in_words(last)} after {timeout:g} s.")
    return last


def hold(cell: Observer) -> Array:
    """Bring the controller to HOLD without owner, as an operator would; the positions at rest [rad]."""
    now = status(cell)
    if now.owner:
        cell.call(names.CONTROLLER_RELEASE, Release, Release.Request(source=now.owner))
    if now.mode == ControllerStatus.MODE_STOPPING:
        cell.wait(
            lambda: cell.latest(names.CONTROLLER_STATUS).mode != ControllerStatus.MODE_STOPPING, SETTLE_S
        )
    if status(cell).mode in FREE:
        cell.at_rest()
        cell.call(names.CONTROLLER_RESET, Trigger)
    in_mode(cell, [ControllerStatus.MODE_HOLD], "The controller should return to HOLD")
    require(
        cell.wait(lambda: not cell.latest(names.CONTROLLER_STATUS).owner, TELL_S),
        "The controller keeps an owner although it was released.",
    )
    return cell.at_rest()


def acquire(cell: Observer, source: str, lease: float = LEASE_S) -> Acquire.Response:
    """Ask for the arm."""
    answer: Acquire.Response = cell.call(
        names.CONTROLLER_ACQUIRE, Acquire, Acquire.Request(source=source, lease=lease)
    )
    return answer


@contextmanager
def owning(cell: Observer, source: str = "teleop", lease: float = LEASE_S) -> Iterator[Array]:
    """Own the arm; gives its positions at the start [rad] and releases it at the end.

    Raises Failed when refused.
    """
    start = hold(cell)
    answer = acquire(cell, source, lease)
    require(
        answer.granted, f"controller/acquire refuses '{source}' although nobody owns the arm: {answer.reason}"
    )
    try:
        yield start
    finally:
        cell.call(names.CONTROLLER_RELEASE, Release, Release.Request(source=source))


def jog(cell: Observer, joint_names: Sequence[str], velocities: Sequence[float] | Array) -> JointJog:
    """A JointJog stamped now [rad/s]."""
    message = JointJog(joint_names=list(joint_names), velocities=[float(v) for v in velocities])
    message.header.stamp = cell.asker.get_clock().now().to_msg()
    message.header.frame_id = cell.facts.root_frame
    return message


def twist(cell: Observer, linear: Sequence[float] | Array, frame: str | None = None) -> TwistStamped:
    """A TwistStamped stamped now [m/s]; in the root frame without `frame`."""
    message = TwistStamped()
    message.header.stamp = cell.asker.get_clock().now().to_msg()
    message.header.frame_id = cell.facts.root_frame if frame is None else frame
    message.twist.linear.x, message.twist.linear.y, message.twist.linear.z = map(float, linear)
    return message


def pose_message(cell: Observer, pose: Pose) -> PoseStamped:
    """A PoseStamped stamped now, in the root frame."""
    message = PoseStamped()
    message.header.stamp = cell.asker.get_clock().now().to_msg()
    message.header.frame_id = cell.facts.root_frame
    place, turn = message.pose.position, message.pose.orientation
    place.x, place.y, place.z = map(float, pose[0])
    turn.w, turn.x, turn.y, turn.z = map(float, pose[1])
    return message


def safe_signs(cell: Observer, positions: Array) -> Array:
    """Direction in which each joint has room: away from a limit that is near, else alternating."""
    middle = (cell.facts.lower + cell.facts.upper) / 2.0
    near = np.minimum(positions - cell.facts.lower, cell.facts.upper - positions) < 0.6
    alternating = np.where(np.arange(cell.facts.dof) % 2 == 0, 1.0, -1.0)
    return np.where(near, np.where(middle >= positions, 1.0, -1.0), alternating)


def steady_speed(cell: Observer, since_ns: int, start_s: float, end_s: float) -> tuple[Array, Array]:
    """Joint velocities by regression on positions and by the mean velocity field, in a window [rad/s]."""
    stamps, positions, velocities = cell.track(since_ns)
    window = (stamps >= start_s) & (stamps <= end_s)
    require(window.sum() >= 5, "Too few joint states during a motion. Is the arm node running?")
    t = stamps[window] - stamps[window].mean()
    slope = (t[:, None] * positions[window]).sum(axis=0) / (t**2).sum()
    return slope, velocities[window].mean(axis=0)


def reasons_since(cell: Observer, since_ns: int) -> Reason:
    """All reason bits of the ticks since a time."""
    bits = 0
    for received in cell.messages(names.CONTROLLER_STATUS, since_ns):
        for value in received.msg.tick_reasons:
            bits |= int(value)
    return Reason(bits)


def saw(cell: Observer, since_ns: int, bit: Reason, timeout: float = TELL_S) -> bool:
    """Whether the bit was set in a tick since a time; waits for it."""
    return bool(cell.wait(lambda: reasons_since(cell, since_ns) & bit, timeout))


def unmoved(cell: Observer, start: Array, what: str) -> None:
    """Raise Failed when the arm is not where it was."""
    off = float(np.abs(cell.at_rest() - start).max())
    if off > 3e-3:
        raise Failed(f"The arm moved by {off:.4f} rad after {what}. It must be refused.")
