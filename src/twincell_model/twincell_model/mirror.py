"""An arm reflected in its x-z plane: y changes sign, and so does the sense of every rotation about x and z."""

from dataclasses import replace

from twincell_model.spec import Capsule, Inertial, JointSpec, LinkSpec, Vec3


def point(value: Vec3) -> Vec3:
    """The reflected point [m]."""
    return value[0], -value[1], value[2]


def angles(rpy: Vec3) -> Vec3:
    """Roll, pitch, yaw of the reflected frame [rad]."""
    return -rpy[0], rpy[1], -rpy[2]


def joints(values: tuple[JointSpec, ...]) -> tuple[JointSpec, ...]:
    """Joints of the reflected arm: the pose at q is the reflected pose of the standard arm at -q."""
    return tuple(replace(j, lower=-j.upper, upper=-j.lower) for j in values)


def links(values: tuple[LinkSpec, ...]) -> tuple[LinkSpec, ...]:
    """Links of the reflected arm."""
    return tuple(
        replace(
            link,
            xyz=point(link.xyz),
            rpy=angles(link.rpy),
            inertial=None if link.inertial is None else _inertial(link.inertial),
            collision=tuple(Capsule(point(c.start), point(c.end), c.radius) for c in link.collision),
        )
        for link in values
    )


def _inertial(value: Inertial) -> Inertial:
    ixx, iyy, izz, ixy, ixz, iyz = value.inertia
    return Inertial(value.mass, point(value.com), angles(value.rpy), (ixx, iyy, izz, -ixy, ixz, -iyz))
