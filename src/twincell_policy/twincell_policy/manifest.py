"""The manifest of a policy package: its fields as frozen dataclasses. manifest_check says what is wrong with one."""

from __future__ import annotations

from collections.abc import Mapping
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
class Observation:
    """What the model reads."""

    frame: str
    tool_frame: str
    state_max_age_s: float
    clip: float
    terms: tuple[Term, ...]

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
    """When an episode has succeeded, and when it has not."""

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


@dataclass(frozen=True)
class Parity:
    """A sample the loaded model must reproduce."""

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
    cameras: tuple[str, ...]
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
        cameras=tuple(camera["name"] for camera in document.get("cameras", ())),
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


def _array(values: list[float]) -> Array:
    array = np.asarray(values, dtype=np.float64)
    array.setflags(write=False)
    return array
