"""The maker's own visual meshes: one file per link, as ur_description and xarm_description keep them."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from twincell_model import collada, mirror
from twincell_model.errors import UserError
from twincell_model.profile import RobotProfile
from twincell_model.rotations import quat_from_rpy
from twincell_model.spec import Vec3
from twincell_model.visuals.part import VisualPart

SUFFIXES = (".stl", ".STL", ".obj", ".OBJ", ".dae", ".DAE")
"""In order of preference: MuJoCo reads STL and OBJ itself, COLLADA is converted here."""


@dataclass(frozen=True, eq=False)
class MeshFile:
    """A link's mesh: file, pose in the link's frame, scale. `parts` holds a COLLADA file's content, placed already."""

    link: str
    path: Path
    xyz: Vec3
    rpy: Vec3
    scale: Vec3
    parts: Sequence[VisualPart] = field(default=())

    @property
    def quat(self) -> tuple[float, float, float, float]:
        """Orientation (w, x, y, z) in the link's frame."""
        w, x, y, z = (float(v) for v in quat_from_rpy(self.rpy))
        return w, x, y, z


def find(profile: RobotProfile, folder: Path | None) -> dict[str, list[MeshFile]]:
    """One mesh per link from `folder`, or from the maker's description package where `folder` is None.

    Raises UserError naming the folder, the package or the first link without a mesh.
    """
    place = _package_folder(profile) if folder is None else _given_folder(profile, folder)
    found = {}
    for bare, entry in profile.meshes["links"].items():
        path = next((p for suffix in SUFFIXES if (p := place / (entry["file"] + suffix)).is_file()), None)
        if path is None:
            raise UserError(
                f"mesh folder '{place}' has no mesh for link '{bare}' of {profile.name}; "
                f"it needs {entry['file']}.stl, .obj or .dae"
            )
        xyz, rpy = _vec3(entry.get("xyz", (0, 0, 0))), _vec3(entry.get("rpy", (0, 0, 0)))
        if profile.mirrored:
            xyz, rpy = mirror.point(xyz), mirror.angles(rpy)
        scale = (1.0, -1.0 if profile.mirrored else 1.0, 1.0)
        link = profile.tf_prefix + bare
        parts = collada.read(path, link, xyz, rpy, scale) if path.suffix.lower() == ".dae" else ()
        found[link] = [MeshFile(link, path.resolve(), xyz, rpy, scale, parts)]
    return found


def _given_folder(profile: RobotProfile, folder: Path) -> Path:
    if not folder.is_dir():
        raise UserError(
            f"mesh folder '{folder}' does not exist; name the folder that holds one mesh per link"
        )
    inner = Path(profile.meshes["folder"])
    first = next(iter(profile.meshes["links"].values()))["file"]
    for place in (folder, folder / "visual", folder / inner):
        if any((place / (first + suffix)).is_file() for suffix in SUFFIXES):
            return place
    return folder


def _package_folder(profile: RobotProfile) -> Path:
    package = profile.meshes["package"]
    for prefix in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep):
        place = Path(prefix) / "share" / package / profile.meshes["folder"]
        if prefix and place.is_dir():
            return place
    raise UserError(
        f"visuals 'meshes': package {package} is not installed (no share/{package}/{profile.meshes['folder']} on "
        "AMENT_PREFIX_PATH); install it, or name a folder as meshes:DIR, or use primitives"
    )


def _vec3(values: Sequence[float]) -> Vec3:
    x, y, z = (float(v) for v in values)
    return x, y, z
