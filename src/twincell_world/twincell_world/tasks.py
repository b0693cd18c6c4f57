"""Tasks: where targets are drawn. A YAML file under config/tasks; drawing is a pure function of a seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from twincell_model.errors import UserError
from twincell_model.profile import RobotProfile

from twincell_model import documents, paths

Array = NDArray[np.float64]

TARGET_BODY = "target"
"""Name of the scene's target that shows where a task's goal is."""


@dataclass(frozen=True)
class Region:
    """A sector of a cylindrical shell around the robot's base axis, in the root frame."""

    radius: tuple[float, float]  # m, distance from the base axis
    azimuth: tuple[float, float]  # rad, from the root frame's x axis
    height: tuple[float, float]  # m above the root frame

    def sample(self, rng: np.random.Generator) -> Array:
        """A position drawn with equal density per volume, (3,) [m]."""
        inner, outer = self.radius
        radius = np.sqrt(rng.uniform(inner**2, outer**2))
        azimuth = rng.uniform(*self.azimuth)
        height = rng.uniform(*self.height)
        return np.array([radius * np.cos(azimuth), radius * np.sin(azimuth), height])

    def contains(self, position: Array) -> bool:
        """Whether a position (3,) [m] lies in the region."""
        radius = float(np.hypot(position[0], position[1]))
        azimuth = float(np.arctan2(position[1], position[0]))
        return (
            self.radius[0] <= radius <= self.radius[1]
            and self.azimuth[0] <= azimuth <= self.azimuth[1]
            and self.height[0] <= float(position[2]) <= self.height[1]
        )


@dataclass(frozen=True)
class Task:
    """What an episode asks for: bring a point of the tool to a target within `tolerance`."""

    name: str
    region: Region
    tolerance: float
    """m, the largest error that counts as success."""
    timeout: float
    """s, after which an episode has failed."""
    tool_point: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """The point that is brought to the target, in the tool frame [m]."""

    def sample_target(self, rng: np.random.Generator) -> Array:
        """Position of a target in the robot's root frame, (3,) [m]."""
        return self.region.sample(rng)


def available() -> list[str]:
    """Names of the tasks under config/tasks."""
    return sorted(path.stem for path in paths.config("tasks").glob("*.yaml"))


def load_task(name: str, profile: RobotProfile) -> Task:
    """The task `name` (a name under config/tasks or a YAML file) for a robot. Raises UserError naming what is wrong."""
    if name.endswith((".yaml", ".yml")):
        path = Path(name)
        if not path.is_file():
            raise UserError(f"task file '{name}' does not exist; tasks that exist: {', '.join(available())}")
    elif name in available():
        path = paths.config("tasks", f"{name}.yaml")
    else:
        raise documents.unknown("task", name, available())
    document = documents.read(path, paths.config("tasks", "task.schema.json"), "task")
    if profile.name not in document["regions"]:
        raise UserError(
            f"task '{name}' has no region for robot '{profile.name}'; add regions/{profile.name} to {path}"
        )
    region = _region(document["regions"][profile.name], path, profile.name)
    x, y, z = (float(value) for value in document.get("tool_point", (0.0, 0.0, 0.0)))
    return Task(path.stem, region, float(document["tolerance"]), float(document["timeout"]), (x, y, z))


def _region(values: Mapping[str, Any], path: Path, robot: str) -> Region:
    ranges = {key: (float(values[key][0]), float(values[key][1])) for key in ("radius", "azimuth", "height")}
    for key, (low, high) in ranges.items():
        if not low < high:
            raise UserError(f"task file '{path}', regions/{robot}/{key}: {low:g} is not less than {high:g}")
    return Region(**ranges)
