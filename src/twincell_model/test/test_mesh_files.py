"""The maker's mesh folders, as files made by hand."""

import struct
from pathlib import Path

import mujoco
import numpy as np
import pytest
from twincell_model.errors import UserError
from twincell_model.profile import load_profile

from twincell_model import mesh_files, mjcf

UR_FILES = ("base", "shoulder", "upperarm", "forearm", "wrist1", "wrist2", "wrist3")
CORNERS = np.array([[0, 0, 0], [0.02, 0, 0], [0, 0.03, 0], [0, 0, 0.05]], dtype="<f4")
FACES = ((0, 2, 1), (0, 1, 3), (0, 3, 2), (1, 2, 3))


def write_stl(path: Path) -> None:
    body = b"".join(struct.pack("<12fH", 0, 0, 0, *CORNERS[list(face)].ravel(), 0) for face in FACES)
    path.write_bytes(b"\0" * 80 + struct.pack("<I", len(FACES)) + body)


def fill(folder: Path, files: tuple[str, ...]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for file in files:
        write_stl(folder / f"{file}.stl")
    return folder


@pytest.mark.parametrize("inner", [".", "visual", "meshes/ur5e/visual"])
def test_folder_is_found_however_it_is_named(tmp_path: Path, inner: str) -> None:
    fill(tmp_path / inner, UR_FILES)
    spec = mjcf.arm_spec(load_profile("ur5e", tf_prefix="left_"), f"meshes:{tmp_path}")
    model = spec.compile()
    seen = [model.body(model.geom_bodyid[g]).name for g in range(model.ngeom) if model.geom_group[g] == 2]
    assert len(seen) == 7
    assert "left_wrist_3_link" in seen


def test_meshes_lie_where_the_description_puts_them(tmp_path: Path) -> None:
    fill(tmp_path, UR_FILES)
    model = mjcf.arm_spec(load_profile("ur5e"), f"meshes:{tmp_path}").compile()
    data = mujoco.MjData(model)
    mujoco.mj_kinematics(model, data)
    geom = model.geom("upper_arm_link_visual").id
    body = model.body("upper_arm_link").id
    mesh = int(model.geom_dataid[geom])
    start = int(model.mesh_vertadr[mesh])
    points = model.mesh_vert[start : start + 4] @ data.geom_xmat[geom].reshape(3, 3).T + data.geom_xpos[geom]
    local = (points - data.xpos[body]) @ data.xmat[body].reshape(3, 3)
    # ur_macro.xacro: z by shoulder_offset 0.138, rpy pi/2 0 -pi/2: the mesh's z (50 mm) lies along the link's -x.
    assert local.min(axis=0) == pytest.approx([-0.05, -0.02, 0.138], abs=1e-6)
    assert local.max(axis=0) == pytest.approx([0, 0, 0.138 + 0.03], abs=1e-6)


def test_mirrored_arm_mirrors_its_meshes(tmp_path: Path) -> None:
    fill(tmp_path, ("link_base", *(f"link{i}" for i in range(1, 8))))
    model = mjcf.arm_spec(load_profile("xarm7", "x13"), f"meshes:{tmp_path}").compile()
    data = mujoco.MjData(model)
    mujoco.mj_kinematics(model, data)
    geom = model.geom("link_base_visual").id
    mesh = int(model.geom_dataid[geom])
    start = int(model.mesh_vertadr[mesh])
    points = model.mesh_vert[start : start + 4] @ data.geom_xmat[geom].reshape(3, 3).T + data.geom_xpos[geom]
    assert points[:, 1].min() == pytest.approx(-0.03, abs=1e-6)
    assert points[:, 1].max() == pytest.approx(0.0, abs=1e-6)


def test_package_is_found_through_the_ament_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path / "share/ur_description/meshes/ur5e/visual", UR_FILES)
    monkeypatch.setenv("AMENT_PREFIX_PATH", f"/nowhere:{tmp_path}")
    found = mesh_files.find(load_profile("ur5e"), None)
    assert found["forearm_link"][0].path == tmp_path / "share/ur_description/meshes/ur5e/visual/forearm.stl"


def test_package_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMENT_PREFIX_PATH", "/nowhere")
    with pytest.raises(UserError, match=r"package xarm_description is not installed.*meshes:DIR"):
        mjcf.arm_spec(load_profile("xarm7"), "meshes")


def test_missing_folder_and_missing_mesh_are_named(tmp_path: Path) -> None:
    profile = load_profile("ur5e")
    with pytest.raises(UserError, match="mesh folder '/nowhere' does not exist"):
        mjcf.arm_spec(profile, "meshes:/nowhere")
    fill(tmp_path, UR_FILES[:-1])
    with pytest.raises(
        UserError, match=r"no mesh for link 'wrist_3_link' of ur5e; it needs wrist3\.stl, \.obj or \.dae"
    ):
        mjcf.arm_spec(profile, f"meshes:{tmp_path}")
