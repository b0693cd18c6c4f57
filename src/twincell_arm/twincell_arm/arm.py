"""The `Arm` protocol: what a backend gives, whatever drives the joints.

The arm node does the rest for every backend alike: guarding and following the stream, the stop on silence, topics,
services, the controller manager. One folder or module per backend in `backends`, named in `BACKENDS`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from twincell_model.errors import UserError
from twincell_model.profile import RobotProfile

Array = NDArray[np.float64]


class Fault(IntEnum):
    """Faults of an arm, numbered as in twincell_msgs/ArmStatus."""

    NONE = 0
    PROTECTIVE_STOP = 1
    EMERGENCY_STOP = 2
    LINK = 3
    MODEL_MISMATCH = 4
    TRACKING = 5
    OTHER = 255


@dataclass(frozen=True, slots=True)
class ArmState:
    """What the hardware reports. Arrays are (dof,), in chain order."""

    position: Array
    """[rad]"""
    velocity: Array
    """[rad/s]"""
    effort: Array
    """[Nm] at the joint."""
    enabled: bool
    """Powered and brakes released."""
    fault: Fault
    reason: str
    """One sentence where there is a fault, else empty."""
    speed_scaling: float
    """[percent] 0-100."""


@dataclass(frozen=True, slots=True)
class GripperState:
    """Free width between the fingers [m] and grip effort [N]."""

    width_m: float
    effort: float


class Arm(Protocol):
    """One arm. All calls come from one thread: the loop's.

    Methods raise ArmError where the hardware refuses or does not answer.
    """

    backend: str
    profile: RobotProfile
    wrench_estimated: bool
    """True where no sensor measures the wrench."""
    simulated: bool
    """True where `send` advances the physics by one tick; missed periods are then made good by further calls."""

    def connect(self) -> None:
        """Open the link. The arm does not move and its brakes stay as they are."""

    def close(self) -> None:
        """Close the link. Safe to call twice."""

    def enable(self) -> None:
        """Power the arm and release its brakes. Refused while there is a fault."""

    def disable(self) -> None:
        """Engage the brakes. The caller has brought the arm to rest."""

    def recover(self) -> None:
        """Clear the fault, where a person has asked for it and its cause is gone."""

    def send(self, reference: Array) -> None:
        """Drive the joints to `reference` [rad] over the next period."""

    def read(self) -> ArmState:
        """The newest state."""

    def tool(self) -> tuple[Array, Array]:
        """Position [m] and quaternion (w, x, y, z) of the tool frame in the root frame."""

    def wrench(self) -> Array | None:
        """Force [N] and torque [Nm] of what hangs on the flange, in the tool frame; None where there is none."""

    def move_gripper(self, width_m: float, max_effort: float) -> None:
        """Move the fingers to `width_m` apart with at most `max_effort` [N]; 0 = the gripper's own."""

    def gripper(self) -> GripperState | None:
        """State of the gripper, None without one."""


class ArmError(RuntimeError):
    """The arm refused or did not answer; the message is one sentence."""


def _mujoco(profile: RobotProfile, options: dict[str, Any]) -> Arm:
    from twincell_arm.backends.mujoco_arm import MujocoArm

    return MujocoArm.from_options(profile, options)


BACKENDS: dict[str, Callable[[RobotProfile, dict[str, Any]], Arm]] = {"mujoco": _mujoco}


def make_arm(backend: str, profile: RobotProfile, options: dict[str, Any]) -> Arm:
    """The arm of a backend. `options` are the arm node's parameters: scene, seed, robot_ip, ...

    Raises UserError naming an unknown backend and listing those that exist.
    """
    maker = BACKENDS.get(backend)
    if maker is None:
        raise UserError(f"unknown backend '{backend}'; backends that exist: {', '.join(sorted(BACKENDS))}")
    return maker(profile, options)
