"""One world and small cameras in it, shared by the tests of this package."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from twincell_camera.camera_set import CameraSpec, load_set
from twincell_camera.virtual import CameraRig
from twincell_model.profile import load_profile
from twincell_world.scene import load_scene
from twincell_world.world import World


@pytest.fixture
def scene_camera() -> CameraSpec:
    """The scene camera at 424x240 with color, depth and aligned depth, without any imperfection."""
    return load_set("scene")[0].with_effects("none")


@pytest.fixture(scope="module")
def world() -> World:
    """The reach scene with an xArm7; tests that move something put it back."""
    profile = load_profile("xarm7")
    return World(load_scene("reach", profile), profile)


@pytest.fixture
def rig(world: World, scene_camera: CameraSpec) -> Iterator[CameraRig]:
    """The scene camera and the hand's in that world, ideal."""
    hand = next(spec for spec in load_set("scene_and_wrist") if spec.name == "wrist")
    with CameraRig(world, [scene_camera, replace(hand, effects=frozenset())], seed=1) as rig:
        yield rig
