"""From tool motion to joint motion: damped least squares, slowed down near singular poses."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .types import Array, Floats

DAMPED_BELOW = 0.06
"""Smallest singular value of the Jacobian (rows in m and rad) below which the solution is damped. UR arms have 0.1 to
0.3 in their usual poses."""

LARGEST_DAMPING = 0.03
"""Damping at a singular pose; joint speed stays under |twist| / (2 * damping)."""

SLOWEST = 0.2
"""Share of the wish that is left at a singular pose, so that the arm can leave it."""


@dataclass(frozen=True, slots=True)
class JointWish:
    """Joint velocity (dof,) [rad/s] and whether a singular pose slowed it down."""

    velocity: Array
    singular: bool


def joint_velocity(jacobian: Array, twist: Array, posture: Array | None = None) -> JointWish:
    """Joint velocity for a tool twist (6,) [m/s, rad/s] in the frame of `jacobian` (6, dof).

    `posture` (dof,) is a joint velocity for what the twist leaves free (redundant arms); it never outweighs the twist.
    """
    gram = jacobian @ jacobian.T
    values, vectors = np.linalg.eigh(gram)
    smallest = math.sqrt(max(float(values[0]), 0.0))
    share, damping = 1.0, 0.0
    if smallest < DAMPED_BELOW:
        near = 1.0 - smallest / DAMPED_BELOW
        damping = (LARGEST_DAMPING * near) ** 2
        share = 1.0 - (1.0 - SLOWEST) * near
    inverse = jacobian.T @ (vectors / (np.maximum(values, 1e-12) + damping)) @ vectors.T
    velocity = share * (inverse @ twist)
    if posture is not None:
        free = posture - inverse @ (jacobian @ posture)
        most, size = 0.3 * float(np.abs(velocity).max()), float(np.abs(free).max())
        velocity = velocity + free * (min(1.0, most / size) if size > 0.0 else 0.0)
    return JointWish(velocity, share < 1.0)


def rotation_matrix(quaternion: Floats | Array) -> Array:
    """Rotation matrix (3, 3) of a unit quaternion, w first."""
    w, x, y, z = (float(c) for c in quaternion)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def multiply(a: Floats | Array, b: Floats | Array) -> tuple[float, float, float, float]:
    """Product of two quaternions, w first."""
    aw, ax, ay, az = (float(c) for c in a)
    bw, bx, by, bz = (float(c) for c in b)
    return (
        aw * bw - ax * bx - ay * by - az * bz,
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw,
    )


def pose_error(
    position: Array, quaternion: Array, target_position: Floats, target_quaternion: Floats
) -> Array:
    """(6,) displacement [m] and rotation vector [rad], in the root frame, that take the tool to the target."""
    w, x, y, z = multiply(target_quaternion, (quaternion[0], -quaternion[1], -quaternion[2], -quaternion[3]))
    if w < 0.0:
        w, x, y, z = -w, -x, -y, -z
    length = math.sqrt(x * x + y * y + z * z)
    factor = 2.0 * math.atan2(length, w) / length if length > 1e-12 else 2.0
    return np.array(
        [
            target_position[0] - position[0],
            target_position[1] - position[1],
            target_position[2] - position[2],
            factor * x,
            factor * y,
            factor * z,
        ]
    )
