"""Follows a stream of joint positions as a robot controller does: guards it, bridges gaps, stops on silence.

Pure bookkeeping over ticks of the robot's period; no clock, no ROS, no hardware. What it returns is the reference the
arm is driven to.

- A tick without a command continues at the stream's velocity for `EXTRAPOLATION_S` (UR's external_control script
  extrapolates between packets as well): two loops on one clock often see no command in one tick and two in the next.
- A longer gap brakes with the stored stop. If the stream comes back before the time-out, the reference joins it again
  without a jump; else the stop runs to its end and the arm holds.
- A command further than the step guard from the last one is dropped and counted. The first one after `resync` must be
  within a smaller guard of the arm.
"""

from collections.abc import Sequence
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray
from twincell_model.profile import RobotProfile

from twincell_arm.stored_stop import Join, StoredStop

Array = NDArray[np.float64]

EXTRAPOLATION_S = 0.01
"""[s] Longest continuation of a stream at its own velocity; at least one tick."""
RESYNC_GUARD = 0.02
"""[rad] Step guard for the first command after `resync`: whoever commands must have started from where the arm stands.
A stream from before a reset of the world, a few degrees off, is thus not followed."""
JOINED = 1e-9
"""[rad, rad/s] Offsets below this need no joining motion."""


class Following(IntEnum):
    """What the reference does."""

    HOLDING = 0
    FOLLOWING = 1
    STOPPING = 2


class Follower:
    """The reference of one arm. `reference` is (dof,) [rad]; `mode` says what it does."""

    def __init__(self, profile: RobotProfile, tick_s: float) -> None:
        self._lower, self._upper = profile.lower, profile.upper
        self._guard = profile.step_guard
        self._dt = tick_s
        self.bridge_ticks = max(int(EXTRAPOLATION_S / tick_s + 1e-9), 1)
        self._silent_ticks = max(round(profile.command_timeout_s / tick_s), self.bridge_ticks + 1)
        self._stop = StoredStop(profile, tick_s)
        self._join = Join(profile, tick_s)
        self.dropped = 0
        self.resync(np.asarray(profile.home, float))

    def resync(self, q: Array) -> None:
        """Hold `q`, where the arm was found at rest; the next command must start from there."""
        self._hold(q)
        self._first_guard = RESYNC_GUARD

    def _hold(self, q: Array) -> None:
        self.mode = Following.HOLDING
        self.reference = q.copy()
        self._v = np.zeros_like(self.reference)
        self._a = np.zeros_like(self.reference)
        self._last: Array | None = None
        self._before: Array | None = None
        self._gap = 0
        self._braking = False
        self._joining = False
        self._join.reset()
        self._first_guard = self._guard

    def halt(self) -> None:
        """Run the stored stop now and hold afterwards, whatever arrives meanwhile."""
        if self.mode == Following.HOLDING:
            return
        if not self._braking:
            self._begin_stop()
        self.mode = Following.STOPPING

    def admit(self, commands: Sequence[Array], after: Array | None = None) -> list[Array]:
        """The commands that are within the step guard, each of the one before it; others are dropped and counted.

        `after` is the command before the first one, where that has not been followed yet.
        """
        admitted = []
        if after is not None:
            origin, guard = after, self._guard
        elif self._last is not None:
            origin, guard = self._last, self._guard
        else:
            origin, guard = self.reference, self._first_guard
        for command in commands:
            if np.abs(command - origin).max() > guard:
                self.dropped += 1
            else:
                admitted.append(command)
                origin, guard = command, self._guard
        return admitted

    def tick(self, command: Array | None) -> Array:
        """Advance by one tick with its newest command, finite and (dof,), or None. Returns the reference."""
        if self.mode == Following.STOPPING:
            self._brake()
            return self.reference
        if command is not None and self.admit([command]):
            self._follow(command)
        elif self.mode == Following.FOLLOWING:
            self._bridge()
        return self.reference

    def _follow(self, command: Array) -> None:
        last, self._last = self._last, command
        gap, self._gap = self._gap, 0
        if self.mode == Following.FOLLOWING and not self._braking:
            if gap:  # the stream may be behind or ahead of where the reference has gone on to
                v_stream = self._v - self._join.velocity
                self._start_join(self.reference + v_stream * self._dt - command, self._join.velocity)
            self._follow_stream(command)
        elif last is None or self._before is None:
            self._before = command  # a second command tells the stream's velocity
            self.mode = Following.FOLLOWING
            if not self._braking:
                self._begin_stop()
            self._advance_stop()
        else:
            v_stream = (command - self._before) / ((gap + 1) * self._dt)
            offset, v_offset = self.reference + v_stream * self._dt - command, self._v - v_stream
            self._braking = False
            self._before = None
            self._start_join(offset, v_offset)
            self._follow_stream(command)

    def _start_join(self, offset: Array, v_offset: Array) -> None:
        self._joining = max(np.abs(offset).max(), np.abs(v_offset).max()) > JOINED
        if self._joining:
            self._join.start(offset, v_offset)

    def _follow_stream(self, command: Array) -> None:
        if self._joining:
            offset, closed = self._join.step()
            self._joining = not closed
            if closed:
                self._join.reset()
            self._set(command + offset)
        else:
            self._set(command)

    def _bridge(self) -> None:
        """A tick of a moving stream without a command."""
        self._gap += 1
        if self._gap > self.bridge_ticks:
            self._before = None
        if self._braking:
            self._brake_step_in_gap()
        elif self._gap <= self.bridge_ticks:
            self._set(self.reference + self._v * self._dt)
        else:
            self._begin_stop()
            self._brake_step_in_gap()

    def _brake_step_in_gap(self) -> None:
        if self._gap > self._silent_ticks:
            self.mode = Following.STOPPING
            self._brake()
        else:
            self._advance_stop()

    def _begin_stop(self) -> None:
        self._stop.start(self.reference, self._v, self._a)
        self._braking = True
        self._joining = False
        self._join.reset()

    def _advance_stop(self) -> bool:
        q, at_rest = self._stop.step()
        self._set(q)
        return at_rest

    def _brake(self) -> None:
        if self._advance_stop():
            self._hold(self.reference)

    def _set(self, q: Array) -> None:
        q = np.minimum(np.maximum(q, self._lower), self._upper)
        v = (q - self.reference) / self._dt
        self._a = (v - self._v) / self._dt
        self._v = v
        self.reference = q
