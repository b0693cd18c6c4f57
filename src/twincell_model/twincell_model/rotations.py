"""Quaternions (w, x, y, z) and roll-pitch-yaw angles (URDF: fixed axes x, y, z)."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def quat_from_rpy(rpy: Sequence[float]) -> Array:
    """Unit quaternion (4,) of Rz(yaw) Ry(pitch) Rx(roll); angles in rad."""
    (cr, sr), (cp, sp), (cy, sy) = ((math.cos(a / 2), math.sin(a / 2)) for a in rpy)
    return np.array(
        [
            cr * cp * cy + sr * sp * sy,
            sr * cp * cy - cr * sp * sy,
            cr * sp * cy + sr * cp * sy,
            cr * cp * sy - sr * sp * cy,
        ]
    )


def matrix_from_rpy(rpy: Sequence[float]) -> Array:
    """Rotation matrix (3, 3) of Rz(yaw) Ry(pitch) Rx(roll); angles in rad."""
    return matrix_from_quat(quat_from_rpy(rpy))


def matrix_from_quat(quat: Sequence[float] | Array) -> Array:
    """Rotation matrix (3, 3) of a unit quaternion (w, x, y, z)."""
    w, x, y, z = (float(v) for v in quat)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def rpy_from_matrix(matrix: Array) -> Array:
    """Roll, pitch, yaw (3,) [rad] of a rotation matrix (3, 3); roll is 0 where pitch is +-pi/2."""
    (m00, m01, _), (m10, m11, _), (m20, m21, m22) = matrix.tolist()
    level = math.hypot(m00, m10)
    pitch = math.atan2(-m20, level)
    if level < 1e-9:
        return np.array([0.0, pitch, math.atan2(-m01, m11)])
    return np.array([math.atan2(m21, m22), pitch, math.atan2(m10, m00)])
