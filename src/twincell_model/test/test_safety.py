"""Safety profiles: never wider than the arm, and the errors for wrong ones."""

import numpy as np
import pytest
from twincell_model.errors import UserError
from twincell_model.kinematics import Kinematics
from twincell_model.profile import available as robots
from twincell_model.profile import load_profile
from twincell_model.safety import DEFAULT, available, load_safety


def test_slow_is_the_default() -> None:
    assert available() == ["max", "normal", "slow"]
    limits = load_safety(DEFAULT, load_profile("ur5e"))
    assert (limits.name, limits.tcp_speed) == ("slow", 0.25)
    assert limits.velocity == pytest.approx(1.0)


@pytest.mark.parametrize("robot", robots())
@pytest.mark.parametrize("name", ["slow", "normal", "max"])
def test_never_wider_than_the_arm(robot: str, name: str) -> None:
    profile = load_profile(robot)
    limits = load_safety(name, profile)
    assert np.all(limits.velocity <= profile.max_velocity)
    assert np.all(limits.acceleration <= profile.max_acceleration)
    assert np.all(limits.deceleration <= profile.max_deceleration)
    assert np.all(limits.jerk <= profile.max_jerk)
    assert np.all(limits.lower >= profile.lower + profile.position_margin)
    assert np.all(limits.upper <= profile.upper - profile.position_margin)
    assert limits.tcp_speed <= profile.max_tcp_speed
    assert limits.tcp_angular_speed <= profile.max_tcp_angular_speed
    assert np.all(limits.box_lower >= profile.box_lower)
    assert np.all(limits.box_upper <= profile.box_upper)
    assert np.all((limits.lower <= profile.home) & (profile.home <= limits.upper))
    position, _ = Kinematics(profile).pose(profile.home)
    assert np.all((limits.box_lower < position) & (position < limits.box_upper))
    with pytest.raises(ValueError, match="read-only"):
        limits.velocity[0] = 9.0


def test_profiles_rise_in_speed() -> None:
    profile = load_profile("ur5e")
    slow, normal, highest = (load_safety(name, profile) for name in ("slow", "normal", "max"))
    for key in ("velocity", "acceleration", "deceleration", "jerk", "tcp_speed", "tcp_angular_speed"):
        assert np.all(getattr(slow, key) <= getattr(normal, key))
        assert np.all(getattr(normal, key) <= getattr(highest, key))


def test_max_is_the_arms_own() -> None:
    profile = load_profile("xarm7")
    limits = load_safety("max", profile)
    assert np.array_equal(limits.velocity, profile.max_velocity)
    assert np.array_equal(limits.jerk, profile.max_jerk)
    assert np.array_equal(limits.lower, profile.lower + profile.position_margin)


def test_narrower_box_from_a_file(edit) -> None:
    path = edit(
        "safety/slow.yaml", lambda d: d.update(workspace={"lower": [0.1, -4, 0.0], "upper": [5, 0.3, 0.5]})
    )
    limits = load_safety(path, load_profile("ur5e"))
    assert limits.box_lower == pytest.approx([0.1, -0.95, 0.02])
    assert limits.box_upper == pytest.approx([0.95, 0.3, 0.5])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda d: d.update(tcp_speed=-1), "field tcp_speed"),
        (lambda d: d.update(tcp_speed=float("inf")), "tcp_speed"),
        (lambda d: d.pop("lease_s"), "lease_s"),
        (lambda d: d.update(speed=1), "speed"),
        (lambda d: d.update(workspace={"lower": [0, 0, 1.0], "upper": [1, 1, 0.9]}), "field workspace"),
    ],
)
def test_wrong_files_are_named_with_the_field(edit, change, field: str) -> None:
    path = edit("safety/slow.yaml", change)
    with pytest.raises(UserError) as caught:
        load_safety("slow", load_profile("ur5e"))
    assert field in str(caught.value)
    assert str(path) in str(caught.value)


def test_margin_that_leaves_nothing(edit) -> None:
    edit("robots/ur5e.yaml", lambda d: d["joints"]["elbow_joint"].update(lower=1.0, upper=2.0))
    edit("safety/slow.yaml", lambda d: d.update(position_margin=0.6))
    with pytest.raises(UserError, match="position_margin"):
        load_safety("slow", load_profile("ur5e"))


def test_wrong_words_are_named() -> None:
    profile = load_profile("ur5e")
    with pytest.raises(UserError, match="unknown safety profile 'slwo'; did you mean 'slow'"):
        load_safety("slwo", profile)
    with pytest.raises(UserError, match=r"no safety file 'mine\.yaml'"):
        load_safety("mine.yaml", profile)
