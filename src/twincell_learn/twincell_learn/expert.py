"""A differential-kinematics expert for the reach task: what an imitated policy learns from. Not deployed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from twincell_model.rotations import matrix_from_quat
from twincell_policy.episode import KinematicsLike
from twincell_policy.observation import ObservationInputs

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ExpertGains:
    """Numbers of the expert."""

    approach: float
    """1/s, tool speed per distance"""
    speed: float
    """m/s, largest tool speed"""
    damping: float
    """of the pseudo-inverse [m/rad]"""
    posture: float
    """1/s, joint speed per distance from home, in the null space of the tool's position"""
    posture_range: float
    """m, within this distance of the target the posture is left alone, so that the arm comes to rest"""
    upright: float = 0.0
    """1/s, turning speed per angle of the tool's axis from its direction at home; 0 leaves the axis free"""


_LENGTH = 0.3
"""m/rad, how an error of the tool's axis weighs against one of its position: about the arm's reach"""


class ReachExpert:
    """Straight to the target, slower the nearer, while the arm's free joints drift towards home.

    With `upright` the tool's axis keeps the direction that it has at home.
    """

    def __init__(self, kinematics: KinematicsLike, home: Array, scale: Array, gains: ExpertGains) -> None:
        self._kinematics = kinematics
        self._home = home
        self._scale = scale
        self._gains = gains
        self._axis = matrix_from_quat(kinematics.pose(home)[1])[:, 2]

    def action(self, inputs: ObservationInputs) -> Array:
        """The action (dof,) in +-1 for these inputs. Direction is kept where a joint is at its limit."""
        gains = self._gains
        q = inputs.joints.positions
        error = inputs.goal_position - inputs.tool_position
        distance = float(np.linalg.norm(error))
        speed = gains.speed * np.tanh(gains.approach * distance / gains.speed)
        jacobian = self._kinematics.jacobian(q)
        task = error * (speed / max(distance, 1e-9))
        if gains.upright > 0.0:
            axis = matrix_from_quat(inputs.tool_quaternion)[:, 2]
            across = _LENGTH * (np.eye(3) - np.outer(axis, axis))  # turns about the axis itself are free
            task = np.concatenate([task, across @ (gains.upright * np.cross(axis, self._axis))])
            jacobian = np.concatenate([jacobian[:3], across @ jacobian[3:]])
        else:
            jacobian = jacobian[:3]
        damped = jacobian @ jacobian.T + gains.damping**2 * np.eye(len(task))
        inverse = jacobian.T @ np.linalg.inv(damped)
        free = np.eye(len(q)) - inverse @ jacobian
        drift = gains.posture * np.tanh(distance / gains.posture_range) * (self._home - q)
        velocity = inverse @ task + free @ drift
        action = velocity / self._scale
        return np.asarray(action / max(1.0, float(np.abs(action).max())))
