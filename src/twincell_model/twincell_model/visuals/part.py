"""What a visual is made of: a mesh, and a coloured part of a link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Kind = Literal["mesh", "box", "cylinder", "capsule", "sphere"]
Rgba = tuple[float, float, float, float]
KINDS: tuple[Kind, ...] = ("mesh", "box", "cylinder", "capsule", "sphere")


class Mesh(NamedTuple):
    """A closed triangle mesh: vertices (n, 3) [m], faces (m, 3) counter-clockwise seen from outside.

    Vertices are doubled along sharp edges: the mean of the faces around a vertex is its shading normal.
    """

    vertices: Floats
    faces: Ints


@dataclass(frozen=True, eq=False)
class VisualPart:
    """One coloured piece of a link, in the link's URDF frame.

    name: unique in the robot. kind: "mesh" (vertices, faces) or a primitive (size: MuJoCo's half sizes [m],
    box x y z; cylinder and capsule radius, half length along z; sphere radius).
    pos [m] and quat (w, x, y, z) place it. rgba in 0-1. gloss 0 (matt) to 1 (polished).
    """

    name: str
    rgba: Rgba
    kind: Kind = "mesh"
    vertices: Floats | None = None
    faces: Ints | None = None
    size: tuple[float, ...] = ()
    pos: tuple[float, float, float] = (0.0, 0.0, 0.0)
    quat: tuple[float, float, float, float] = (1.0, 0.0, 0.0, 0.0)
    gloss: float = 0.3

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"part {self.name}: kind {self.kind!r} is none of {', '.join(KINDS)}")
        if (self.kind == "mesh") != (self.vertices is not None and self.faces is not None):
            raise ValueError(f"part {self.name}: vertices and faces belong to kind 'mesh', and only to it")
        for array in (self.vertices, self.faces):
            if array is not None:
                array.setflags(write=False)

    @property
    def triangles(self) -> int:
        """Number of triangles of a mesh; 0 for a primitive."""
        return 0 if self.faces is None else len(self.faces)


def mesh_part(name: str, mesh: Mesh, rgba: Rgba, gloss: float = 0.3) -> VisualPart:
    """A part from a mesh that already lies in the link's frame."""
    return VisualPart(name=name, rgba=rgba, vertices=mesh.vertices, faces=mesh.faces, gloss=gloss)
