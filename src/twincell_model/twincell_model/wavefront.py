"""Meshes as Wavefront OBJ files."""

import numpy as np
from numpy.typing import NDArray

from twincell_model.visuals import VisualPart

Array = NDArray[np.float64]


def obj_text(part: VisualPart) -> str:
    """A mesh part as OBJ with vertex normals: metres, 10 um. Raises ValueError for a part that is no mesh."""
    if part.vertices is None or part.faces is None:
        raise ValueError(f"part {part.name} is not a mesh")
    lines = [f"v {_short(v, 5)}" for v in part.vertices]
    lines += [f"vn {_short(n, 3)}" for n in vertex_normals(part.vertices, part.faces)]
    lines += ["f " + " ".join(f"{i}//{i}" for i in face) for face in part.faces + 1]
    return "\n".join(lines) + "\n"


def vertex_normals(vertices: Array, faces: NDArray[np.int32]) -> Array:
    """Unit normals (n, 3) of vertices (n, 3): the mean of the faces around each, weighted by area."""
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    areas = np.cross(b - a, c - a)
    normals = np.zeros_like(vertices)
    for k in range(3):
        np.add.at(normals, faces[:, k], areas)
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)


def _short(values: Array, digits: int) -> str:
    # Adding 0.0 turns -0.0 into 0.0.
    return " ".join(f"{round(float(v), digits) + 0.0:g}" for v in values)
