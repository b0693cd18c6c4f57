"""An independent judge of motion for the tests: forward kinematics from the frames' origins, finite differences.

Shares nothing with the limiter or with twincell_model.kinematics.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from twincell_model.profile import RobotProfile

Array = NDArray[np.float64]


def _rpy(rpy: tuple[float, float, float]) -> Array:
    (cr, cp, cy), (sr, sp, sy) = np.cos(rpy), np.sin(rpy)
    return np.array(
        [
            [cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr],
            [sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr],
            [-sp, cp * sr, cp * cr],
        ]
    )


def tool_poses(profile: RobotProfile, q: Array) -> tuple[Array, Array]:
    """Tool positions (N, 3) and rotations (N, 3, 3) in the root frame for joint positions (N, dof)."""
    links = {link.name: link for link in profile.links}
    chain, name = [], profile.tool_frame
    while name is not None:
        chain.append(links[name])
        name = links[name].parent
    rotation = np.broadcast_to(np.eye(3), (len(q), 3, 3))
    position = np.zeros((len(q), 3))
    for link in reversed(chain):
        position = position + rotation @ np.array(link.xyz)
        rotation = rotation @ _rpy(link.rpy)
        if link.joint is None:
            continue
        angle = q[:, profile.joint_names.index(link.joint)]
        turn = np.zeros((len(q), 3, 3))
        turn[:, 0, 0] = turn[:, 1, 1] = np.cos(angle)
        turn[:, 0, 1], turn[:, 1, 0] = -np.sin(angle), np.sin(angle)
        turn[:, 2, 2] = 1.0
        rotation = rotation @ turn
    return position, rotation


def excess(profile: RobotProfile, limits: object, positions: Array, period: float) -> dict[str, float]:
    """Worst excess over each limit of a stream of commanded positions (ticks, dof), from finite differences only.

    `gain` is the acceleration of joints that gain speed, `loss` of those that lose it.
    """
    q = positions
    velocity = np.diff(q, axis=0) / period
    acceleration = np.diff(velocity, axis=0) / period
    jerk = np.diff(acceleration, axis=0) / period
    tool, rotation = tool_poses(profile, q)
    speed = np.linalg.norm(np.diff(tool, axis=0), axis=1) / period
    relative = np.swapaxes(rotation[:-1], 1, 2) @ rotation[1:]
    vee = 0.5 * np.stack(
        [
            relative[:, 2, 1] - relative[:, 1, 2],
            relative[:, 0, 2] - relative[:, 2, 0],
            relative[:, 1, 0] - relative[:, 0, 1],
        ],
        axis=1,
    )
    turn = np.arcsin(np.clip(np.linalg.norm(vee, axis=1), 0.0, 1.0)) / period
    before, after = velocity[:-1], velocity[1:]
    same = before * after > 0.0
    same[1:] &= before[:-1] * before[1:] > 0.0  # all of the window on one side of zero
    gains = same & (np.abs(after) > np.abs(before))
    magnitude = np.abs(acceleration)
    top = np.maximum(limits.acceleration, limits.deceleration)
    return {
        "position": float(np.maximum(limits.lower - q, q - limits.upper).max()),
        "velocity": float((np.abs(velocity) - limits.velocity).max()),
        "acceleration": float((magnitude - top).max()),
        "gain": float(np.where(gains, magnitude - limits.acceleration, -np.inf).max()),
        "jerk": float((np.abs(jerk) - limits.jerk).max()),
        "workspace": float(np.maximum(limits.box_lower - tool, tool - limits.box_upper).max()),
        "tcp_speed": float((speed - limits.tcp_speed).max()),
        "tcp_angular_speed": float((turn - limits.tcp_angular_speed).max()),
    }


TOLERANCE = {
    "position": 0.0,  # rad
    "velocity": 2e-9,  # rad/s: VELOCITY_SLACK and rounding of positions near 2 pi over 2 ms
    "acceleration": 2e-6,  # rad/s^2: the same over (2 ms)^2
    "gain": 2e-6,
    "jerk": 2e-3,  # rad/s^3: the same over (2 ms)^3
    "workspace": 1e-9,  # m
    "tcp_speed": 1e-9,  # m/s
    "tcp_angular_speed": 1e-6,  # rad/s
}
"""How far over a limit is rounding."""


def violations(found: dict[str, float]) -> dict[str, float]:
    """The quantities of `found` that are over their tolerance."""
    return {name: value for name, value in found.items() if not value <= TOLERANCE[name]}
