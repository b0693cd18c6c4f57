"""Stops come to rest together, inside all limits, and the certificate refuses those that would not."""

from dataclasses import replace

import numpy as np
import pytest
from control_judge import tool_poses
from control_rig import Robot
from twincell_contract.reasons import Reason
from twincell_control.stopper import Stop, Stopper
from twincell_control.types import Array


def moving(robot: Robot, velocity: Array) -> tuple[Stopper, Stop]:
    """A stop from home at a joint velocity."""
    stopper = Stopper(robot.safety, robot.kinematics)
    zeros = (0.0,) * robot.profile.dof
    stop = stopper.plan((tuple(robot.profile.home), tuple(velocity), zeros))
    assert stop is not None
    return stopper, stop


def test_comes_to_rest_together(robot: Robot) -> None:
    velocity = np.linspace(0.1, 0.2, robot.profile.dof)
    stopper, stop = moving(robot, velocity)
    assert not stopper.certify(stop)
    halfway = np.array(stop.at(0.5 * stop.duration)[1])
    ratio = halfway / velocity
    assert ratio.max() - ratio.min() < 1e-9  # one time scale: the tool stays on its way
    position, speed, acceleration = stop.at(stop.duration)
    assert not any(speed)
    assert not any(acceleration)
    assert stop.at(stop.duration + 1.0)[0] == position


def test_is_as_short_as_the_limits_allow(ur5e: Robot) -> None:
    velocity = np.zeros(6)
    velocity[5] = 0.9
    _, stop = moving(ur5e, velocity)
    limits = ur5e.safety
    ideal = 0.9 / limits.deceleration[5] + limits.deceleration[5] / limits.jerk[5]
    assert stop.duration == pytest.approx(ideal, rel=1e-9)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_position_limit(ur5e: Robot, sign: float) -> None:
    velocity = np.zeros(6)
    velocity[2] = 0.3 * sign
    _, stop = moving(ur5e, velocity)
    reach = stop.rest[2]
    for inside, expected in ((1e-5, Reason.NONE), (-1e-5, Reason.LIMIT_POSITION)):
        upper, lower = np.array(ur5e.safety.upper), np.array(ur5e.safety.lower)
        upper[2], lower[2] = (reach + inside, -3.0) if sign > 0 else (3.0, reach - inside)
        stopper = Stopper(replace(ur5e.safety, upper=upper, lower=lower), ur5e.kinematics)
        assert stopper.certify(stop) == expected


def test_velocity_peak_inside_the_stop(ur5e: Robot) -> None:
    """A state under the velocity limit whose acceleration would carry it over is refused."""
    stopper = Stopper(ur5e.safety, ur5e.kinematics)
    limits = ur5e.safety
    home, zeros = tuple(ur5e.profile.home), np.zeros(6)
    acceleration = zeros.copy()
    acceleration[5] = limits.acceleration[5]
    carry = limits.acceleration[5] ** 2 / (2.0 * limits.jerk[5])
    for margin, expected in ((1e-6, False), (-1e-6, True)):
        velocity = zeros.copy()
        velocity[5] = limits.velocity[5] - carry - margin
        stop = stopper.plan((home, tuple(velocity), tuple(acceleration)))
        assert stop is not None
        assert bool(stopper.certify(stop) & Reason.LIMIT_VELOCITY) is expected


def test_tool_certificate_is_sound_and_not_blind(robot: Robot) -> None:
    """Against the real path, sampled finely: what leaves box or speed is refused, what stays well inside is not."""
    rng = np.random.default_rng(7)
    profile, limits = robot.profile, robot.safety
    stopper = Stopper(limits, robot.kinematics)
    refused = accepted = 0
    for _ in range(300):
        q = np.array(profile.home) + rng.normal(size=profile.dof) * 0.5
        v = rng.uniform(-1.0, 1.0, profile.dof) * limits.velocity * rng.choice([0.1, 0.5, 1.0])
        stop = stopper.plan((tuple(q), tuple(v), (0.0,) * profile.dof))
        assert stop is not None
        times = np.linspace(0.0, stop.duration, 400)
        tool, _ = tool_poses(profile, np.array([stop.at(t)[0] for t in times]))
        room = np.minimum(tool - limits.box_lower, limits.box_upper - tool).min()
        speed = (np.linalg.norm(np.diff(tool, axis=0), axis=1) / np.diff(times)).max()
        reason = stopper.certify(stop)
        if room < 0.0:
            assert reason & (Reason.LIMIT_WORKSPACE | Reason.LIMIT_POSITION), (room, q, v)
            refused += 1
        if speed > limits.tcp_speed:
            assert reason, (speed, q, v)
            refused += 1
        slow = speed < 0.9 * limits.tcp_speed
        turning = np.abs(robot.kinematics.jacobian(q)[3:]) @ np.abs(v)
        if room > 0.02 and slow and np.linalg.norm(turning) < 0.8 * limits.tcp_angular_speed:
            assert not reason & (Reason.LIMIT_WORKSPACE | Reason.LIMIT_TCP_SPEED), (room, speed, q, v)
            accepted += 1
    assert refused > 30
    assert accepted > 10


def test_no_stop_from_nonsense(ur5e: Robot) -> None:
    stopper = Stopper(ur5e.safety, ur5e.kinematics)
    nan = (float("nan"),) * 6
    assert stopper.plan((nan, nan, nan)) is None


def test_position_extremes_of_any_stop(ur5e: Robot) -> None:
    """Limits drawn just outside or inside the sampled extremes of a stop: accepted or refused, also with undershoot."""
    rng = np.random.default_rng(11)
    limits = ur5e.safety
    planner = Stopper(limits, ur5e.kinematics)
    home = np.array(ur5e.profile.home)
    undershoots = 0
    for _ in range(200):
        velocity, acceleration = np.zeros(6), np.zeros(6)
        velocity[2] = rng.uniform(-0.03, 0.03)
        acceleration[2] = rng.uniform(-1.0, 1.0) * limits.acceleration[2]
        stop = planner.plan((tuple(home), tuple(velocity), tuple(acceleration)))
        assert stop is not None
        path = np.array([stop.at(t)[0][2] for t in np.linspace(0.0, stop.duration, 2000)])
        undershoots += path.min() < min(path[0], path[-1]) - 1e-6
        undershoots += path.max() > max(path[0], path[-1]) + 1e-6
        for margin, expected in ((1e-6, Reason.NONE), (-1e-6, Reason.LIMIT_POSITION)):
            for low, high in ((path.min() - margin, 9.0), (-9.0, path.max() + margin)):
                lower, upper = np.array(limits.lower), np.array(limits.upper)
                lower[2], upper[2] = low, high
                stopper = Stopper(replace(limits, lower=lower, upper=upper), ur5e.kinematics)
                assert stopper.certify(stop) == expected
    assert undershoots > 50
