import dataclasses

import mujoco
import numpy as np
import pytest
from twincell_model.profile import load_profile
from twincell_world.fixtures import material_name
from twincell_world.randomization import draw
from twincell_world.scene import load_scene
from twincell_world.world import World

PROFILE = load_profile("ur5e")
SCENE = load_scene("reach", PROFILE)


def test_draws_fill_their_ranges():
    samples = [draw(SCENE, seed) for seed in range(300)]
    low, high = SCENE.randomization["servo_gain"]
    gains = np.array([sample["servo_gain"] for sample in samples])
    assert low <= gains.min() < low + 0.05 and high - 0.05 < gains.max() <= high
    assert np.array([sample["start_joints"] for sample in samples]).std(axis=0).min() > 0.03, (
        "one draw per joint"
    )


def test_sample_changes_what_it_names_and_nothing_stays_behind():
    world = World(SCENE, PROFILE, visuals="none")
    model = world.model
    fields = (
        "mat_rgba",
        "light_diffuse",
        "light_pos",
        "light_dir",
        "dof_frictionloss",
        "body_mass",
        "dof_M0",
    )
    nominal = {name: getattr(model, name).copy() for name in fields}
    world.apply_sample(
        {
            "colors": {"table": [0.1, 0.2, 0.3, 1.0]},
            "light_intensity": 0.5,
            "light_offset": [0.5, 0.0, 0.0],
            "joint_friction_nm": 0.7,
            "payload_kg": 1.5,
        }
    )
    np.testing.assert_allclose(model.material(material_name("table")).rgba, [0.1, 0.2, 0.3, 1.0], atol=1e-6)
    np.testing.assert_allclose(model.light_diffuse, 0.5 * nominal["light_diffuse"], atol=1e-6)
    key = SCENE.look.lights[0]
    direction = np.asarray(key.target) - np.asarray(key.position) - [0.5, 0.0, 0.0]
    np.testing.assert_allclose(model.light(key.name).dir, direction / np.linalg.norm(direction), atol=1e-6)
    np.testing.assert_allclose(model.dof_frictionloss[: PROFILE.dof], 0.7)
    assert model.body_mass.sum() - nominal["body_mass"].sum() == pytest.approx(1.5)
    assert (model.dof_M0 >= nominal["dof_M0"]).all() and (model.dof_M0 != nominal["dof_M0"]).any()
    world.apply_sample({})
    for name, value in nominal.items():
        np.testing.assert_array_equal(getattr(model, name), value, err_msg=name)


def test_servo_delay_of_a_sample_adds_to_the_lag():
    lags = []
    for delay in (0.0, 0.008):
        world = World(SCENE, PROFILE, visuals="none")
        world.apply_sample({"servo_delay_s": delay})
        world.reset()
        command = PROFILE.home.copy()
        for _ in range(200):
            command[0] += 0.4 * world.tick_s
            world.command(command)
            world.step()
        lags.append((command[0] - world.joints()[0][0]) / 0.4)
    assert lags[1] - lags[0] == pytest.approx(0.008, abs=1e-4)


def test_a_shifted_camera_moves_in_its_optical_frame_and_back():
    world = World(SCENE, PROFILE, visuals="none")
    camera = world.model.camera("camera")
    position, turn = camera.pos.copy(), np.zeros(9)
    mujoco.mju_quat2Mat(turn, camera.quat)
    right, up, backward = turn.reshape(3, 3).T
    world.apply_sample({"cameras": {"camera": {"position": [0.01, 0.02, 0.03], "rpy": [0.0, 0.0, 0.1]}}})
    expected = position + 0.01 * right - 0.02 * up - 0.03 * backward
    np.testing.assert_allclose(camera.pos, expected, atol=1e-9)
    moved = np.zeros(9)
    mujoco.mju_quat2Mat(moved, camera.quat)
    np.testing.assert_allclose(
        moved.reshape(3, 3)[:, 2], backward, atol=1e-9, err_msg="about the optical axis"
    )
    assert moved.reshape(3, 3)[:, 0] @ right == pytest.approx(np.cos(0.1))
    assert moved.reshape(3, 3)[:, 0] @ up == pytest.approx(-np.sin(0.1)), (
        "clockwise about z, which points forward"
    )
    world.apply_sample({})
    np.testing.assert_array_equal(camera.pos, position)


def test_switching_camera_ranges_on_leaves_the_other_draws():
    ranges = {**SCENE.randomization, "cameras": {"camera": {"position": [[-0.005] * 3, [0.005] * 3]}}}
    with_cameras = draw(dataclasses.replace(SCENE, randomization=ranges), 4)
    shift = np.array(with_cameras.pop("cameras")["camera"]["position"])
    without = {name: value for name, value in SCENE.randomization.items() if name != "cameras"}
    assert with_cameras == draw(dataclasses.replace(SCENE, randomization=without), 4)
    assert shift.shape == (3,) and 0.0 < np.abs(shift).max() <= 0.005
