"""Episodes without ROS: success after the dwell at rest, time-out, stale states, broken models."""

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from twincell_policy.action import JointVelocity
from twincell_policy.episode import STALE_LIMIT_S, Episode, GoalMonitor, Step
from twincell_policy.manifest import ImageInput, Manifest
from twincell_policy.observation import JointSample, ObservationInputs
from twincell_policy.onnx_policy import Answer
from twincell_policy.views import View

Array = NDArray[np.float64]
PERIOD = 0.04


class Gantry:
    """Three sliding joints carry the tool: q is its position. The other joints do nothing."""

    def pose(self, q: Array) -> tuple[Array, Array]:
        return q[:3].copy(), np.array([1.0, 0.0, 0.0, 0.0])

    def jacobian(self, q: Array) -> Array:
        return np.eye(6, len(q))


class Straight:
    """Asks for a velocity towards the goal."""

    def __init__(self) -> None:
        self.seen: list[ObservationInputs] = []

    def output(self, inputs: ObservationInputs) -> Answer:
        self.seen.append(inputs)
        return Answer(np.concatenate([5.0 * (inputs.goal_position - inputs.tool_position), np.zeros(3)]))


class Cell:
    """Integrates what an episode asks for, without delay."""

    def __init__(self, episode: Episode) -> None:
        self.episode = episode
        self.q = np.zeros(6)
        self.v = np.zeros(6)
        self.time = 10.0

    def sample(self, **changes: object) -> JointSample:
        return replace(JointSample(self.q.copy(), self.v.copy(), round(self.time * 1e9), 0.001), **changes)

    def step(self, sample: JointSample | None) -> Step:
        step = self.episode.step(sample, self.time)
        self.time += PERIOD
        if step.command is not None:
            assert isinstance(step.command, JointVelocity)
            self.v = step.command.velocities.copy()
            self.q += self.v * PERIOD
        return step

    def run(self) -> Step:
        while not (step := self.step(self.sample())).done:
            pass
        return step


def cell(manifest: Manifest, goal: list[float], policy: object | None = None, **options: float) -> Cell:
    return Cell(Episode(manifest, policy or Straight(), Gantry(), np.array(goal), **options))  # type: ignore[arg-type]


def test_success_after_the_dwell(manifest: Manifest) -> None:
    running = cell(manifest, [0.3, 0.0, 0.0])
    last = running.run()
    assert last.success
    assert last.reason == "goal reached"
    assert last.error <= manifest.goal.tolerance_m
    assert isinstance(last.command, JointVelocity)
    assert not last.command.velocities.any()
    assert running.episode.steps * PERIOD >= manifest.goal.dwell_s


def test_time_out(manifest: Manifest) -> None:
    running = cell(manifest, [30.0, 0.0, 0.0], timeout_s=1.0)
    last = running.run()
    assert not last.success
    assert last.reason.startswith("time-out after 1 s, 29")
    assert running.episode.steps * PERIOD == pytest.approx(1.0, abs=0.1)


def test_the_goals_own_tolerance_wins(manifest: Manifest) -> None:
    loose = cell(manifest, [0.3, 0.0, 0.0], tolerance_m=0.25).run()
    assert loose.success
    tight = cell(manifest, [0.3, 0.0, 0.0], tolerance_m=0.001).run()
    assert tight.error <= 0.001 < loose.error


def test_previous_action_is_the_clipped_one(manifest: Manifest) -> None:
    policy = Straight()
    running = cell(manifest, [30.0, 0.0, 0.0], policy, timeout_s=0.1)
    running.run()
    assert not policy.seen[0].previous_action.any()
    assert policy.seen[1].previous_action.tolist() == [1.0, 0.0, 0.0, 0.0, 0.0, 0.0]


def test_no_motion_on_a_repeated_or_old_state(manifest: Manifest) -> None:
    running = cell(manifest, [0.5, 0.0, 0.0])
    moving = running.step(running.sample())
    assert isinstance(moving.command, JointVelocity)
    assert moving.command.velocities.any()
    repeated = running.step(running.sample(stamp_ns=10_000_000_000))
    old = running.step(running.sample(age_s=0.5))
    for step in (repeated, old):
        assert isinstance(step.command, JointVelocity)
        assert not step.command.velocities.any()
        assert not step.done
    assert (repeated.held, old.held) == ("repeated joint state", "joint state 500 ms old")


def test_nothing_is_asked_for_before_the_first_state(manifest: Manifest) -> None:
    step = cell(manifest, [0.5, 0.0, 0.0]).step(None)
    assert step.command is None
    assert step.held == "no joint state"
    assert math.isnan(step.error)


def test_states_that_stay_away_end_the_run(manifest: Manifest) -> None:
    running = cell(manifest, [0.5, 0.0, 0.0])
    running.step(running.sample())
    steps = 0
    while not (step := running.step(running.sample(age_s=math.inf))).done:
        steps += 1
    assert steps == pytest.approx(STALE_LIMIT_S / PERIOD, abs=1)
    assert "no usable joint state for 1 s" in step.reason
    assert not step.success


def test_time_out_counts_while_states_are_stale(manifest: Manifest) -> None:
    running = cell(manifest, [0.5, 0.0, 0.0], timeout_s=0.2)
    running.step(running.sample())
    while not (step := running.step(running.sample(age_s=1.0))).done:
        pass
    assert step.reason.startswith("time-out after 0.2 s")


def test_output_that_is_not_finite_ends_the_run_at_rest(manifest: Manifest) -> None:
    class Broken:
        def output(self, inputs: ObservationInputs) -> Answer:
            return Answer(np.full(6, math.nan))

    step = cell(manifest, [0.5, 0.0, 0.0], Broken()).step(JointSample(np.zeros(6), np.zeros(6), 1, 0.0))
    assert step.done
    assert step.reason == "the model's output is not finite"
    assert isinstance(step.command, JointVelocity)
    assert not step.command.velocities.any()


class Looker:
    """Sees its goal where it is, and goes there; notes what it was shown."""

    def __init__(self, goal: Array) -> None:
        self.goal = goal
        self.seen: list[ObservationInputs] = []

    def output(self, inputs: ObservationInputs) -> Answer:
        self.seen.append(inputs)
        return Answer(np.concatenate([5.0 * (self.goal - inputs.tool_position), np.zeros(3)]), self.goal)


@pytest.fixture
def seeing(manifest: Manifest) -> Manifest:
    """The manifest of a policy that sees its goal through one camera."""
    image = ImageInput("camera", "camera", (10, 0, 40, 40), (20, 20), 3, 0.5, 0.25)
    observation = replace(manifest.observation, images=(image,), image_max_age_s=0.1, image_skew_s=0.005)
    return replace(manifest, observation=observation, goal=replace(manifest.goal, kind="seen"))


def view(stamp_ns: int, age_s: float = 0.04, x: float = 0.0) -> View:
    joints = JointSample(np.array([x, 0.0, 0.0, 0.0, 0.0, 0.0]), np.zeros(6), stamp_ns, age_s)
    return View({"camera": np.full((40, 60, 3), 7, np.uint8)}, stamp_ns, age_s, joints)


def moves(step: Step) -> bool:
    assert isinstance(step.command, JointVelocity)
    return bool(step.command.velocities.any())


def test_a_policy_that_sees_is_not_told_its_goal_and_succeeds_by_its_own_sight(seeing: Manifest) -> None:
    looker = Looker(np.array([0.2, 0.0, 0.0]))
    running = cell(seeing, [9.0, 9.0, 9.0], looker)
    while not (
        step := running.episode.step(running.sample(), running.time, view(round(running.time * 1e9)))
    ).done:
        assert isinstance(step.command, JointVelocity)
        running.v = step.command.velocities.copy()
        running.q += running.v * PERIOD
        running.time += PERIOD
    assert step.success and step.error <= seeing.goal.tolerance_m
    assert np.abs(running.q[:3] - looker.goal).max() <= seeing.goal.tolerance_m
    assert all(np.isnan(inputs.goal_position).all() for inputs in looker.seen)


def test_images_reach_the_model_cropped_with_the_pose_of_their_exposure(seeing: Manifest) -> None:
    looker = Looker(np.array([0.2, 0.0, 0.0]))
    episode = Episode(seeing, looker, Gantry(), None)
    now = JointSample(np.array([0.1, 0.0, 0.0, 0.0, 0.0, 0.0]), np.zeros(6), 5_000_000_000, 0.001)
    assert moves(episode.step(now, 1.0, view(4_960_000_000, x=0.08)))
    inputs = looker.seen[0]
    assert inputs.pixels["camera"].shape == (20, 20, 3)
    assert inputs.exposure is not None
    assert (inputs.tool_position[0], inputs.exposure.tool_position[0]) == (0.1, 0.08)


@pytest.mark.parametrize(
    ("shown", "words"),
    [(None, "no new images"), (view(1), "repeated images"), (view(2, age_s=0.2), "images 200 ms old")],
)
def test_missing_repeated_or_old_images_mean_no_motion(
    seeing: Manifest, shown: View | None, words: str
) -> None:
    episode = Episode(seeing, Looker(np.array([0.2, 0.0, 0.0])), Gantry(), None)

    def joints(stamp_ns: int) -> JointSample:
        return JointSample(np.zeros(6), np.zeros(6), stamp_ns, 0.001)

    assert moves(episode.step(joints(1), 1.0, view(1)))
    held = episode.step(joints(2), 1.04, shown)
    assert held.held == words and not moves(held) and not held.done
    assert moves(episode.step(joints(3), 1.08, view(3)))


def test_a_camera_that_stays_away_ends_the_run(seeing: Manifest) -> None:
    running = cell(seeing, [0.0, 0.0, 0.0], Looker(np.array([0.2, 0.0, 0.0])))
    while not (step := running.step(running.sample())).done:
        pass
    assert step.reason == "no usable images or joint state for 1 s (no new images)"
    assert running.time - 10.0 == pytest.approx(STALE_LIMIT_S, abs=0.1)


@pytest.mark.parametrize("goal", [None, np.array([0.1, math.nan, 0.0])])
def test_a_model_that_does_not_say_where_its_goal_is_ends_the_run(
    seeing: Manifest, goal: Array | None
) -> None:
    class Silent:
        def output(self, inputs: ObservationInputs) -> Answer:
            return Answer(np.ones(6), goal)

    step = Episode(seeing, Silent(), Gantry(), None).step(
        JointSample(np.zeros(6), np.zeros(6), 1, 0.0), 1.0, view(1)
    )
    assert step.done and step.reason == "the model does not say where its goal is"
    assert not moves(step)


def test_passing_through_the_goal_is_not_success(manifest: Manifest) -> None:
    monitor = GoalMonitor(manifest.goal)
    dwell = manifest.goal.dwell_s
    assert not monitor.reached(0.0, 0.01, 0.0)
    assert not monitor.reached(dwell / 2, 0.03, 0.0), "left the tolerance"
    assert not monitor.reached(dwell, 0.01, 0.0), "the dwell starts again"
    assert not monitor.reached(2.0 * dwell, 0.01, 0.5), "still fast"
    assert monitor.reached(2.0 * dwell + PERIOD, 0.01, 0.0)
    assert not monitor.reached(3.0 * dwell, math.nan, 0.0)
