"""Robot profiles: everything twincell knows about an arm, from config/robots/<robot>.yaml.

SI units. Joint arrays are in chain order. The inertia of a link is given about its centre of mass in axes that are
rotated by `rpy` from the link frame, as in URDF.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from twincell_model import documents, mirror, paths
from twincell_model.errors import UserError
from twincell_model.spec import Capsule, Inertial, JointSpec, LinkSpec, Vec3

Array = NDArray[np.float64]
Wrench = Literal["sensor", "estimated"]


@dataclass(frozen=True)
class ServoModel:
    """The real controller's position servo: look-ahead filter [s], gain, transport delay [s]."""

    lookahead_s: float
    gain: float
    delay_s: float


@dataclass(frozen=True)
class RobotProfile:
    """One arm in one hardware variant. Arrays have shape (dof,), are in chain order and read-only.

    Names of joints and frames carry `tf_prefix`; `bare` removes it. A `mirrored` arm is the standard one reflected in
    its x-z plane (`links` and limits already are; meshes and visual parts are the standard arm's).
    """

    name: str
    variant: str
    mirrored: bool
    description: str
    vendor: str
    tf_prefix: str
    rate_hz: int
    root_frame: str
    tool_frame: str
    joints: tuple[JointSpec, ...]
    links: tuple[LinkSpec, ...]
    home: Array
    position_margin: float
    step_guard: float
    max_tcp_speed: float
    max_tcp_angular_speed: float
    box_lower: Array
    box_upper: Array
    servo: ServoModel
    command_timeout_s: float
    wrench: Wrench
    unchecked_pairs: tuple[tuple[str, str], ...]
    meshes: Mapping[str, Any]
    hardware: Mapping[str, Any]
    joint_names: tuple[str, ...]
    lower: Array
    upper: Array
    max_velocity: Array
    max_acceleration: Array
    max_deceleration: Array
    max_jerk: Array
    max_effort: Array

    @property
    def dof(self) -> int:
        """Number of joints."""
        return len(self.joints)

    @property
    def tick_s(self) -> float:
        """The arm's period [s]."""
        return 1.0 / self.rate_hz

    def link(self, name: str) -> LinkSpec:
        """The link called `name` (with prefix). Raises KeyError."""
        for link in self.links:
            if link.name == name:
                return link
        raise KeyError(name)

    def bare(self, name: str) -> str:
        """A joint or frame name without the prefix."""
        return name.removeprefix(self.tf_prefix)


def available() -> list[str]:
    """Names of the robots under config/robots, sorted."""
    return sorted(path.stem for path in paths.config("robots").glob("*.yaml"))


def variants(robot: str) -> list[str]:
    """Names of the hardware variants of a robot, the default one first. Raises UserError for an unknown robot."""
    document = _document(_path(robot))
    default = str(document["default_variant"])
    return [default, *sorted(name for name in document["variants"] if name != default)]


def load_profile(robot: str, variant: str | None = None, tf_prefix: str = "") -> RobotProfile:
    """The profile of a robot in a hardware variant (None: the default one).

    Raises UserError naming the robot, variant, file or field that is wrong.
    """
    path = _path(robot)
    return _load(path, path.stat().st_mtime_ns, robot, variant or None, tf_prefix)


@lru_cache(maxsize=32)
def _load(path: Path, changed_ns: int, robot: str, variant: str | None, tf_prefix: str) -> RobotProfile:
    """`changed_ns` only keeps an edited file from being answered from memory."""
    document = _document(path)
    if document["name"] != robot:
        raise UserError(
            f"robot file '{path}', field name: '{document['name']}' is not the file's name '{robot}'"
        )
    chosen = variant or str(document["default_variant"])
    if chosen not in document["variants"]:
        raise documents.unknown(f"variant of {robot}", chosen, sorted(document["variants"]))
    if tf_prefix and not tf_prefix.replace("_", "a").isalnum():
        raise UserError(
            f"tf_prefix '{tf_prefix}' is not a name; use letters, digits and underscores, as 'left_'"
        )
    return _build(path, document, chosen, tf_prefix)


def _path(robot: str) -> Path:
    if robot not in available():
        raise documents.unknown("robot", robot, available())
    return paths.config("robots", f"{robot}.yaml")


def _document(path: Path) -> dict[str, Any]:
    return documents.read(path, path.with_name("robot.schema.json"), "robot")


def _build(path: Path, document: Mapping[str, Any], variant: str, prefix: str) -> RobotProfile:
    override = document["variants"][variant]
    joints = _joints(path, document, override, prefix)
    links = _links(path, document, prefix)
    names = tuple(link.name for link in links)
    for key in ("root_frame", "tool_frame"):
        if prefix + document[key] not in names:
            raise UserError(f"robot file '{path}', field {key}: there is no link '{document[key]}'")
    for pair in document["unchecked_pairs"]:
        for name in pair:
            if prefix + name not in names:
                raise UserError(f"robot file '{path}', field unchecked_pairs: there is no link '{name}'")
    mirrored = bool(override["mirrored"])
    home = _vector(override.get("home", document["home"])) * (-1.0 if mirrored else 1.0)
    home.setflags(write=False)
    if mirrored:
        joints, links = mirror.joints(joints), mirror.links(links)
    lower, upper = _vector([j.lower for j in joints]), _vector([j.upper for j in joints])
    margin = float(document["position_margin"])
    if len(home) != len(joints):
        raise UserError(f"robot file '{path}', field home: {len(home)} values for {len(joints)} joints")
    for joint, angle in zip(joints, home, strict=True):
        if not joint.lower + margin <= angle <= joint.upper - margin:
            raise UserError(
                f"robot file '{path}', field home: {joint.name} at {angle:g} rad is outside its limits"
            )
    box = document["workspace"]
    servo = document["servo"]
    return RobotProfile(
        name=document["name"],
        variant=variant,
        mirrored=mirrored,
        description=document["description"],
        vendor=document["vendor"],
        tf_prefix=prefix,
        rate_hz=int(document["rate_hz"]),
        root_frame=prefix + document["root_frame"],
        tool_frame=prefix + document["tool_frame"],
        joints=joints,
        links=links,
        home=home,
        position_margin=margin,
        step_guard=float(document["step_guard"]),
        max_tcp_speed=float(document["max_tcp_speed"]),
        max_tcp_angular_speed=float(document["max_tcp_angular_speed"]),
        box_lower=_vector(box["lower"]),
        box_upper=_vector(box["upper"]),
        servo=ServoModel(float(servo["lookahead_s"]), float(servo["gain"]), float(servo["delay_s"])),
        command_timeout_s=float(document["command_timeout_s"]),
        wrench=document["wrench"],
        unchecked_pairs=tuple((prefix + a, prefix + b) for a, b in document["unchecked_pairs"]),
        meshes=MappingProxyType(document["meshes"]),
        hardware=MappingProxyType({**document["hardware"], **override["hardware"]}),
        joint_names=tuple(j.name for j in joints),
        lower=lower,
        upper=upper,
        max_velocity=_vector([j.max_velocity for j in joints]),
        max_acceleration=_vector([j.max_acceleration for j in joints]),
        max_deceleration=_vector([j.max_deceleration for j in joints]),
        max_jerk=_vector([j.max_jerk for j in joints]),
        max_effort=_vector([j.max_effort for j in joints]),
    )


def _joints(
    path: Path, document: Mapping[str, Any], override: Mapping[str, Any], prefix: str
) -> tuple[JointSpec, ...]:
    children = {link["joint"]: link["name"] for link in document["links"] if "joint" in link}
    for name in override["joints"]:
        if name not in document["joints"]:
            raise UserError(f"robot file '{path}', field variants: there is no joint '{name}'")
    if list(children) != list(document["joints"]):
        raise UserError(
            f"robot file '{path}', field joints: {', '.join(document['joints'])} are not, in this order, "
            f"the joints of the links ({', '.join(children)})"
        )
    joints = []
    for name, values in document["joints"].items():
        merged = {**values, **override["joints"].get(name, {})}
        if not merged["lower"] < merged["upper"]:
            raise UserError(f"robot file '{path}', field joints/{name}: lower is not less than upper")
        sign = int(merged.pop("axis_sign", 1))
        numbers = {key: float(value) for key, value in merged.items()}
        joints.append(JointSpec(name=prefix + name, child=prefix + children[name], axis_sign=sign, **numbers))
    return tuple(joints)


def _links(path: Path, document: Mapping[str, Any], prefix: str) -> tuple[LinkSpec, ...]:
    links: list[LinkSpec] = []
    for raw in document["links"]:
        known = {link.name for link in links}
        if prefix + raw["name"] in known:
            raise UserError(f"robot file '{path}', field links: '{raw['name']}' appears twice")
        parent = raw.get("parent")
        if (parent is None) != (not links) or (parent is not None and prefix + parent not in known):
            raise UserError(
                f"robot file '{path}', field links: the parent of '{raw['name']}' must be an earlier link, "
                "and only the first link has none"
            )
        inertial = raw.get("inertial")
        links.append(
            LinkSpec(
                name=prefix + raw["name"],
                parent=None if parent is None else prefix + parent,
                xyz=_vec3(raw.get("xyz", (0, 0, 0))),
                rpy=_vec3(raw.get("rpy", (0, 0, 0))),
                joint=prefix + raw["joint"] if "joint" in raw else None,
                inertial=None if inertial is None else _inertial(inertial),
                collision=tuple(
                    Capsule(_vec3(c["from"]), _vec3(c["to"]), float(c["radius"]))
                    for c in raw.get("collision", ())
                ),
            )
        )
    return tuple(links)


def _inertial(raw: Mapping[str, Any]) -> Inertial:
    ixx, iyy, izz, ixy, ixz, iyz = (float(v) for v in raw["inertia"])
    return Inertial(float(raw["mass"]), _vec3(raw["com"]), _vec3(raw["rpy"]), (ixx, iyy, izz, ixy, ixz, iyz))


def _vec3(values: Any) -> Vec3:
    x, y, z = (float(v) for v in values)
    return x, y, z


def _vector(values: Any) -> Array:
    array = np.array(values, dtype=np.float64)
    array.setflags(write=False)
    return array
