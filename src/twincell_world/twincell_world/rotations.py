"""Products and camera poses with quaternions (w, x, y, z), next to twincell_model.rotations."""

from collections.abc import Sequence

import mujoco
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

OPTICAL_TO_MUJOCO = np.array([0.0, 1.0, 0.0, 0.0])
"""Optical frame (z forward, y down) to MuJoCo's camera frame (z backward, y up): half a turn about x."""


def product(a: Array, b: Array) -> Array:
    """Rotation `b` followed by `a`, as a * b."""
    quat = np.zeros(4)
    mujoco.mju_mulQuat(quat, a, b)
    return quat


def inverse(quat: Array) -> Array:
    """The conjugate of a unit quaternion."""
    return quat * np.array([1.0, -1.0, -1.0, -1.0])


def rotate(quat: Array, vector: Array) -> Array:
    """`vector` turned by `quat`."""
    out = np.zeros(3)
    mujoco.mju_rotVecQuat(out, np.asarray(vector, float), quat)
    return out


def from_matrix(matrix: Array) -> Array:
    """Quaternion of a 3x3 rotation matrix."""
    quat = np.zeros(4)
    mujoco.mju_mat2Quat(quat, np.ascontiguousarray(matrix, dtype=float).reshape(9))
    return quat


def optical_looking_at(position: Sequence[float], point: Sequence[float]) -> Array:
    """Optical frame at `position` whose axis goes through `point`, with z of the mount up in the picture."""
    forward = np.asarray(point, float) - np.asarray(position, float)
    norm = float(np.linalg.norm(forward))
    if norm < 1e-9:
        raise ValueError("a camera cannot look at its own position")
    forward /= norm
    up = np.array([0.0, 0.0, 1.0]) if abs(forward[2]) < 0.999 else np.array([1.0, 0.0, 0.0])
    right = np.cross(forward, up)
    right /= np.linalg.norm(right)
    return from_matrix(np.column_stack((right, np.cross(forward, right), forward)))
