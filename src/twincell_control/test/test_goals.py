"""JTC's rejection rules, tolerances and result codes."""

import math
from dataclasses import replace

import pytest
from twincell_control.gate import GateRules
from twincell_control.goals import Goal, GoalTracker
from twincell_control.types import Chunk, TrajectoryPoint

from twincell_control import goals

RULES = GateRules(("a", "b"), frozenset(), 0.1, 0.05, 1.0)
GOOD = Goal(
    id=7,
    chunk=Chunk(("b", "a"), (TrajectoryPoint(1.0, (2.0, 1.0)), TrajectoryPoint(2.0, (4.0, 3.0), (0.0, 0.0)))),
    begin=10.0,
    path_tolerance=(0.2, 0.1),
    goal_tolerance=(0.02, 0.01),
    goal_time_tolerance=0.5,
)


def chunk(*points: TrajectoryPoint, names: tuple[str, ...] = ("a", "b")) -> Goal:
    """The good goal with another trajectory."""
    return replace(GOOD, chunk=Chunk(names, points), path_tolerance=(), goal_tolerance=())


BAD = [
    (chunk(names=("a", "b")), "no points"),
    (chunk(TrajectoryPoint(1.0, ()), names=()), "no joints"),
    (chunk(TrajectoryPoint(1.0, (1.0,)), names=("a",)), "not exactly a, b"),
    (chunk(TrajectoryPoint(1.0, (1.0, 1.0)), names=("a", "a")), "not exactly a, b"),
    (chunk(TrajectoryPoint(1.0, (1.0, 1.0, 1.0)), names=("a", "b", "c")), "not exactly a, b"),
    (chunk(TrajectoryPoint(1.0, (1.0, 1.0), (0.0, 0.1))), "last point is not zero"),
    (chunk(TrajectoryPoint(1.0, (1.0, 1.0)), TrajectoryPoint(1.0, (1.0, 1.0))), "increase strictly"),
    (chunk(TrajectoryPoint(1.0, (1.0, math.nan))), "not finite"),
    (chunk(TrajectoryPoint(1.0, (1.0,))), "one value per joint"),
    (replace(GOOD, begin=7.9), "in the past"),
    (replace(GOOD, path_tolerance=(-0.1, 0.1)), "negative"),
    (replace(GOOD, goal_tolerance=(0.1,)), "one tolerance per joint"),
    (replace(GOOD, goal_time_tolerance=math.nan), "not finite"),
]


@pytest.mark.parametrize(("goal", "why"), BAD)
def test_refuses_as_jtc_does(goal: Goal, why: str) -> None:
    found = GoalTracker(("a", "b")).check(goal, 10.0, RULES)
    assert isinstance(found, str)
    assert why in found


def test_accepts_joints_in_another_order() -> None:
    found = GoalTracker(("a", "b")).check(GOOD, 10.0, RULES)
    assert isinstance(found, Chunk)
    assert found.points[0].position == (1.0, 2.0)


def tracker(goal: Goal = GOOD) -> GoalTracker:
    """Tracking since t = 10 s."""
    made = GoalTracker(("a", "b"))
    made.begin(goal, 10.0, borrowed=True)
    return made


def judge(made: GoalTracker, now: float, actual: tuple[float, float], *, over: bool, arrived: bool = False):
    """The verdict with the path at (3, 4)."""
    return made.judge(
        now, path_over=over, arrived=arrived, desired=(3.0, 4.0), actual=actual, elapsed=now - 10.0
    )


def test_path_tolerance_is_the_joints_own() -> None:
    assert not judge(tracker(), 11.0, (3.09, 4.19), over=False).over  # a: 0.1, b: 0.2
    verdict = judge(tracker(), 11.0, (3.11, 4.0), over=False)
    assert verdict.over
    assert verdict.events[-1].error_code == goals.PATH_TOLERANCE_VIOLATED
    assert "a is" in verdict.events[-1].reason


def test_success_needs_the_goal_tolerance() -> None:
    assert not judge(tracker(), 12.1, (3.02, 4.0), over=True, arrived=True).over
    assert not judge(tracker(), 12.1, (3.0, 4.0), over=True, arrived=False).over
    verdict = judge(tracker(), 12.1, (3.009, 4.019), over=True, arrived=True)
    assert verdict.over
    assert verdict.events[-1].kind == "done"
    assert verdict.events[-1].error_code == goals.SUCCESSFUL


def test_goal_time_runs_out() -> None:
    assert not judge(tracker(), 12.4, (3.5, 4.0), over=True, arrived=True).over
    verdict = judge(tracker(), 12.6, (3.5, 4.0), over=True, arrived=True)
    assert verdict.over
    assert verdict.events[-1].error_code == goals.GOAL_TOLERANCE_VIOLATED
    patient = tracker(replace(GOOD, goal_time_tolerance=0.0))
    assert not judge(patient, 99.0, (3.5, 4.0), over=True, arrived=True).over


def test_progress_at_twenty_hertz() -> None:
    made = tracker()
    count = sum(
        event.kind == "progress"
        for k in range(500)
        for event in judge(made, 10.0 + 0.002 * k, (3.0, 4.0), over=False).events
    )
    assert count == 20


def test_drop_says_why_once() -> None:
    made = tracker()
    event = made.drop("somebody stopped it")
    assert event is not None
    assert (event.kind, event.goal, event.reason) == ("aborted", 7, "somebody stopped it")
    assert made.drop("again") is None
