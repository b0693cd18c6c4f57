"""Camera sets: what a cell's cameras stream, and wrong words by name."""

from pathlib import Path

import pytest
from twincell_camera.camera_set import available, check_mounts, load_set, parse_effects
from twincell_camera.model import ALL_EFFECTS, Effect
from twincell_model.errors import UserError
from twincell_model.profile import load_profile
from twincell_world.scene import load_scene


def write(folder: Path, cameras: str) -> str:
    path = folder / "mine.yaml"
    path.write_text(f"description: mine\ncameras: {cameras}\n")
    return str(path)


@pytest.mark.parametrize("name", available())
def test_every_set_fits_the_scenes(name: str) -> None:
    profile = load_profile("ur5e")
    for scene in ("reach", "pick"):
        check_mounts(load_set(name), load_scene(scene, profile))


def test_the_demos_set() -> None:
    scene, wrist = load_set("scene_and_wrist")
    assert (scene.name, str(scene.color), str(scene.depth), scene.align_depth) == (
        "camera",
        "424x240x30",
        "424x240x30",
        True,
    )
    assert (wrist.name, wrist.depth, wrist.rate_hz) == ("wrist", None, 30)
    assert Effect.DISPARITY_NOISE in scene.effects


def test_effects_by_words() -> None:
    assert parse_effects("none") == frozenset()
    assert parse_effects("all") == ALL_EFFECTS
    assert parse_effects("occlusion, latency") == {Effect.OCCLUSION, Effect.LATENCY}
    with pytest.raises(UserError, match="unknown camera effect 'oclusion'; did you mean 'occlusion'"):
        parse_effects("oclusion")
    camera = load_set("scene")[0]
    assert camera.with_effects("configured") is camera


@pytest.mark.parametrize(
    ("cameras", "complaint"),
    [
        ("{camera: {}}", "'camera' has neither a color nor a depth profile"),
        ("{camera: {color: 424x240x30, align_depth: true}}", "align_depth needs"),
        ("{camera: {color: 424x240x30, depth: 424x240x15}}", "color runs at 30 Hz and depth at 15 Hz"),
        ("{camera: {color: 425x240x30}}", "no color profile '425x240x30'"),
        ("{camera: {color: 424x240x30, model: d415}}", "unknown camera model 'd415'"),
        ("{camera: {color: 424x240x30, effects: [rain]}}", "field cameras/camera/effects/0"),
    ],
)
def test_faults_are_named_with_the_file(tmp_path: Path, cameras: str, complaint: str) -> None:
    with pytest.raises(UserError, match=complaint) as caught:
        load_set(write(tmp_path, cameras))
    assert "mine.yaml" in str(caught.value)


def test_what_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="unknown camera set 'scen'; did you mean 'scene'"):
        load_set("scen")
    with pytest.raises(UserError, match="does not exist"):
        load_set(str(tmp_path / "none.yaml"))
    cameras = load_set(write(tmp_path, "{ceiling: {color: 424x240x30}}"))
    with pytest.raises(
        UserError, match="scene 'reach' has no camera 'ceiling'; it has: overview, camera, wrist"
    ):
        check_mounts(cameras, load_scene("reach", load_profile("ur5e")))
