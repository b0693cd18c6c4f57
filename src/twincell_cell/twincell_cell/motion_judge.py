"""Independent judge of motion: reads what the cell publishes and knows the limits, nothing else.

It shares no code with the limiter. Velocity, acceleration and jerk are plain finite differences of the published
positions over the nominal control period: for a trajectory of piecewise constant jerk these are weighted means of the
true values, so a correct controller never exceeds a limit by more than rounding.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Modes of twincell_msgs/ControllerStatus; the numbers are the contract's.
STARTING, HOLD, OWNED, STOPPING, STOPPED, FAULT = range(6)
_AT_REST_MODES = (STARTING, HOLD, STOPPED, FAULT)
_RESYNC_FROM = (STARTING, STOPPED, FAULT)

DIFFERENCES = 4
"""Positions needed for a third difference."""


@dataclass(frozen=True)
class JudgeLimits:
    """What the motion is judged against. Arrays have one entry per joint, controller order."""

    period_s: float
    lower: Array  # rad
    upper: Array  # rad
    velocity: Array  # rad/s
    acceleration: Array  # rad/s^2, while a joint gets faster
    deceleration: Array  # rad/s^2, while it gets slower or turns round
    jerk: Array  # rad/s^3
    tcp_speed: float  # m/s
    box_lower: Array  # m, tool in the root frame
    box_upper: Array  # m
    tool_position: Callable[[Array], Array]  # joint positions -> tool position in the root frame [m]


@dataclass(frozen=True)
class Tolerance:
    """How far over a limit still counts as rounding, per quantity."""

    position: float = 1e-9  # rad
    velocity: float = 1e-7  # rad/s
    acceleration: float = 1e-4  # rad/s^2: 4 ulp of a position near 2 pi over (2 ms)^2
    jerk: float = 5e-2  # rad/s^3: the same over (2 ms)^3
    tcp_speed: float = 1e-3  # m/s
    workspace: float = 1e-4  # m
    measured_position: float = 2e-3  # rad: servo overshoot
    measured_velocity_ratio: float = 0.10  # of the limit: servo response to jitter of the command stream
    measured_velocity: float = 0.02  # rad/s


@dataclass
class Verdict:
    """Counts of violations by kind and the worst excess over each limit."""

    ticks: int = 0
    states: int = 0
    commands: int = 0
    resyncs: int = 0
    lost_ticks: int = 0
    """Ticks whose status did not reach the judge: a busy machine may starve it."""
    unmatched: int = 0
    """Commands that match no tick it saw, at most as many as it lost; more are violations."""
    violations: Counter[str] = field(default_factory=Counter)
    worst_excess: dict[str, float] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """All violations."""
        return sum(self.violations.values())

    def over(self, kind: str, excess: float, tolerance: float) -> None:
        """Note how far a value is over its limit; it is a violation beyond the tolerance, or when not finite."""
        if not excess <= self.worst_excess.get(kind, -np.inf):
            self.worst_excess[kind] = float(excess)
        if not excess <= tolerance:
            self.violations[kind] += 1


class MotionJudge:
    """Judges control ticks, the command stream and the measured states as they come in.

    Ticks must be fed before the commands and states of the same time, so that the mode is known.
    """

    def __init__(self, limits: JudgeLimits, tolerance: Tolerance | None = None) -> None:
        self.limits = limits
        self.tolerance = tolerance or Tolerance()
        self.verdict = Verdict()
        self._history: list[Array] = []  # positions without a break in between, newest last
        self._last_sequence: int | None = None
        self._last_mode = STARTING
        self._unmatched: list[Array] = []  # tick positions no command has been matched with yet
        self._seen_command = False
        self._last_state: tuple[float, Array] | None = None
        self._moved_by_reset: list[float] = []  # times at which the controller was stopped [s]

    def tick(self, sequence: int, stamp_s: float, mode: int, owner: int, position: Array) -> None:
        """One tick of ControllerStatus, in order."""
        verdict, limits, tol = self.verdict, self.limits, self.tolerance
        verdict.ticks += 1
        if self._last_sequence is not None and sequence != self._last_sequence + 1:
            verdict.lost_ticks += max(sequence - self._last_sequence - 1, 0)
            self._history.clear()
            if sequence <= self._last_sequence:
                self._last_mode = STARTING  # the controller was restarted
        if mode in (STOPPED, FAULT, STARTING):
            self._moved_by_reset.append(stamp_s)
        resync = mode == HOLD and self._last_mode in _RESYNC_FROM and bool(self._history)
        if resync and not np.array_equal(position, self._history[-1]):
            verdict.resyncs += 1
            self._history.clear()
        if mode != STARTING:
            self._unmatched.append(position)
            verdict.over(
                "position",
                float(np.max(np.maximum(limits.lower - position, position - limits.upper))),
                tol.position,
            )
            self._differences(position, mode, owner)
            self._history.append(position)
            del self._history[:-DIFFERENCES]
        self._last_sequence, self._last_mode = sequence, mode

    def _differences(self, position: Array, mode: int, owner: int) -> None:
        verdict, limits, tol = self.verdict, self.limits, self.tolerance
        tool = limits.tool_position(position)
        outside = float(np.max(np.maximum(limits.box_lower - tool, tool - limits.box_upper)))
        verdict.over("workspace", outside, tol.workspace)
        if not self._history:
            return
        dt = limits.period_s
        window = np.array([*self._history[-(DIFFERENCES - 1) :], position])
        velocity = np.diff(window, axis=0) / dt
        verdict.over("velocity", float(np.max(np.abs(velocity[-1]) - limits.velocity)), tol.velocity)
        speed = float(np.linalg.norm(tool - limits.tool_position(self._history[-1]))) / dt
        verdict.over("tcp_speed", speed - limits.tcp_speed, tol.tcp_speed)
        moving = bool(np.any(velocity[-1] != 0.0))
        if moving and ((mode == OWNED and owner == 0) or mode in _AT_REST_MODES):
            verdict.violations["moved_without_owner"] += 1
        if len(window) >= 3:
            acceleration = np.diff(velocity, axis=0) / dt
            faster = (np.abs(velocity[-1]) > np.abs(velocity[-2])) & (velocity[-1] * velocity[-2] > 0.0)
            allowed = np.where(
                faster, limits.acceleration, np.maximum(limits.acceleration, limits.deceleration)
            )
            verdict.over("acceleration", float(np.max(np.abs(acceleration[-1]) - allowed)), tol.acceleration)
            if len(window) >= 4:
                jerk = np.diff(acceleration, axis=0)[-1] / dt
                verdict.over("jerk", float(np.max(np.abs(jerk) - limits.jerk)), tol.jerk)

    def command(self, position: Array) -> None:
        """One message of the command stream: it must be what a tick said, in the same order."""
        self.verdict.commands += 1
        for index, expected in enumerate(self._unmatched):
            if np.array_equal(position, expected):
                del self._unmatched[: index + 1]
                self._seen_command = True
                return
        if not self._seen_command:
            return
        if self.verdict.unmatched < self.verdict.lost_ticks:
            self.verdict.unmatched += 1
        else:
            self.verdict.violations["command_not_in_status"] += 1

    def state(self, stamp_s: float, position: Array, velocity: Array) -> None:
        """One measured joint state, stamped on the same clock as the ticks."""
        verdict, limits, tol = self.verdict, self.limits, self.tolerance
        verdict.states += 1
        beyond = float(np.max(np.maximum(limits.lower - position, position - limits.upper)))
        verdict.over("measured_position", beyond, tol.measured_position)
        allowed = limits.velocity * (1.0 + tol.measured_velocity_ratio) + tol.measured_velocity
        verdict.over("measured_velocity", float(np.max(np.abs(velocity) - allowed)), 0.0)
        if self._last_state is not None:
            last_stamp, last = self._last_state
            elapsed = stamp_s - last_stamp
            jump = float(np.max(np.abs(position - last) - allowed * max(elapsed, limits.period_s)))
            if jump > tol.measured_position and not self._reset_near(stamp_s):
                verdict.over("measured_jump", jump, tol.measured_position)
        self._last_state = (stamp_s, position)
        self._moved_by_reset = [t for t in self._moved_by_reset if t > stamp_s - 1.0]

    def _reset_near(self, stamp_s: float) -> bool:
        """Whether the controller was stopped around then: only then may the world be reset."""
        return any(abs(t - stamp_s) < 0.1 for t in self._moved_by_reset)
