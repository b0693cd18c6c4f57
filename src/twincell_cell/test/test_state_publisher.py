"""robot_description, tf and tf_static over a real node."""

import time
from collections.abc import Iterator

import numpy as np
import pytest
import rclpy
from rclpy.node import Node
from sensor_msgs.msg import JointState
from std_msgs.msg import String
from twincell_cell.frames import robot_frames
from twincell_cell.state_publisher import StatePublisher, joint_angles
from twincell_model.profile import load_profile
from twincell_runtime.polled import PolledSubscription

from tf2_msgs.msg import TFMessage
from twincell_contract import names, qos


@pytest.fixture
def node() -> Iterator[Node]:
    context = rclpy.Context()
    rclpy.init(args=[], context=context)
    node = rclpy.create_node(
        "frames_test", namespace="frames_test", context=context, use_global_arguments=False
    )
    yield node
    node.destroy_node()
    context.try_shutdown()


def receive(subscription: PolledSubscription, again: object = None, seconds: float = 20.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if callable(again):
            again()
        received = subscription.latest()
        if received is not None:
            return received.msg
        time.sleep(0.02)
    raise AssertionError(f"nothing on {subscription.topic}")


def test_joint_states_turn_the_frames_by_name_whatever_their_order(node: Node) -> None:
    profile = load_profile("ur5e")
    publisher = StatePublisher(node, profile, robot_frames(profile), "<robot/>")
    states = node.create_publisher(JointState, names.JOINT_STATES, qos.streaming())
    q = np.linspace(0.1, 0.6, profile.dof)
    message = JointState(name=list(profile.joint_names)[::-1], position=q[::-1].tolist())
    message.header.stamp.sec = 77
    frames = PolledSubscription(node, TFMessage, names.TF, qos.streaming())

    def publish() -> None:
        states.publish(message)
        publisher.tick()

    tf = receive(frames, publish)
    assert [t.child_frame_id for t in tf.transforms] == [joint.child for joint in profile.joints]
    expected = {frame.child: frame for frame in robot_frames(profile)}
    for transform, angle in zip(tf.transforms, q, strict=True):
        assert transform.header.stamp.sec == 77
        r = transform.transform.rotation
        assert [r.w, r.x, r.y, r.z] == pytest.approx(expected[transform.child_frame_id].turned(angle))


def test_a_late_listener_gets_the_fixed_frames_and_the_description(node: Node) -> None:
    profile = load_profile("xarm7")
    StatePublisher(node, profile, robot_frames(profile), "<robot name='xarm7'/>")
    fixed = receive(PolledSubscription(node, TFMessage, names.TF_STATIC, qos.latched()))
    assert {t.child_frame_id for t in fixed.transforms} == {
        link.name for link in profile.links if link.joint is None and link.parent is not None
    }
    description = receive(PolledSubscription(node, String, names.ROBOT_DESCRIPTION, qos.latched()))
    assert description.data == "<robot name='xarm7'/>"


@pytest.mark.parametrize(
    ("joints", "positions"),
    [(["a"], [0.0]), (["a", "b"], [0.0, float("nan")]), (["a", "b"], [0.0]), (["a", "c"], [0.0, 1.0])],
)
def test_states_that_miss_a_joint_are_not_used(joints: list[str], positions: list[float]) -> None:
    assert joint_angles(JointState(name=joints, position=positions), ("a", "b")) is None


def test_states_with_more_joints_are_used() -> None:
    angles = joint_angles(JointState(name=["g", "b", "a"], position=[9.0, 2.0, 1.0]), ("a", "b"))
    assert angles is not None and angles["a"] == 1.0 and angles["b"] == 2.0
