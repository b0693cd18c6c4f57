"""tf and robot_description: complete, parseable and equal to the robot's kinematics and limits."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator

import numpy as np

from .. import names
from ..facts import Array
from .check import Failed, Item, require
from .geometry import distance, message_matrix, pose_matrix, urdf_joints, urdf_pose
from .observer import Observer
from .state import ANGLE_TOLERANCE_RAD, POSITION_TOLERANCE_M

RECENT_NS = 1_000_000_000
LIMIT_TOLERANCE = 1e-4
URDF_TOLERANCE_M = 1e-4


def transforms(cell: Observer) -> dict[str, tuple[str, Array]]:
    """Newest transform into each frame: child -> (parent, homogeneous matrix)."""
    cell.next(names.TF)
    found: dict[str, tuple[str, Array]] = {}
    for topic, since in ((names.TF_STATIC, 0), (names.TF, cell.now_ns() - RECENT_NS)):
        for received in cell.messages(topic, since):
            for item in received.msg.transforms:
                moved = message_matrix(item.transform.translation, item.transform.rotation)
                found[item.child_frame_id] = (item.header.frame_id, moved)
    return found


def chain(cell: Observer) -> tuple[Array, int]:
    """The tool frame in the root frame by tf, and the number of links between.

    Raises Failed for a broken chain.
    """
    found = transforms(cell)
    root, frame = cell.facts.root_frame, cell.facts.tool_frame
    result, steps = np.eye(4), 0
    while frame != root:
        require(
            frame in found and steps <= len(found),
            f"tf has no chain from {root} to {cell.facts.tool_frame}: nobody publishes frame {frame}. Start "
            "the node that turns "
            "robot_description and joint_states into tf.",
        )
        parent, moved = found[frame]
        result, frame, steps = moved @ result, parent, steps + 1
    return result, steps


def tree_is_complete(cell: Observer) -> str:
    """A chain of transforms leads from the root frame to the tool frame."""
    _, steps = chain(cell)
    require(
        steps >= cell.facts.dof,
        f"tf goes from {cell.facts.root_frame} to {cell.facts.tool_frame} in {steps} transforms for "
        f"{cell.facts.dof} joints. "
        "Publish one per joint.",
    )
    return f"{cell.facts.root_frame} to {cell.facts.tool_frame} in {steps} transforms"


def one_root(cell: Observer) -> str:
    """Every frame hangs under one root."""
    found = transforms(cell)
    roots = {parent for parent, _ in found.values()} - set(found)
    require(
        len(roots) == 1,
        f"tf has {len(roots)} roots: {', '.join(sorted(roots)) or 'none'}. Connect them with a static "
        "transform.",
    )
    return f"{len(found)} frames under {roots.pop()}"


def agrees(cell: Observer) -> str:
    """tf puts the tool where the kinematics do."""
    positions = cell.at_rest()
    cell.pump(0.1)
    off, turn = distance(chain(cell)[0], pose_matrix(cell.facts.pose(positions)))
    require(
        off <= POSITION_TOLERANCE_M and turn <= ANGLE_TOLERANCE_RAD,
        f"tf puts the tool {off * 1e3:.1f} mm and {turn:.4f} rad from the forward kinematics of "
        "joint_states. Check the URDF and "
        "the joint order.",
    )
    return f"{off * 1e3:.3f} mm, {turn:.5f} rad from the kinematics"


def description(cell: Observer) -> ET.Element:
    """The parsed URDF. Raises Failed when it is no XML."""
    text = cell.latest(names.ROBOT_DESCRIPTION).data
    try:
        return ET.fromstring(text)
    except ET.ParseError as error:
        raise Failed(f"robot_description is no valid XML: {error}. Publish a URDF.") from None


def parses(cell: Observer) -> str:
    """robot_description is a URDF with the profile's joints."""
    robot = description(cell)
    require(robot.tag == "robot", f"robot_description starts with <{robot.tag}>; a URDF starts with <robot>.")
    moving = [joint.name for joint in urdf_joints(robot) if joint.kind == "revolute"]
    absent = [name for name in cell.facts.joint_names if name not in moving]
    require(
        not absent,
        f"robot_description has no revolute joint {', '.join(absent)}. Publish the URDF of this robot, with "
        "its tf_prefix.",
    )
    return (
        f"robot {robot.get('name')}: {len(robot.findall('link'))} links, {len(robot.findall('joint'))} joints"
    )


def limits(cell: Observer) -> str:
    """The URDF's limits are the profile's."""
    by_name = {joint.name: joint for joint in urdf_joints(description(cell))}
    for k, name in enumerate(cell.facts.joint_names):
        require(name in by_name, f"robot_description has no joint {name}.")
        joint = by_name[name]
        for word, value, wanted in (
            ("lower", joint.lower, cell.facts.lower[k]),
            ("upper", joint.upper, cell.facts.upper[k]),
            ("velocity", joint.velocity, cell.facts.max_velocity[k]),
        ):
            require(
                abs(value - wanted) <= LIMIT_TOLERANCE,
                f"robot_description gives {name} a {word} limit of {value}; the profile's is {wanted:.5f}. "
                "Generate the URDF from "
                "the profile.",
            )
        require(joint.effort > 0.0, f"robot_description gives {name} no effort limit.")
    return f"position, velocity and effort limits of {cell.facts.dof} joints"


def urdf_kinematics(cell: Observer) -> str:
    """The URDF's own kinematics put the tool where the profile's do, now and at two other poses."""
    joints = urdf_joints(description(cell))
    worst = 0.0
    middle = (cell.facts.lower + cell.facts.upper) / 2.0
    for positions in (cell.positions(), middle, middle + 0.3 * (cell.facts.upper - middle)):
        by_name = dict(zip(cell.facts.joint_names, positions, strict=True))
        seen = urdf_pose(joints, cell.facts.root_frame, cell.facts.tool_frame, by_name)
        worst = max(worst, distance(seen, pose_matrix(cell.facts.pose(positions)))[0])
    require(
        worst <= URDF_TOLERANCE_M,
        f"The URDF of robot_description puts the tool {worst * 1e3:.2f} mm from the profile's kinematics. "
        "Generate it from the "
        "profile.",
    )
    return f"{worst * 1e3:.4f} mm from the profile"


def ros2_control_tag(cell: Observer) -> str:
    """A <ros2_control> tag with a position command and position and velocity states for each joint."""
    tag = description(cell).find("ros2_control")
    require(
        tag is not None, "robot_description has no <ros2_control> tag, so controller_manager cannot load it."
    )
    assert tag is not None
    require(tag.find("hardware/plugin") is not None, "The <ros2_control> tag names no hardware plugin.")
    found = {joint.get("name"): joint for joint in tag.findall("joint")}
    for name in cell.facts.joint_names:
        require(name in found, f"The <ros2_control> tag has no joint {name}.")
        commands = {i.get("name") for i in found[name].findall("command_interface")}
        states = {i.get("name") for i in found[name].findall("state_interface")}
        require("position" in commands, f"The <ros2_control> tag gives {name} no position command interface.")
        require(
            {"position", "velocity"} <= states,
            f"The <ros2_control> tag gives {name} no position or velocity state.",
        )
    return f"position commands and states of {cell.facts.dof} joints"


def items(cell: Observer) -> Iterator[Item]:
    """The checks of this file."""
    yield Item("tf_tree_complete", tree_is_complete)
    yield Item("tf_one_root", one_root)
    yield Item("tf_agrees_with_kinematics", agrees)
    yield Item("robot_description_parses", parses)
    yield Item("robot_description_limits", limits)
    yield Item("robot_description_kinematics", urdf_kinematics)
    yield Item("robot_description_ros2_control", ros2_control_tag)
