"""What the checker knows of the robot, as plain data. The caller builds it from a robot profile."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from twincell_msgs.msg import WorldState

Array = NDArray[np.float64]
Pose = tuple[Array, Array]
"""Position (3,) [m] and unit quaternion (4,), w first."""


@dataclass(frozen=True)
class StreamFacts:
    """One image stream: pixels, intrinsics [pixel] with pixel centres at whole numbers, and frame."""

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float
    frame: str

    def rays(self, rows: NDArray[Any], columns: NDArray[Any]) -> Array:
        """Directions (n, 3) with z = 1 in the optical frame through pixels `rows`, `columns` (n,)."""
        return np.stack(
            ((columns - self.cx) / self.fx, (rows - self.cy) / self.fy, np.ones(len(rows))), axis=1
        )


@dataclass(frozen=True)
class CameraFacts:
    """A camera as a client of the cell sees it, and what is known of its scene where it is a virtual one."""

    name: str
    rate_hz: float
    streams: Mapping[str, StreamFacts]
    """color, depth, aligned; those it has."""
    link_frame: str
    color_offset_m: float
    """Color imager left of the depth imager."""
    baseline_m: float
    noise_px: float
    step_px: float
    """RMS noise and step of the disparity."""
    latency_s: float
    fixed: bool
    """Mounted in the world, so that it stands still."""


class SceneTruth(Protocol):
    """Where things are, from the scene's geometry and a world/state, without drawing anything."""

    target: str
    """A visible sphere that world/set_body_pose moves; empty without one."""
    corner: Array
    """A corner of a fixed box with nothing near it, (3,) [m] in the world frame."""

    def distances(
        self, state: WorldState, origin: Array, directions: Array
    ) -> tuple[Array, NDArray[np.intp]]:
        """Along `directions` (n, 3) [any length] from `origin` (3,), world frame: how many lengths to the first surface
        (n,), -1 without one, and the number of the geom (n,)."""


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
    cameras: Sequence[CameraFacts] = ()
    truth: SceneTruth | None = None
    """The scene, for virtual cameras."""

    @property
    def dof(self) -> int:
        """Number of joints."""
        return len(self.joint_names)
