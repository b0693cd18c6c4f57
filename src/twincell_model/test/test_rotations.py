"""Rotations against scipy."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from twincell_model.rotations import matrix_from_quat, matrix_from_rpy, quat_from_rpy, rpy_from_matrix

ANGLES = np.random.default_rng(0).uniform(-np.pi, np.pi, (50, 3)) * (1, 0.49, 1)


@pytest.mark.parametrize("rpy", ANGLES)
def test_same_as_scipy(rpy: np.ndarray) -> None:
    expected = Rotation.from_euler("xyz", rpy)  # lower case: about fixed axes, as URDF
    assert matrix_from_rpy(rpy) == pytest.approx(expected.as_matrix())
    quat = quat_from_rpy(rpy)
    assert matrix_from_quat(quat) == pytest.approx(expected.as_matrix())
    assert abs(float(np.dot(quat[[1, 2, 3, 0]], expected.as_quat()))) == pytest.approx(1.0)
    assert rpy_from_matrix(expected.as_matrix()) == pytest.approx(rpy)


@pytest.mark.parametrize("pitch", [np.pi / 2, -np.pi / 2])
def test_angles_at_the_pole(pitch: float) -> None:
    matrix = matrix_from_rpy((0.3, pitch, 0.7))
    assert matrix_from_rpy(rpy_from_matrix(matrix)) == pytest.approx(matrix)


def test_ur_flange_and_tool0_cancel() -> None:
    # ur_macro.xacro: wrist_3-flange and flange-tool0 compose to the identity, so tool0 has wrist_3_link's axes.
    half = np.pi / 2
    assert matrix_from_rpy((0, -half, -half)) @ matrix_from_rpy((half, 0, half)) == pytest.approx(np.eye(3))
