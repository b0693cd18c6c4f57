"""Kinematics against forward kinematics written by hand, and against itself by differences."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from twincell_model.kinematics import Kinematics
from twincell_model.profile import RobotProfile, available, load_profile, variants
from twincell_model.rotations import matrix_from_quat

Array = NDArray[np.float64]

# Universal Robots' standard Denavit-Hartenberg tables (support article "DH parameters"): d1, a2, a3, d4, d5, d6 [m].
UR_DH = {
    "ur5": (0.089159, -0.425, -0.39225, 0.10915, 0.09465, 0.0823),
    "ur5e": (0.1625, -0.425, -0.3922, 0.1333, 0.0997, 0.0996),
}


def _dh(a: float, d: float, alpha: float, theta: float) -> Array:
    c, s, ca, sa = np.cos(theta), np.sin(theta), np.cos(alpha), np.sin(alpha)
    return np.array([[c, -s * ca, s * sa, a * c], [s, c * ca, -c * sa, a * s], [0, sa, ca, d], [0, 0, 0, 1]])


def ur_pose(robot: str, q: Array) -> Array:
    """Homogeneous matrix (4, 4) of the flange in base_link, whose x and y point against the controller's base."""
    d1, a2, a3, d4, d5, d6 = UR_DH[robot]
    rows = [
        (0.0, d1, np.pi / 2),
        (a2, 0.0, 0.0),
        (a3, 0.0, 0.0),
        (0.0, d4, np.pi / 2),
        (0.0, d5, -np.pi / 2),
        (0.0, d6, 0.0),
    ]
    pose = np.diag([-1.0, -1.0, 1.0, 1.0])
    for (a, d, alpha), theta in zip(rows, q, strict=True):
        pose = pose @ _dh(a, d, alpha, theta)
    return pose


def _turn(axis: str, angle: float) -> Array:
    c, s = np.cos(angle), np.sin(angle)
    matrix = np.eye(4)
    i, j = {"x": (1, 2), "z": (0, 1)}[axis]
    matrix[i, i] = matrix[j, j] = c
    matrix[i, j], matrix[j, i] = -s, s
    return matrix


def _shift(x: float, y: float, z: float) -> Array:
    matrix = np.eye(4)
    matrix[:3, 3] = x, y, z
    return matrix


def xarm7_pose(q: Array) -> Array:
    """Homogeneous matrix (4, 4) of link_eef in link_base, from the maker's dimension sheet (mm: 267, 293, 52.5, 342.5,
    77.5, 76, 97)."""
    quarter = np.pi / 2
    return (  # type: ignore[no-any-return]
        _shift(0, 0, 0.267)
        @ _turn("z", q[0])
        @ _turn("x", -quarter)
        @ _turn("z", q[1])
        @ _shift(0, -0.293, 0)
        @ _turn("x", quarter)
        @ _turn("z", q[2])
        @ _shift(0.0525, 0, 0)
        @ _turn("x", quarter)
        @ _turn("z", q[3])
        @ _shift(0.0775, -0.3425, 0)
        @ _turn("x", quarter)
        @ _turn("z", q[4])
        @ _turn("x", quarter)
        @ _turn("z", q[5])
        @ _shift(0.076, 0.097, 0)
        @ _turn("x", -quarter)
        @ _turn("z", q[6])
    )


def pose_by_hand(profile: RobotProfile, q: Array) -> Array:
    """Pose of the tool, in every hardware variant. X3 counts joint 4 the other way, X13 is the mirror image of X4."""
    if profile.vendor == "universal_robots":
        return ur_pose(profile.name, q)
    if profile.variant == "x3":
        return xarm7_pose(q * (1, 1, 1, -1, 1, 1, 1))
    if profile.variant == "x13":
        mirror = np.diag([1.0, -1.0, 1.0, 1.0])
        return mirror @ xarm7_pose(-q) @ mirror
    return xarm7_pose(q)


ALL = [(robot, variant) for robot in available() for variant in variants(robot)]


@pytest.mark.parametrize(("robot", "variant"), ALL)
def test_pose_equals_hand_written_chain(robot: str, variant: str) -> None:
    profile = load_profile(robot, variant)
    kinematics = Kinematics(profile)
    rng = np.random.default_rng(1)
    worst = worst_angle = 0.0
    for q in rng.uniform(profile.lower, profile.upper, (1000, profile.dof)):
        position, quaternion = kinematics.pose(q)
        expected = pose_by_hand(profile, q)
        worst = max(worst, float(np.linalg.norm(position - expected[:3, 3])))
        worst_angle = max(worst_angle, float(np.abs(matrix_from_quat(quaternion) - expected[:3, :3]).max()))
    assert worst < 1e-8  # the goal is 0.1 mm; measured 2e-15 m
    assert worst_angle < 1e-8


def test_arm_points_along_x_of_its_root_at_zero() -> None:
    # REP-103: base_link's x is where the arm points at all zeros; the controller's base has it backwards.
    position, _ = Kinematics(load_profile("ur5e")).pose(np.zeros(6))
    assert position == pytest.approx([0.425 + 0.3922, 0.1333 + 0.0996, 0.1625 - 0.0997], abs=1e-9)


def test_ur5_and_ur5e_are_different_arms() -> None:
    rng = np.random.default_rng(2)
    ur5, ur5e = Kinematics(load_profile("ur5")), Kinematics(load_profile("ur5e"))
    apart = [np.linalg.norm(ur5.pose(q)[0] - ur5e.pose(q)[0]) for q in rng.uniform(-np.pi, np.pi, (2000, 6))]
    assert np.mean(apart) == pytest.approx(0.0786, abs=0.001)
    assert 0.09 < np.max(apart) < 0.096


def test_a_tool_point_lies_in_the_tool_frame() -> None:
    profile = load_profile("xarm7")
    point = np.array([0.03, -0.02, 0.15])
    tool, moved = Kinematics(profile), Kinematics(profile, point)
    for q in np.random.default_rng(5).uniform(profile.lower, profile.upper, (20, profile.dof)):
        position, quaternion = tool.pose(q)
        shifted, same = moved.pose(q)
        assert shifted == pytest.approx(position + matrix_from_quat(quaternion) @ point, abs=1e-12)
        assert np.array_equal(same, quaternion)


@pytest.mark.parametrize("point", [(0.0, 0.0, 0.0), (0.03, -0.02, 0.15)])
@pytest.mark.parametrize(("robot", "variant"), ALL)
def test_jacobian_equals_finite_differences(
    robot: str, variant: str, point: tuple[float, float, float]
) -> None:
    profile = load_profile(robot, variant)
    kinematics = Kinematics(profile, point)
    step = 1e-6
    for q in np.random.default_rng(3).uniform(profile.lower, profile.upper, (20, profile.dof)):
        jacobian = kinematics.jacobian(q)
        assert jacobian.shape == (6, profile.dof)
        turn = matrix_from_quat(kinematics.pose(q)[1])
        for j in range(profile.dof):
            up, down = q.copy(), q.copy()
            up[j] += step
            down[j] -= step
            (p1, r1), (p0, r0) = kinematics.pose(up), kinematics.pose(down)
            linear = (p1 - p0) / (2 * step)
            rate = (matrix_from_quat(r1) - matrix_from_quat(r0)) / (2 * step) @ turn.T
            angular = np.array([rate[2, 1], rate[0, 2], rate[1, 0]])
            assert jacobian[:, j] == pytest.approx(np.concatenate((linear, angular)), abs=1e-7)


@settings(max_examples=300, deadline=None)
@given(robot=st.sampled_from(sorted(available())), data=st.data())
def test_lever_arms_bound_the_distance_from_every_axis(robot: str, data: st.DataObject) -> None:
    profile = load_profile(robot)
    kinematics = Kinematics(profile)
    angle = st.floats(-2 * np.pi, 2 * np.pi)
    q = np.array(data.draw(st.lists(angle, min_size=profile.dof, max_size=profile.dof)))
    # The linear column of a revolute joint is axis x lever, so its length is the tool's distance from the axis.
    distance = np.linalg.norm(kinematics.jacobian(q)[:3], axis=0)
    assert np.all(distance <= kinematics.lever_arms + 1e-9)


@pytest.mark.parametrize("robot", available())
def test_lever_arms_are_not_far_off(robot: str) -> None:
    profile = load_profile(robot)
    kinematics = Kinematics(profile)
    rng = np.random.default_rng(4)
    seen = np.max(
        [
            np.linalg.norm(kinematics.jacobian(q)[:3], axis=0)
            for q in rng.uniform(-np.pi, np.pi, (20000, profile.dof))
        ],
        axis=0,
    )
    assert np.all(kinematics.lever_arms <= 1.1 * seen + 1e-6)


@pytest.mark.parametrize("robot", available())
def test_link_poses_hold_every_link_and_the_tool(robot: str) -> None:
    profile = load_profile(robot, tf_prefix="left_")
    kinematics = Kinematics(profile)
    poses = kinematics.link_poses(profile.home)
    assert list(poses) == [link.name for link in profile.links]
    assert poses[profile.root_frame][0] == pytest.approx([0, 0, 0])
    assert poses[profile.tool_frame][0] == pytest.approx(kinematics.pose(profile.home)[0])


def test_results_are_new_arrays() -> None:
    profile = load_profile("ur5e")
    kinematics = Kinematics(profile)
    first = kinematics.pose(profile.home)[0]
    kept = first.copy()
    kinematics.pose(np.zeros(6))
    assert np.array_equal(first, kept)
    jacobian = kinematics.jacobian(profile.home)
    kept = jacobian.copy()
    kinematics.jacobian(np.zeros(6))
    assert np.array_equal(jacobian, kept)


@pytest.mark.parametrize("robot", available())
def test_tool_points_down_at_home(robot: str) -> None:
    profile = load_profile(robot)
    _, quaternion = Kinematics(profile).pose(profile.home)
    assert matrix_from_quat(quaternion)[:, 2] == pytest.approx([0, 0, -1], abs=1e-3)
