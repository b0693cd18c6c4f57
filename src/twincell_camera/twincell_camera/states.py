"""The last half second of a world's states, and the state at the time of an exposure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray
from twincell_world.world import WorldSnapshot

Array = NDArray[np.float64]

KEPT_NS = 500_000_000
REACH_NS = 60_000_000
"""How far beyond the newest state a moving arm is continued with its velocity; further away there is no state."""
JUMP = 0.05
"""[rad or m] Further than the velocities allow by this much, the world was reset and nothing lies between the two."""


@dataclass(frozen=True)
class TimedState:
    """A state with the ROS time it belongs to and the randomisation that was in force (JSON)."""

    stamp_ns: int
    snapshot: WorldSnapshot
    randomization: str


class StateBuffer:
    """States in the order of their stamps."""

    def __init__(self, model: mujoco.MjModel) -> None:
        self._model = model
        self._states: deque[TimedState] = deque()
        self._difference = np.zeros(model.nv)

    def add(self, state: TimedState) -> None:
        """Append a state. One that is not newer than the last begins anew: the world's clock was set back."""
        if self._states and state.stamp_ns <= self._states[-1].stamp_ns:
            self._states.clear()
        self._states.append(state)
        while self._states[-1].stamp_ns - self._states[0].stamp_ns > KEPT_NS:
            self._states.popleft()

    @property
    def newest_ns(self) -> int | None:
        """Stamp of the newest state, None before the first."""
        return self._states[-1].stamp_ns if self._states else None

    def at(self, stamp_ns: int) -> TimedState | None:
        """The state at a time: interpolated, or a little beyond the newest continued with its velocities.

        None when the time is before the oldest state or too far beyond the newest.
        """
        after = None
        for state in reversed(self._states):
            if state.stamp_ns <= stamp_ns:
                return self._between(state, after, stamp_ns)
            after = state
        return None

    def _between(self, before: TimedState, after: TimedState | None, stamp_ns: int) -> TimedState | None:
        seconds = (stamp_ns - before.stamp_ns) * 1e-9
        first = before.snapshot
        if seconds == 0.0:
            return before
        velocity: Array
        if after is None:
            if stamp_ns - before.stamp_ns > REACH_NS:
                return None
            velocity = first.qvel
        else:
            span = (after.stamp_ns - before.stamp_ns) * 1e-9
            mujoco.mj_differentiatePos(
                self._model, self._difference, span, first.qpos, after.snapshot.qpos
            )  # so that quaternions stay unit
            velocity = self._difference
            fastest = np.maximum(np.abs(first.qvel), np.abs(after.snapshot.qvel))
            if (np.abs(velocity) * span > fastest * span + JUMP).any():
                return TimedState(stamp_ns, first, before.randomization)
        qpos = first.qpos.copy()
        mujoco.mj_integratePos(self._model, qpos, velocity, seconds)
        # targets are put elsewhere at once: until the next state they are where they were
        moved = WorldSnapshot(
            first.steps, first.time + seconds, qpos, first.qvel, first.mocap_pos, first.mocap_quat
        )
        return TimedState(stamp_ns, moved, before.randomization)
