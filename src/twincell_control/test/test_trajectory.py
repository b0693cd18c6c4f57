"""Splines interpolate as JTC's do, and chunks are cut, not replayed."""

import numpy as np
import pytest
from twincell_control.trajectory import Spline, join
from twincell_control.types import TrajectoryPoint


def points(kind: str) -> list[TrajectoryPoint]:
    """Samples of x = t^5 - t^3 (and its negative) at three times, with the derivatives `kind` has."""
    made = []
    for t in (0.0, 0.7, 1.5):
        p, v, a = t**5 - t**3, 5 * t**4 - 3 * t**2, 20 * t**3 - 6 * t
        made.append(
            TrajectoryPoint(
                t,
                (p, -p),
                (v, -v) if kind != "linear" else (),
                (a, -a) if kind == "quintic" else (),
            )
        )
    return made


@pytest.mark.parametrize("kind", ["linear", "cubic", "quintic"])
def test_passes_through_points(kind: str) -> None:
    made = points(kind)
    spline = Spline(made)
    for point in made[:-1]:
        sample = spline.at(point.time)
        assert sample.position == pytest.approx(point.position)
        if point.velocity:
            assert sample.velocity == pytest.approx(point.velocity)
        if point.acceleration:
            assert sample.acceleration == pytest.approx(point.acceleration)
    assert spline.at(made[-1].time).position == pytest.approx(made[-1].position)


def test_quintic_is_exact_for_a_quintic() -> None:
    spline = Spline(points("quintic"))
    for t in np.linspace(0.0, 1.49, 20):
        assert spline.at(t).position[0] == pytest.approx(t**5 - t**3, abs=1e-12)


@pytest.mark.parametrize("kind", ["cubic", "quintic"])
def test_derivatives_belong_to_the_position(kind: str) -> None:
    spline, h = Spline(points(kind)), 1e-6
    for t in (0.2, 0.9, 1.3):
        before, here, after = spline.at(t - h), spline.at(t), spline.at(t + h)
        assert (after.position - before.position) / (2 * h) == pytest.approx(here.velocity, abs=1e-5)
        assert (after.velocity - before.velocity) / (2 * h) == pytest.approx(here.acceleration, abs=1e-4)


def test_linear_midpoint_and_rest_outside() -> None:
    spline = Spline([TrajectoryPoint(1.0, (0.0,)), TrajectoryPoint(3.0, (4.0,))])
    assert spline.at(2.0).position[0] == 2.0
    assert spline.at(2.0).velocity[0] == 2.0
    for t, q in ((0.0, 0.0), (3.0, 4.0), (9.0, 4.0)):
        assert spline.at(t).position[0] == q
        assert spline.at(t).velocity[0] == 0.0


def test_no_points_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Spline([])


def test_join_starts_at_the_command_state_and_cuts_the_past() -> None:
    made = [TrajectoryPoint(t, (t,), (1.0,)) for t in (0.1, 0.2, 0.3, 0.4)]
    spline = join(made, 0.25, (0.2,), (0.5,), (0.0,))
    assert spline is not None
    assert spline.times == [0.25, 0.3, 0.4]
    assert spline.at(0.25).position[0] == 0.2
    assert spline.at(0.25).velocity[0] == 0.5


def test_join_of_a_late_chunk_is_nothing() -> None:
    assert join([TrajectoryPoint(0.1, (1.0,))], 0.1, (0.0,), (0.0,), (0.0,)) is None
