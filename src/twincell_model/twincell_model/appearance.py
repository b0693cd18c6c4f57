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
        prefix = profile.tf_prefix
        return {
            prefix + link: [_own(part, prefix, profile.mirrored) for part in look]
            for link, look in visuals.parts(profile).items()
        }
    if option == "meshes":
        return mesh_files.find(profile, None)
    if option.startswith("meshes:"):
        return mesh_files.find(profile, Path(option.removeprefix("meshes:")).expanduser())
    if option == "menagerie":
        return menagerie.parts(profile)
    raise UserError(f"unknown visuals '{option}'; choose one of: {', '.join(OPTIONS)}")


def mesh_file_name(part: VisualPart, tf_prefix: str = "") -> str:
    """Name of the file under models/<robot or gripper>/meshes that holds a part's mesh."""
    return f"{part.name.removeprefix(tf_prefix)}.obj"


def add(spec: mujoco.MjSpec, body: mujoco.MjsBody, pieces: Sequence[Piece]) -> None:
    """Put pieces into a body as geoms without collision."""
    for piece in pieces:
        if isinstance(piece, VisualPart):
            _add_part(spec, body, piece)
        elif piece.parts:
            for part in piece.parts:
                _add_part(spec, body, part)
        else:
            _add_file(spec, body, piece)


def _add_part(spec: mujoco.MjSpec, body: mujoco.MjsBody, part: VisualPart) -> None:
    geom = _add_geom(spec, body, part.name, part.rgba, part.gloss)
    geom.pos, geom.quat = part.pos, part.quat
    if part.vertices is None or part.faces is None:
        geom.type = GEOM_TYPES[part.kind]
        geom.size = [*part.size, *[0.0] * (3 - len(part.size))]
        return
    geom.type, geom.meshname = mujoco.mjtGeom.mjGEOM_MESH, part.name
    mesh = spec.add_mesh(name=part.name, inertia=mujoco.mjtMeshInertia.mjMESH_INERTIA_SHELL)
    mesh.uservert = part.vertices.ravel()
    mesh.userface = part.faces.ravel()


def _add_file(spec: mujoco.MjSpec, body: mujoco.MjsBody, piece: MeshFile) -> None:
    geom = _add_geom(spec, body, piece.link, DEFAULT_RGBA, 0.3)
    geom.pos, geom.quat = piece.xyz, piece.quat
    geom.type, geom.meshname = mujoco.mjtGeom.mjGEOM_MESH, piece.link
    mesh = spec.add_mesh(name=piece.link, inertia=mujoco.mjtMeshInertia.mjMESH_INERTIA_SHELL)
    mesh.file, mesh.scale = str(piece.path), piece.scale


def _add_geom(
    spec: mujoco.MjSpec, body: mujoco.MjsBody, name: str, rgba: Sequence[float], gloss: float
) -> mujoco.MjsGeom:
    return body.add_geom(
        name=f"{name}_visual",
        material=_material(spec, rgba, gloss),
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


def _own(part: VisualPart, prefix: str, mirrored: bool) -> VisualPart:
    """A part of the standard arm as this arm has it: renamed, and reflected in the link's x-z plane if mirrored."""
    if not mirrored:
        return replace(part, name=prefix + part.name)
    w, x, y, z = part.quat
    changed = replace(
        part, name=prefix + part.name, pos=(part.pos[0], -part.pos[1], part.pos[2]), quat=(w, -x, y, -z)
    )
    if part.vertices is None or part.faces is None:
        return changed
    # A reflection turns faces inside out; exchanging two corners turns them back.
    return replace(changed, vertices=part.vertices * (1.0, -1.0, 1.0), faces=part.faces[:, ::-1].copy())
