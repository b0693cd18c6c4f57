"""What the checker is told of cameras, and its rays against distances that are known."""

import numpy as np
import pytest
from twincell_cell.camera_facts import RayTruth, camera_facts
from twincell_model.profile import load_profile
from twincell_world.scene import load_scene

from twincell_msgs.msg import WorldState

PROFILE = load_profile("xarm7", tf_prefix="left_")
SCENE = load_scene("reach", PROFILE)


def test_facts_of_the_demos_cameras() -> None:
    scene, wrist = camera_facts("scene_and_wrist", SCENE, "left_")
    assert list(scene.streams) == ["color", "depth", "aligned"] and list(wrist.streams) == ["color"]
    assert (scene.fixed, wrist.fixed) == (True, False)
    assert scene.link_frame == "left_camera_link"
    assert scene.streams["aligned"].frame == "left_camera_color_optical_frame"
    assert scene.streams["aligned"].fx == scene.streams["color"].fx != scene.streams["depth"].fx
    assert camera_facts("", SCENE, "") == ()


def test_rays_measure_the_scene() -> None:
    truth = RayTruth(SCENE, PROFILE, "primitives")
    data = truth._world.data
    state = WorldState(
        qpos=data.qpos.tolist(),
        qvel=data.qvel.tolist(),
        mocap_pos=[0.63, 0.5, 1.2],
        mocap_quat=[1.0, 0.0, 0.0, 0.0],
    )
    above = np.array([0.63, 0.5, 2.0])
    down = np.array([[0.0, 0.0, -1.0], [0.0, 0.0, -2.0], [0.0, 0.0, 1.0]])
    far, geoms = truth.distances(state, above, down)
    assert far == pytest.approx([0.78, 0.39, -1.0]), "the target's top, in lengths of the ray; nothing above"
    assert geoms[0] == geoms[1]
    state.mocap_pos = [0.0, 0.0, 3.0]
    assert truth.distances(state, above, down)[0][0] == pytest.approx(1.3), "the table"
    assert truth.corner == pytest.approx([0.23, -0.65, 0.7])
    inwards, above = np.array([0.01, 0.01, 0.0]), truth.corner + np.array([0.0, 0.0, 1.0])
    far, _ = truth.distances(state, above + inwards, down[:1])
    beside, _ = truth.distances(state, above - inwards, down[:1])
    assert far[0] == pytest.approx(1.0) and beside[0] == pytest.approx(1.7)
