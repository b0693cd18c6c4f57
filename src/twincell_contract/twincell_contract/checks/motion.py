"""Streams of the owner move the arm as they say, in the right units, frames and joints; silence stops it."""

from collections.abc import Iterator
from functools import partial

import numpy as np
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from .. import names
from ..facts import Array
from ..reasons import Reason
from .behaviour import jog, owning, pose_message, safe_signs, saw, steady_speed, twist
from .check import Item, require
from .geometry import distance, pose_matrix, rotation
from .observer import Observer

JOG_S = 0.8
STEADY = (0.4, 0.75)
"""Window of a jog in which its speed is steady [s]."""
TOOL_SPEED = 0.04
"""m/s"""
TELEOP_JOG = names.source_topic("teleop", "joint_jog")
TELEOP_TWIST = names.source_topic("teleop", "twist")
TELEOP_POSE = names.source_topic("teleop", "pose")
TELEOP_TRAJECTORY = names.source_topic("teleop", "trajectory")


def jog_speeds(cell: Observer, positions: Array) -> Array:
    """A speed of its own for every joint, so that swapped joints show [rad/s]."""
    return safe_signs(cell, positions) * (0.03 + 0.008 * np.arange(cell.facts.dof))


def jog_each(backwards: bool, cell: Observer) -> str:
    """Each joint moves with its own commanded speed; names may come in any order."""
    with owning(cell) as start:
        speeds = jog_speeds(cell, start)
        order = np.arange(cell.facts.dof)[::-1] if backwards else np.arange(cell.facts.dof)
        if backwards:
            speeds = -speeds
        joint_names = [cell.facts.joint_names[k] for k in order]
        since = cell.now_ns()
        cell.stream(TELEOP_JOG, lambda: jog(cell, joint_names, speeds[order]), JOG_S)
        measured, _ = steady_speed(cell, since, *STEADY)
    off = np.abs(measured - speeds)
    worst = int((off - 0.15 * np.abs(speeds)).argmax())
    require(
        off[worst] <= 0.15 * abs(speeds[worst]) + 0.002,
        f"{cell.facts.joint_names[worst]} moved at {measured[worst]:.4f} rad/s; the jog asked for "
        f"{speeds[worst]:.4f} rad/s. Check "
        "units (rad/s), the sign and the joint order.",
    )
    return f"{cell.facts.dof} joints within {off.max():.4f} rad/s of their own speeds"


def jog_one(cell: Observer) -> str:
    """A jog that names one joint moves no other."""
    with owning(cell) as start:
        k = cell.facts.dof - 1
        speed = 0.1 * float(safe_signs(cell, start)[k])
        cell.stream(TELEOP_JOG, lambda: jog(cell, [cell.facts.joint_names[k]], [speed]), 0.5)
        end = cell.at_rest()
    moved = end - start
    require(
        moved[k] * speed > 0.0 and abs(moved[k]) > 0.02,
        f"{cell.facts.joint_names[k]} moved by {moved[k]:.4f} rad in a jog of {speed:.2f} rad/s for 0.5 s.",
    )
    others = np.abs(np.delete(moved, k)).max()
    require(others < 5e-3, f"Another joint than the one named moved by {others:.4f} rad.")
    return f"{cell.facts.joint_names[k]} moved by {moved[k]:.4f} rad, the others by {others:.5f} rad at most"


def velocity_is_derivative(cell: Observer) -> str:
    """The velocity field is the change of the positions."""
    with owning(cell) as start:
        speeds = 0.06 * safe_signs(cell, start)
        since = cell.now_ns()
        cell.stream(TELEOP_JOG, lambda: jog(cell, cell.facts.joint_names, speeds), JOG_S)
        by_position, by_field = steady_speed(cell, since, *STEADY)
        cell.stream(TELEOP_JOG, lambda: jog(cell, cell.facts.joint_names, -speeds), JOG_S)
    off = np.abs(by_position - by_field)
    worst = int(off.argmax())
    require(
        off[worst] <= 0.1 * abs(by_position[worst]) + 0.01,
        f"joint_states says {cell.facts.joint_names[worst]} moves at {by_field[worst]:.4f} rad/s; its "
        "positions change by "
        f"{by_position[worst]:.4f} rad/s. Publish rad and rad/s.",
    )
    return f"within {off.max():.4f} rad/s"


def no_jump(cell: Observer) -> str:
    """Consecutive commands of all motions so far are within the velocity limits."""
    rows = [
        np.array(r.msg.tick_position).reshape(-1, cell.facts.dof)
        for r in cell.messages(names.CONTROLLER_STATUS)
    ]
    require(rows, "controller/status is silent. Start the controller.")
    steps = np.abs(np.diff(np.concatenate(rows), axis=0))
    allowed = cell.facts.max_velocity / cell.facts.rate_hz
    over = steps / allowed
    require(
        over.max() <= 1.001,
        f"A command stepped by {over.max():.2f} times what the velocity limit allows in one tick. Limit on "
        "the command state.",
    )
    return f"largest step {100 * over.max():.1f} % of the velocity limit in {len(steps)} ticks"


def sample_at(stamps: Array, seconds: float) -> int:
    """Index of the first sample at or after a time. Raises Failed where the recording ends before."""
    index = int(np.searchsorted(stamps, seconds))
    require(index < len(stamps), f"joint_states ended {seconds - stamps[-1]:.2f} s before the motion did.")
    return index


def twist_moves(axis: int, sign: float, cell: Observer) -> str:
    """A twist moves the tool along that axis of the root frame and does not turn it."""
    velocity = np.zeros(3)
    velocity[axis] = sign * TOOL_SPEED
    with owning(cell):
        since = cell.now_ns()
        cell.stream(TELEOP_TWIST, lambda: twist(cell, velocity), 1.0)
        stamps, positions, _ = cell.track(since)
    first, last = (sample_at(stamps, t) for t in (0.4, 0.9))
    a, b = (pose_matrix(cell.facts.pose(positions[k])) for k in (first, last))
    speed = (b[:3, 3] - a[:3, 3]) / (stamps[last] - stamps[first])
    off = np.linalg.norm(speed - velocity)
    require(
        off <= 0.25 * TOOL_SPEED,
        f"A twist of {velocity.tolist()} m/s moved the tool at {speed.round(4).tolist()} m/s in the root "
        "frame. Check the frame, the "
        "unit (m/s) and the Jacobian's joint order.",
    )
    turn = distance(a, b)[1]
    require(turn < 0.02, f"A twist without rotation turned the tool by {turn:.3f} rad.")
    return f"tool at {speed.round(4).tolist()} m/s, turned by {turn:.4f} rad"


def tool_twist(cell: Observer) -> str:
    """A twist given in the tool frame moves along the tool's own axis."""
    with owning(cell) as start:
        wanted = rotation(cell.facts.pose(start)[1]) @ np.array([0.0, 0.0, -TOOL_SPEED])
        since = cell.now_ns()
        cell.stream(TELEOP_TWIST, lambda: twist(cell, (0.0, 0.0, -TOOL_SPEED), cell.facts.tool_frame), 0.8)
        stamps, positions, _ = cell.track(since)
    first, last = (sample_at(stamps, t) for t in (0.4, 0.7))
    a, b = (cell.facts.pose(positions[k])[0] for k in (first, last))
    speed = (b - a) / (stamps[last] - stamps[first])
    require(
        np.linalg.norm(speed - wanted) <= 0.3 * TOOL_SPEED,
        f"A twist along the tool's -z moved the tool at {speed.round(4).tolist()} m/s; expected "
        f"{wanted.round(4).tolist()}. Turn it "
        "into the root frame.",
    )
    return f"tool at {speed.round(4).tolist()} m/s in the root frame"


def pose_reaches(cell: Observer) -> str:
    """A streamed pose is reached and kept."""
    with owning(cell) as start:
        position, turn = cell.facts.pose(start)
        target = (position + np.array([0.0, 0.0, 0.03]), turn)
        wanted = pose_matrix(target)

        def error() -> tuple[float, float]:
            return distance(wanted, pose_matrix(cell.facts.pose(cell.positions())))

        for _ in range(25):
            cell.stream(TELEOP_POSE, lambda: pose_message(cell, target), 0.2)
            off, angle = error()
            if off < 1.5e-3 and angle < 0.01:
                break
    require(
        off < 3e-3 and angle < 0.02,
        f"After 5 s of a streamed pose 3 cm above, the tool is {off * 1e3:.1f} mm and {angle:.3f} rad away.",
    )
    return f"{off * 1e3:.2f} mm, {angle:.4f} rad from the pose"


def chunk_reaches(cell: Observer) -> str:
    """An action chunk is followed to its end and held."""
    with owning(cell) as start:
        goal = start + 0.05 * safe_signs(cell, start)
        message = JointTrajectory(joint_names=list(cell.facts.joint_names))
        for part in (0.25, 0.5, 0.75, 1.0):
            point = JointTrajectoryPoint(positions=(start + part * (goal - start)).tolist())
            point.time_from_start.nanosec = int(part * 999_999_999)
            message.points.append(point)
        message.header.stamp = cell.asker.get_clock().now().to_msg()
        cell.publish(TELEOP_TRAJECTORY, message)
        cell.pump(1.5)
        off = float(np.abs(cell.at_rest() - goal).max())
    require(off < 0.01, f"The arm ended {off:.4f} rad from the last point of an action chunk.")
    return f"ended {off:.4f} rad from the last point"


def silence(cell: Observer) -> str:
    """An owner that falls silent is stopped at once, although it keeps its lease."""
    with owning(cell) as start:
        speeds = 0.06 * safe_signs(cell, start)
        cell.stream(TELEOP_JOG, lambda: jog(cell, cell.facts.joint_names, speeds), 0.5)
        since = cell.now_ns()
        at = cell.positions()
        end = cell.at_rest(2.0)
        stopped = (cell.now_ns() - since) * 1e-9
        require(
            saw(cell, since, Reason.SOURCE_SILENT),
            "No tick carries SOURCE_SILENT after the owner fell silent. Set the bit when the command "
            "time-out passes.",
        )
    travel = float(np.abs(end - at).max())
    require(travel < 0.1, f"The arm went on for {travel:.3f} rad after its owner fell silent.")
    return f"at rest within {stopped:.2f} s, after {travel:.3f} rad"


def items(_: Observer) -> Iterator[Item]:
    """The checks of this file."""
    yield Item("joint_jog_moves_each_joint", partial(jog_each, False))
    yield Item("joint_jog_is_by_name", partial(jog_each, True))
    yield Item("joint_jog_moves_only_the_named_joint", jog_one)
    yield Item("velocity_is_change_of_position", velocity_is_derivative)
    yield Item("twist_moves_along_root_x", partial(twist_moves, 0, -1.0))
    yield Item("twist_moves_along_root_z", partial(twist_moves, 2, 1.0))
    yield Item("twist_in_tool_frame", tool_twist)
    yield Item("pose_reaches", pose_reaches)
    yield Item("trajectory_chunk_reaches", chunk_reaches)
    yield Item("silent_owner_stops", silence)
    yield Item("commands_never_jump", no_jump)
