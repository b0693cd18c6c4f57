"""Frames: the chain agrees with the model's kinematics, cameras look where the scene says."""

import numpy as np
import pytest
from twincell_camera.frames import LINK_TO_OPTICAL
from twincell_cell.frames import WORLD, chain_pose, robot_frames, scene_frames
from twincell_model.kinematics import Kinematics
from twincell_model.profile import load_profile
from twincell_world.rotations import product, rotate
from twincell_world.scene import load_scene


@pytest.mark.parametrize("robot", ["ur5", "ur5e", "xarm7"])
def test_the_chain_ends_where_the_kinematics_say(robot: str) -> None:
    profile = load_profile(robot, tf_prefix="left_")
    frames, kinematics = robot_frames(profile), Kinematics(profile)
    rng = np.random.default_rng(2)
    for _ in range(10):
        q = rng.uniform(profile.lower, profile.upper)
        position, quaternion = chain_pose(
            frames, dict(zip(profile.joint_names, q, strict=True)), profile.tool_frame
        )
        expected_position, expected_quaternion = kinematics.pose(q)
        assert position == pytest.approx(expected_position, abs=1e-9)
        assert abs(quaternion @ expected_quaternion) == pytest.approx(1.0, abs=1e-9)


def test_every_frame_has_one_parent_and_hangs_on_the_world() -> None:
    profile = load_profile("xarm7", tf_prefix="left_")
    frames = [*scene_frames(load_scene("reach", profile), profile), *robot_frames(profile)]
    parents = {frame.child: frame.parent for frame in frames}
    assert len(parents) == len(frames)
    for frame in frames:
        name, steps = frame.child, 0
        while name != WORLD:
            name, steps = parents[name], steps + 1
            assert steps <= len(frames)


def test_a_camera_that_looks_at_a_point_sees_it_in_its_middle() -> None:
    profile = load_profile("ur5e")
    scene = load_scene("reach", profile)
    frames = scene_frames(scene, profile)
    looking = [camera for camera in scene.cameras if camera.look_at is not None and camera.mount == "world"]
    assert looking
    for camera in looking:
        fixed = [frame for frame in frames if frame.joint is None]
        position, link = chain_pose(fixed, {}, f"{camera.name}_link")
        quaternion = product(link, LINK_TO_OPTICAL)
        assert position == pytest.approx(np.array(camera.position))
        towards = np.array(camera.look_at) - position
        assert rotate(quaternion, np.array([0.0, 0.0, 1.0])) == pytest.approx(
            towards / np.linalg.norm(towards)
        )
        assert rotate(quaternion, np.array([0.0, 1.0, 0.0]))[2] < 0.0, "y of an optical frame points down"
