"""Closed meshes: joining, moving, sharp edges, checks that can fail."""

import numpy as np
import pytest
from twincell_model.visuals.meshes import (
    face_normals,
    is_watertight,
    joined,
    moved,
    rotation,
    sharpened,
    volume,
    welded,
)
from twincell_model.visuals.part import Mesh, VisualPart

CORNERS = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], float)
QUADS = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]


def cube() -> Mesh:
    faces = [t for a, b, c, d in QUADS for t in ((a, b, c), (a, c, d))]
    return Mesh(CORNERS.copy(), np.array(faces, np.int32))


def test_a_cube_is_closed_and_has_its_volume() -> None:
    assert is_watertight(cube())
    assert volume(cube()) == pytest.approx(1.0)


def test_a_missing_or_turned_triangle_is_noticed() -> None:
    mesh = cube()
    assert not is_watertight(Mesh(mesh.vertices, mesh.faces[1:]))
    turned = mesh.faces.copy()
    turned[0] = turned[0][::-1]
    assert not is_watertight(Mesh(mesh.vertices, turned))
    assert volume(Mesh(mesh.vertices, mesh.faces[:, ::-1])) == pytest.approx(-1.0)


def test_sharp_edges_get_a_vertex_per_side_and_soft_ones_do_not() -> None:
    assert len(sharpened(cube()).vertices) == 24
    soft = sharpened(cube(), np.deg2rad(100))
    assert len(soft.vertices) == 8
    assert is_watertight(sharpened(cube()))


def test_normals_of_a_sharpened_cube_look_along_the_axes() -> None:
    mesh = sharpened(cube())
    for vertex in range(len(mesh.vertices)):
        around = face_normals(mesh)[np.any(mesh.faces == vertex, axis=1)]
        assert np.ptp(around, axis=0).max() < 1e-12


def test_welding_merges_places_and_drops_flat_triangles() -> None:
    mesh = joined(cube(), cube())
    assert len(welded(mesh).vertices) == 8
    sliver = Mesh(np.zeros((3, 3)), np.array([[0, 1, 2]], np.int32))
    assert len(welded(sliver).faces) == 0


def test_moving_keeps_volume_and_sense() -> None:
    turn = rotation([1, 2, -0.5], [0, 1, 0])
    assert turn @ turn.T == pytest.approx(np.eye(3))
    assert np.linalg.det(turn) == pytest.approx(1.0)
    mesh = moved(cube(), (1, 2, 3), turn)
    assert volume(mesh) == pytest.approx(1.0)
    assert mesh.vertices[0] == pytest.approx([1, 2, 3])


def test_a_part_is_a_mesh_or_a_primitive_and_cannot_be_changed() -> None:
    mesh = cube()
    part = VisualPart("cube", (1, 1, 1, 1), vertices=mesh.vertices, faces=mesh.faces)
    assert part.triangles == 12
    with pytest.raises(ValueError, match="read-only"):
        mesh.vertices[0, 0] = 5.0
    with pytest.raises(ValueError, match="belong to kind 'mesh'"):
        VisualPart("odd", (1, 1, 1, 1), "box", vertices=mesh.vertices, faces=mesh.faces)
    with pytest.raises(ValueError, match="belong to kind 'mesh'"):
        VisualPart("empty", (1, 1, 1, 1))
    with pytest.raises(ValueError, match="'cone' is none of"):
        VisualPart("cone", (1, 1, 1, 1), "cone")  # type: ignore[arg-type]
