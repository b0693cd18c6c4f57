"""The checker's own kinematics, against poses worked out by hand."""

import math
import xml.etree.ElementTree as ET
from types import SimpleNamespace

import numpy as np
import pytest
from twincell_contract.checks.check import Failed
from twincell_contract.checks.geometry import (
    distance,
    matrix,
    message_matrix,
    rotation,
    urdf_joints,
    urdf_pose,
)

QUARTER = math.pi / 2

TWO_LINKS = """
<robot name="two">
  <link name="base"/><link name="arm"/><link name="tool"/>
  <joint name="turn" type="revolute">
    <parent link="base"/><child link="arm"/><origin xyz="0 0 1" rpy="0 0 0"/><axis xyz="0 0 1"/>
    <limit lower="-1" upper="2" velocity="3" effort="4"/>
  </joint>
  <joint name="end" type="fixed">
    <parent link="arm"/><child link="tool"/><origin xyz="0.5 0 0" rpy="0 1.5707963 0"/>
  </joint>
</robot>
"""


def test_a_quarter_turn_about_z_takes_x_to_y() -> None:
    turn = rotation(np.array([math.cos(QUARTER / 2), 0.0, 0.0, math.sin(QUARTER / 2)]))
    assert turn @ [1.0, 0.0, 0.0] == pytest.approx([0.0, 1.0, 0.0])


def test_distance_is_metres_and_radians() -> None:
    turned = matrix(np.array([3.0, 4.0, 0.0]), rotation(np.array([math.cos(0.1), math.sin(0.1), 0.0, 0.0])))
    assert distance(np.eye(4), turned) == pytest.approx((5.0, 0.2))


def test_urdf_pose_turns_with_the_joint_and_keeps_fixed_ones() -> None:
    joints = urdf_joints(ET.fromstring(TWO_LINKS))
    pose = urdf_pose(joints, "base", "tool", {"turn": QUARTER})
    assert pose[:3, 3] == pytest.approx([0.0, 0.5, 1.0])
    assert pose[:3, :3] @ [1.0, 0.0, 0.0] == pytest.approx([0.0, 0.0, -1.0], abs=1e-6)


def test_urdf_limits_are_read() -> None:
    turn, end = urdf_joints(ET.fromstring(TWO_LINKS))
    assert (turn.lower, turn.upper, turn.velocity, turn.effort) == (-1.0, 2.0, 3.0, 4.0)
    assert math.isnan(end.lower)


def test_a_broken_chain_is_named() -> None:
    with pytest.raises(Failed, match="no chain from elsewhere to tool"):
        urdf_pose(urdf_joints(ET.fromstring(TWO_LINKS)), "elsewhere", "tool", {})


def test_a_long_quaternion_fails() -> None:
    place = SimpleNamespace(x=0.0, y=0.0, z=0.0)
    with pytest.raises(Failed, match="not of unit length"):
        message_matrix(place, SimpleNamespace(w=1.0, x=1.0, y=0.0, z=0.0))
