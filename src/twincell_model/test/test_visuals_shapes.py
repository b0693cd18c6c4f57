"""Makers of closed meshes: watertight, outward, of the size that was asked for."""

import numpy as np
import pytest
from twincell_model.visuals.meshes import is_watertight, volume
from twincell_model.visuals.shapes import disc, lathe, rounded, rounded_box, stack, sweep, tube


def polygon_area(n: int, r: float = 1.0) -> float:
    return n / 2 * r * r * np.sin(2 * np.pi / n)


def test_disc_has_the_volume_of_its_polygon() -> None:
    mesh = disc(0.5, -1.0, 2.0, segments=24)
    assert is_watertight(mesh)
    assert volume(mesh) == pytest.approx(3.0 * polygon_area(24, 0.5))
    assert mesh.vertices[:, 2].min() == -1.0
    assert mesh.vertices[:, 2].max() == 2.0


def test_a_bevel_takes_a_little_away() -> None:
    plain, bevelled = disc(0.5, 0, 1), disc(0.5, 0, 1, bevel=0.05)
    assert is_watertight(bevelled)
    assert 0.97 * volume(plain) < volume(bevelled) < volume(plain)


def test_lathe_of_a_half_circle_is_a_ball() -> None:
    angle = np.linspace(-np.pi / 2, np.pi / 2, 40)
    mesh = lathe([(float(np.cos(a)), float(np.sin(a))) for a in angle], 64)
    assert is_watertight(mesh)
    assert volume(mesh) == pytest.approx(4 / 3 * np.pi, rel=0.01)
    assert np.linalg.norm(mesh.vertices, axis=1).max() == pytest.approx(1.0)


def test_rounding_stays_inside_the_corner_and_keeps_the_ends() -> None:
    profile = rounded([(1.0, 0.0), (1.0, 1.0), (0.0, 1.0)], [0, 0.3, 0], 8)
    points = np.array(profile)
    assert profile[0] == (1.0, 0.0)
    assert profile[-1] == (0.0, 1.0)
    arc = points[1:-1]
    assert np.hypot(arc[:, 0] - 0.7, arc[:, 1] - 0.7) == pytest.approx(0.3)
    assert points.max() <= 1.0 + 1e-12


def test_sweep_along_a_quarter_circle_has_the_volume_of_a_torus() -> None:
    turn = np.linspace(0, np.pi / 2, 40)
    centres = np.column_stack([np.cos(turn), np.zeros_like(turn), np.sin(turn)])
    directions = np.column_stack([-np.sin(turn), np.zeros_like(turn), np.cos(turn)])
    mesh = sweep(centres, directions, np.full(40, 0.2), 48)
    assert is_watertight(mesh)
    assert volume(mesh) == pytest.approx(np.pi / 2 * np.pi * 0.04, rel=0.01)


def test_tube_follows_its_path() -> None:
    mesh = tube([(0, 0, 0), (1, 0, 0), (1, 1, 0)], 0.05)
    assert is_watertight(mesh)
    assert volume(mesh) > 0
    assert mesh.vertices[:, 0].min() == pytest.approx(0.0)
    assert mesh.vertices[:, 1].max() == pytest.approx(1.0)


def test_rounded_box_fills_its_size() -> None:
    mesh = rounded_box((0.3, 0.2, 0.1), 0.02)
    assert is_watertight(mesh)
    assert mesh.vertices.max(axis=0) == pytest.approx([0.3, 0.2, 0.1])
    assert mesh.vertices.min(axis=0) == pytest.approx([-0.3, -0.2, -0.1])
    assert 0.95 * 0.048 < volume(mesh) < 0.048


def test_a_stack_upside_down_is_inside_out() -> None:
    square = np.array([[1, 1, 0], [-1, 1, 0], [-1, -1, 0], [1, -1, 0]], float)
    up = [square, square + np.array([0, 0, 1])]
    assert volume(stack(up)) == pytest.approx(4.0)
    assert volume(stack(up[::-1])) == pytest.approx(-4.0)
