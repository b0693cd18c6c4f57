"""One command per tick out of an uneven arrival, with at most one period of delay."""

import numpy as np
import pytest
from twincell_arm.command_queue import CommandQueue
from twincell_arm.follower import Follower
from twincell_model.profile import load_profile


def number(n: float) -> np.ndarray:
    return np.array([float(n)])


def serve(pattern, *, even: bool = True, bridge: int = 5) -> list[float | None]:
    """What each tick takes when `pattern` commands arrive before each tick."""
    queue, sent, taken = CommandQueue(bridge, even=even), 0, []
    for count in pattern:
        queue.add([number(sent + k) for k in range(count)])
        sent += count
        command = queue.take()
        taken.append(None if command is None else float(command[0]))
    return taken


def test_early_command_waits_for_its_tick():
    assert serve([1, 2, 0, 1, 1]) == [0, 1, 2, 3, 4]


def test_late_command_is_skipped_to_where_the_follower_has_gone_on_to():
    assert serve([1, 0, 2, 1]) == [0, None, 2, 3]
    assert serve([1, 0, 1, 2]) == [0, None, 1, 2]


def test_delay_is_never_more_than_one_period():
    assert serve([1, 5, 1, 1]) == [0, 4, 5, 6]


def test_after_a_gap_too_long_to_bridge_the_newest_counts():
    assert serve([1, *[0] * 9, 3], bridge=3)[-1] == 3


def test_without_evening_out_the_newest_is_taken():
    assert serve([1, 2, 0, 1], even=False) == [0, 2, None, 3]


def test_commands_of_missed_periods_are_spread_over_the_ticks_that_make_them_good():
    queue = CommandQueue(5)
    queue.add([number(k) for k in range(5)])
    assert [float(queue.take(left)[0]) for left in (4, 3, 2, 1, 0)] == [0, 1, 2, 3, 4]


def test_stream_at_rest_gives_the_delay_back():
    queue = CommandQueue(5)
    queue.add([number(7), number(7)])
    queue.take()
    assert len(queue) == 0


@pytest.mark.parametrize("robot", ["ur5", "ur5e", "xarm7"])
def test_jittered_stream_keeps_its_velocity_at_the_reference(robot):
    profile = load_profile(robot)
    follower, queue = Follower(profile, profile.tick_s), CommandQueue(1)
    rng = np.random.default_rng(3)
    q, v, waiting, path = profile.home.copy(), 0.0, 0, []
    for k in range(int(2.0 / profile.tick_s)):
        v = min(v + 1.0 * profile.tick_s, 0.4)
        q = q + v * profile.tick_s
        waiting += 1
        if (
            rng.random() < 0.5 or waiting > 1 or k < 5
        ):  # the newest command arrives just before or just after the tick
            queue.add([q - v * profile.tick_s * (waiting - 1 - n) for n in range(waiting)])
            waiting = 0
        path.append(follower.tick(queue.take()).copy())
    speed = np.diff(np.array(path), axis=0)[:, 0] / profile.tick_s
    assert speed.max() < 0.4 * 1.05
    assert speed[int(0.8 / profile.tick_s) :].min() > 0.4 * 0.98
