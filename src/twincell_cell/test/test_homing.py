"""The way home stays far below the limits."""

import numpy as np
import pytest
from twincell_cell.homing import SPEED, home_goal
from twincell_model.profile import load_profile
from twincell_model.safety import load_safety


@pytest.mark.parametrize("robot", ["ur5", "ur5e", "xarm7"])
def test_no_joint_is_faster_than_a_fraction_of_its_limit(robot: str) -> None:
    profile = load_profile(robot)
    safety = load_safety("slow", profile)
    rng = np.random.default_rng(4)
    for _ in range(20):
        q = rng.uniform(profile.lower, profile.upper)
        goal, seconds = home_goal(profile, safety, dict(zip(profile.joint_names, q, strict=True)))
        (point,) = goal.trajectory.points
        assert list(point.positions) == pytest.approx(list(profile.home))
        assert point.time_from_start.sec + 1e-9 * point.time_from_start.nanosec == pytest.approx(
            seconds, abs=1e-6
        )
        peak = 1.5 * np.abs(profile.home - q) / seconds
        assert np.all(peak <= SPEED * safety.velocity * (1 + 1e-9))
        assert seconds == 1.0 or np.max(peak / safety.velocity) == pytest.approx(SPEED)


def test_a_short_way_still_takes_a_second() -> None:
    profile = load_profile("ur5e")
    home = dict(zip(profile.joint_names, profile.home, strict=True))
    assert home_goal(profile, load_safety("max", profile), home)[1] == 1.0
