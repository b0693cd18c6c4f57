"""Everything that can be wrong with a manifest, by field and remedy: first its schema, then its consistency."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import jsonschema

from twincell_model import paths
from twincell_policy.manifest import SEMANTICS

TERM_UNITS: dict[str, str] = {
    "joint_positions": "rad",
    "joint_velocities": "rad/s",
    "tool_position": "m",
    "tool_quaternion": "1",
    "goal_position": "m",
    "goal_error": "m",
    "previous_action": "1",
    "exposure_joint_positions": "rad",
    "exposure_tool_position": "m",
    "exposure_tool_quaternion": "1",
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
        *_image_problems(document),
        *_goal_problems(document),
        *_action_problems(document),
        *_parity_problems(document),
    ]


def _where(error: jsonschema.ValidationError) -> str:
    path = [str(part) for part in error.absolute_path]
    if error.validator == "required":
        required: list[str] = error.schema["required"]  # type: ignore[index]
        present: Mapping[str, Any] = error.instance  # type: ignore[assignment]
        path.append(next(name for name in required if name not in present))
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
        "exposure_joint_positions": dof,
        "tool_quaternion": 4,
        "exposure_tool_quaternion": 4,
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


def _image_problems(document: Mapping[str, Any]) -> Iterator[Problem]:
    observation = document["observation"]
    images = observation.get("images", [])
    cameras = {camera["name"]: camera.get("color") for camera in document.get("cameras", [])}
    for key in ("image_max_age_s", "image_skew_s"):
        if (key in observation) != bool(images):
            yield Problem(
                f"observation/{key}",
                "is missing" if images else "says nothing without images",
                "give a time" if images else "remove it",
            )
    for index, term in enumerate(observation["terms"]):
        if term["name"].startswith("exposure_") and not images:
            yield Problem(
                f"observation/terms/{index}/name",
                f"'{term['name']}' needs images",
                "name the images or remove it",
            )
    for key in ("camera", "input"):
        values = [image[key] for image in images]
        for index, value in enumerate(values):
            if value in values[:index]:
                yield Problem(f"observation/images/{index}/{key}", f"'{value}' is there twice", "remove one")
    for index, image in enumerate(images):
        where = f"observation/images/{index}"
        color = cameras.get(image["camera"])
        if color is None:
            yield Problem(
                f"{where}/camera",
                f"cameras says nothing of the color image of '{image['camera']}'",
                "add the camera with its width, height, fx, fy, cx and cy",
            )
            continue
        x, y, width, height = image["crop"]
        if x + width > color["width"] or y + height > color["height"]:
            yield Problem(
                f"{where}/crop",
                f"{image['crop']} reaches beyond the image of {color['width']}x{color['height']}",
                "give x, y, width, height within it",
            )
        elif image["size"][0] > width or image["size"][1] > height:
            yield Problem(
                f"{where}/size", f"{image['size']} is larger than the crop", "images are only shrunk"
            )


def _goal_problems(document: Mapping[str, Any]) -> Iterator[Problem]:
    seen = document["goal"]["kind"] == "seen"
    if seen and not document["observation"].get("images"):
        yield Problem("goal/kind", "'seen' needs images", "name the images, or use 'position'")
    if seen != ("goal_output" in document["model"]):
        yield Problem(
            "model/goal_output",
            "is missing" if seen else "does not go with goal/kind position",
            "name the output that says where the goal is" if seen else "remove it",
        )
    for index, term in enumerate(document["observation"]["terms"]):
        if seen and term["name"].startswith("goal_"):
            yield Problem(
                f"observation/terms/{index}/name",
                f"'{term['name']}' is not known to a policy that sees its goal",
                "remove it",
            )


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
