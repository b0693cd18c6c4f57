"""What an arm is made of: links with inertials and collision capsules, and joints with limits.

SI units. The inertia of a link is given about its centre of mass in axes rotated by `rpy` from the link frame, as in
URDF.
"""

from dataclasses import dataclass

Vec3 = tuple[float, float, float]
Tensor = tuple[float, float, float, float, float, float]


@dataclass(frozen=True)
class Inertial:
    """Mass [kg], centre of mass [m, link frame], orientation of the inertia axes, inertia ixx iyy izz ixy ixz iyz."""

    mass: float
    com: Vec3
    rpy: Vec3
    inertia: Tensor


@dataclass(frozen=True)
class Capsule:
    """A capsule between two points of the link frame [m]."""

    start: Vec3
    end: Vec3
    radius: float


@dataclass(frozen=True)
class LinkSpec:
    """A link (frame) and how it hangs on its parent. `joint` is None for a fixed one, `parent` None for the root."""

    name: str
    parent: str | None
    xyz: Vec3
    rpy: Vec3
    joint: str | None
    inertial: Inertial | None
    collision: tuple[Capsule, ...]


@dataclass(frozen=True)
class JointSpec:
    """A revolute joint about `axis_sign` * z of its child link. Limits in rad, rad/s, rad/s^2, rad/s^3, N m."""

    name: str
    child: str
    axis_sign: int
    lower: float
    upper: float
    max_velocity: float
    max_acceleration: float
    max_deceleration: float
    max_jerk: float
    max_effort: float
    damping: float
    friction: float
    armature: float
