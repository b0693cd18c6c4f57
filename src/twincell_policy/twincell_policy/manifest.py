"""The manifest of a policy package: its fields as frozen dataclasses, and everything that can be wrong with them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import jsonschema
import numpy as np
from numpy.typing import NDArray

from twincell_model import paths

Array = NDArray[np.float64]

SEMANTICS: dict[str, tuple[str, str]] = {
    "joint_velocity": ("joint_jog", "rad/s"),
    "cartesian_twist": ("twist", "m/s, rad/s"),
    "joint_position_chunk": ("trajectory", "rad"),
}
"""Source topic kind and unit that go with the meaning of an action."""

TERM_UNITS: dict[str, str] = {
    "joint_positions": "rad",
    "joint_velocities": "rad/s",
    "tool_position": "m",
    "tool_quaternion": "1",
    "goal_position": "m",
    "goal_error": "m",
    "previous_action": "1",
}
"""Unit of every term the observation pipeline knows."""

TWIST_SIZE = 6


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: the field of the manifest, what is wrong with it and what to do."""

    field: str
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}; {self.remedy}"


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


@cache
def _validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(
        json.loads((paths.policies() / "manifest.schema.json").read_text(encoding="utf-8"))
    )


def problems(document: Any) -> list[Problem]:
    """Everything that is wrong with a manifest as read from YAML. First the schema; if it holds, the consistency."""
    found = [
        Problem(_where(error), _message(error), "see policies/manifest.schema.json")
        for error in sorted(_validator().iter_errors(document), key=lambda error: list(map(str, error.path)))
    ]
    found += [
        Problem(where, f"{value} is not a finite number", "give a finite number")
        for where, value in _numbers(document)
        if not math.isfinite(value)
    ]
    return found or [
        *_observation_problems(document),
        *_action_problems(document),
        *_parity_problems(document),
    ]


def _where(error: jsonschema.ValidationError) -> str:
    path = [str(part) for part in error.absolute_path]
    if error.validator == "required":
        path.append(next(name for name in error.validator_value if name not in error.instance))
    return "/".join(path) or "manifest"


def _message(error: jsonschema.ValidationError) -> str:
    if error.validator == "required":
        return "is missing"
    text = " ".join(error.message.split())
    return text if len(text) <= 160 else text[:157] + "..."


def _numbers(value: Any, where: str = "") -> Iterator[tuple[str, float]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _numbers(item, f"{where}/{key}" if where else str(key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _numbers(item, f"{where}/{index}")
    elif isinstance(value, float):
        yield where, value


def term_size(name: str, dof: int, action_size: int) -> int:
    """Length of a known term."""
    sizes = {
        "joint_positions": dof,
        "joint_velocities": dof,
        "tool_quaternion": 4,
        "previous_action": action_size,
    }
    return sizes.get(name, 3)


def _observation_problems(document: Mapping[str, Any]) -> Iterator[Problem]:
    dof, action_size = len(document["joint_names"]), document["action"]["size"]
    seen: set[str] = set()
    for index, term in enumerate(document["observation"]["terms"]):
        where = f"observation/terms/{index}"
        name = term["name"]
        if name not in TERM_UNITS:
            yield Problem(f"{where}/name", f"unknown term '{name}'", f"use one of: {', '.join(TERM_UNITS)}")
            continue
        if name in seen:
            yield Problem(f"{where}/name", f"the term '{name}' is there twice", "remove one")
        seen.add(name)
        if term["unit"] != TERM_UNITS[name]:
            yield Problem(
                f"{where}/unit", f"'{term['unit']}' is not the unit of {name}", f"use '{TERM_UNITS[name]}'"
            )
        size = term_size(name, dof, action_size)
        for key, value in (("size", term["size"]), ("mean", len(term["mean"])), ("std", len(term["std"]))):
            if value != size:
                what = str(value) if key == "size" else f"{value} values"
                yield Problem(f"{where}/{key}", f"{what}, but {name} has {size} here", f"make it {size}")


def _action_problems(document: Mapping[str, Any]) -> Iterator[Problem]:
    action, dof = document["action"], len(document["joint_names"])
    semantics = action["semantics"]
    topic, unit = SEMANTICS[semantics]
    for key, wanted in (("topic", topic), ("unit", unit)):
        if action[key] != wanted:
            yield Problem(
                f"action/{key}", f"'{action[key]}' does not go with semantics {semantics}", f"use '{wanted}'"
            )
    if (action["frame"] == "joint") == (semantics == "cartesian_twist"):
        wanted = document["observation"]["frame"] if semantics == "cartesian_twist" else "joint"
        yield Problem(
            "action/frame", f"'{action['frame']}' does not go with semantics {semantics}", f"use '{wanted}'"
        )
    step = TWIST_SIZE if semantics == "cartesian_twist" else dof
    chunk = semantics == "joint_position_chunk"
    if (action["size"] % step if chunk else action["size"] - step) != 0:
        wanted = f"a multiple of {step}" if chunk else str(step)
        yield Problem("action/size", f"{action['size']}, but {semantics} needs {wanted}", f"make it {wanted}")
    if len(action["scale"]) != action["size"]:
        yield Problem(
            "action/scale",
            f"{len(action['scale'])} values, but action/size is {action['size']}",
            "give one per value",
        )
    if chunk != ("step_s" in action):
        yield Problem(
            "action/step_s",
            "is missing" if chunk else f"does not go with semantics {semantics}",
            "give the time between points" if chunk else "remove it",
        )


def _parity_problems(document: Mapping[str, Any]) -> Iterator[Problem]:
    sizes = {
        "observation": sum(term["size"] for term in document["observation"]["terms"]),
        "output": document["action"]["size"],
    }
    for key, size in sizes.items():
        count = len(document["parity"][key])
        if count != size:
            yield Problem(f"parity/{key}", f"{count} values, but the model has {size}", f"give {size}")


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
    return Goal(**{key: value if key == "kind" else float(value) for key, value in block.items()})


def _array(values: list[float]) -> Array:
    array = np.asarray(values, dtype=np.float64)
    array.setflags(write=False)
    return array
