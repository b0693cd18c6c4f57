"""Commands as messages: names, frames, stamps and times."""

import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
import rclpy
from geometry_msgs.msg import TwistStamped
from rclpy.node import Node
from trajectory_msgs.msg import JointTrajectory
from twincell_model.profile import load_profile
from twincell_policy.action import CartesianTwist, Command, JointPositionChunk, JointVelocity
from twincell_policy.publishers import CommandPublisher
from twincell_runtime.polled import PolledSubscription

from control_msgs.msg import JointJog
from twincell_contract import qos

PROFILE = load_profile("ur5e", None, "left_")
STAMP_NS = 12_500_000_000


@pytest.fixture
def node() -> Iterator[Node]:
    context = rclpy.Context()
    rclpy.init(args=[], context=context)
    node = Node("policy", namespace=f"/t{uuid4().hex[:8]}", context=context, enable_rosout=False)
    yield node
    node.destroy_node()
    rclpy.shutdown(context=context)


def sent(node: Node, message_type: type[Any], kind: str, command: Command) -> Any:
    """What arrives on the source topic `kind` for a command."""
    heard = PolledSubscription(node, message_type, f"policy/{kind}", qos.streaming(1))
    publisher = CommandPublisher(node, "policy", PROFILE)
    deadline = time.monotonic() + 5.0
    while time.monotonic() < deadline:
        publisher.send(command, STAMP_NS, 0.04)
        time.sleep(0.02)
        received = heard.latest()
        if received is not None:
            stamp = received.msg.header.stamp
            assert (stamp.sec, stamp.nanosec) == (12, 500_000_000)
            return received.msg
    raise AssertionError("nothing arrived")


def test_joint_velocity(node: Node) -> None:
    message = sent(node, JointJog, "joint_jog", JointVelocity(np.arange(6) * 0.1))
    assert list(message.joint_names) == list(PROFILE.joint_names)
    assert message.joint_names[0] == "left_shoulder_pan_joint"
    assert list(message.velocities) == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4, 0.5])
    assert list(message.displacements) == []
    assert message.duration == 0.04


def test_twist(node: Node) -> None:
    command = CartesianTwist(np.array([0.1, 0.2, 0.3]), np.array([0.4, 0.5, 0.6]))
    message = sent(node, TwistStamped, "twist", command)
    assert message.header.frame_id == "left_base_link"
    linear, angular = message.twist.linear, message.twist.angular
    assert (linear.x, linear.y, linear.z, angular.x, angular.y, angular.z) == (0.1, 0.2, 0.3, 0.4, 0.5, 0.6)


def test_chunk(node: Node) -> None:
    positions = np.arange(18).reshape(3, 6) * 0.1
    message = sent(node, JointTrajectory, "trajectory", JointPositionChunk(positions, 0.6))
    assert list(message.joint_names) == list(PROFILE.joint_names)
    assert [list(point.positions) for point in message.points] == [
        pytest.approx(row) for row in positions.tolist()
    ]
    times = [point.time_from_start.sec + point.time_from_start.nanosec * 1e-9 for point in message.points]
    assert times == pytest.approx([0.6, 1.2, 1.8])
