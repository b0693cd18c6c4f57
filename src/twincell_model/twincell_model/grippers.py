"""Parallel two-finger grippers, from config/grippers/<name>.yaml. Free of mujoco.

Frames: z out of the flange, the fingers move along y. A finger's joint is half the width between the fingers.
"""

from dataclasses import dataclass

from twincell_model import documents, paths
from twincell_model.errors import UserError

BASE_LINK = "gripper_base"
LEFT_FINGER, RIGHT_FINGER = "gripper_left_finger", "gripper_right_finger"
LEFT_JOINT, RIGHT_JOINT = "gripper_left_finger_joint", "gripper_right_finger_joint"
TCP_FRAME = "gripper_tcp"
ACTUATOR = "gripper"
TENDON = "gripper_width"
NONE = "none"
"""What scenes and parameters say where an arm has no gripper."""


@dataclass(frozen=True)
class Gripper:
    """A parallel gripper. SI units."""

    name: str
    description: str
    stroke: float
    max_force: float
    default_force: float
    max_speed: float
    tcp: float
    base_mass: float
    base_com: float
    base_radius: float
    base_height: float
    finger_mass: float
    finger_width: float
    finger_depth: float
    finger_length: float
    finger_friction: float

    @property
    def mass(self) -> float:
        """Mass of the whole gripper [kg]."""
        return self.base_mass + 2.0 * self.finger_mass


def available() -> list[str]:
    """Names of the grippers under config/grippers, sorted."""
    return sorted(path.stem for path in paths.config("grippers").glob("*.yaml"))


def load_gripper(name: str) -> Gripper:
    """The gripper called `name`. Raises UserError naming the gripper, file or field that is wrong."""
    if name not in available():
        raise documents.unknown("gripper", name, available())
    path = paths.config("grippers", f"{name}.yaml")
    raw = documents.read(path, path.with_name("gripper.schema.json"), "gripper")
    if raw["name"] != name:
        raise UserError(f"gripper file '{path}', field name: '{raw['name']}' is not the file's name '{name}'")
    if raw["default_force"] > raw["max_force"]:
        raise UserError(f"gripper file '{path}', field default_force: larger than max_force")
    values = {key: float(value) for key, value in raw.items() if isinstance(value, int | float)}
    values |= {
        f"{part}_{key}": float(value) for part in ("base", "finger") for key, value in raw[part].items()
    }
    return Gripper(name, raw["description"], **values)


def fitted(name: str) -> Gripper | None:
    """The gripper called `name`, None for "none". Raises UserError as load_gripper does."""
    return None if name == NONE else load_gripper(name)


def base_inertia(g: Gripper) -> tuple[float, float, float]:
    """Principal inertia of the housing as a solid upright cylinder [kg m^2]."""
    across = g.base_mass * (3.0 * g.base_radius**2 + g.base_height**2) / 12.0
    return across, across, g.base_mass * g.base_radius**2 / 2.0


def finger_inertia(g: Gripper) -> tuple[float, float, float]:
    """Principal inertia of a finger as a solid box [kg m^2]: width x, depth y, length z."""
    x2, y2, z2 = g.finger_width**2, g.finger_depth**2, g.finger_length**2
    m = g.finger_mass / 12.0
    return m * (y2 + z2), m * (x2 + z2), m * (x2 + y2)
