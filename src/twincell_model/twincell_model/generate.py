"""Writes models/ from config/: one MJCF, one URDF and the meshes of every robot, and the meshes of the grippers.

    python -m twincell_model.generate           write
    python -m twincell_model.generate --check   say what is out of date and write nothing

Standard variants, no prefix. The files load on their own; inside twincell the same models are built in memory.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from twincell_model import grippers, mjcf, paths, profile
from twincell_model.appearance import mesh_file_name
from twincell_model.errors import UserError
from twincell_model.urdf import urdf_text
from twincell_model.visuals import VisualPart, gripper_parts, parts
from twincell_model.wavefront import obj_text

MESH_TOLERANCE = 2e-4
"""Numbers of a mesh file may differ by this [m, or part of a unit normal]: two machines round differently."""
NOTE = "Written by python -m twincell_model.generate from config/robots/{name}.yaml: change that file, not this one."


def files() -> Iterator[tuple[Path, str]]:
    """Every generated file: its path and what belongs in it."""
    for name in profile.available():
        yield from robot_files(profile.load_profile(name))
    for name in grippers.available():
        yield from _mesh_files(name, gripper_parts(grippers.load_gripper(name)).values())


def robot_files(robot: profile.RobotProfile) -> Iterator[tuple[Path, str]]:
    """The generated files of one robot."""
    meshes = list(_mesh_files(robot.name, parts(robot).values()))
    yield from meshes
    yield paths.models(robot.name, f"{robot.name}.xml"), mjcf_text(robot, meshes)
    head, body = urdf_text(robot, models_root="..").split("\n", 1)
    yield paths.models(robot.name, f"{robot.name}.urdf"), f"{head}\n{_comment(robot.name)}\n{body}"


def mjcf_text(robot: profile.RobotProfile, meshes: Iterable[tuple[Path, str]]) -> str:
    """The MJCF as text; meshes are read from the folder meshes beside it."""
    spec = mjcf.arm_spec(robot)
    for mesh in spec.meshes:
        mesh.file = f"meshes/{mesh.name}.obj"
        mesh.uservert, mesh.userface = [], []
    spec.assets = {f"meshes/{path.name}": text.encode() for path, text in meshes}
    spec.add_key(name="home", qpos=robot.home)
    spec.compile()
    return f"{_comment(robot.name)}\n{spec.to_xml()}"


def stale(wanted: Mapping[Path, str]) -> list[Path]:
    """Files that are missing or differ from what belongs in them (`wanted`), or that belong to nothing any more."""
    folders = [*profile.available(), *grippers.available()]
    present = {p for name in folders for p in paths.models(name).rglob("*") if p.is_file()}
    return sorted({p for p, text in wanted.items() if not _same(p, text)} | (present - wanted.keys()))


def main(arguments: list[str] | None = None) -> int:
    """Command line. Returns the exit code: 1 with --check when something is out of date, 2 for wrong configuration."""
    parser = argparse.ArgumentParser(prog="python -m twincell_model.generate", description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit code 1 when a file is out of date"
    )
    options = parser.parse_args(arguments)
    try:
        wanted = dict(files())
    except UserError as error:
        print(f"twincell: error: {error}", file=sys.stderr)
        return 2
    changed = stale(wanted)
    for path in changed:
        print(f"{'out of date' if options.check else 'written' if path in wanted else 'removed'}: {path}")
        if options.check:
            continue
        if path in wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[path], encoding="utf-8")
        else:
            path.unlink()
    return 1 if options.check and changed else 0


def _mesh_files(owner: str, looks: Iterable[Iterable[VisualPart]]) -> Iterator[tuple[Path, str]]:
    for look in looks:
        for part in look:
            if part.kind == "mesh":
                yield paths.models(owner, "meshes", mesh_file_name(part)), obj_text(part)


def _comment(name: str) -> str:
    """The head of a generated file: where it comes from, and the sources its profile names."""
    lines = paths.config("robots", f"{name}.yaml").read_text(encoding="utf-8").splitlines()
    sources = [line.removeprefix("#").strip() for line in lines if line.startswith("#   [")]
    return "\n".join(["<!--", NOTE.format(name=name), "Sources:", *(f"  {s}" for s in sources), "-->"])


def _same(path: Path, text: str) -> bool:
    if not path.is_file():
        return False
    present = path.read_text(encoding="utf-8")
    if present == text or path.suffix != ".obj":
        return present == text
    old, new = present.split(), text.split()
    return len(old) == len(new) and all(a == b or _close(a, b) for a, b in zip(old, new, strict=True))


def _close(old: str, new: str) -> bool:
    try:
        return abs(float(old) - float(new)) <= MESH_TOLERANCE
    except ValueError:  # a keyword or a corner of a face
        return False


if __name__ == "__main__":
    sys.exit(main())
