"""The committed models are what the configuration says, and the generator says where they are not."""

import subprocess
import sys
from pathlib import Path

import mujoco
import pinocchio as pin
import pytest
from twincell_model.kinematics import Kinematics
from twincell_model.profile import load_profile

from twincell_model import generate, paths


@pytest.fixture
def small_root(own_root: Path) -> Path:
    """Only one robot, to be quick."""
    for name in ("ur5e", "xarm7"):
        (own_root / f"config/robots/{name}.yaml").unlink()
    return own_root


def stale() -> list[Path]:
    return generate.stale(dict(generate.files()))


def test_committed_files_are_up_to_date() -> None:
    assert stale() == [], "run python -m twincell_model.generate"


def test_write_then_check_then_change(small_root: Path, edit, capsys: pytest.CaptureFixture[str]) -> None:
    assert generate.main([]) == 0
    assert (small_root / "models/ur5/ur5.urdf").is_file()
    assert generate.main(["--check"]) == 0
    capsys.readouterr()

    edit("robots/ur5.yaml", lambda d: d["joints"]["elbow_joint"].update(max_velocity=2.5))
    assert generate.main(["--check"]) == 1
    told = capsys.readouterr().out.split("\n")
    assert any(line.endswith("models/ur5/ur5.urdf") for line in told)
    assert 'velocity="2.5"' not in (small_root / "models/ur5/ur5.urdf").read_text()
    assert generate.main([]) == 0
    assert 'velocity="2.5"' in (small_root / "models/ur5/ur5.urdf").read_text()


def test_mesh_numbers_may_round_differently_but_not_differ(small_root: Path) -> None:
    assert generate.main([]) == 0
    mesh = next(paths.models("two_finger", "meshes").glob("*.obj"))
    text = mesh.read_text()
    first = text.splitlines()[0]
    x = float(first.split()[1])
    mesh.write_text(text.replace(first, first.replace(first.split()[1], f"{x + 1e-5:.5f}", 1), 1))
    assert stale() == []
    mesh.write_text(text.replace(first, first.replace(first.split()[1], f"{x + 1e-3:.5f}", 1), 1))
    assert stale() == [mesh]


def test_files_of_nothing_are_removed(small_root: Path) -> None:
    assert generate.main([]) == 0
    left_over = paths.models("ur5", "meshes", "old.obj")
    left_over.write_text("v 0 0 0\n")
    assert stale() == [left_over]
    assert generate.main([]) == 0
    assert not left_over.exists()


def test_a_new_robot_needs_only_a_file(small_root: Path) -> None:
    known = (small_root / "config/robots/ur5.yaml").read_text()
    (small_root / "config/robots/mine.yaml").write_text(known.replace("name: ur5\n", "name: mine\n"))
    assert generate.main([]) == 0
    model = mujoco.MjModel.from_xml_path(str(paths.models("mine", "mine.xml")))
    mine = load_profile("mine")
    assert model.nq == mine.dof
    assert pin.buildModelFromUrdf(str(paths.models("mine", "mine.urdf"))).nq == mine.dof
    # Without a look of its own it is drawn by its collision capsules.
    visible = [g for g in range(model.ngeom) if model.geom_group[g] == 2]
    assert len(visible) == sum(len(link.collision) for link in mine.links)
    assert Kinematics(mine).pose(mine.home)[0] == pytest.approx(
        Kinematics(load_profile("ur5")).pose(mine.home)[0]
    )


def test_wrong_configuration_is_one_line(small_root: Path) -> None:
    (small_root / "config/robots/ur5.yaml").write_text("name: ur5\n")
    done = subprocess.run(
        [sys.executable, "-m", "twincell_model.generate", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("twincell: error: robot file ")
    assert done.stderr.count("\n") == 1
