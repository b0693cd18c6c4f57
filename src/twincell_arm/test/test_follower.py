"""The reference: guard, gaps, stored stop, return to the stream. Limits are checked on its finite differences."""

import numpy as np
import pytest
from twincell_arm.follower import Follower, Following
from twincell_model.profile import load_profile

ROBOTS = ["ur5", "ur5e", "xarm7"]


class Stream:
    """A stream that speeds up to a velocity and keeps it, inside the profile's acceleration and jerk."""

    def __init__(self, profile, share: float = 0.9) -> None:
        self.dt = profile.tick_s
        self.q = profile.home.copy()
        self.v = np.zeros(profile.dof)
        room = np.where(
            profile.upper - self.q > self.q - profile.lower, 1.0, -1.0
        )  # away from the nearer limit
        self.goal = share * profile.max_velocity * room
        self.step = 0.5 * profile.max_acceleration * self.dt

    def next(self) -> np.ndarray:
        self.v += np.clip(self.goal - self.v, -self.step, self.step)
        self.q = self.q + self.v * self.dt
        return self.q


def start(robot: str):
    profile = load_profile(robot)
    follower = Follower(profile, profile.tick_s)
    stream = Stream(profile)
    return profile, follower, stream


def drive(follower, commands) -> np.ndarray:
    return np.array([follower.tick(command) for command in commands])


def within_limits(profile, path: np.ndarray, acceleration_factor: float = 1.0) -> None:
    v = np.diff(path, axis=0) / profile.tick_s
    a = np.diff(v, axis=0) / profile.tick_s
    assert (np.abs(v) <= profile.max_velocity * 1.001).all()
    assert (np.abs(a) <= acceleration_factor * profile.max_deceleration * 1.02 + 1e-6).all()


@pytest.mark.parametrize("robot", ROBOTS)
def test_silence_ends_in_a_stop_inside_the_limits(robot):
    profile, follower, stream = start(robot)
    path = drive(follower, [stream.next() for _ in range(int(0.6 / profile.tick_s))])
    assert follower.mode == Following.FOLLOWING
    moving = np.abs(path[-1] - path[-2]).max() / profile.tick_s
    assert moving > 0.5
    silence = drive(follower, [None] * int(3.0 / profile.tick_s))
    assert follower.mode == Following.HOLDING
    assert np.array_equal(silence[-1], silence[-10])
    within_limits(profile, np.vstack((path[-3:], silence)))


def test_stop_is_on_one_path_for_all_joints():
    _, follower, stream = start("ur5e")
    path = drive(follower, [stream.next() for _ in range(400)])
    direction = path[-1] - path[-2]
    stop = drive(follower, [None] * 1000)
    travelled = stop[-1] - stop[20]
    cosine = travelled @ direction / (np.linalg.norm(travelled) * np.linalg.norm(direction))
    assert cosine > 0.9999


def test_mode_goes_over_stopping_only_after_the_time_out():
    profile, follower, stream = start("ur5e")
    drive(follower, [stream.next() for _ in range(400)])
    ticks = round(profile.command_timeout_s / profile.tick_s)
    drive(follower, [None] * ticks)
    assert follower.mode == Following.FOLLOWING
    follower.tick(None)
    assert follower.mode == Following.STOPPING
    before = follower.reference.copy()
    follower.tick(stream.next())
    assert follower.mode == Following.STOPPING and not np.array_equal(before, follower.reference)


@pytest.mark.parametrize("robot", ROBOTS)
def test_uneven_arrival_of_a_steady_stream_leaves_no_trace(robot):
    profile = load_profile(robot)
    follower, stream = Follower(profile, profile.tick_s), Stream(profile, share=0.4)
    drive(follower, [stream.next() for _ in range(int(0.7 / profile.tick_s))])
    path = [follower.reference.copy()]
    for _ in range(20):  # nothing in one tick, two in the next
        stream.next()
        path.append(follower.tick(None).copy())
        path.append(follower.tick(stream.next()).copy())
    v = np.diff(np.array(path), axis=0) / profile.tick_s
    np.testing.assert_allclose(v, np.broadcast_to(stream.v, v.shape), atol=1e-9)


@pytest.mark.parametrize("robot", ROBOTS)
@pytest.mark.parametrize("gap_s", [0.02, 0.05, 0.09])
def test_stream_that_comes_back_is_joined_without_a_jump(robot, gap_s):
    profile = load_profile(robot)
    follower, stream = Follower(profile, profile.tick_s), Stream(profile, share=0.3)
    path = list(drive(follower, [stream.next() for _ in range(int(0.6 / profile.tick_s))]))
    path += list(drive(follower, [None] * round(gap_s / profile.tick_s)))
    path += list(
        drive(follower, [stream.next() for _ in range(int(1.0 / profile.tick_s))])
    )  # goes on where it was
    assert follower.dropped == 0 and follower.mode == Following.FOLLOWING
    np.testing.assert_allclose(path[-1], stream.q, atol=1e-9)
    within_limits(profile, np.array(path), acceleration_factor=1.3)


def test_stream_within_the_guard_of_a_resting_arm_is_joined_smoothly():
    profile, follower, _ = start("ur5e")
    drive(follower, [profile.home] * 3 + [None] * 1000)  # a stream that ended
    assert follower.mode == Following.HOLDING
    goal = profile.home + 0.9 * profile.step_guard
    path = drive(follower, [goal] * 1000)
    np.testing.assert_allclose(path[-1], goal, atol=1e-9)
    within_limits(profile, np.vstack((profile.home, profile.home, path)))


def test_jump_beyond_the_step_guard_is_dropped_and_counted():
    profile, follower, stream = start("ur5e")
    follower.tick(profile.home + 1.01 * profile.step_guard)
    assert follower.dropped == 1 and follower.mode == Following.HOLDING
    assert np.array_equal(follower.reference, profile.home)
    drive(follower, [stream.next() for _ in range(200)])
    before = follower.dropped
    path = drive(follower, [stream.q + 0.5] * 2000)
    assert follower.dropped > before and follower.mode == Following.HOLDING
    within_limits(profile, path)


def test_halt_stops_a_moving_reference_at_once_and_ignores_the_stream():
    profile, follower, stream = start("ur5e")
    path = drive(follower, [stream.next() for _ in range(400)])
    follower.halt()
    stop = []
    while follower.mode == Following.STOPPING:
        stop.append(follower.tick(stream.next()).copy())
    assert 5 < len(stop) < 1.0 / profile.tick_s * 1.5
    within_limits(profile, np.vstack((path[-3:], np.array(stop))))


def test_reference_never_leaves_the_position_limits():
    profile, follower, _ = start("ur5e")
    q = profile.upper - 0.01
    follower.resync(q)
    for k in range(200):
        follower.tick(q + 0.001 * k)
    assert (follower.reference <= profile.upper).all()


@pytest.mark.parametrize("robot", ROBOTS)
def test_a_stream_from_before_a_resync_is_not_followed(robot):
    _, follower, stream = start(robot)
    before = stream.next().copy()
    drive(follower, [before] * 20)
    moved = before + 0.05  # as a reset of the world does; inside the step guard
    follower.resync(moved)
    for _ in range(20):
        assert follower.admit([before]) == []
        assert np.array_equal(follower.tick(None), moved)
    assert follower.dropped == 20
    assert len(follower.admit([moved + 0.001])) == 1


@pytest.mark.parametrize("robot", ROBOTS)
def test_stream_that_slips_by_a_tick_is_not_waited_for_at_a_standstill(robot):
    profile = load_profile(robot)
    follower, stream = Follower(profile, profile.tick_s), Stream(profile, share=0.3)
    path = list(drive(follower, [stream.next() for _ in range(int(0.6 / profile.tick_s))]))
    path.append(follower.tick(None).copy())
    path += list(drive(follower, [stream.next() for _ in range(int(0.6 / profile.tick_s))]))
    speed = np.diff(np.array(path), axis=0)[-int(0.55 / profile.tick_s) :] / profile.tick_s
    assert (np.abs(speed) > 0.5 * np.abs(stream.v)).all(), "no standstill"
    assert (np.abs(speed) < 1.001 * np.abs(stream.v)).all(), "no catching up faster than the stream"
    np.testing.assert_allclose(path[-1], stream.q, atol=1e-6)
    within_limits(profile, np.array(path))
