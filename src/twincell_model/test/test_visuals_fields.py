"""Implicit bodies and their lofts."""

import numpy as np
import pytest
from twincell_model.visuals.fields import (
    Field,
    capsule,
    cone,
    cut,
    fan,
    loft,
    rod,
    run,
    slab,
    straight,
    union,
)
from twincell_model.visuals.meshes import is_watertight, volume

POINTS = np.random.default_rng(0).uniform(-1.0, 1.0, (500, 3))
BODIES = {
    "capsule": capsule((0, 0, -0.3), (0.2, 0, 0.4), 0.25),
    "cone": cone((0, 0, -0.4), (0, 0, 0.4), 0.3, 0.27),
    "rod": rod((0, 0, -0.4), (0, 0.1, 0.4), 0.3),
    "slab": slab((-0.2, 0, 0), (0.3, 0.2, 0), (0, 0, 1), 0.3, 0.1, 0.05),
    "union": union([capsule((0, 0, -0.9), (0, 0, 0), 0.3), capsule((0, 0, 0), (0, 0.9, 0), 0.3)], 0.2),
}


@pytest.mark.parametrize("name", BODIES)
def test_gradients_are_those_of_the_values(name: str) -> None:
    field = BODIES[name]
    step = 1e-6
    numeric = np.column_stack([field(POINTS + e)[0] - field(POINTS - e)[0] for e in np.eye(3) * step]) / (
        2 * step
    )
    numeric /= np.linalg.norm(numeric, axis=1, keepdims=True)
    agreement = np.einsum("ij,ij->i", numeric, field(POINTS)[1])
    assert np.quantile(agreement, 0.05) > 0.97  # kinks and the taper aside


def test_values_are_distances() -> None:
    assert capsule((0, 0, 0), (1, 0, 0), 0.2)(np.array([[0.5, 1.0, 0], [2.0, 0, 0], [0.5, 0, 0]]))[
        0
    ] == pytest.approx([0.8, 0.8, -0.2])
    assert rod((0, 0, 0), (0, 0, 1), 0.5)(np.array([[0, 0, 1.5], [1.0, 0, 0.5], [0, 0, 0.9]]))[
        0
    ] == pytest.approx([0.5, 0.5, -0.1])


def test_a_union_fills_corners_but_does_not_swell_flush_walls() -> None:
    corner = union([rod((0, 0, -1), (0, 0, 1), 0.3), rod((0, 0, 0), (0, 1, 0), 0.3)], 0.2)
    assert corner(np.array([[0.0, 0.32, 0.32]]))[0][0] < 0.0
    flush = union([rod((0, 0, -1), (0, 0, 0.1), 0.3), rod((0, 0, 0), (0, 0, 1), 0.3)], 0.2)
    assert flush(np.array([[0.0, 0.3001, 0.05]]))[0][0] > 0.0


def test_cut_takes_away_what_lies_beyond_the_plane() -> None:
    half = cut(capsule((0, 0, -1), (0, 0, 1), 0.3), (0, 0, 0), (0, 0, 1))
    assert half(np.array([[0, 0, 0.2]]))[0][0] == pytest.approx(0.2)
    assert half(np.array([[0, 0, -0.5]]))[0][0] < 0


def test_loft_of_a_bent_tube() -> None:
    body: Field = union([rod((0, 0, -0.2), (0, 0, 0), 0.05), capsule((0, 0, 0), (0, 0.2, 0), 0.05)], 0.02)
    pivot = (0, 0.07, -0.07)
    sections = run(
        straight((0, 0, -0.15), (0, 0, -0.07), 3),
        fan(pivot, (-1, 0, 0), [(0, 0, -0.07), (0, 0, 0), (0, 0.07, 0)], 12),
        end=((0, 0.15, 0), (0, 1, 0)),
    )
    mesh = loft(body, sections, 32)
    assert is_watertight(mesh)
    assert volume(mesh) == pytest.approx(np.pi * 0.05**2 * 0.3, rel=0.12)
    assert np.abs(body(mesh.vertices)[0]).max() == pytest.approx(0.05, abs=1e-3)  # only the end caps' middles
    assert np.quantile(np.abs(body(mesh.vertices)[0]), 0.9) < 1e-4
    assert mesh.vertices[:, 1].max() == pytest.approx(0.15)


def test_loft_refuses_a_section_outside_the_body() -> None:
    with pytest.raises(ValueError, match="outside the body"):
        loft(
            capsule((0, 0, 0), (0, 0, 1), 0.05),
            run(straight((1, 0, 0), (1, 0, 1), 2), end=((1, 0, 1), (0, 0, 1))),
        )


def test_a_fan_turns_about_its_pivot() -> None:
    centres, directions = fan((0, 0, 0), (0, 0, 1), [(1, 0, 0), (0, 2, 0)], 10)
    assert centres[0] == pytest.approx([1, 0, 0])
    assert np.einsum("ij,ij->i", centres, directions) == pytest.approx(0.0, abs=1e-12)
    assert np.all(np.diff(np.linalg.norm(centres, axis=1)) > 0)
    assert directions[0] == pytest.approx([0, 1, 0])
