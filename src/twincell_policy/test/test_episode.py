"""Episodes without ROS: success after the dwell at rest, time-out, stale states, broken models."""

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from twincell_policy.action import JointVelocity
from twincell_policy.episode import STALE_LIMIT_S, Episode, GoalMonitor, Step
from twincell_policy.manifest import Manifest
from twincell_policy.observation import JointSample, ObservationInputs

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

    def output(self, inputs: ObservationInputs) -> Array:
        self.seen.append(inputs)
        return np.concatenate([5.0 * (inputs.goal_position - inputs.tool_position), np.zeros(3)])


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
        def output(self, inputs: ObservationInputs) -> Array:
            return np.full(6, math.nan)

    step = cell(manifest, [0.5, 0.0, 0.0], Broken()).step(JointSample(np.zeros(6), np.zeros(6), 1, 0.0))
    assert step.done
    assert step.reason == "the model's output is not finite"
    assert isinstance(step.command, JointVelocity)
    assert not step.command.velocities.any()


def test_passing_through_the_goal_is_not_success(manifest: Manifest) -> None:
    monitor = GoalMonitor(manifest.goal)
    dwell = manifest.goal.dwell_s
    assert not monitor.reached(0.0, 0.01, 0.0)
    assert not monitor.reached(dwell / 2, 0.03, 0.0), "left the tolerance"
    assert not monitor.reached(dwell, 0.01, 0.0), "the dwell starts again"
    assert not monitor.reached(2.0 * dwell, 0.01, 0.5), "still fast"
    assert monitor.reached(2.0 * dwell + PERIOD, 0.01, 0.0)
    assert not monitor.reached(3.0 * dwell, math.nan, 0.0)
