"""Joint states, tool pose, wrench and transforms agree with each other and with the robot's kinematics."""

import math
from collections.abc import Iterator

import numpy as np

from .. import names
from ..facts import Array
from .check import Item, require
from .geometry import distance, message_matrix, pose_matrix
from .observer import Observer

POSITION_TOLERANCE_M = 1e-3
ANGLE_TOLERANCE_RAD = 5e-3
LIMIT_TOLERANCE_RAD = 1e-3
REST_VELOCITY = 0.05
"""A velocity sensor's noise at rest stays below this [rad/s]."""
WRENCH_BOUND = 500.0
"""An arm at rest with an empty gripper feels far less than this [N, N m]."""


def joint_names(cell: Observer) -> str:
    """The profile's names, each once."""
    names_seen = list(cell.latest(names.JOINT_STATES).name)
    require(
        sorted(names_seen) == sorted(cell.facts.joint_names),
        f"joint_states names {', '.join(names_seen)}; a {cell.facts.robot} has "
        f"{', '.join(cell.facts.joint_names)}. Publish the "
        "profile's names, with its tf_prefix.",
    )
    return ", ".join(names_seen)


def joint_order(cell: Observer) -> str:
    """Names come in chain order, and each carries its own joint's value, compared with the commands."""
    state = cell.latest(names.JOINT_STATES)
    require(
        list(state.name) == list(cell.facts.joint_names),
        f"joint_states names its joints in the order {', '.join(state.name)}; it must be chain order: "
        f"{', '.join(cell.facts.joint_names)}.",
    )
    measured = np.array(state.position)
    command = np.array(cell.latest(names.COMMANDS).data)
    require(
        command.shape == measured.shape,
        f"joint_states has {measured.size} positions and the command stream {command.size} values.",
    )
    difference = np.abs(measured - command)
    swapped = difference.max() > 0.05 and np.abs(np.sort(measured) - np.sort(command)).max() < 0.05
    require(
        not swapped,
        "The values of joint_states are the commanded ones in another joint order. Fill name and position in "
        "the same, chain "
        "order.",
    )
    return f"chain order; each joint is within {difference.max():.4f} rad of its command"


def lengths(cell: Observer) -> str:
    """position, velocity and effort have one finite value per joint."""
    state = cell.latest(names.JOINT_STATES)
    for field in ("position", "velocity", "effort"):
        values = getattr(state, field)
        require(
            len(values) == len(state.name),
            f"joint_states has {len(values)} values of {field} for {len(state.name)} joints. Fill one per "
            "joint.",
        )
        require(
            np.isfinite(values).all(),
            f"A {field} in joint_states is not finite. Publish only valid measurements.",
        )
    return f"{len(state.name)} finite positions, velocities and efforts"


def in_degrees(cell: Observer, positions: Array) -> bool:
    """Whether `positions` make sense as degrees: the tool would then be where the arm says it is."""
    pose = cell.latest(names.TCP_POSE).pose
    seen = message_matrix(pose.position, pose.orientation)
    return distance(pose_matrix(cell.facts.pose(np.radians(positions))), seen)[0] < POSITION_TOLERANCE_M


def radians(cell: Observer) -> str:
    """Angles are in radians."""
    positions = cell.positions()
    beyond = np.abs(positions).max() > 2 * math.pi + LIMIT_TOLERANCE_RAD
    require(
        not in_degrees(cell, positions) or np.abs(positions).max() < 1e-3,
        "joint_states are in degrees: read as degrees, they put the tool where the arm says it is. Publish "
        "radians.",
    )
    require(
        not beyond,
        f"A joint is at {np.abs(positions).max():.2f}, more than a whole turn. Publish radians, not degrees.",
    )
    return f"largest angle {np.abs(positions).max():.3f} rad"


def within_limits(cell: Observer) -> str:
    """Positions are inside the profile's limits."""
    positions = cell.positions()
    room = np.minimum(positions - cell.facts.lower, cell.facts.upper - positions)
    worst = int(room.argmin())
    require(
        room[worst] >= -LIMIT_TOLERANCE_RAD,
        f"{cell.facts.joint_names[worst]} is at {positions[worst]:.3f} rad, outside its limits "
        f"{cell.facts.lower[worst]:.3f} to "
        f"{cell.facts.upper[worst]:.3f} rad. Check the unit, the joint's sign and the profile's hardware "
        "variant.",
    )
    return f"nearest to a limit: {cell.facts.joint_names[worst]}, {room[worst]:.3f} rad away"


def at_rest(cell: Observer) -> str:
    """Nobody owns the arm: it stands still."""
    velocity = np.abs(cell.next(names.JOINT_STATES).velocity).max()
    require(
        velocity < REST_VELOCITY,
        f"A joint moves at {velocity:.3f} rad/s although nobody owns the arm. Publish rad/s, and hold the "
        "last command.",
    )
    cell.at_rest()
    return f"largest velocity {velocity:.4f} rad/s"


def dynamic_states(cell: Observer) -> str:
    """dynamic_joint_states carries position, velocity and effort of the same joints, with the same values."""
    dynamic = cell.next(names.DYNAMIC_JOINT_STATES)
    order = cell.indices(dynamic.joint_names)
    values = [dict(zip(v.interface_names, v.values, strict=True)) for v in dynamic.interface_values]
    for interface in ("position", "velocity", "effort"):
        require(
            all(interface in values[k] for k in order),
            f"dynamic_joint_states has no {interface} for some joint. Publish position, velocity and effort "
            "of each.",
        )
    off = np.abs(np.array([values[k]["position"] for k in order]) - cell.positions()).max()
    require(
        off < 1e-3,
        f"dynamic_joint_states differs from joint_states by {off:.4f} rad. Fill both from one measurement.",
    )
    return f"position, velocity and effort of {len(order)} joints"


def tool_frame(cell: Observer) -> str:
    """The tool pose is given in the root frame."""
    frame = cell.latest(names.TCP_POSE).header.frame_id
    require(
        frame == cell.facts.root_frame,
        f"{names.TCP_POSE} is given in frame '{frame}'; it must be the root frame '{cell.facts.root_frame}'.",
    )
    return frame


def state_frame(cell: Observer) -> str:
    """The header of joint_states names the root frame."""
    frame = cell.latest(names.JOINT_STATES).header.frame_id
    require(
        frame == cell.facts.root_frame,
        f"joint_states has frame_id '{frame}'; it must be the root frame '{cell.facts.root_frame}'.",
    )
    return frame


def tool_pose(cell: Observer) -> str:
    """The tool pose is the forward kinematics of the joint positions."""
    positions = cell.at_rest()
    pose = cell.next(names.TCP_POSE).pose
    off, turn = distance(
        pose_matrix(cell.facts.pose(positions)), message_matrix(pose.position, pose.orientation)
    )
    require(
        off <= POSITION_TOLERANCE_M and turn <= ANGLE_TOLERANCE_RAD,
        f"The tool pose is {off * 1e3:.1f} mm and {turn:.4f} rad from the forward kinematics of "
        "joint_states. Check the joint "
        "order, units (rad, m), root and tool frame and the robot type.",
    )
    return f"{off * 1e3:.3f} mm, {turn:.5f} rad from the kinematics"


def wrench(cell: Observer) -> str:
    """The wrench is given in the tool frame and is plausible at rest."""
    message = cell.latest(names.WRENCH)
    require(
        message.header.frame_id == cell.facts.tool_frame,
        f"{names.WRENCH} is given in frame '{message.header.frame_id}'; it must be the tool frame "
        f"'{cell.facts.tool_frame}'.",
    )
    force, torque = message.wrench.force, message.wrench.torque
    values = np.array([force.x, force.y, force.z, torque.x, torque.y, torque.z])
    require(
        np.isfinite(values).all() and np.abs(values).max() < WRENCH_BOUND,
        f"The wrench at rest is {values.round(1).tolist()} [N, N m]. Publish finite values in N and N m.",
    )
    strength, turning = np.linalg.norm(values[:3]), np.linalg.norm(values[3:])
    return f"in {message.header.frame_id}; force {strength:.2f} N, torque {turning:.3f} N m"


def speed_scaling(cell: Observer) -> str:
    """Percent from 0 to 100."""
    value = cell.latest(names.SPEED_SCALING).data
    require(
        0.0 <= value <= 100.0,
        f"{names.SPEED_SCALING} is {value}; it must be percent, 0 to 100.",
    )
    require(
        not 0.0 < value <= 1.0,
        f"{names.SPEED_SCALING} is {value}: that is a fraction, publish percent (multiply by 100).",
    )
    return f"{value:g} percent"


def gripper_state(cell: Observer) -> str:
    """One entry: the width in metres."""
    state = cell.latest(names.GRIPPER_STATE)
    stroke = cell.facts.gripper_stroke
    require(
        stroke is not None,
        "The robot has no gripper, so the gripper's state has no meaning; give the scene a gripper.",
    )
    assert stroke is not None
    require(
        len(state.name) == 1 == len(state.position),
        f"{names.GRIPPER_STATE} has {len(state.position)} positions of {len(state.name)} names; it must "
        "have one, the width.",
    )
    width = state.position[0]
    require(
        -2e-3 <= width <= stroke + 2e-3,
        f"The gripper's width is {width:.4f}; it must be 0 to {stroke} m. Publish metres between the "
        "fingers.",
    )
    return f"{state.name[0]}: {width * 1e3:.1f} mm of {stroke * 1e3:.0f} mm"


def items(cell: Observer) -> Iterator[Item]:
    """The checks of this file."""
    yield Item("joint_states_names", joint_names)
    yield Item("joint_states_order", joint_order)
    yield Item("joint_states_lengths", lengths)
    yield Item("joint_states_radians", radians)
    yield Item("joint_states_within_limits", within_limits)
    yield Item("joint_states_at_rest", at_rest)
    yield Item("joint_states_frame", state_frame)
    yield Item("dynamic_joint_states_agree", dynamic_states)
    yield Item("tcp_pose_frame", tool_frame)
    yield Item("tcp_pose_agrees_with_kinematics", tool_pose)
    yield Item("wrench_frame_and_size", wrench)
    yield Item("speed_scaling_percent", speed_scaling)
    if cell.facts.gripper_stroke is not None:
        yield Item("gripper_state_metres", gripper_state)
