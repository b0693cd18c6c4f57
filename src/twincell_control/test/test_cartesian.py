"""Tool motion to joint motion, quaternions and pose errors."""

import numpy as np
import pytest
from control_rig import Robot

from twincell_control import cartesian


def test_twist_is_reached_away_from_singular_poses(robot: Robot) -> None:
    rng = np.random.default_rng(0)
    for _ in range(10):
        jacobian = robot.kinematics.jacobian(robot.profile.home)
        twist = rng.normal(size=6) * 0.1
        posture = rng.normal(size=robot.profile.dof) if robot.profile.dof > 6 else None
        wish = cartesian.joint_velocity(jacobian, twist, posture)
        assert not wish.singular
        assert jacobian @ wish.velocity == pytest.approx(twist, abs=1e-9)


def test_posture_moves_only_what_the_twist_leaves_free() -> None:
    rng = np.random.default_rng(1)
    jacobian, twist = rng.normal(size=(6, 7)), rng.normal(size=6)
    without = cartesian.joint_velocity(jacobian, twist).velocity
    with_posture = cartesian.joint_velocity(jacobian, twist, rng.normal(size=7)).velocity
    assert np.abs(with_posture - without).max() > 1e-3
    assert jacobian @ with_posture == pytest.approx(twist)
    still = cartesian.joint_velocity(jacobian, np.zeros(6), np.ones(7)).velocity
    assert np.abs(still).max() == 0.0


def test_singular_pose_is_damped_and_slowed(ur5e: Robot) -> None:
    straight = np.zeros(6)  # UR arms are singular when stretched
    jacobian = ur5e.kinematics.jacobian(straight)
    twist = np.array([0.2, 0.0, 0.0, 0.0, 0.0, 0.0])
    wish = cartesian.joint_velocity(jacobian, twist)
    assert wish.singular
    assert np.abs(wish.velocity).max() <= 0.2 / (2 * cartesian.LARGEST_DAMPING)
    assert np.isfinite(wish.velocity).all()


def test_speed_changes_smoothly_into_the_singularity(ur5e: Robot) -> None:
    """No jump of the solution where damping begins."""
    twist = np.array([0.0, 0.0, 0.1, 0.0, 0.0, 0.0])
    speeds = []
    for bend in np.linspace(0.8, 0.0, 800):
        q = np.array([0.0, -1.2, bend, -1.0, -1.57, 0.0])
        speeds.append(cartesian.joint_velocity(ur5e.kinematics.jacobian(q), twist).velocity)
    steps = np.abs(np.diff(speeds, axis=0)).max(axis=1)
    assert steps.max() < 0.05


def test_pose_error_turns_the_short_way() -> None:
    angle = 3.0
    target = (np.cos(angle / 2), 0.0, 0.0, np.sin(angle / 2))
    error = cartesian.pose_error(np.zeros(3), np.array([1.0, 0, 0, 0]), (1.0, 2.0, 3.0), target)
    assert error == pytest.approx([1.0, 2.0, 3.0, 0.0, 0.0, 3.0])
    other_sign = tuple(-x for x in target)
    again = cartesian.pose_error(np.zeros(3), np.array([1.0, 0, 0, 0]), (1.0, 2.0, 3.0), other_sign)
    assert again == pytest.approx(error)


def test_rotation_matrix_and_product_agree(robot: Robot) -> None:
    rng = np.random.default_rng(2)
    a, b = (q / np.linalg.norm(q) for q in rng.normal(size=(2, 4)))
    product = cartesian.rotation_matrix(cartesian.multiply(a, b))
    assert product == pytest.approx(cartesian.rotation_matrix(a) @ cartesian.rotation_matrix(b))
    _, quaternion = robot.kinematics.pose(robot.profile.home)
    assert np.linalg.det(cartesian.rotation_matrix(quaternion)) == pytest.approx(1.0)
