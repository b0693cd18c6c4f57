import pytest
import yaml
from twincell_model.errors import UserError
from twincell_model.profile import load_profile
from twincell_world.scene import available, load_scene

from twincell_model import paths

BASE = {
    "description": "A test.",
    "robot": {"position": [0, 0, 0.5]},
    "cameras": [],
    "objects": [
        {"name": "cube", "shape": "box", "size": [0.1, 0.1, 0.1], "position": [1, 0, 1], "mass_kg": 0.1}
    ],
}


def write(tmp_path, **changes):
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump({**BASE, **changes}), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", available())
@pytest.mark.parametrize("robot", ["ur5", "ur5e", "xarm7"])
def test_shipped_scenes_load_for_every_robot(name, robot):
    scene = load_scene(name, load_profile(robot))
    assert scene.name == name and len(scene.start_joints) == load_profile(robot).dof
    assert any(camera.name == "overview" for camera in scene.cameras)


def test_unknown_scene_is_named_with_those_that_exist():
    with pytest.raises(UserError, match="'raech'.*reach"):
        load_scene("raech", load_profile("ur5e"))


def test_missing_file_is_named():
    with pytest.raises(UserError, match=r"nowhere\.yaml.*reach"):
        load_scene("nowhere.yaml", load_profile("ur5e"))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"robot": {"position": [0, 0]}}, "robot/position"),
        ({"objects": [{**BASE["objects"][0], "mass_kg": -1}]}, "objects/0/mass_kg"),
        ({"objects": [{**BASE["objects"][0], "size": [0.1]}]}, "objects/0/size"),
        ({"gravity": 9.81}, "gravity"),
        ({"cameras": [{"name": "c", "position": [0, 0, 1]}]}, "cameras/0"),
        ({"randomization": {"objects": {"ball": {"yaw": [0, 1]}}}}, "randomization/objects/ball"),
        ({"randomization": {"payload_kg": [1, 0]}}, "randomization/payload_kg"),
        ({"start": {"joints": {"ur5e": [0, 0, 0]}}}, "start/joints/ur5e"),
        ({"robot": {"position": [0, 0, float("nan")]}}, "robot/position/2"),
        ({"targets": [{"name": "cube", "position": [0, 0, 1]}]}, "'cube' is used twice"),
    ],
)
def test_wrong_field_is_named_with_its_file(tmp_path, changes, field):
    path = write(tmp_path, **changes)
    with pytest.raises(UserError) as error:
        load_scene(path, load_profile("ur5e"))
    assert field in str(error.value) and str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_start_pose_belongs_to_its_robot(tmp_path):
    path = write(tmp_path, start={"joints": {"ur5e": [0.1] * 6}})
    assert load_scene(path, load_profile("ur5e")).start_joints == (0.1,) * 6
    assert load_scene(path, load_profile("ur5")).start_joints == tuple(load_profile("ur5").home)


def test_every_field_of_the_schema_is_described_or_plain():
    schema = paths.config("scenes", "scene.schema.json").read_text(encoding="utf-8")
    assert schema.count('"additionalProperties": false') >= 10, "misspelt fields must be refused"
