import numpy as np
import pytest
from twincell_model.errors import UserError
from twincell_model.grippers import load_gripper
from twincell_model.kinematics import Kinematics
from twincell_model.profile import load_profile
from twincell_world.scene import load_scene
from twincell_world.world import World


def make_world(scene: str = "reach", robot: str = "ur5e", prefix: str = "") -> World:
    profile = load_profile(robot, None, prefix)
    return World(load_scene(scene, profile), profile, visuals="none")


def run(world: World, seconds: float) -> None:
    for _ in range(int(seconds / world.tick_s)):
        world.step()


@pytest.mark.parametrize("robot", ["ur5", "ur5e", "xarm7"])
def test_tool_pose_is_that_of_the_kinematics_in_the_root_frame(robot):
    world = make_world(robot=robot)
    rng = np.random.default_rng(1)
    for _ in range(5):
        q = world.profile.home + rng.uniform(-0.3, 0.3, world.profile.dof)
        world.reset(q)
        expected, quat = Kinematics(world.profile).pose(q)
        position, turn = world.tool()
        np.testing.assert_allclose(position, expected, atol=1e-9)
        assert abs(float(np.dot(turn, quat))) == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("robot", ["ur5", "ur5e", "xarm7"])
def test_nothing_touches_the_robot_at_its_start(robot):
    world = make_world(robot=robot)
    assert world.data.ncon == 0


def test_prefixed_robot_moves():
    world = make_world(prefix="left_")
    world.command(world.profile.home + 0.05)
    run(world, 1.0)
    np.testing.assert_allclose(world.joints()[0], world.profile.home + 0.05, atol=1e-3)


def test_wrench_reads_a_known_payload_within_two_percent():
    world = make_world()
    assert world.sample == {}
    run(world, 0.2)
    empty = world.wrench()
    gripper = load_gripper("two_finger")
    assert np.linalg.norm(empty[:3]) == pytest.approx(9.81 * gripper.mass, rel=0.02)
    world.apply_sample({"payload_kg": 2.0})
    run(world, 0.5)
    loaded = world.wrench()
    assert np.linalg.norm(loaded[:3] - empty[:3]) == pytest.approx(2.0 * 9.81, rel=0.02)


def test_wrench_points_down_and_has_the_lever_arm_of_the_payload():
    world = make_world("empty")
    q = world.profile.home.copy()
    q[3] += np.pi / 2  # tool pointing forward: the weight has a lever arm
    world.reset(q)
    world.apply_sample({"payload_kg": 1.0})
    run(world, 0.5)
    wrench = world.wrench()
    _, quat = world.tool()
    rotation = np.zeros(9)
    import mujoco

    mujoco.mju_quat2Mat(rotation, quat)
    force = rotation.reshape(3, 3) @ wrench[:3]
    np.testing.assert_allclose(force, [0.0, 0.0, -9.81], atol=0.05)
    torque = rotation.reshape(3, 3) @ wrench[3:]
    arm = rotation.reshape(3, 3) @ np.array([0.0, 0.0, 0.1])
    np.testing.assert_allclose(torque, np.cross(arm, [0.0, 0.0, -9.81]), atol=0.02)


def test_gripper_opens_closes_and_stays_inside_its_speed():
    world = make_world()
    stroke = load_gripper("two_finger").stroke
    assert world.gripper()[1] == pytest.approx(stroke, abs=5e-4)
    widths = []
    world.command_gripper(0.3)
    for _ in range(int(1.0 / world.tick_s)):
        world.step()
        widths.append(world.gripper()[1])
    assert world.gripper()[0] == pytest.approx(0.3, abs=0.01)
    speed = -np.diff(widths).min() / world.tick_s
    assert speed < 1.1 * load_gripper("two_finger").max_speed


def test_gripper_holds_a_block_with_the_force_asked_for():
    world = make_world("pick")
    q = world.profile.home
    tool, quat = world.tool()
    tip = tool.copy()
    tip[2] -= load_gripper("two_finger").tcp
    world.model.opt.gravity[:] = 0.0
    world.set_body_pose("red_block", tip, quat)
    world.command_gripper(0.0, 30.0)
    world.command(q)
    run(world, 1.0)
    _, width, effort = world.gripper()
    assert width == pytest.approx(0.04, abs=0.002)
    assert effort == pytest.approx(30.0, rel=0.1)


def test_randomisation_is_the_same_for_a_seed_and_differs_between_seeds():
    first, second = make_world("pick"), make_world("pick")
    a, b, c = first.randomize(5), second.randomize(5), second.randomize(6)
    assert a == b and a != c
    first.reset()
    second.randomize(5)
    second.reset()
    assert np.array_equal(first.state().qpos, second.state().qpos)


def test_sample_is_inside_its_ranges_and_the_nominal_model_comes_back():
    world = make_world("pick")
    nominal = world.model.body_mass.copy()
    for seed in range(20):
        sample = world.randomize(seed)
        low, high = np.array(world.scene.randomization["objects"]["red_block"]["position"])
        position = np.array(sample["objects"]["red_block"]["position"])
        assert (position >= low).all() and (position <= high).all()
        assert 0.0 <= sample["payload_kg"] <= 0.2
    world.apply_sample({})
    np.testing.assert_array_equal(world.model.body_mass, nominal)


def test_same_commands_give_the_same_bits():
    states = []
    for _ in range(2):
        world = make_world("pick")
        world.randomize(3)
        world.reset()
        for k in range(500):
            world.command(world.profile.home + 0.1 * np.sin(0.01 * k))
            world.step()
        states.append(world.state())
    assert np.array_equal(states[0].qpos, states[1].qpos) and np.array_equal(states[0].qvel, states[1].qvel)


def test_scene_hash_does_not_depend_on_the_looks():
    profile = load_profile("ur5e")
    scene = load_scene("reach", profile)
    looking = World(scene, profile, visuals="primitives")
    plain = World(scene, profile, visuals="none")
    assert looking.scene_hash == plain.scene_hash and looking.model.nq == plain.model.nq


def test_scene_hash_is_stable_and_tells_scenes_apart():
    assert make_world("reach").scene_hash == make_world("reach").scene_hash != make_world("pick").scene_hash


def test_target_is_moved_in_the_root_frame_and_unknown_names_are_listed():
    world = make_world()
    world.set_body_pose("target", (0.4, 0.2, 0.3))
    np.testing.assert_allclose(world.body_pose("target")[0], (0.4, 0.2, 0.3), atol=1e-12)
    world.set_body_pose("target", (0.4, 0.2, 1.3), frame="world")
    np.testing.assert_allclose(
        world.body_pose("target")[0][2], 1.3 - world.scene.robot_position[2], atol=1e-12
    )
    with pytest.raises(UserError, match="'targte'.*target"):
        world.set_body_pose("targte", (0, 0, 0))
    with pytest.raises(UserError, match="quaternion"):
        world.set_body_pose("target", (0, 0, 0), (0, 0, 0, 0))


def test_scene_that_does_not_compile_is_named(tmp_path):
    path = tmp_path / "clash.yaml"
    path.write_text(
        "{description: a clash, robot: {position: [0, 0, 0]}, cameras: [], fixtures: [{name: forearm_link, "
        "shape: box, size: [1, 1, 1], position: [2, 0, 0]}]}",
        encoding="utf-8",
    )
    profile = load_profile("ur5e")
    with pytest.raises(UserError, match="'clash'.*forearm_link"):
        World(load_scene(path, profile), profile, visuals="none")


def test_camera_on_an_unknown_link_is_named(tmp_path):
    path = tmp_path / "mount.yaml"
    path.write_text(
        "{description: d, robot: {position: [0, 0, 0]}, cameras: [{name: eye, mount: nose, position: [0, 0, 1], "
        "rpy: [0, 0, 0]}]}",
        encoding="utf-8",
    )
    profile = load_profile("ur5e")
    with pytest.raises(UserError, match=r"'eye'.*'nose'.*forearm_link"):
        World(load_scene(path, profile), profile, visuals="none")


def test_time_goes_on_over_a_reset():
    world = make_world()
    run(world, 0.1)
    before = world.time
    world.reset()
    assert world.time == before > 0.0


def test_start_pose_outside_the_limits_names_the_joint():
    world = make_world()
    q = world.profile.home.copy()
    q[2] = 4.0
    with pytest.raises(UserError, match="elbow_joint"):
        world.reset(q)


def test_bad_command_is_refused():
    world = make_world()
    for bad in ([0.0] * 5, [float("nan")] * 6):
        with pytest.raises(ValueError, match="finite joint positions"):
            world.command(bad)


def test_arm_stops_on_the_table_instead_of_going_through():
    world = make_world()
    q = world.profile.home.copy()
    for k in range(int(4.0 / world.tick_s)):
        q[1] = world.profile.home[1] + min(0.3 * k * world.tick_s, 1.2)
        world.command(q)
        world.step()
    assert world.data.ncon > 0
    assert np.abs(world.tracking_error()).max() > 0.05
