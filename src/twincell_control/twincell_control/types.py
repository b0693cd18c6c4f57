"""Values that pass between the parts of the controller. SI units; joint values in the profile's order.

Times are seconds on the clock of the caller (`now`), whatever it is: the core only takes differences.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Floats = tuple[float, ...]


class Mode(IntEnum):
    """Modes of the controller; the numbers are those of twincell_msgs/ControllerStatus."""

    STARTING = 0
    HOLD = 1
    OWNED = 2
    STOPPING = 3
    STOPPED = 4
    FAULT = 5


OWNER_CODES = {"": 0, "policy": 1, "planner": 2, "teleop": 3}
"""Codes of `tick_owner` in twincell_msgs/ControllerStatus."""


class ToolKinematics(Protocol):
    """What the core asks of the arm's kinematics (twincell_model.kinematics.Kinematics has it)."""

    @property
    def lever_arms(self) -> Array:
        """(dof,) upper bounds over all poses of the distance from a joint's axis to the tool point [m]."""

    def pose(self, q: Array) -> tuple[Array, Array]:
        """Position (3,) [m] and quaternion (4,) w first of the tool in the root frame."""

    def jacobian(self, q: Array) -> Array:
        """(6, dof) linear rows then angular rows, in the root frame, at the tool point."""

    def link_poses(self, q: Array) -> dict[str, tuple[Array, Array]]:
        """Pose of every link in the root frame."""


class MotionLimits(Protocol):
    """Limits of motion (twincell_model.safety.SafetyLimits has them). Arrays are (dof,) or (3,)."""

    @property
    def lower(self) -> Array: ...  # rad, margin included

    @property
    def upper(self) -> Array: ...  # rad, margin included

    @property
    def velocity(self) -> Array: ...  # rad/s

    @property
    def acceleration(self) -> Array: ...  # rad/s^2, while a joint gains speed

    @property
    def deceleration(self) -> Array: ...  # rad/s^2, while a joint loses speed

    @property
    def jerk(self) -> Array: ...  # rad/s^3

    @property
    def tcp_speed(self) -> float: ...  # m/s

    @property
    def tcp_angular_speed(self) -> float: ...  # rad/s

    @property
    def box_lower(self) -> Array: ...  # m, tool point in the root frame

    @property
    def box_upper(self) -> Array: ...  # m


@dataclass(frozen=True, slots=True)
class JointSample:
    """A measured joint state."""

    position: Floats  # rad
    velocity: Floats  # rad/s
    stamp: float  # s, time of the measurement


class ArmMode(IntEnum):
    """Modes of the arm; the numbers are those of twincell_msgs/ArmStatus."""

    DISCONNECTED = 0
    DISABLED = 1
    HOLDING = 2
    FOLLOWING = 3
    STOPPING = 4
    FAULT = 5
    ESTOP = 6


@dataclass(frozen=True, slots=True)
class Twist:
    """Velocity of the tool point, expressed in `frame`."""

    frame: str
    linear: Floats  # m/s
    angular: Floats  # rad/s


@dataclass(frozen=True, slots=True)
class Pose:
    """Pose the tool frame shall reach, expressed in `frame`."""

    frame: str
    position: Floats  # m
    orientation: Floats  # unit quaternion, w first


@dataclass(frozen=True, slots=True)
class Jog:
    """Joint velocities [rad/s], or displacements [rad] from the command state at acceptance, by joint name."""

    names: Sequence[str]
    velocities: Floats = ()
    displacements: Floats = ()


@dataclass(frozen=True, slots=True)
class TrajectoryPoint:
    """A point of a joint trajectory; empty where a quantity is not given."""

    time: float  # s from the start
    position: Floats  # rad
    velocity: Floats = ()  # rad/s
    acceleration: Floats = ()  # rad/s^2


@dataclass(frozen=True, slots=True)
class Chunk:
    """A joint trajectory by joint name: an action chunk, or a goal of the planner."""

    names: Sequence[str]
    points: Sequence[TrajectoryPoint]


@dataclass(frozen=True, slots=True)
class Grip:
    """Opening of the gripper, 0 closed to 1 open."""

    opening: float


Request: TypeAlias = Twist | Pose | Jog | Chunk | Grip


@dataclass(frozen=True, slots=True)
class Command:
    """A request of a source. `stamp` is None where the type or the sender gives none."""

    source: str
    request: Request
    received: float  # s
    stamp: float | None = None  # s


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a tick of the core sees besides its own state."""

    state: JointSample | None = None
    """A new measured state, where one came since the last tick."""
    arm_mode: int | None = None
    """A new mode of the arm, where one came."""
    commands: Sequence[Command] = ()
    """New commands, oldest first."""
    several_publishers: bool = False
    """More than one publisher on a topic of the owner."""
    gap: float = 0.0
    """Time by which this tick came later than its schedule [s]."""


@dataclass(frozen=True, slots=True)
class Outputs:
    """What a tick of the core decides."""

    position: Floats  # rad, the command of this tick; empty while starting
    publish: bool
    mode: Mode
    owner: str
    reasons: int
    speed_scale: float
    source_age: float  # s, -1 without a command of the owner
    state_age: float  # s
    gripper: float | None = None  # opening to command, where a new one was accepted
    events: Sequence[Event] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """Progress or end of the planner's goal."""

    kind: str  # progress, done, aborted
    goal: int
    error_code: int = 0  # FollowJointTrajectory result code
    reason: str = ""
    elapsed: float = 0.0  # s of path time
    desired: Floats = ()
    actual: Floats = field(default=())
