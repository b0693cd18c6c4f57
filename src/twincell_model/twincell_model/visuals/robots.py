"""The look of a profile's links: our own for the known robots, the collision capsules for any other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

import numpy as np

from twincell_model import mirror
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
    """Visual parts of every link that has a look, by link name without prefix, in the link's URDF frame.

    They are the standard arm's: who draws a mirrored variant reflects them. A robot without a look of its own
    is drawn by its collision capsules.
    """
    if profile.name in MAKERS:
        return {link: list(look) for link, look in _looks(profile.name).items()}
    drawn = mirror.links(profile.links) if profile.mirrored else profile.links
    return {
        profile.bare(link.name): [
            _capsule(f"{profile.bare(link.name)}_{i}", c) for i, c in enumerate(link.collision)
        ]
        for link in drawn
        if link.collision
    }


@lru_cache(maxsize=8)
def _looks(robot: str) -> Looks:
    return {link: tuple(look) for link, look in MAKERS[robot]().items()}


def _capsule(name: str, capsule: Capsule) -> VisualPart:
    start, end = np.asarray(capsule.start), np.asarray(capsule.end)
    length = float(np.linalg.norm(end - start))
    x, y, z = (float(v) for v in (start + end) / 2)
    middle = (x, y, z)
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
