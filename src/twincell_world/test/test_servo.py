"""Figures of the servo model: lag, overshoot, steady state, effort limits."""

import numpy as np
import pytest
from twincell_model.profile import load_profile
from twincell_world.scene import load_scene
from twincell_world.servo import LookAhead
from twincell_world.world import World

ROBOTS = ["ur5", "ur5e", "xarm7"]


def make_world(robot: str, scene: str = "empty") -> World:
    profile = load_profile(robot)
    return World(load_scene(scene, profile), profile, visuals="none")


def run_profile(world: World, speeds: np.ndarray, seconds: float = 1.5, ramp: float = 0.25):
    """Smooth trapezoid of velocity on all joints. Returns commanded and measured positions and velocities."""
    tick, command = world.tick_s, world.joints()[0]
    rows = []
    for k in range(int((seconds + 0.5) / tick)):
        t = k * tick
        share = np.clip(min(t / ramp, (seconds - t) / ramp), 0.0, 1.0)
        speed = speeds * (share * share * (3.0 - 2.0 * share))
        command = command + speed * tick
        world.command(command)
        world.step()
        q, v, _ = world.joints()
        rows.append((command, q, speed, v))
    return (np.array(column) for column in zip(*rows, strict=True))


@pytest.mark.parametrize("robot", ROBOTS)
def test_ramp_is_followed_with_the_servo_lag_and_without_overshoot(robot):
    world = make_world(robot)
    speeds = np.array([0.6, 0.3, -0.4, 0.6, 0.5, 0.8, 0.7])[: world.profile.dof]
    if robot == "xarm7":
        speeds[3] = 0.3
    command, q, speed, v = run_profile(world, speeds)
    k = int(1.0 / world.tick_s)
    servo = world.profile.servo
    lag = (command[k] - q[k]) / speed[k]
    np.testing.assert_allclose(lag, servo.lookahead_s + servo.delay_s, atol=0.5e-3)
    overshoot = np.abs(v).max(axis=0) / np.abs(speeds) - 1.0
    assert overshoot.max() < 0.02
    assert (v * np.sign(speeds)).min() > -0.005, "no joint turns back when the stream ends"
    assert np.abs(q[-1] - command[-1]).max() < 0.2e-3


@pytest.mark.parametrize("robot", ROBOTS)
def test_position_is_held_against_gravity_with_an_unknown_load_and_friction(robot):
    world = make_world(robot)
    world.apply_sample({"payload_kg": 1.0, "joint_friction_nm": 1.0})
    world.reset()
    target = world.profile.home + 0.05
    for k in range(int(2.5 / world.tick_s)):
        world.command(world.profile.home + 0.05 * min(1.0, k * world.tick_s))
        world.step()
    q, v, _ = world.joints()
    assert np.abs(q - target).max() < 0.2e-3
    assert np.abs(v).max() < 1e-3


def test_effort_stays_inside_the_limits_and_a_jump_is_survived():
    world = make_world("ur5e")
    command = world.profile.home.copy()
    command[:] += 0.6
    peak = np.zeros(6)
    for _ in range(1000):
        world.command(command)
        world.step()
        peak = np.maximum(peak, np.abs(world.joints()[2]))
    assert (peak <= world.profile.max_effort + 1e-9).all()
    assert (peak > 0.9 * world.profile.max_effort).any(), (
        "the jump must reach a limit, else this test shows nothing"
    )
    assert np.abs(world.joints()[0] - command).max() < 0.2e-3


def test_look_ahead_lag_is_exact_for_any_delay():
    for delay in (0.0, 0.004, 0.01):
        filter_ = LookAhead(1, lookahead_s=0.03, delay_s=delay, timestep_s=0.002, substeps=4)
        filter_.reset(np.zeros(1))
        for k in range(100):
            filter_.command(np.array([0.008 * (k + 1)]))
            for _ in range(4):
                filter_.advance()
        assert 0.8 - filter_.position[0] == pytest.approx(0.03 + delay, abs=1e-6)
        assert filter_.lag_s == pytest.approx(0.03 + delay)


def test_look_ahead_step_response_never_overshoots():
    filter_ = LookAhead(1, lookahead_s=0.03, delay_s=0.0, timestep_s=0.002, substeps=1)
    filter_.reset(np.zeros(1))
    values = []
    for _ in range(200):
        filter_.command(np.ones(1))
        filter_.advance()
        values.append(filter_.position[0])
    assert max(values) <= 1.0 + 1e-12 and values[-1] == pytest.approx(1.0, abs=1e-6)
    assert (np.diff(values) >= -1e-12).all()
