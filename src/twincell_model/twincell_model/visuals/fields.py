"""Implicit bodies: functions from points (n, 3) to signed distances (n,) [m] (inside < 0) and unit gradients.

Used for what real castings look like: tubes that run into each other with a fillet instead of a sharp line.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from .part import Floats, Mesh
from .shapes import circle, stack

CAST_CREASE = np.deg2rad(65.0)  # a casting's own bends are soft; only its machined ends are sharp
Field = Callable[[Floats], tuple[Floats, Floats]]
Sections = tuple[Floats, Floats]  # centres (m, 3) and directions (m, 3)


def _unit(vectors: Floats) -> tuple[Floats, Floats]:
    """Lengths (n,) and unit vectors (n, 3); a zero vector stays zero."""
    length = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    return length, vectors / np.maximum(length, 1e-12)[:, None]


def cone(start: ArrayLike, end: ArrayLike, radius_start: float, radius_end: float) -> Field:
    """Round bar with spherical ends, its radius changing evenly (a distance while the taper is mild)."""
    a = np.asarray(start, float)
    along = np.asarray(end, float) - a
    length2 = float(along @ along)

    def field(points: Floats) -> tuple[Floats, Floats]:
        rel = points - a
        t = np.clip(rel @ along / length2, 0.0, 1.0)
        distance, normal = _unit(rel - t[:, None] * along)
        return distance - (radius_start + (radius_end - radius_start) * t), normal

    return field


def capsule(start: ArrayLike, end: ArrayLike, radius: float) -> Field:
    """Round bar from start to end with spherical ends."""
    return cone(start, end, radius, radius)


def _plate(
    flat: Floats, height: Floats, up: Floats, width: float, thickness: float, rim: float
) -> tuple[Floats, Floats]:
    """Distance, gradient of a plate: `flat` (n, 3) leads from its spine, square to `up`; `height` (n,) along it."""
    reach, outward = _unit(flat)
    side, rise = reach - (width - rim), np.abs(height) - (thickness - rim)
    out, over = np.maximum(side, 0.0), np.maximum(rise, 0.0)
    corner = np.hypot(out, over)
    distance = corner + np.minimum(np.maximum(side, rise), 0.0) - rim
    beyond = corner > 0.0
    weight = np.where(beyond, out / np.maximum(corner, 1e-12), (side > rise).astype(float))
    lift = np.where(beyond, over / np.maximum(corner, 1e-12), (side <= rise).astype(float)) * np.sign(height)
    return distance, weight[:, None] * outward + lift[:, None] * up


def slab(
    start: ArrayLike,
    end: ArrayLike,
    normal: ArrayLike,
    width: float,
    thickness: float,
    rim: float,
    squash: float = 1.0,
) -> Field:
    """Flat bar with round ends from start to end: half width `width`, half `thickness` along `normal`.

    Its edges are rounded by `rim` across and rim / squash along `normal` (an exact distance for squash 1).
    """
    a = np.asarray(start, float)
    along = np.asarray(end, float) - a
    length2 = float(along @ along)
    up = np.asarray(normal, float) / np.linalg.norm(normal)

    def field(points: Floats) -> tuple[Floats, Floats]:
        rel = points - a
        height = rel @ up
        flat = rel - height[:, None] * up
        t = np.clip(flat @ along / length2, 0.0, 1.0)
        value, slope = _plate(flat - t[:, None] * along, height * squash, up, width, thickness * squash, rim)
        return value, _unit(slope + (squash - 1.0) * (slope @ up)[:, None] * up)[1]

    return field


def rod(start: ArrayLike, end: ArrayLike, radius: float) -> Field:
    """Cylinder from start to end with flat ends."""
    p, q = np.asarray(start, float), np.asarray(end, float)
    half = float(np.linalg.norm(q - p)) / 2
    up = (q - p) / (2 * half)

    def field(points: Floats) -> tuple[Floats, Floats]:
        rel = points - (p + q) / 2
        height = rel @ up
        return _plate(rel - height[:, None] * up, height, up, radius, half, 0.0)

    return field


def union(fields: Sequence[Field], fillet: float) -> Field:
    """The bodies together, inner corners filled over `fillet` [m] (polynomial smooth minimum).

    The fillet fades out as the two surfaces turn parallel, so that flush walls do not swell.
    """

    def field(points: Floats) -> tuple[Floats, Floats]:
        value, normal = fields[0](points)
        for other in fields[1:]:
            b, nb = other(points)
            width = fillet * np.clip(1.0 - np.einsum("ij,ij->i", normal, nb), 1e-6, 1.0)
            h = np.maximum(width - np.abs(value - b), 0.0) / width
            share = np.where(b < value, 1.0 - h / 2.0, h / 2.0)
            value = np.minimum(value, b) - h * h * width / 4.0
            _, normal = _unit(normal * (1.0 - share)[:, None] + nb * share[:, None])
        return value, normal

    return field


def loft(field: Field, sections: Sections, segments: int = 32, reach: float = 0.1) -> Mesh:
    """Mesh of a body cut into sections: from every centre, rays square to its direction find the surface.

    The centres must lie inside and see their section's rim; the first and last sections are flat ends.
    """
    middles, axes = sections
    unit = circle(segments)
    side = None
    rays = []
    for axis in axes:
        side = _square(axis, side)
        rays.append(unit[:, :1] * side + unit[:, 1:] * np.cross(axis, side))
    ray = np.concatenate(rays)
    start = np.repeat(middles, segments, axis=0)
    samples = np.linspace(0.0, reach, 33)
    inside = np.stack([field(start + s * ray)[0] < 0.0 for s in samples])
    if not inside[0].all() or inside.all(axis=0).any():
        raise ValueError(
            "a section's centre lies outside the body, or the body is wider than the reach of the rays"
        )
    first_out = np.argmin(inside, axis=0)
    low, high = samples[first_out - 1], samples[first_out]
    for _ in range(16):
        mid = (low + high) / 2
        is_in = field(start + mid[:, None] * ray)[0] < 0.0
        low, high = np.where(is_in, mid, low), np.where(is_in, high, mid)
    return stack((start + low[:, None] * ray).reshape(len(middles), segments, 3), CAST_CREASE)


def cut(field: Field, point: ArrayLike, normal: ArrayLike) -> Field:
    """The part of the body behind the plane through `point` with the outward unit `normal`."""
    p, n = np.asarray(point, float), np.asarray(normal, float)

    def cut_field(points: Floats) -> tuple[Floats, Floats]:
        value, gradient = field(points)
        plane = (points - p) @ n
        return np.maximum(value, plane), np.where((plane > value)[:, None], n, gradient)

    return cut_field


def straight(start: ArrayLike, end: ArrayLike, count: int, direction: ArrayLike | None = None) -> Sections:
    """`count` parallel sections from start to end (left out), square to `direction` (default: the way)."""
    p, q = np.asarray(start, float), np.asarray(end, float)
    t = np.arange(count)[:, None] / count
    normal = np.asarray(direction if direction is not None else q - p, float)
    return p + (q - p) * t, np.repeat(normal[None] / np.linalg.norm(normal), count, axis=0)


def fan(pivot: ArrayLike, axis: ArrayLike, centres: ArrayLike, count: int) -> Sections:
    """`count` sections (without the last centre) whose planes all hold the line through `pivot` along `axis`.

    They turn about it from one centre to the next, right-handed, as the pages of a book: a bend with its
    pivot just outside the inner corner never crosses itself.
    """
    p, k = np.asarray(pivot, float), np.asarray(axis, float) / np.linalg.norm(axis)
    points = np.asarray(centres, float)
    along = np.linspace(0.0, len(points) - 1.0, count + 1)[:-1]
    knots = np.arange(len(points), dtype=float)
    height = (points - p) @ k
    flat = points - p - height[:, None] * k
    x = flat[0] / np.linalg.norm(flat[0])
    y = np.cross(k, x)
    angle = np.interp(along, knots, np.unwrap(np.arctan2(flat @ y, flat @ x)))
    radius = np.interp(along, knots, np.linalg.norm(flat, axis=1))
    out = radius[:, None] * (np.cos(angle)[:, None] * x + np.sin(angle)[:, None] * y)
    middles = p + out + np.interp(along, knots, height)[:, None] * k
    return middles, np.cross(k, out / radius[:, None])


def run(*spans: Sections, end: tuple[ArrayLike, ArrayLike]) -> Sections:
    """Spans one after the other, closed by a last section (centre, direction)."""
    centres = [s[0] for s in spans] + [np.asarray(end[0], float)[None]]
    directions = [s[1] for s in spans] + [np.asarray(end[1], float)[None]]
    return np.concatenate(centres), np.concatenate(directions)


def _square(axis: Floats, side: Floats | None) -> Floats:
    """A unit vector square to `axis`, near `side` where given, so that the rays do not twist along a path."""
    if side is None:
        side = np.array([1.0, 0.0, 0.0]) if abs(axis[0]) < 0.9 else np.array([0.0, 1.0, 0.0])
    side = side - axis * (axis @ side)
    return side / np.linalg.norm(side)
