"""What a report needs of a run's motion, collected while it runs and kept small.

Fed by the judge's thread (`status`, `state`) and by the demo (`begin`, `end`). Times are the stamps of the messages.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from twincell_model.profile import RobotProfile
from twincell_model.safety import SafetyLimits

Array = NDArray[np.float64]

# Kept of positions: enough for a picture and, interpolated, for the servo's delay.
SAMPLE_S = 0.02
BIN_S = 0.05
# Enough for a millisecond; 140 000 interpolations otherwise wait at the end of a long run.
_DELAY_EPISODES = 20
# Modes of ControllerStatus in which the arm may move.
OWNED, STOPPING = 2, 3
_MODES = ("starting", "hold", "owned", "stopping", "stopped", "fault")


@dataclass
class EpisodeTrace:
    """One episode: when it ran (stamps [s]) and where its target was (3,) [m, root frame]."""

    start: float
    end: float
    target: tuple[float, float, float]


@dataclass
class Samples:
    """A thinned series: stamps [s] and rows of values."""

    stamps: list[float] = field(default_factory=list)
    rows: list[Array] = field(default_factory=list)

    def add(self, stamp: float, row: Array) -> None:
        """Keep `row` unless the last one is younger than SAMPLE_S."""
        if not self.stamps or stamp - self.stamps[-1] >= SAMPLE_S - 1e-6:
            self.stamps.append(stamp)
            self.rows.append(row)

    def between(self, start: float, end: float) -> tuple[Array, Array]:
        """Stamps (n,) and rows (n, k) within [start, end]."""
        low, high = bisect_left(self.stamps, start), bisect_right(self.stamps, end)
        return np.array(self.stamps[low:high]), np.array(self.rows[low:high])


class RunTrace:
    """Collects; read it after the judge has ended."""

    def __init__(
        self,
        profile: RobotProfile,
        safety: SafetyLimits,
        tool_point: tuple[float, float, float] = (0.0, 0.0, 0.0),
    ) -> None:
        """`tool_point` is the one that is brought to targets, in the tool frame [m]."""
        self.profile, self.safety, self.tool_point = profile, safety, tool_point
        self.newest = 0.0
        """Stamp of the newest control tick [s]."""
        self.episodes: list[EpisodeTrace] = []
        self.measured, self.commanded = Samples(), Samples()
        self.envelope: dict[int, tuple[Array, Array]] = {}
        """Lowest and highest measured velocity (dof,) [rad/s] by bin of BIN_S since the start of an episode."""
        self.state_age_ms: list[float] = []
        self.source_age_ms: list[float] = []
        self.stops: Counter[tuple[str, int, bool]] = Counter()
        """(mode, reason bits, within an episode): how often the controller left normal operation."""
        dof = profile.dof
        self.usage = {kind: np.zeros(dof) for kind in ("velocity", "acceleration", "jerk")}
        """Largest share of each joint's limit that the commanded motion used."""
        self._history: Array = np.empty((0, dof))
        self._next_sequence = -1
        self._mode = -1
        self._open: EpisodeTrace | None = None

    def begin(self, target: tuple[float, float, float]) -> None:
        """An episode starts now."""
        self._open = EpisodeTrace(self.newest, float("inf"), target)

    def end(self) -> None:
        """The episode ends now."""
        if self._open is not None:
            self._open.end = self.newest
            self.episodes.append(self._open)
            self._open = None

    def status(self, message: Any, positions: Array) -> None:
        """A ControllerStatus with its commanded positions (ticks, dof)."""
        if len(positions) == 0:
            return
        inside = self._open is not None
        for k, mode in enumerate(message.tick_mode):
            if mode != self._mode:
                if mode >= STOPPING:
                    self.stops[_MODES[mode], int(message.tick_reasons[k]), inside] += 1
                self._mode = mode
        for stamp_ns, row in zip(message.tick_stamp_ns, positions, strict=True):
            self.commanded.add(stamp_ns * 1e-9, row)
        moving = np.array([mode == OWNED for mode in message.tick_mode])
        if inside:
            ages = np.array(message.tick_source_age)[moving]
            self.source_age_ms += (ages[ages >= 0.0] * 1e3).tolist()
            self.state_age_ms += (np.array(message.tick_state_age)[moving] * 1e3).tolist()
        self._use(message, positions)
        self.newest = message.tick_stamp_ns[-1] * 1e-9

    def _use(self, message: Any, positions: Array) -> None:
        """Note how much of the limits the ticks used. Breaks (a reset, a lost tick) start a new history."""
        modes = np.array(message.tick_mode)
        if message.first_sequence != self._next_sequence or not np.isin(modes, (OWNED, STOPPING)).all():
            self._history = np.empty((0, self.profile.dof))
        self._next_sequence = message.first_sequence + len(positions)
        if not np.isin(modes, (OWNED, STOPPING)).all():
            return
        series = np.vstack([self._history, positions])
        rate, safety = self.profile.rate_hz, self.safety
        velocity = np.diff(series, axis=0) * rate
        acceleration = np.diff(velocity, axis=0) * rate
        # As the judge has it: braking and turning round may use the larger of both limits.
        faster = (np.abs(velocity[1:]) > np.abs(velocity[:-1])) & (velocity[1:] * velocity[:-1] > 0.0)
        allowed = np.where(faster, safety.acceleration, np.maximum(safety.acceleration, safety.deceleration))
        for kind, shares in (
            ("velocity", np.abs(velocity) / safety.velocity),
            ("acceleration", np.abs(acceleration) / allowed),
            ("jerk", np.abs(np.diff(acceleration, axis=0)) * rate / safety.jerk),
        ):
            if len(shares):
                np.maximum(self.usage[kind], shares.max(axis=0), out=self.usage[kind])
        self._history = series[-3:]

    def state(self, stamp: float, position: Array, velocity: Array) -> None:
        """A measured joint state, profile order."""
        self.measured.add(stamp, position)
        episode = self._open
        if episode is not None and stamp >= episode.start:
            at = int((stamp - episode.start) / BIN_S)
            low, high = self.envelope.get(at, (velocity, velocity))
            self.envelope[at] = (np.minimum(low, velocity), np.maximum(high, velocity))


def motion_delay_s(trace: RunTrace, longest: float = 0.2, step: float = 0.001) -> float | None:
    """How far the measured motion lags behind the commanded one [s], by least squares over the episodes; None if still.

    The shift tau that minimises sum |q_measured(t) - q_commanded(t - tau)|^2.
    """
    shifts = np.arange(0.0, longest + step / 2, step)
    cost = np.zeros(len(shifts))
    moved = 0.0
    for episode in trace.episodes[:_DELAY_EPISODES]:
        stamps, measured = trace.measured.between(episode.start + longest, episode.end)
        base, commanded = trace.commanded.between(episode.start, episode.end)
        if len(stamps) < 5 or len(base) < 5:
            continue
        moved += float(np.abs(np.diff(commanded, axis=0)).sum())
        for joint in range(measured.shape[1]):
            for k, shift in enumerate(shifts):
                there = np.interp(stamps - shift, base, commanded[:, joint])
                cost[k] += float(np.sum((measured[:, joint] - there) ** 2))
    return float(shifts[int(np.argmin(cost))]) if moved > 0.05 else None
