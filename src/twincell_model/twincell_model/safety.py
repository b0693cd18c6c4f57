"""Safety profiles: how fast and where the controller may move an arm, from config/safety/<name>.yaml."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twincell_model import documents, paths
from twincell_model.errors import UserError
from twincell_model.profile import RobotProfile

Array = NDArray[np.float64]
DEFAULT = "slow"


@dataclass(frozen=True)
class SafetyLimits:
    """Limits for one arm under one safety profile: never wider than the arm's own. Arrays are read-only.

    velocity, acceleration, deceleration, jerk: (dof,) rad/s, rad/s^2, rad/s^2, rad/s^3.
    lower, upper: (dof,) joint positions [rad], inside the arm's limits by the larger of both margins.
    tcp_speed [m/s], tcp_angular_speed [rad/s]: of the tool point in the root frame.
    box_lower, box_upper: (3,) where the tool point may be [m, root frame].
    command_timeout_s: a source silent for longer comes to rest. state_timeout_s: joint states older than this stop the
    arm. lease_s: an owner that does not renew loses the arm. tracking_tolerance: largest distance between commanded and
    measured joint positions [rad]. future_tolerance_s: how far in the future a stamp may lie.
    """

    name: str
    velocity: Array
    acceleration: Array
    deceleration: Array
    jerk: Array
    lower: Array
    upper: Array
    tcp_speed: float
    tcp_angular_speed: float
    box_lower: Array
    box_upper: Array
    command_timeout_s: float
    state_timeout_s: float
    lease_s: float
    tracking_tolerance: float
    future_tolerance_s: float


def available() -> list[str]:
    """Names of the safety profiles under config/safety, sorted."""
    return sorted(path.stem for path in paths.config("safety").glob("*.yaml"))


def load_safety(name_or_path: str | Path, profile: RobotProfile) -> SafetyLimits:
    """The limits of a safety profile (a name under config/safety or a YAML file) for an arm.

    Raises UserError naming the profile, file or field that is wrong.
    """
    path = _path(str(name_or_path))
    raw = documents.read(path, paths.config("safety", "safety.schema.json"), "safety")
    margin = max(float(raw["position_margin"]), profile.position_margin)
    lower, upper = profile.lower + margin, profile.upper - margin
    if not np.all(lower < upper):
        raise UserError(
            f"safety file '{path}', field position_margin: {margin:g} rad leaves no room on {profile.name}"
        )
    workspace = raw.get("workspace", {})
    box_lower = np.maximum(
        np.array(workspace.get("lower", profile.box_lower), dtype=np.float64), profile.box_lower
    )
    box_upper = np.minimum(
        np.array(workspace.get("upper", profile.box_upper), dtype=np.float64), profile.box_upper
    )
    if not np.all(box_lower < box_upper):
        raise UserError(
            f"safety file '{path}', field workspace: nothing is left of the workspace of {profile.name}"
        )
    return SafetyLimits(
        name=path.stem,
        velocity=_bounded(raw["velocity"], profile.max_velocity),
        acceleration=_bounded(raw["acceleration"], profile.max_acceleration),
        deceleration=_bounded(raw["deceleration"], profile.max_deceleration),
        jerk=_bounded(raw["jerk"], profile.max_jerk),
        lower=_read_only(lower),
        upper=_read_only(upper),
        tcp_speed=min(float(raw["tcp_speed"]), profile.max_tcp_speed),
        tcp_angular_speed=min(float(raw["tcp_angular_speed"]), profile.max_tcp_angular_speed),
        box_lower=_read_only(box_lower),
        box_upper=_read_only(box_upper),
        command_timeout_s=float(raw["command_timeout_s"]),
        state_timeout_s=float(raw["state_timeout_s"]),
        lease_s=float(raw["lease_s"]),
        tracking_tolerance=float(raw["tracking_tolerance"]),
        future_tolerance_s=float(raw["future_tolerance_s"]),
    )


def _path(name: str) -> Path:
    if name.endswith((".yaml", ".yml")):
        path = Path(name)
        if not path.is_file():
            raise UserError(
                f"there is no safety file '{path}'; name a file or one of: {', '.join(available())}"
            )
        return path
    if name not in available():
        raise documents.unknown("safety profile", name, available())
    return paths.config("safety", f"{name}.yaml")


def _bounded(limit: float, own: Array) -> Array:
    return _read_only(np.minimum(float(limit), own))


def _read_only(array: Array) -> Array:
    array.setflags(write=False)
    return array
