"""What the checker knows of the robot, as plain data. The caller builds it from a robot profile."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Pose = tuple[Array, Array]
"""Position (3,) [m] and unit quaternion (4,), w first."""


@dataclass(frozen=True)
class RobotFacts:
    """A robot as a client of the cell sees it. Arrays have one entry per joint, in chain order."""

    robot: str
    """Profile name: ur5, ur5e, xarm7."""
    backend: str
    """mujoco, ur_rtde, xarm or ros2_control."""
    joint_names: Sequence[str]
    rate_hz: float
    root_frame: str
    tool_frame: str
    lower: Array
    upper: Array
    """Position limits [rad]."""
    max_velocity: Array
    """[rad/s]"""
    step_guard: float
    """Largest distance of a command from the arm's reference that the arm accepts [rad]."""
    pose: Callable[[Array], Pose]
    """Forward kinematics: joint positions [rad] to the pose of the tool frame in the root frame."""
    gripper_stroke: float | None
    """Width of the open gripper [m]; None without a gripper."""
    has_world: bool
    """Whether a world (MuJoCo twin or emulator) is behind the arm."""

    @property
    def dof(self) -> int:
        """Number of joints."""
        return len(self.joint_names)
