"""The look of a profile's links: our own for the known robots, the collision capsules for any other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache

import numpy as np

from twincell_model.profile import RobotProfile
from twincell_model.spec import Capsule

from . import ur, xarm
from .meshes import rotation
from .part import Rgba, VisualPart

Looks = Mapping[str, tuple[VisualPart, ...]]
MAKERS: dict[str, Callable[[], dict[str, list[VisualPart]]]] = {
    "ur5": lambda: ur.parts("ur5"),
    "ur5e": lambda: ur.parts("ur5e"),
    "xarm7": xarm.parts,
}
PLAIN: Rgba = (0.78, 0.79, 0.80, 1.0)


def parts(profile: RobotProfile) -> dict[str, list[VisualPart]]:
    """Visual parts of every link that has a look, by the profile's (prefixed) link name, in the link's URDF frame.

    A mirrored variant gets the mirrored look. A robot without a look of its own is drawn by its collision capsules.
    """
    prefix = profile.tf_prefix
    if profile.name not in MAKERS:
        return {
            link.name: [_capsule(f"{link.name}_{i}", c) for i, c in enumerate(link.collision)]
            for link in profile.links
            if link.collision
        }
    looks = _looks(profile.name, profile.mirrored)
    return {
        prefix + link: [part.renamed(prefix + part.name) for part in look] for link, look in looks.items()
    }


@lru_cache(maxsize=8)
def _looks(robot: str, mirrored: bool) -> Looks:
    made = MAKERS[robot]()
    return {link: tuple(_mirror(p) if mirrored else p for p in look) for link, look in made.items()}


def _mirror(part: VisualPart) -> VisualPart:
    """A mesh reflected in the x-z plane, its faces turned so that they still look outward."""
    assert part.vertices is not None and part.faces is not None, "the robots' own looks are all meshes"
    flipped = np.ascontiguousarray(part.faces[:, ::-1])
    return replace(part, vertices=part.vertices * np.array([1.0, -1.0, 1.0]), faces=flipped)


def _capsule(name: str, capsule: Capsule) -> VisualPart:
    start, end = np.asarray(capsule.start), np.asarray(capsule.end)
    length = float(np.linalg.norm(end - start))
    middle = tuple(float(v) for v in (start + end) / 2)
    if length < 1e-9:
        return VisualPart(name, PLAIN, "sphere", size=(capsule.radius,), pos=middle)
    turn = rotation(end - start)
    return VisualPart(
        name, PLAIN, "capsule", size=(capsule.radius, length / 2), pos=middle, quat=_quat(turn[:, 2])
    )


def _quat(axis: np.ndarray) -> tuple[float, float, float, float]:
    """Shortest turn (w, x, y, z) that takes +z to the unit vector `axis`."""
    w = 1.0 + float(axis[2])
    if w < 1e-9:
        return 0.0, 1.0, 0.0, 0.0
    q = np.array([w, -axis[1], axis[0], 0.0])
    q /= np.linalg.norm(q)
    return float(q[0]), float(q[1]), float(q[2]), float(q[3])
