"""Closed meshes: join, move, sharpen edges, check."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .part import Floats, Ints, Mesh

CREASE = np.deg2rad(38.0)  # edges that bend more than this are drawn sharp
WELD = 1e-7  # [m] vertices closer than this are one point


def rotation(from_z: ArrayLike, from_x: ArrayLike | None = None) -> Floats:
    """Rotation (3, 3) that takes +z to `from_z` and, where given, +x to the part of `from_x` square to it."""
    z = np.asarray(from_z, float) / np.linalg.norm(from_z)
    x = np.asarray(from_x if from_x is not None else ((1, 0, 0) if abs(z[0]) < 0.9 else (0, 1, 0)), float)
    x = x - z * (x @ z)
    x /= np.linalg.norm(x)
    return np.column_stack([x, np.cross(z, x), z])


def moved(mesh: Mesh, at: ArrayLike = (0, 0, 0), turn: Floats | None = None) -> Mesh:
    """The mesh turned by `turn` (3, 3, a proper rotation), then shifted by `at` [m]."""
    vertices = mesh.vertices if turn is None else mesh.vertices @ turn.T
    return Mesh(vertices + np.asarray(at, float), mesh.faces)


def joined(*meshes: Mesh) -> Mesh:
    """Several closed meshes as one."""
    offsets = np.cumsum([0] + [len(m.vertices) for m in meshes[:-1]])
    faces = [m.faces + o for m, o in zip(meshes, offsets, strict=True)]
    return Mesh(np.concatenate([m.vertices for m in meshes]), np.concatenate(faces).astype(np.int32))


def welded(mesh: Mesh) -> Mesh:
    """One vertex per place; triangles without area are dropped."""
    keys = np.round(mesh.vertices / WELD).astype(np.int64)
    _, first, inverse = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    faces = inverse.reshape(-1)[mesh.faces]
    keep = (faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 2] != faces[:, 0])
    return Mesh(mesh.vertices[first], faces[keep].astype(np.int32))


def face_normals(mesh: Mesh) -> Floats:
    """Unit outward normals (m, 3)."""
    a, b, c = (mesh.vertices[mesh.faces[:, i]] for i in range(3))
    normals = np.cross(b - a, c - a)
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-300)


def _edges(faces: Ints) -> tuple[Ints, Ints]:
    """Directed edges (3m, 2) and, for each, the index of the edge that runs the other way (-1: none)."""
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]).astype(np.int64)
    n = int(faces.max()) + 1
    key, back = edges[:, 0] * n + edges[:, 1], edges[:, 1] * n + edges[:, 0]
    order = np.argsort(key, kind="stable")
    place = np.minimum(np.searchsorted(key[order], back), len(key) - 1)
    twin = np.where(key[order][place] == back, order[place], -1)
    return edges.astype(np.int32), twin.astype(np.int32)


def sharpened(mesh: Mesh, angle: float = CREASE) -> Mesh:
    """The welded mesh with its vertices doubled along edges that bend by more than `angle` [rad]."""
    mesh = welded(mesh)
    m = len(mesh.faces)
    _, twin = _edges(mesh.faces)
    normals = face_normals(mesh)
    face = np.tile(np.arange(m), 3)
    smooth = (twin >= 0) & (np.einsum("ij,ij->i", normals[face], normals[face[twin]]) > np.cos(angle))
    # A corner is (edge slot, face): slot i of a face starts at its corner i. Along a smooth edge the start
    # corner of the edge is the end corner of its twin, and the other way round.
    corner = np.arange(3 * m)
    end = (corner + m) % (3 * m)
    pairs = np.concatenate(
        [np.column_stack([corner[smooth], end[twin[smooth]]]), np.column_stack([end[smooth], twin[smooth]])]
    )
    label = corner.copy()
    while True:
        low = np.minimum(label[pairs[:, 0]], label[pairs[:, 1]])
        new = label.copy()
        np.minimum.at(new, pairs[:, 0], low)
        np.minimum.at(new, pairs[:, 1], low)
        new = new[new]
        if np.array_equal(new, label):
            break
        label = new
    kept, index = np.unique(label, return_inverse=True)
    source = mesh.faces.T.reshape(-1)  # corner -> vertex of the welded mesh
    return Mesh(mesh.vertices[source[kept]], index.reshape(3, m).T.astype(np.int32))


def is_watertight(mesh: Mesh) -> bool:
    """True if every edge of the welded mesh is shared by exactly two triangles with opposite sense."""
    faces = welded(mesh).faces
    edges, twin = _edges(faces)
    return bool(np.all(twin >= 0)) and len(np.unique(edges, axis=0)) == len(edges)


def volume(mesh: Mesh) -> float:
    """Enclosed volume [m^3]; positive where the faces look outward."""
    a, b, c = (mesh.vertices[mesh.faces[:, i]] for i in range(3))
    return float(np.einsum("ij,ij->", a, np.cross(b, c)) / 6.0)
