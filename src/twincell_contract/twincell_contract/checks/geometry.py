"""Poses, quaternions (w first) and the kinematics of a URDF, independent of the robot model under test."""

import math
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..facts import Array, Pose
from .check import Failed


def rotation(quaternion: Array) -> Array:
    """Rotation matrix (3, 3) of a unit quaternion."""
    w, x, y, z = quaternion
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def matrix(position: Array, turn: Array) -> Array:
    """Homogeneous matrix (4, 4) of a position [m] and a rotation matrix."""
    result = np.eye(4)
    result[:3, :3] = turn
    result[:3, 3] = position
    return result


def pose_matrix(pose: Pose) -> Array:
    """Homogeneous matrix of a pose."""
    return matrix(pose[0], rotation(pose[1]))


def message_matrix(position: Any, orientation: Any) -> Array:
    """Homogeneous matrix of a ROS position and quaternion.

    Raises Failed when the quaternion is not of unit length.
    """
    quaternion = np.array([orientation.w, orientation.x, orientation.y, orientation.z])
    if not abs(np.linalg.norm(quaternion) - 1.0) < 1e-3:
        raise Failed(
            f"The quaternion {quaternion.round(4).tolist()} (w first) is not of unit length; normalise it."
        )
    return matrix(np.array([position.x, position.y, position.z]), rotation(quaternion))


def distance(a: Array, b: Array) -> tuple[float, float]:
    """Distance of two homogeneous matrices: [m], [rad]."""
    cosine = (np.trace(a[:3, :3].T @ b[:3, :3]) - 1.0) / 2.0
    return float(np.linalg.norm(a[:3, 3] - b[:3, 3])), math.acos(float(np.clip(cosine, -1.0, 1.0)))


@dataclass(frozen=True)
class UrdfJoint:
    """A joint of a URDF; limits are NaN where the URDF gives none."""

    name: str
    kind: str
    parent: str
    child: str
    origin: Array
    """Homogeneous matrix of the joint in its parent link."""
    axis: Array
    lower: float
    upper: float
    velocity: float
    effort: float


def _numbers(element: ET.Element | None, key: str, default: str) -> list[float]:
    text = default if element is None else element.get(key, default)
    return [float(word) for word in text.split()]


def _from_rpy(roll: float, pitch: float, yaw: float) -> Array:
    (cr, sr), (cp, sp), (cy, sy) = ((math.cos(a), math.sin(a)) for a in (roll, pitch, yaw))
    return np.array(
        [
            [cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr],
            [sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr],
            [-sp, cp * sr, cp * cr],
        ]
    )


def urdf_joints(robot: ET.Element) -> list[UrdfJoint]:
    """The joints of a parsed URDF. Raises Failed for one without parent or child."""
    joints = []
    for element in robot.findall("joint"):
        origin, limit = element.find("origin"), element.find("limit")
        parent, child = element.find("parent"), element.find("child")
        if parent is None or child is None:
            raise Failed(f"Joint {element.get('name')} of robot_description has no parent or no child link.")
        bounds = {key: float("nan") if limit is None else float(limit.get(key, "nan")) for key in LIMITS}
        joints.append(
            UrdfJoint(
                element.get("name", ""),
                element.get("type", ""),
                parent.get("link", ""),
                child.get("link", ""),
                matrix(
                    np.array(_numbers(origin, "xyz", "0 0 0")), _from_rpy(*_numbers(origin, "rpy", "0 0 0"))
                ),
                np.array(_numbers(element.find("axis"), "xyz", "1 0 0")),
                **bounds,
            )
        )
    return joints


LIMITS = ("lower", "upper", "velocity", "effort")


def urdf_pose(joints: list[UrdfJoint], root: str, tool: str, positions: Mapping[str, float]) -> Array:
    """Homogeneous matrix of link `tool` in link `root` at joint `positions` [rad].

    Raises Failed when no chain connects them.
    """
    by_child = {joint.child: joint for joint in joints}
    result, link = np.eye(4), tool
    while link != root:
        joint = by_child.get(link)
        if joint is None:
            raise Failed(
                f"robot_description has no chain from {root} to {tool}: link {link} has no parent joint."
            )
        half = positions.get(joint.name, 0.0) / 2.0
        turn = rotation(np.array([math.cos(half), *(math.sin(half) * joint.axis)]))
        moved = (
            joint.origin @ matrix(np.zeros(3), turn)
            if joint.kind in ("revolute", "continuous")
            else joint.origin
        )
        result, link = moved @ result, joint.parent
    return result
