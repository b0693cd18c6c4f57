"""ROS messages to and from the values of the core: units are the same, quaternions turn to w first."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any

from geometry_msgs.msg import PoseStamped, TwistStamped
from rclpy.serialization import serialize_message
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64, Float64MultiArray
from trajectory_msgs.msg import JointTrajectory

from control_msgs.msg import JointJog

from .types import Chunk, Floats, Grip, Jog, Pose, Request, TrajectoryPoint, Twist

NANOSECONDS = 1_000_000_000


def twist(message: TwistStamped) -> Twist:
    """A TwistStamped."""
    v, w = message.twist.linear, message.twist.angular
    return Twist(message.header.frame_id, (v.x, v.y, v.z), (w.x, w.y, w.z))


def pose(message: PoseStamped) -> Pose:
    """A PoseStamped."""
    p, q = message.pose.position, message.pose.orientation
    return Pose(message.header.frame_id, (p.x, p.y, p.z), (q.w, q.x, q.y, q.z))


def jog(message: JointJog) -> Jog:
    """A JointJog; its duration is not used, a jog lasts until the next one or the command time-out."""
    return Jog(tuple(message.joint_names), tuple(message.velocities), tuple(message.displacements))


def chunk(message: JointTrajectory) -> Chunk:
    """A JointTrajectory, without its stamp."""
    points = tuple(
        TrajectoryPoint(
            point.time_from_start.sec + 1e-9 * point.time_from_start.nanosec,
            tuple(point.positions),
            tuple(point.velocities),
            tuple(point.accelerations),
        )
        for point in message.points
    )
    return Chunk(tuple(message.joint_names), points)


def grip(message: Float64) -> Grip:
    """A Float64 opening."""
    return Grip(message.data)


SOURCE_KINDS: dict[str, tuple[Any, Callable[[Any], Request]]] = {
    "twist": (TwistStamped, twist),
    "joint_jog": (JointJog, jog),
    "pose": (PoseStamped, pose),
    "trajectory": (JointTrajectory, chunk),
    "gripper": (Float64, grip),
}
"""Kinds of source topics: message type and its conversion."""


def stamp_ns(message: Any) -> int:
    """Stamp of a message [ns]; 0 where it has none or none is set."""
    header = getattr(message, "header", None)
    return 0 if header is None else int(header.stamp.sec) * NANOSECONDS + int(header.stamp.nanosec)


class JointOrder:
    """Positions and velocities of a JointState in the profile's order, by name."""

    def __init__(self, joint_names: Sequence[str]) -> None:
        self._names = list(joint_names)
        self._seen: list[str] = []
        self._index: list[int] = []

    def pick(self, message: JointState) -> tuple[Floats, Floats] | None:
        """Positions [rad] and velocities [rad/s], or None where joints are missing or values are."""
        if message.name != self._seen:
            if not set(self._names) <= set(message.name):
                return None
            self._index = [message.name.index(name) for name in self._names]
            self._seen = list(message.name)
        count = len(self._seen)
        if len(message.position) != count or len(message.velocity) != count:
            return None
        position, velocity = message.position, message.velocity
        return tuple(position[i] for i in self._index), tuple(velocity[i] for i in self._index)


class CommandWriter:
    """Serializes Float64MultiArray commands into a prebuilt buffer: 1.5 us to publish against 4.6 for an object."""

    def __init__(self, joints: int) -> None:
        self._format = struct.Struct(f"<{joints}d")
        template = bytes(serialize_message(Float64MultiArray(data=[0.0] * joints)))
        self._head = template[: len(template) - self._format.size]

    def write(self, position: Floats) -> bytes:
        """The serialized message (CDR, little endian)."""
        return self._head + self._format.pack(*position)
