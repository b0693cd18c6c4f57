"""Commands of a policy as messages on the policy's source topics."""

from __future__ import annotations

from builtin_interfaces.msg import Duration, Time
from geometry_msgs.msg import TwistStamped
from rclpy.node import Node
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint
from twincell_model.profile import RobotProfile

from control_msgs.msg import JointJog
from twincell_contract import names, qos
from twincell_policy.action import CartesianTwist, Command, JointPositionChunk, JointVelocity


class CommandPublisher:
    """Publishes commands, stamped, on <source>/joint_jog, <source>/twist and <source>/trajectory.

    The publishers exist from the start: discovery takes longer than a policy's first step.
    """

    def __init__(self, node: Node, source: str, profile: RobotProfile) -> None:
        self._joints = list(profile.joint_names)
        self._root_frame = profile.root_frame
        quality = qos.streaming(1)
        self._jog = node.create_publisher(JointJog, names.source_topic(source, "joint_jog"), quality)
        self._twist = node.create_publisher(TwistStamped, names.source_topic(source, "twist"), quality)
        self._chunk = node.create_publisher(
            JointTrajectory, names.source_topic(source, "trajectory"), quality
        )

    def send(self, command: Command, stamp_ns: int, period_s: float) -> None:
        """Publish a command stamped `stamp_ns` (ROS time) that holds for `period_s` [s]."""
        stamp = Time(sec=stamp_ns // 1_000_000_000, nanosec=stamp_ns % 1_000_000_000)
        if isinstance(command, JointVelocity):
            self._jog.publish(self._jog_message(command, stamp, period_s))
        elif isinstance(command, CartesianTwist):
            self._twist.publish(self._twist_message(command, stamp))
        else:
            self._chunk.publish(self._chunk_message(command, stamp))

    def _jog_message(self, command: JointVelocity, stamp: Time, period_s: float) -> JointJog:
        message = JointJog(
            joint_names=self._joints, velocities=command.velocities.tolist(), duration=period_s
        )
        message.header.stamp = stamp
        message.header.frame_id = self._root_frame
        return message

    def _twist_message(self, command: CartesianTwist, stamp: Time) -> TwistStamped:
        message = TwistStamped()
        message.header.stamp = stamp
        message.header.frame_id = self._root_frame
        linear, angular = message.twist.linear, message.twist.angular
        linear.x, linear.y, linear.z = command.linear.tolist()
        angular.x, angular.y, angular.z = command.angular.tolist()
        return message

    def _chunk_message(self, command: JointPositionChunk, stamp: Time) -> JointTrajectory:
        message = JointTrajectory(joint_names=self._joints)
        message.header.stamp = stamp
        for index, positions in enumerate(command.positions):
            seconds = (index + 1) * command.step_s
            after = Duration(sec=int(seconds), nanosec=round((seconds - int(seconds)) * 1e9))
            message.points.append(JointTrajectoryPoint(positions=positions.tolist(), time_from_start=after))
        return message
