"""How an arm looks: resolves the option `visuals` and puts the pieces into a MuJoCo model.

"primitives": our own shapes (twincell_model.visuals). "meshes:DIR": one STL, OBJ or DAE per link as ur_description and
xarm_description lay them out; "meshes": the same, found through the ament index. "menagerie": the mujoco-menagerie
package. "none": nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import mujoco

from twincell_model import menagerie, mesh_files, visuals
from twincell_model.errors import UserError
from twincell_model.groups import VISUAL_GROUP
from twincell_model.mesh_files import MeshFile
from twincell_model.profile import RobotProfile
from twincell_model.visuals.part import VisualPart

Piece = VisualPart | MeshFile
Looks = Mapping[str, Sequence[Piece]]
OPTIONS = ("primitives", "meshes", "meshes:DIR", "menagerie", "none")
DEFAULT_RGBA = (0.8, 0.8, 0.8, 1.0)
GEOM_TYPES = {
    "box": mujoco.mjtGeom.mjGEOM_BOX,
    "cylinder": mujoco.mjtGeom.mjGEOM_CYLINDER,
    "capsule": mujoco.mjtGeom.mjGEOM_CAPSULE,
    "sphere": mujoco.mjtGeom.mjGEOM_SPHERE,
}


def resolve(profile: RobotProfile, option: str) -> Looks:
    """The pieces of every link by link name, in the link's frame.

    Raises UserError for an unknown option, and where meshes or the menagerie are not to be had.
    """
    if option == "none":
        return {}
    if option == "primitives":
        parts = {profile.tf_prefix + name: items for name, items in _parts(profile).items()}
        return (
            {name: [_mirrored(p) for p in items] for name, items in parts.items()}
            if profile.mirrored
            else parts
        )
    if option == "meshes":
        return mesh_files.find(profile, None)
    if option.startswith("meshes:"):
        return mesh_files.find(profile, Path(option.removeprefix("meshes:")).expanduser())
    if option == "menagerie":
        return menagerie.parts(profile)
    raise UserError(f"unknown visuals '{option}'; choose one of: {', '.join(OPTIONS)}")


def mesh_name(profile: RobotProfile, part: VisualPart) -> str:
    """File name of a part's mesh under models/<robot>/meshes."""
    return f"{part.name}_mirrored.obj" if profile.mirrored else f"{part.name}.obj"


def add(
    spec: mujoco.MjSpec, body: mujoco.MjsBody, pieces: Sequence[Piece], prefix: str, mesh_folder: str = ""
) -> None:
    """Put pieces into a body as geoms without collision. Names begin with `prefix`.

    mesh_folder: take the meshes of parts from files in this folder instead of from memory.
    """
    for piece in pieces:
        if isinstance(piece, MeshFile):
            for number, part in enumerate(piece.parts):
                _add_part(spec, body, part, f"{prefix}{piece.link}_{number}", "")
            if not piece.parts:
                _add_file(spec, body, piece, prefix)
        else:
            file = f"{mesh_folder}/{piece.name}.obj" if mesh_folder else ""
            _add_part(spec, body, piece, prefix + piece.name, file)


def _add_part(spec: mujoco.MjSpec, body: mujoco.MjsBody, part: VisualPart, name: str, file: str) -> None:
    material = _material(spec, part.rgba, part.gloss)
    geom = body.add_geom(
        name=f"{name}_visual",
        pos=part.pos,
        quat=part.quat,
        material=material,
        group=VISUAL_GROUP,
        contype=0,
        conaffinity=0,
        mass=0.0,
    )
    if part.kind != "mesh":
        geom.type = GEOM_TYPES[part.kind]
        geom.size = [*part.size, *[0.0] * (3 - len(part.size))]
        return
    assert part.vertices is not None and part.faces is not None  # VisualPart checks that
    mesh = spec.add_mesh(name=name, inertia=mujoco.mjtMeshInertia.mjMESH_INERTIA_SHELL)
    if file:
        mesh.file = file
    else:
        mesh.uservert = part.vertices.ravel()
        mesh.userface = part.faces.ravel()
    geom.type, geom.meshname = mujoco.mjtGeom.mjGEOM_MESH, name


def _add_file(spec: mujoco.MjSpec, body: mujoco.MjsBody, piece: MeshFile, prefix: str) -> None:
    name = f"{prefix}{piece.link}"
    spec.add_mesh(
        name=name, file=str(piece.path), scale=piece.scale, inertia=mujoco.mjtMeshInertia.mjMESH_INERTIA_SHELL
    )
    body.add_geom(
        name=f"{name}_visual",
        type=mujoco.mjtGeom.mjGEOM_MESH,
        meshname=name,
        pos=piece.xyz,
        quat=piece.quat,
        material=_material(spec, DEFAULT_RGBA, 0.3),
        group=VISUAL_GROUP,
        contype=0,
        conaffinity=0,
        mass=0.0,
    )


def _material(spec: mujoco.MjSpec, rgba: Sequence[float], gloss: float) -> str:
    """A material of this colour and gloss, made once per model."""
    name = "look_" + "".join(f"{round(255 * c):02x}" for c in rgba) + f"_{round(100 * gloss):02d}"
    if spec.material(name) is None:
        spec.add_material(name=name, rgba=rgba, specular=0.15 + 0.55 * gloss, shininess=0.1 + 0.7 * gloss)
    return name


def _mirrored(part: VisualPart) -> VisualPart:
    """The part reflected in the link's x-z plane."""
    w, x, y, z = part.quat
    changed = replace(part, pos=(part.pos[0], -part.pos[1], part.pos[2]), quat=(w, -x, y, -z))
    if part.vertices is None or part.faces is None:
        return changed
    # A reflection turns faces inside out; exchanging two corners turns them back.
    return replace(changed, vertices=part.vertices * (1.0, -1.0, 1.0), faces=part.faces[:, ::-1].copy())


def _parts(profile: RobotProfile) -> Mapping[str, Sequence[VisualPart]]:
    make = getattr(visuals, "parts", None)
    return make(profile) if make is not None else {}
