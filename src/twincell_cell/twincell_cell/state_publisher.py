"""The node `robot_state_publisher`: robot_description and the cell's frames.

Fixed frames are latched once on tf_static, turning ones follow joint_states on tf at 50 Hz.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from geometry_msgs.msg import TransformStamped
from rclpy.node import Node
from sensor_msgs.msg import JointState
from std_msgs.msg import String
from twincell_model.profile import RobotProfile
from twincell_runtime.polled import PolledSubscription

from tf2_msgs.msg import TFMessage
from twincell_cell.frames import Array, Frame
from twincell_contract import names, qos

RATE_HZ = 50.0


class StatePublisher:
    """Publishes description and frames. `tick` is called by a loop at RATE_HZ."""

    def __init__(self, node: Node, profile: RobotProfile, frames: Sequence[Frame], description: str) -> None:
        self._states = PolledSubscription(node, JointState, names.JOINT_STATES, qos.sensor(1))
        self._joints = profile.joint_names
        self._turning = [frame for frame in frames if frame.joint is not None]
        self._message = TFMessage(transforms=[transform(frame, frame.quaternion) for frame in self._turning])
        self._tf = node.create_publisher(TFMessage, names.TF, qos.streaming(100))
        self._static = node.create_publisher(TFMessage, names.TF_STATIC, qos.latched())
        self._description = node.create_publisher(String, names.ROBOT_DESCRIPTION, qos.latched())
        self._description.publish(String(data=description))
        fixed = [transform(frame, frame.quaternion) for frame in frames if frame.joint is None]
        stamp = node.get_clock().now().to_msg()
        for item in fixed:
            item.header.stamp = stamp
        self._static.publish(TFMessage(transforms=fixed))

    def tick(self) -> JointState | None:
        """Publish tf for a joint state that has come in; return it when it names every joint with a finite angle."""
        received = self._states.latest()
        if received is None:
            return None
        angles = joint_angles(received.msg, self._joints)
        if angles is None:
            return None
        for frame, item in zip(self._turning, self._message.transforms, strict=True):
            item.header.stamp = received.msg.header.stamp
            assert frame.joint is not None
            w, x, y, z = frame.turned(angles[frame.joint])
            rotation = item.transform.rotation
            rotation.w, rotation.x, rotation.y, rotation.z = float(w), float(x), float(y), float(z)
        self._tf.publish(self._message)
        return received.msg


def joint_angles(message: JointState, joints: Sequence[str]) -> Mapping[str, float] | None:
    """Angles [rad] by joint name; None when one of `joints` is missing or not finite."""
    if len(message.position) != len(message.name):
        return None
    angles = dict(zip(message.name, message.position, strict=True))
    if not all(math.isfinite(angles.get(joint, math.nan)) for joint in joints):
        return None
    return angles


def transform(frame: Frame, quaternion: Array) -> TransformStamped:
    """The ROS message of a frame; ROS orders quaternions x, y, z, w."""
    message = TransformStamped()
    message.header.frame_id = frame.parent
    message.child_frame_id = frame.child
    translation, rotation = message.transform.translation, message.transform.rotation
    translation.x, translation.y, translation.z = (float(value) for value in frame.position)
    rotation.w, rotation.x, rotation.y, rotation.z = (float(value) for value in quaternion)
    return message
