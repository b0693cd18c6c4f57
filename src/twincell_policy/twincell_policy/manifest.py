"""The manifest of a policy package: its fields as frozen dataclasses. manifest_check says what is wrong with one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SEMANTICS: dict[str, tuple[str, str]] = {
    "joint_velocity": ("joint_jog", "rad/s"),
    "cartesian_twist": ("twist", "m/s, rad/s"),
    "joint_position_chunk": ("trajectory", "rad"),
}
"""Source topic kind and unit that go with the meaning of an action."""


@dataclass(frozen=True)
class Robot:
    """A robot the policy may drive. No variants: every variant of the profile."""

    profile: str
    variants: tuple[str, ...]


@dataclass(frozen=True)
class Term:
    """A part of the observation vector."""

    name: str
    size: int
    unit: str
    mean: Array
    std: Array


@dataclass(frozen=True)
class ImageInput:
    """An image that the model reads."""

    camera: str
    input: str
    """Name of the model's input, float32 [1, channels, height, width]."""
    crop: tuple[int, int, int, int]
    """x, y, width, height [pixel] of the part of the color image that counts."""
    size: tuple[int, int]
    """width, height [pixel] it is shrunk to."""
    channels: int
    """3 for rgb, 1 for grey."""
    mean: float
    std: float


@dataclass(frozen=True)
class Camera:
    """A camera the policy needs, with the color image it was trained on; width 0 where that is not said."""

    name: str
    width: int = 0
    height: int = 0
    fx: float = 0.0
    fy: float = 0.0
    cx: float = 0.0
    cy: float = 0.0


@dataclass(frozen=True)
class Observation:
    """What the model reads."""

    frame: str
    tool_frame: str
    state_max_age_s: float
    clip: float
    terms: tuple[Term, ...]
    tool_point: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """The point whose position counts, in the tool frame [m]."""
    images: tuple[ImageInput, ...] = ()
    image_max_age_s: float = math.inf
    """Older images mean no motion [s]."""
    image_skew_s: float = 0.0
    """Images of several cameras belong together when exposed within this time [s]."""

    @property
    def size(self) -> int:
        """Length of the vector."""
        return sum(term.size for term in self.terms)


@dataclass(frozen=True)
class Action:
    """What the model's output means. `points` is 1 but for chunks."""

    semantics: str
    topic: str
    frame: str
    size: int
    scale: Array
    clip: float
    points: int
    step_s: float


@dataclass(frozen=True)
class Goal:
    """When an episode has succeeded, and when it has not. `kind`: `position` is given with the goal, `seen` is what the
    model itself says from its images."""

    kind: str
    tolerance_m: float
    dwell_s: float
    rest_speed_m_s: float
    timeout_s: float


@dataclass(frozen=True)
class Model:
    """The ONNX file."""

    file: str
    sha256: str
    input: str
    output: str
    opset: int
    goal_output: str = ""
    """Name of the second output, float32 [1, 3]: where the goal is, in the observation frame [m]."""


@dataclass(frozen=True)
class Parity:
    """A sample the loaded model must reproduce. Images are those of images.pattern."""

    observation: Array
    output: Array
    tolerance: float


@dataclass(frozen=True)
class Manifest:
    """A manifest without problems."""

    name: str
    version: str
    description: str
    task: str
    robots: tuple[Robot, ...]
    joint_names: tuple[str, ...]
    rate_hz: float
    observation: Observation
    cameras: tuple[Camera, ...]
    action: Action
    goal: Goal
    model: Model
    parity: Parity
    training: Mapping[str, Any]

    @property
    def dof(self) -> int:
        """Number of joints."""
        return len(self.joint_names)


def parse(document: Mapping[str, Any]) -> Manifest:
    """The manifest of a document for which `problems` is empty."""
    return Manifest(
        name=document["name"],
        version=document["version"],
        description=document.get("description", ""),
        task=document["task"],
        robots=tuple(Robot(item["profile"], tuple(item.get("variants", ()))) for item in document["robot"]),
        joint_names=tuple(document["joint_names"]),
        rate_hz=float(document["rate_hz"]),
        observation=parse_observation(document["observation"]),
        cameras=tuple(
            Camera(camera["name"], **camera.get("color", {})) for camera in document.get("cameras", ())
        ),
        action=parse_action(document["action"], len(document["joint_names"])),
        goal=parse_goal(document["goal"]),
        model=Model(**document["model"]),
        parity=Parity(
            _array(document["parity"]["observation"]),
            _array(document["parity"]["output"]),
            float(document["parity"]["tolerance"]),
        ),
        training=document["training"],
    )


def parse_observation(block: Mapping[str, Any]) -> Observation:
    """The field `observation` of a manifest."""
    return Observation(
        frame=block["frame"],
        tool_frame=block["tool_frame"],
        state_max_age_s=float(block["state_max_age_s"]),
        clip=float(block["clip"]),
        terms=tuple(
            Term(term["name"], term["size"], term["unit"], _array(term["mean"]), _array(term["std"]))
            for term in block["terms"]
        ),
        tool_point=_vector(block.get("tool_point", (0.0, 0.0, 0.0))),
        images=tuple(
            ImageInput(
                camera=image["camera"],
                input=image["input"],
                crop=tuple(image["crop"]),
                size=tuple(image["size"]),
                channels=1 if image.get("color", "rgb") == "grey" else 3,
                mean=float(image["mean"]),
                std=float(image["std"]),
            )
            for image in block.get("images", ())
        ),
        image_max_age_s=float(block.get("image_max_age_s", math.inf)),
        image_skew_s=float(block.get("image_skew_s", 0.0)),
    )


def parse_action(block: Mapping[str, Any], dof: int) -> Action:
    """The field `action` of a manifest for `dof` joints."""
    return Action(
        semantics=block["semantics"],
        topic=block["topic"],
        frame=block["frame"],
        size=block["size"],
        scale=_array(block["scale"]),
        clip=float(block["clip"]),
        points=block["size"] // dof if "step_s" in block else 1,
        step_s=float(block.get("step_s", 0.0)),
    )


def parse_goal(block: Mapping[str, Any]) -> Goal:
    """The field `goal` of a manifest."""
    return Goal(
        kind=block["kind"],
        tolerance_m=float(block["tolerance_m"]),
        dwell_s=float(block["dwell_s"]),
        rest_speed_m_s=float(block["rest_speed_m_s"]),
        timeout_s=float(block["timeout_s"]),
    )


def _vector(values: Sequence[float]) -> tuple[float, float, float]:
    x, y, z = (float(value) for value in values)
    return x, y, z


def _array(values: list[float]) -> Array:
    array = np.asarray(values, dtype=np.float64)
    array.setflags(write=False)
    return array
