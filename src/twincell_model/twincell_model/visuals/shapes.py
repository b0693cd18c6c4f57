"""Makers of closed meshes: ring stacks, lathes, tubes, rounded boxes (numpy only)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from .meshes import CREASE, rotation, sharpened
from .part import Floats, Mesh

Profile = Sequence[tuple[float, float]]


def stack(rings: ArrayLike, crease: float = CREASE) -> Mesh:
    """Closed skin over rings (m, n, 3), counter-clockwise about the way the stack runs; both ends are capped.

    Edges that bend by more than `crease` [rad] are drawn sharp.
    """
    rings = np.asarray(rings, float)
    m, n, _ = rings.shape
    index = np.arange(m * n).reshape(m, n)
    after = np.roll(index, -1, axis=1)
    a, b, c, d = index[:-1], after[:-1], after[1:], index[1:]
    sides = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])
    bottom, top = m * n, m * n + 1
    lower = np.column_stack([after[0], index[0], np.full(n, bottom)])
    upper = np.column_stack([index[-1], after[-1], np.full(n, top)])
    vertices = np.concatenate([rings.reshape(-1, 3), [rings[0].mean(0)], [rings[-1].mean(0)]])
    return sharpened(Mesh(vertices, np.concatenate([sides, lower, upper]).astype(np.int32)), crease)


def circle(segments: int) -> Floats:
    """Unit circle (n, 2), counter-clockwise from +x."""
    angle = 2.0 * np.pi * np.arange(segments) / segments
    return np.column_stack([np.cos(angle), np.sin(angle)])


def lathe(profile: Profile, segments: int = 48) -> Mesh:
    """Solid of revolution about z from (radius, z) pairs [m] going up; a radius of 0 closes it in a point."""
    unit = circle(segments)
    return stack([np.column_stack([unit * r, np.full(segments, z)]) for r, z in profile])


def rounded(profile: Profile, radii: ArrayLike, steps: int = 4) -> list[tuple[float, float]]:
    """The profile with its corner i cut by an arc of radii[i] [m] (0 keeps the corner; ends are kept)."""
    points, cut = np.asarray(profile, float), np.asarray(radii, float)
    out = [tuple(points[0])]
    for i in range(1, len(points) - 1):
        p = points[i]
        back, on = points[i - 1] - p, points[i + 1] - p
        lb, lo = np.linalg.norm(back), np.linalg.norm(on)
        half = np.arccos(np.clip(back @ on / (lb * lo), -1.0, 1.0)) / 2.0
        if cut[i] <= 0.0 or half > np.pi / 2 - 1e-3:
            out.append(tuple(p))
            continue
        reach = min(cut[i] / np.tan(half), 0.49 * lb, 0.49 * lo)
        radius = reach * np.tan(half)
        middle = back / lb + on / lo
        centre = p + middle / np.linalg.norm(middle) * (radius / np.sin(half))
        start, end = p + back / lb * reach - centre, p + on / lo * reach - centre
        sweep = np.arctan2(start[0] * end[1] - start[1] * end[0], start @ end)
        for a in np.linspace(0.0, sweep, steps + 1):
            turned = np.array(
                [start[0] * np.cos(a) - start[1] * np.sin(a), start[0] * np.sin(a) + start[1] * np.cos(a)]
            )
            out.append(tuple(centre + turned))
    out.append(tuple(points[-1]))
    return [(float(r), float(z)) for r, z in out]


def disc(
    radius: float, low: float, high: float, bevel: float = 0.0, segments: int = 48, steps: int = 2
) -> Mesh:
    """Cylinder about z from low to high [m], both rims rounded by `bevel`."""
    corners = [(0.0, low), (radius, low), (radius, high), (0.0, high)]
    profile = rounded(corners, [0, bevel, bevel, 0], steps)
    return lathe(profile[1:-1], segments)


def sweep(centres: ArrayLike, directions: ArrayLike, radii: ArrayLike, segments: int = 32) -> Mesh:
    """Tube of circles: centres (m, 3), axes (m, 3), radii (m,) or semi-axes (m, 2) (the first: see `rotation`)."""
    unit = circle(segments)
    axes = np.asarray(radii, float)
    axes = np.column_stack([axes, axes]) if axes.ndim == 1 else axes
    side = None
    rings = []
    for centre, direction, (rx, ry) in zip(
        np.asarray(centres, float), np.asarray(directions, float), axes, strict=True
    ):
        turn = rotation(direction, side)
        side = turn[:, 0]  # carried along: the rings do not twist
        rings.append(centre + unit[:, :1] * rx * turn[:, 0] + unit[:, 1:] * ry * turn[:, 1])
    return stack(rings)


def tube(path: ArrayLike, radius: float, segments: int = 12) -> Mesh:
    """Round bar of constant radius along a polyline (m, 3), mitred at its bends."""
    points = np.asarray(path, float)
    steps = np.diff(points, axis=0)
    steps /= np.linalg.norm(steps, axis=1, keepdims=True)
    directions = np.concatenate([steps[:1], steps[:-1] + steps[1:], steps[-1:]])
    return sweep(points, directions, np.full(len(points), radius), segments)


def rounded_box(size: ArrayLike, radius: float, steps: int = 3) -> Mesh:
    """Box of half sizes (3,) [m] about the origin, edges along z and the rims rounded by `radius`."""
    hx, hy, hz = np.asarray(size, float)
    quarter = np.linspace(0.0, np.pi / 2, steps + 1)

    def ring(shrink: float, z: float) -> Floats:
        r = radius - shrink
        angles = np.concatenate([quarter + k * np.pi / 2 for k in range(4)])
        sx = np.repeat([1, -1, -1, 1], steps + 1) * (hx - radius)
        sy = np.repeat([1, 1, -1, -1], steps + 1) * (hy - radius)
        return np.column_stack([sx + r * np.cos(angles), sy + r * np.sin(angles), np.full(len(angles), z)])

    rims = [
        (radius * (1 - np.sin(a)), hz - radius * (1 - np.cos(a)))
        for a in np.linspace(np.pi / 2, 0.0, steps + 1)
    ]
    # from the side wall to the flat; the innermost ring keeps a sliver of radius, so that it stays a ring
    rims = [(min(s, radius * 0.98), z) for s, z in rims]
    return stack([ring(s, -z) for s, z in reversed(rims)] + [ring(s, z) for s, z in rims])
