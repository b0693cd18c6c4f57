"""Scenes: what stands in a cell, what it looks like and what is randomised. YAML in config/scenes, no code.

All positions are in m in the world frame (z up, floor at z = 0).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from twincell_model.errors import UserError
from twincell_model.grippers import NONE as NO_GRIPPER
from twincell_model.profile import RobotProfile

from twincell_model import documents, paths

Vec = tuple[float, ...]

SIZE_LENGTHS = {"box": 3, "sphere": 1, "cylinder": 2, "capsule": 2, "table": 3, "pedestal": 2}


@dataclass(frozen=True)
class Shape:
    """A fixture or an object. `mass_kg` is 0 for fixtures."""

    name: str
    shape: str
    size: Vec
    position: Vec
    rpy: Vec = (0.0, 0.0, 0.0)
    color: Vec = (0.7, 0.7, 0.7, 1.0)
    finish: str = "satin"
    collides: bool = True
    mass_kg: float = 0.0
    friction: float = 1.0


@dataclass(frozen=True)
class Target:
    """A visible sphere without collision."""

    name: str
    position: Vec
    radius: float = 0.02
    color: Vec = (0.93, 0.26, 0.21, 1.0)


@dataclass(frozen=True)
class CameraMount:
    """A camera of the model. Either `look_at` or `rpy` of the optical frame, in the mount's frame."""

    name: str
    position: Vec
    mount: str = "world"
    look_at: Vec | None = None
    rpy: Vec | None = None
    fovy_deg: float = 45.0
    resolution: tuple[int, int] = (640, 480)


@dataclass(frozen=True)
class Light:
    """A spot of light."""

    name: str
    position: Vec
    target: Vec
    intensity: float = 0.6
    shadow: bool = False


@dataclass(frozen=True)
class Look:
    """Floor, sky and light."""

    floor: Mapping[str, Any] = field(default_factory=dict)
    sky: Mapping[str, Any] = field(default_factory=dict)
    ambient: float = 0.35
    lights: tuple[Light, ...] = ()


@dataclass(frozen=True)
class Scene:
    """A validated scene for one robot."""

    name: str
    description: str
    robot_position: Vec
    robot_rpy: Vec
    gripper: str
    start_joints: Vec
    start_opening: float
    timestep_s: float
    gravity: Vec
    look: Look
    cameras: tuple[CameraMount, ...]
    fixtures: tuple[Shape, ...]
    objects: tuple[Shape, ...]
    targets: tuple[Target, ...]
    randomization: Mapping[str, Any]


def available() -> list[str]:
    """Names of the scenes in config/scenes."""
    return sorted(path.stem for path in paths.config("scenes").glob("*.yaml"))


def load_scene(name_or_path: str | Path, profile: RobotProfile) -> Scene:
    """Read and validate a scene for the robot of `profile`.

    Raises UserError naming the file and the field when the scene does not exist or is not valid.
    """
    path = _find(str(name_or_path))
    raw = documents.read(path, paths.config("scenes", "scene.schema.json"), "scene")
    scene = _build(path.stem, raw, profile, path)
    _check_names(scene, path)
    return scene


def _find(name: str) -> Path:
    if name.endswith((".yaml", ".yml")) or "/" in name:
        path = Path(name)
        if path.is_file():
            return path
        raise UserError(f"scene file '{name}' does not exist; scenes that exist: {', '.join(available())}")
    if name not in available():
        raise documents.unknown("scene", name, available())
    return paths.config("scenes", f"{name}.yaml")


def _build(name: str, raw: dict[str, Any], profile: RobotProfile, path: Path) -> Scene:
    look = raw.get("look", {})
    start = raw.get("start", {})
    physics = raw.get("physics", {})
    joints = start.get("joints", {}).get(profile.name)
    if joints is None:
        joints = profile.home.tolist()
    elif len(joints) != profile.dof:
        raise UserError(
            f"scene file '{path}', field start/joints/{profile.name}: {len(joints)} values, "
            f"but {profile.name} has {profile.dof} joints"
        )
    return Scene(
        name=name,
        description=raw["description"],
        robot_position=_vec(raw["robot"]["position"]),
        robot_rpy=_vec(raw["robot"].get("rpy", (0.0, 0.0, 0.0))),
        gripper=raw.get("gripper", NO_GRIPPER),
        start_joints=_vec(joints),
        start_opening=float(start.get("gripper_opening", 1.0)),
        timestep_s=float(physics.get("timestep_s", 0.002)),
        gravity=_vec(physics.get("gravity", (0.0, 0.0, -9.81))),
        look=Look(
            floor=look.get("floor", {}),
            sky=look.get("sky", {}),
            ambient=float(look.get("ambient", 0.35)),
            lights=tuple(Light(**_frozen(item)) for item in look.get("lights", [])),
        ),
        cameras=tuple(CameraMount(**_frozen(item)) for item in raw["cameras"]),
        fixtures=tuple(_shape(item, f"fixtures/{i}", path) for i, item in enumerate(raw.get("fixtures", []))),
        objects=tuple(_shape(item, f"objects/{i}", path) for i, item in enumerate(raw.get("objects", []))),
        targets=tuple(Target(**_frozen(item)) for item in raw.get("targets", [])),
        randomization=MappingProxyType(raw.get("randomization", {})),
    )


def _vec(values: Sequence[float]) -> Vec:
    return tuple(float(value) for value in values)


def _frozen(item: dict[str, Any]) -> dict[str, Any]:
    """Lists as tuples, so that the dataclasses stay immutable."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in item.items()}


def _shape(item: dict[str, Any], where: str, path: Path) -> Shape:
    needed = SIZE_LENGTHS[item["shape"]]
    if len(item["size"]) != needed:
        raise UserError(
            f"scene file '{path}', field {where}/size: a {item['shape']} needs {needed} numbers, "
            f"not {len(item['size'])}"
        )
    return Shape(**_frozen(item))


def _check_names(scene: Scene, path: Path) -> None:
    things = [s.name for s in (*scene.fixtures, *scene.objects)] + [target.name for target in scene.targets]
    for group in (things, [c.name for c in scene.cameras], [light.name for light in scene.look.lights]):
        for index, name in enumerate(group):
            if name in group[:index]:
                raise UserError(f"scene file '{path}': the name '{name}' is used twice")
    known = {
        "objects": {thing.name for thing in scene.objects},
        "colors": set(things),
        "cameras": {camera.name for camera in scene.cameras},
    }
    for kind, names in known.items():
        for name in scene.randomization.get(kind, {}):
            if name not in names:
                raise UserError(
                    f"scene file '{path}', field randomization/{kind}/{name}: the scene has nothing of this name"
                )
    for where, low, high in _ranges(scene.randomization):
        if low > high:
            raise UserError(f"scene file '{path}', field randomization/{where}: {low} is above {high}")


def _ranges(value: Any, where: str = "") -> Iterator[tuple[str, float, float]]:
    """Every lower and upper bound below `value`."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _ranges(item, f"{where}/{key}" if where else str(key))
        return
    low, high = value
    if isinstance(low, list):
        if where.startswith("colors"):
            return  # two colours: each channel may go either way
        for lower, upper in zip(low, high, strict=True):
            yield where, float(lower), float(upper)
    else:
        yield where, float(low), float(high)
