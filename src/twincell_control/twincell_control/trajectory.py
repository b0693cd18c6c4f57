"""Joint trajectories as splines: linear, cubic or quintic by the fields of their points, as JTC interpolates."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .types import Array, Floats, TrajectoryPoint


@dataclass(frozen=True)
class Sample:
    """A point on a path: (dof,) rad, rad/s, rad/s^2."""

    position: Array
    velocity: Array
    acceleration: Array


class Spline:
    """A trajectory through points with increasing times.

    A segment is quintic where both ends have accelerations (and velocities), cubic where both have velocities, else
    linear. Before the begin and after the end it rests at the first and last position.
    """

    def __init__(self, points: Sequence[TrajectoryPoint]) -> None:
        if not points:
            raise ValueError("a trajectory needs at least one point")
        self.times = [point.time for point in points]
        self.duration = self.times[-1]
        self._ends = np.array([point.position for point in points], dtype=float)
        self._segments = [_segment(a, b) for a, b in itertools.pairwise(points)]
        self._still = np.zeros(self._ends.shape[1])

    @property
    def end(self) -> Array:
        """Position of the last point (dof,) [rad]."""
        return self._ends[-1]

    def at(self, time: float) -> Sample:
        """The path at `time` [s]."""
        if time >= self.duration or not self._segments:
            return Sample(self._ends[-1], self._still, self._still)
        if time < self.times[0]:
            return Sample(self._ends[0], self._still, self._still)
        k = bisect.bisect_right(self.times, time) - 1
        c0, c1, c2, c3, c4, c5 = self._segments[k]
        s = time - self.times[k]
        return Sample(
            c0 + s * (c1 + s * (c2 + s * (c3 + s * (c4 + s * c5)))),
            c1 + s * (2.0 * c2 + s * (3.0 * c3 + s * (4.0 * c4 + s * 5.0 * c5))),
            2.0 * c2 + s * (6.0 * c3 + s * (12.0 * c4 + s * 20.0 * c5)),
        )


def _segment(a: TrajectoryPoint, b: TrajectoryPoint) -> Array:
    """Coefficients (6, dof) of powers of the time since `a`."""
    p0, p1 = np.array(a.position, dtype=float), np.array(b.position, dtype=float)
    t = b.time - a.time
    coefficients = np.zeros((6, len(p0)))
    coefficients[0] = p0
    if not (a.velocity and b.velocity):
        coefficients[1] = (p1 - p0) / t
        return coefficients
    v0, v1 = np.array(a.velocity, dtype=float), np.array(b.velocity, dtype=float)
    coefficients[1] = v0
    d = p1 - p0
    if not (a.acceleration and b.acceleration):
        coefficients[2] = (3.0 * d - (2.0 * v0 + v1) * t) / t**2
        coefficients[3] = (-2.0 * d + (v0 + v1) * t) / t**3
        return coefficients
    a0, a1 = np.array(a.acceleration, dtype=float), np.array(b.acceleration, dtype=float)
    coefficients[2] = 0.5 * a0
    coefficients[3] = (20.0 * d - (8.0 * v1 + 12.0 * v0) * t - (3.0 * a0 - a1) * t**2) / (2.0 * t**3)
    coefficients[4] = (-30.0 * d + (14.0 * v1 + 16.0 * v0) * t + (3.0 * a0 - 2.0 * a1) * t**2) / (2.0 * t**4)
    coefficients[5] = (12.0 * d - 6.0 * (v1 + v0) * t - (a0 - a1) * t**2) / (2.0 * t**5)
    return coefficients


def join(
    points: Sequence[TrajectoryPoint], time: float, position: Floats, velocity: Floats, acceleration: Floats
) -> Spline | None:
    """What is left of `points` at `time` [s] of their own clock, entered from the given command state.

    Points in the past are cut, not replayed: the path goes from the command state to the first point still ahead.
    None where all are in the past.
    """
    ahead = [point for point in points if point.time > time]
    if not ahead:
        return None
    first = ahead[0]
    entry = TrajectoryPoint(
        time, position, velocity if first.velocity else (), acceleration if first.acceleration else ()
    )
    return Spline([entry, *ahead])
