"""Goals of FollowJointTrajectory: JTC's rejection rules, tolerances and result codes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from .gate import GateRules, Passed, check
from .types import Chunk, Command, Event, Floats

SUCCESSFUL, INVALID_GOAL, INVALID_JOINTS, OLD_HEADER_TIMESTAMP = 0, -1, -2, -3
PATH_TOLERANCE_VIOLATED, GOAL_TOLERANCE_VIOLATED = -4, -5
"""Result codes of control_msgs/FollowJointTrajectory."""

END_VELOCITY = 1e-6
"""rad/s above which the last point of a goal counts as moving, which JTC refuses by default."""

PROGRESS_PERIOD = 0.05
"""s between progress events: JTC's action_monitor_rate of 20 Hz."""


@dataclass(frozen=True)
class Goal:
    """A trajectory of the planner. Tolerances [rad] are in the order of `chunk.names`, 0 for none."""

    id: int
    chunk: Chunk
    begin: float  # s, when it shall begin
    path_tolerance: Floats = ()
    goal_tolerance: Floats = ()
    goal_time_tolerance: float = 0.0  # s after the end; 0 waits forever


@dataclass(frozen=True)
class GoalVerdict:
    """What a tick says about the goal."""

    events: Sequence[Event] = ()
    over: bool = False


@dataclass
class GoalTracker:
    """The active goal and whether it borrowed the arm (and gives it back at its end)."""

    joint_names: Sequence[str]
    active: int | None = None
    borrowed: bool = False
    _goal: Goal | None = None
    _began: float = 0.0
    _reported: float = -math.inf
    _path: Floats = ()
    _end: Floats = ()
    _duration: float = field(default=0.0)

    def check(self, goal: Goal, now: float, rules: GateRules) -> Chunk | str:
        """The trajectory in the profile's order, or one sentence why JTC's rules refuse it."""
        names, points = list(goal.chunk.names), goal.chunk.points
        if not names or not points:
            return "the trajectory has no joints or no points"
        if len(set(names)) != len(names) or set(names) != set(self.joint_names):
            return f"the trajectory's joints are not exactly {', '.join(self.joint_names)}"
        if any(abs(v) > END_VELOCITY for v in points[-1].velocity):
            return "the velocity of the last point is not zero"
        tolerances = (*goal.path_tolerance, *goal.goal_tolerance, goal.goal_time_tolerance)
        if not all(math.isfinite(t) and t >= 0.0 for t in tolerances):
            return "a tolerance is negative or not finite"
        if any(len(t) not in (0, len(names)) for t in (goal.path_tolerance, goal.goal_tolerance)):
            return "there is not one tolerance per joint"
        if goal.begin + points[-1].time < now:
            return "the trajectory ends in the past"
        passed = check(Command("planner", goal.chunk, now, None), now, rules)
        if not isinstance(passed, Passed):
            return (
                "a value is not finite, a point does not have one value per joint, "
                "or the times do not increase strictly"
            )
        chunk = passed.command.request
        assert isinstance(chunk, Chunk)
        return chunk

    def begin(self, goal: Goal, now: float, borrowed: bool) -> None:
        """Track a goal that was checked."""
        order = [list(goal.chunk.names).index(name) for name in self.joint_names]
        self.active, self.borrowed, self._goal, self._began = goal.id, borrowed, goal, now
        self._path = tuple(goal.path_tolerance[i] for i in order) if goal.path_tolerance else ()
        self._end = tuple(goal.goal_tolerance[i] for i in order) if goal.goal_tolerance else ()
        self._duration = goal.chunk.points[-1].time
        self._reported = -math.inf

    def end(self) -> None:
        """Forget the goal."""
        self.active, self._goal, self.borrowed = None, None, False

    def drop(self, why: str) -> Event | None:
        """Abort the goal for a reason outside it."""
        if self.active is None:
            return None
        event = Event("aborted", self.active, INVALID_GOAL, why)
        self.end()
        return event

    def judge(
        self,
        now: float,
        *,
        path_over: bool,
        arrived: bool,
        desired: Floats,
        actual: Floats,
        elapsed: float,
    ) -> GoalVerdict:
        """Progress, success or violation at `now`."""
        assert self.active is not None and self._goal is not None
        errors = [abs(d - a) for d, a in zip(desired, actual, strict=True)]
        goal, events = self.active, []

        def event(kind: str, code: int = 0, reason: str = "") -> Event:
            return Event(kind, goal, code, reason, elapsed, desired, actual)

        if now - self._reported >= PROGRESS_PERIOD:
            self._reported = now
            events.append(event("progress"))
        if not path_over:
            broken = self._worst(errors, self._path)
            if broken is not None:
                name, error, limit = broken
                why = f"{name} is {error:.4g} rad from the path; its tolerance is {limit:g} rad"
                return GoalVerdict((*events, event("aborted", PATH_TOLERANCE_VIOLATED, why)), True)
            return GoalVerdict(events)
        broken = self._worst(errors, self._end)
        if arrived and broken is None:
            return GoalVerdict((*events, event("done", SUCCESSFUL)), True)
        limit = self._goal.goal_time_tolerance
        late = now - max(self._began, self._goal.begin) - self._duration
        if limit > 0.0 and late > limit:
            name = broken[0] if broken else "the arm"
            why = f"{name} was not at the goal {limit:g} s after the trajectory's end"
            return GoalVerdict((*events, event("aborted", GOAL_TOLERANCE_VIOLATED, why)), True)
        return GoalVerdict(events)

    def _worst(self, errors: Sequence[float], limits: Floats) -> tuple[str, float, float] | None:
        """The joint furthest over its tolerance, with error and tolerance."""
        if not limits:
            return None
        over = [
            (error - limit, name, error, limit)
            for name, error, limit in zip(self.joint_names, errors, limits, strict=True)
            if limit > 0.0 and error > limit
        ]
        if not over:
            return None
        _, name, error, limit = max(over)
        return name, error, limit
