"""Tasks: drawing, validation, and that every target can be reached."""

from pathlib import Path

import numpy as np
import pytest
import yaml
from twincell_model.errors import UserError
from twincell_model.kinematics import Kinematics
from twincell_model.profile import RobotProfile, load_profile
from twincell_model.safety import load_safety
from twincell_world.tasks import Region, load_task

from twincell_model import paths

ROBOTS = ("ur5", "ur5e", "xarm7")


def solve(
    kinematics: Kinematics, profile: RobotProfile, target: np.ndarray, quat: np.ndarray
) -> np.ndarray | None:
    """Joint angles that bring the tool to `target` with orientation `quat`, inside the limits; None if not found."""
    q = profile.home.copy()
    inner_lower, inner_upper = (
        profile.lower + profile.position_margin,
        profile.upper - profile.position_margin,
    )
    for _ in range(400):
        position, turn = kinematics.pose(q)
        w = turn[0] * quat[0] + turn[1:] @ quat[1:]
        axis = turn[0] * quat[1:] - quat[0] * turn[1:] - np.cross(quat[1:], turn[1:])
        error = np.concatenate((target - position, 2.0 * np.sign(w or 1.0) * axis))
        if np.linalg.norm(error[:3]) < 1e-4 and np.linalg.norm(error[3:]) < 1e-3:
            return q
        jacobian = kinematics.jacobian(q)
        step = jacobian.T @ np.linalg.solve(jacobian @ jacobian.T + 1e-4 * np.eye(6), error)
        q = np.clip(q + 0.5 * step, inner_lower, inner_upper)
    return None


@pytest.mark.parametrize("robot", ROBOTS)
def test_every_target_is_inside_the_safety_box_and_reachable_with_the_tool_down(robot: str) -> None:
    profile = load_profile(robot)
    task, safety, kinematics = load_task("reach", profile), load_safety("slow", profile), Kinematics(profile)
    quat = kinematics.pose(profile.home)[1].copy()
    rng = np.random.default_rng(5)
    # Corners are the hardest; drawn ones fill the middle.
    region = task.region
    corners = [
        np.array([r * np.cos(a), r * np.sin(a), h])
        for r in region.radius
        for a in region.azimuth
        for h in region.height
    ]
    for target in [*corners, *(task.sample_target(rng) for _ in range(20))]:
        assert np.all(target > safety.box_lower + 0.05) and np.all(target < safety.box_upper - 0.05)
        assert solve(kinematics, profile, target, quat) is not None, target


def test_the_same_seed_draws_the_same_target_and_another_another() -> None:
    task = load_task("reach", load_profile("ur5e"))
    first = task.sample_target(np.random.default_rng(3))
    assert np.array_equal(first, task.sample_target(np.random.default_rng(3)))
    assert not np.array_equal(first, task.sample_target(np.random.default_rng(4)))


def test_targets_fill_the_region_with_equal_density() -> None:
    region = Region(radius=(0.2, 0.6), azimuth=(-1.0, 0.5), height=(0.1, 0.4))
    rng = np.random.default_rng(1)
    points = np.array([region.sample(rng) for _ in range(4000)])
    assert all(region.contains(point) for point in points)
    # Half of a ring's area lies inside this radius.
    half = np.sqrt((0.2**2 + 0.6**2) / 2)
    assert np.mean(np.hypot(points[:, 0], points[:, 1]) < half) == pytest.approx(0.5, abs=0.03)
    assert np.mean(points[:, 2]) == pytest.approx(0.25, abs=0.01)


def test_an_unknown_task_is_named_with_the_choice() -> None:
    with pytest.raises(UserError, match="unknown task 'juggle' .*reach"):
        load_task("juggle", load_profile("ur5e"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"tolerance": -1}, "tolerance: -1"),
        ({"timeout": "long"}, "timeout: 'long'"),
        ({"regions": {}}, "regions"),
        (
            {"regions": {"xarm7": {"radius": [0.3, 0.5], "azimuth": [0, 1], "height": [0, 1]}}},
            "no region for robot 'ur5e'",
        ),
        (
            {"regions": {"ur5e": {"radius": [0.5, 0.3], "azimuth": [0, 1], "height": [0, 1]}}},
            "regions/ur5e/radius: 0.5 is not less than 0.3",
        ),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(tmp_path: Path, change: dict[str, object], words: str) -> None:
    document = yaml.safe_load(paths.config("tasks", "reach.yaml").read_text())
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump({**document, **change}))
    with pytest.raises(UserError, match="mine.yaml") as caught:
        load_task(str(path), load_profile("ur5e"))
    assert words in str(caught.value)


def test_a_file_that_is_not_yaml_is_named(tmp_path: Path) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text("a: [1")
    with pytest.raises(UserError, match="broken.yaml"):
        load_task(str(path), load_profile("ur5e"))
