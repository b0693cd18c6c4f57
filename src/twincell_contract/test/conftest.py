"""A robot that exists only in these tests, and a small node that stands for an arm."""

import threading
from collections.abc import Iterator
from uuid import uuid4

import numpy as np
import pytest
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from twincell_contract.facts import RobotFacts

JOINTS = ("one", "two")


@pytest.fixture
def facts() -> RobotFacts:
    """A robot with two joints at 125 Hz and no world."""
    bound = np.array([3.0, 3.0])
    return RobotFacts(
        robot="ur5",
        backend="mujoco",
        joint_names=JOINTS,
        rate_hz=125.0,
        root_frame="base_link",
        tool_frame="tool0",
        lower=-bound,
        upper=bound,
        max_velocity=bound,
        step_guard=0.1,
        pose=lambda q: (np.array([np.cos(q[0]), np.sin(q[0]), 0.0]), np.array([1.0, 0.0, 0.0, 0.0])),
        gripper_stroke=None,
        has_world=False,
    )


@pytest.fixture
def namespace() -> str:
    """A namespace of this test's own."""
    return f"/t{uuid4().hex[:8]}"


@pytest.fixture
def arm(namespace: str) -> Iterator[Node]:
    """A node `arm` in the namespace, spun by a thread."""
    context = rclpy.Context()
    rclpy.init(args=[], context=context)
    node = Node("arm", namespace=namespace, context=context, enable_rosout=False)
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(node)
    thread = threading.Thread(target=executor.spin, daemon=True)
    thread.start()
    yield node
    executor.shutdown()
    thread.join(2.0)
    node.destroy_node()
    rclpy.shutdown(context=context)
