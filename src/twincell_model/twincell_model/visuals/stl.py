"""Binary STL, one file per link: for URDF viewers and for people who want to look at a mesh."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from .meshes import Mesh, face_normals
from .part import VisualPart

HEADER = b"twincell visual mesh, metres, URDF link frame".ljust(80, b" ")
RECORD = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])


def encode(mesh: Mesh) -> bytes:
    """The mesh as binary STL: 84 bytes and 50 bytes a triangle."""
    records = np.zeros(len(mesh.faces), RECORD)
    records["normal"] = face_normals(mesh)
    records["corners"] = mesh.vertices[mesh.faces]
    return HEADER + np.uint32(len(records)).tobytes() + records.tobytes()


def write(path: Path, parts: Iterable[VisualPart]) -> int:
    """Writes the mesh parts, in the link's frame, as one file; returns its size [bytes]. Never half-written."""
    meshes = [Mesh(p.vertices, p.faces) for p in parts if p.vertices is not None and p.faces is not None]
    if not meshes:
        raise ValueError(f"nothing to write to {path}: none of the parts is a mesh")
    corners = np.concatenate([m.vertices[m.faces].reshape(-1, 3) for m in meshes])
    data = encode(Mesh(corners, np.arange(len(corners), dtype=np.int32).reshape(-1, 3)))
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".part")
    draft.write_bytes(data)
    os.replace(draft, path)
    return len(data)


def decode(data: bytes) -> np.ndarray:
    """Corners (m, 3, 3) [m] of a binary STL. Raises ValueError where the length does not fit the count."""
    count = int(np.frombuffer(data, "<u4", 1, 80)[0]) if len(data) >= 84 else -1
    if len(data) != 84 + RECORD.itemsize * count:
        raise ValueError("not a binary STL: its length does not fit its number of triangles")
    return np.frombuffer(data, RECORD, count, 84)["corners"].astype(float)
