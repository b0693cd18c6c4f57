"""The fast cell: same seed, same motion; limits and delays are in force."""

import numpy as np
import pytest
from twincell_learn.fast_cell import Disturbance, FastCell
from twincell_model.profile import load_profile

PROFILE = load_profile("ur5")
RATE_HZ = 25.0
QUIET = Disturbance(start_spread=0.0, command_ticks=0, state_ticks=0)


def cell(disturbance: Disturbance = QUIET) -> FastCell:
    return FastCell(PROFILE, RATE_HZ, disturbance, safety="slow", scene="empty")


def test_rate_must_divide_the_robots() -> None:
    with pytest.raises(ValueError, match="20 Hz does not divide the 125 Hz of ur5"):
        FastCell(PROFILE, 20.0, QUIET, safety="slow", scene="empty")


def test_an_advance_is_one_period() -> None:
    running = cell()
    running.reset(np.random.default_rng(0))
    start = running.time_s
    running.advance(np.zeros(6))
    assert running.time_s - start == pytest.approx(1.0 / RATE_HZ)
    assert running.sample().age_s == 0.0


def test_the_slow_profiles_tool_speed_holds() -> None:
    running = cell()
    running.reset(np.random.default_rng(0))
    fastest = 0.0
    before = running.tool()
    for _ in range(40):
        running.advance(np.array([3.0, 0.0, 0.0, 0.0, 0.0, 0.0]))
        after = running.tool()
        fastest = max(fastest, float(np.linalg.norm(after - before)) * RATE_HZ)
        before = after
    assert 0.15 < fastest <= 0.25


def test_old_states_are_late_by_whole_ticks() -> None:
    running = cell(Disturbance(start_spread=0.0, command_ticks=0, state_ticks=3))
    ages = set()
    for seed in range(20):
        running.reset(np.random.default_rng(seed))
        running.advance(np.zeros(6))
        ages.add(round(running.sample().age_s * PROFILE.rate_hz))
    assert ages == {0, 1, 2, 3}


def test_start_spread_and_continued_pose() -> None:
    running = cell(Disturbance(start_spread=0.2, command_ticks=0, state_ticks=0))
    running.reset(np.random.default_rng(1))
    offset = np.abs(running.sample().positions - PROFILE.home)
    assert 0.0 < offset.max() <= 0.2
    for _ in range(10):
        running.advance(np.full(6, 0.2))
    here = running.sample().positions
    running.reset(np.random.default_rng(2), keep_pose=True)
    assert running.sample().positions == pytest.approx(here)
    assert not running.sample().velocities.any()
