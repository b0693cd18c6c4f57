"""Binary STL files: what is written can be read back, and broken files are refused."""

from pathlib import Path

import numpy as np
import pytest
from twincell_model.visuals import stl, ur
from twincell_model.visuals.part import VisualPart


def test_a_link_survives_the_way_to_the_file(tmp_path: Path) -> None:
    parts = ur.parts("ur5e")["wrist_3_link"]
    size = stl.write(tmp_path / "deep" / "wrist_3.stl", parts)
    data = (tmp_path / "deep" / "wrist_3.stl").read_bytes()
    corners = stl.decode(data)
    wanted = np.concatenate([p.vertices[p.faces] for p in parts if p.vertices is not None])
    assert size == len(data) == 84 + 50 * len(wanted)
    assert corners == pytest.approx(wanted, abs=1e-6)
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["wrist_3.stl"]


def test_normals_in_the_file_look_outward() -> None:
    part = ur.parts("ur5e")["shoulder_link"][0]
    assert part.vertices is not None
    assert part.faces is not None
    data = stl.encode(stl.Mesh(part.vertices, part.faces))
    records = np.frombuffer(data, stl.RECORD, offset=84)
    a, b, c = (records["corners"][:, i].astype(float) for i in range(3))
    normals = np.cross(b - a, c - a)
    agreement = np.einsum("ij,ij->i", normals, records["normal"])
    assert np.all(agreement >= 0)


def test_every_robot_fits_into_two_megabytes() -> None:
    for robot in ("ur5", "ur5e"):
        assert sum(84 + 50 * p.triangles for look in ur.parts(robot).values() for p in look) < 2_000_000


def test_broken_or_empty_input_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not a binary STL"):
        stl.decode(b"solid text")
    with pytest.raises(ValueError, match="not a binary STL"):
        stl.decode(bytes(80) + np.uint32(3).tobytes() + bytes(50))
    with pytest.raises(ValueError, match="nothing to write"):
        stl.write(tmp_path / "none.stl", [VisualPart("box", (1, 1, 1, 1), "box", size=(1, 1, 1))])
    assert list(tmp_path.iterdir()) == []
