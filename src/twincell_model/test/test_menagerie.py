"""Looks from MuJoCo Menagerie, with a stand-in for its download: a checkout under MENAGERIE_ROOT."""

import importlib.util
from pathlib import Path

import mujoco
import numpy as np
import pytest
from twincell_model.errors import UserError
from twincell_model.profile import load_profile

from twincell_model import mjcf

INSTALLED = importlib.util.find_spec("mujoco_menagerie") is not None
needs_package = pytest.mark.skipif(not INSTALLED, reason="mujoco-menagerie is not installed")

# The kinematic layout of the menagerie's ur5e: other body frames than UR's, lengths rounded to a millimetre, base
# turned by 90 degrees. A small wedge stands for each link's mesh.
UR5E = """<mujoco><compiler angle="radian" autolimits="true"/><default><joint axis="0 1 0" range="-6.28 6.28"/>
<geom type="mesh" mesh="wedge" group="2" contype="0" conaffinity="0" rgba="1 0 0 1"/></default>
<asset><mesh name="wedge" vertex="0 0 0  .02 0 0  0 .03 0  0 0 {length}"/></asset><worldbody>
<body name="base" quat="1 0 0 1"><geom/><body pos="0 0 0.163"><joint name="shoulder_pan_joint" axis="0 0 1"/><geom/>
<body pos="0 0.138 0" quat="1 0 1 0"><joint name="shoulder_lift_joint"/><geom/>
<body pos="0 -0.131 {upper}"><joint name="elbow_joint"/><geom/>
<body pos="0 0 0.392" quat="1 0 1 0"><joint name="wrist_1_joint"/><geom/>
<body pos="0 0.127 0"><joint name="wrist_2_joint" axis="0 0 1"/><geom/>
<body pos="0 0 0.1"><joint name="wrist_3_joint"/><geom/></body></body></body></body></body></body></body>
</worldbody></mujoco>"""


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "universal_robots_ur5e"
    folder.mkdir()
    (folder / "ur5e.xml").write_text(UR5E.format(length=0.05, upper=0.425))
    monkeypatch.setenv("MENAGERIE_ROOT", str(tmp_path))
    return folder


@needs_package
def test_meshes_follow_our_links(checkout: Path) -> None:
    ours = mjcf.arm_spec(load_profile("ur5e", tf_prefix="left_"), "menagerie").compile()
    theirs = mujoco.MjModel.from_xml_path(str(checkout / "ur5e.xml"))
    a, b = mujoco.MjData(theirs), mujoco.MjData(ours)
    # The model there has its base turned by 90 degrees, ours by 180: x of theirs is -y of ours.
    turn = np.array([[0.0, 1, 0], [-1, 0, 0], [0, 0, 1]])
    visual = [g for g in range(ours.ngeom) if ours.geom_group[g] == 2]
    assert len(visual) == theirs.ngeom == 7
    for q in np.random.default_rng(0).uniform(-2, 2, (20, 6)):
        a.qpos[:] = b.qpos[:] = q
        mujoco.mj_kinematics(theirs, a)
        mujoco.mj_kinematics(ours, b)
        for geom, mine in enumerate(visual):
            expected = a.geom_xpos[geom] @ turn.T
            flipped = a.geom_xpos[geom] @ turn
            gap = min(np.linalg.norm(b.geom_xpos[mine] - e) for e in (expected, flipped))
            assert gap < 0.004  # their lengths are rounded


@needs_package
def test_another_arm_is_told(checkout: Path) -> None:
    (checkout / "ur5e.xml").write_text(UR5E.format(length=0.05, upper=0.46))
    with pytest.raises(UserError, match=r"another arm \(joint axes \d+\.\d mm apart\)"):
        mjcf.arm_spec(load_profile("ur5e"), "menagerie")


@needs_package
def test_unreachable_download_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MENAGERIE_ROOT", raising=False)
    monkeypatch.setenv("MENAGERIE_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("MENAGERIE_BASE_URL", "http://127.0.0.1:9")
    with pytest.raises(UserError, match="universal_robots_ur5e could not be loaded") as caught:
        mjcf.arm_spec(load_profile("ur5e"), "menagerie")
    assert "MENAGERIE_ROOT" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(INSTALLED, reason="mujoco-menagerie is installed")
def test_missing_package_is_named() -> None:
    with pytest.raises(UserError, match="pip install mujoco-menagerie"):
        mjcf.arm_spec(load_profile("ur5e"), "menagerie")


@pytest.mark.parametrize(("robot", "variant"), [("ur5", "base"), ("xarm7", "x13")])
def test_arm_that_the_menagerie_lacks_is_named(robot: str, variant: str) -> None:
    with pytest.raises(UserError, match=f"no {robot} {variant}"):
        mjcf.arm_spec(load_profile(robot, variant), "menagerie")
