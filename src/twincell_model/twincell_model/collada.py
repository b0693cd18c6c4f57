"""Reads the triangles and plain colours of a COLLADA (.dae) file, which MuJoCo cannot read itself.

Enough for robot descriptions: triangles, polylists and polygons, node transforms, unit, up axis, diffuse colour.
Textures, skins and curves are left out.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twincell_model.errors import UserError
from twincell_model.rotations import matrix_from_rpy
from twincell_model.spec import Vec3
from twincell_model.visuals.part import Rgba, VisualPart

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
Piece = tuple[Rgba, Array, Indices]
GREY: Rgba = (0.7, 0.7, 0.7, 1.0)
UP = {
    "X_UP": np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]]),
    "Y_UP": np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]]),
    "Z_UP": np.eye(3),
}


def read(path: Path, name: str, xyz: Vec3, rpy: Vec3, scale: Vec3) -> list[VisualPart]:
    """The meshes of a file, scaled, then placed at `xyz`, `rpy` in a link; one part per colour.

    Raises UserError where the file is not COLLADA or holds no triangles.
    """
    try:
        root = ET.fromstring(re.sub(r'\sxmlns="[^"]+"', "", path.read_text(encoding="utf-8"), count=1))
    except (OSError, UnicodeDecodeError, ET.ParseError) as error:
        raise UserError(f"mesh '{path}' is not a COLLADA file: {error}; convert it to STL or OBJ") from None
    try:
        pieces = list(_pieces(root))
    except (KeyError, ValueError, IndexError) as error:
        raise UserError(
            f"mesh '{path}' uses COLLADA this reader lacks ({error}); convert it to STL or OBJ"
        ) from None
    if not pieces:
        raise UserError(f"mesh '{path}' holds no triangles; convert it to STL or OBJ")
    turn, flip = matrix_from_rpy(rpy), np.prod(scale) < 0
    parts = []
    for number, (colour, vertices, faces) in enumerate(_by_colour(pieces)):
        placed = (vertices * scale) @ turn.T + xyz
        order = faces[:, ::-1] if flip else faces
        parts.append(
            VisualPart(name=f"{name}_{number}", rgba=colour, vertices=placed, faces=order.astype(np.int32))
        )
    return parts


def _by_colour(
    pieces: Sequence[Piece],
) -> Iterator[Piece]:
    for colour in dict.fromkeys(colour for colour, _, _ in pieces):
        same = [(vertices, faces) for c, vertices, faces in pieces if c == colour]
        starts = np.cumsum([0, *(len(vertices) for vertices, _ in same)])
        yield (
            colour,
            np.concatenate([vertices for vertices, _ in same]),
            np.concatenate([faces + start for (_, faces), start in zip(same, starts, strict=False)]),
        )


def _pieces(root: ET.Element) -> Iterator[Piece]:
    unit = root.find("asset/unit")
    up = root.findtext("asset/up_axis", "Y_UP").strip()
    world = np.eye(4)
    world[:3, :3] = UP[up] * float(unit.get("meter", "1") if unit is not None else 1.0)
    geometries = {g.get("id", ""): g for g in root.iterfind("library_geometries/geometry")}
    colours = _colours(root)
    for scene in root.iterfind("library_visual_scenes/visual_scene"):
        for node in scene.iterfind("node"):
            yield from _node(node, world, geometries, colours)


def _node(
    node: ET.Element, parent: Array, geometries: Mapping[str, ET.Element], colours: Mapping[str, Rgba]
) -> Iterator[Piece]:
    pose = parent @ _transform(node)
    for instance in node.iterfind("instance_geometry"):
        bound = {
            m.get("symbol", ""): colours.get(m.get("target", "").lstrip("#"), GREY)
            for m in instance.iter("instance_material")
        }
        for material, vertices, faces in _primitives(geometries[instance.get("url", "").lstrip("#")]):
            placed = vertices @ pose[:3, :3].T + pose[:3, 3]
            yield (
                bound.get(material, GREY),
                placed,
                faces if np.linalg.det(pose[:3, :3]) > 0 else faces[:, ::-1],
            )
    for child in node.iterfind("node"):
        yield from _node(child, pose, geometries, colours)


def _transform(node: ET.Element) -> Array:
    pose = np.eye(4)
    for element in node:
        step = np.eye(4)
        values = (
            _floats(element) if element.tag in ("matrix", "translate", "rotate", "scale") else np.zeros(0)
        )
        if element.tag == "matrix":
            step = values.reshape(4, 4)
        elif element.tag == "translate":
            step[:3, 3] = values
        elif element.tag == "scale":
            step[:3, :3] = np.diag(values)
        elif element.tag == "rotate":
            axis, angle = values[:3] / np.linalg.norm(values[:3]), np.radians(values[3])
            cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
            step[:3, :3] = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
        pose = pose @ step
    return pose


def _primitives(geometry: ET.Element) -> Iterator[tuple[str, Array, Indices]]:
    mesh = geometry.find("mesh")
    if mesh is None:
        return
    positions = {}
    for vertices in mesh.iterfind("vertices"):
        source = next(
            i.get("source", "") for i in vertices.iterfind("input") if i.get("semantic") == "POSITION"
        )
        array = next(s for s in mesh.iterfind("source") if s.get("id") == source.lstrip("#")).find(
            "float_array"
        )
        if array is None:
            raise ValueError("a vertex source without floats")
        positions[vertices.get("id")] = _floats(array).reshape(-1, 3)
    for tag in ("triangles", "polylist", "polygons"):
        for primitive in mesh.iterfind(tag):
            inputs = primitive.findall("input")
            stride = 1 + max(int(i.get("offset", "0")) for i in inputs)
            vertex = next(i for i in inputs if i.get("semantic") == "VERTEX")
            offset = int(vertex.get("offset", "0"))
            corners = [_ints(p).reshape(-1, stride)[:, offset] for p in primitive.iterfind("p")]
            counts = {
                "polylist": _ints(primitive.find("vcount")),
                "polygons": np.array([len(c) for c in corners]),
            }
            index = np.concatenate(corners) if corners else np.zeros(0, np.int64)
            sizes = counts.get(tag, np.full(len(index) // 3, 3))
            yield (
                primitive.get("material", ""),
                positions[vertex.get("source", "").lstrip("#")],
                _fans(index, sizes),
            )


def _fans(index: Indices, sizes: Indices) -> Indices:
    """Triangles of convex polygons given by their corners one after another."""
    triangles = []
    start = 0
    for size in sizes.tolist():
        polygon = index[start : start + size]
        triangles += [(polygon[0], polygon[k], polygon[k + 1]) for k in range(1, size - 1)]
        start += size
    return np.array(triangles, np.int64).reshape(-1, 3)


def _colours(root: ET.Element) -> dict[str, Rgba]:
    effects: dict[str, Rgba] = {}
    for effect in root.iterfind("library_effects/effect"):
        element = next((c for d in effect.iter("diffuse") if (c := d.find("color")) is not None), None)
        if element is not None:
            r, g, b, *_ = _floats(element).tolist()
            effects[effect.get("id", "")] = (r, g, b, 1.0)
    found = {}
    for material in root.iterfind("library_materials/material"):
        instance = material.find("instance_effect")
        url = "" if instance is None else instance.get("url", "").lstrip("#")
        found[material.get("id", "")] = effects.get(url, GREY)
    return found


def _floats(element: ET.Element) -> Array:
    return np.array((element.text or "").split(), np.float64)


def _ints(element: ET.Element | None) -> Indices:
    return np.array([] if element is None else (element.text or "").split(), np.int64)
