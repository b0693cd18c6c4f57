"""The motion limiter: from the command state and a desired joint velocity to the next command state.

Every state it returns carries a certified stop (stopper.Stop). A wish is followed only if a certified stop exists from
the state it leads to; else it is scaled down, all joints alike, so that the direction survives; else the stored stop
goes on, exactly as planned. Commands come from this state alone, never from measured positions: with one tick of
measurement delay the same kind of limiter broke its position limit by 0.14 rad.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import ruckig
from twincell_contract.reasons import Reason

from .stopper import VELOCITY_SLACK, State, Stop, Stopper
from .types import Array, Floats, MotionLimits, ToolKinematics

BISECTIONS = 5
"""Halvings of the search for the largest accepted scale: a resolution of 1/32 of the wish."""

SPEED_HEADROOM = 0.97
"""Share of the tool speed limit a wish is scaled to; the rest is for the bounds between samples of the stop."""

STANDSTILL = 1e-12
"""rad/s below which a wish is a wish to stop."""

ACCELERATION_SLACK = 1e-9
"""rad/s^2 over a limit that still count as rounding."""

BRAKING_SHARE = 0.9
"""Share of the distance to a wall that the wish may use for braking."""

LEAST_SCALE = 2e-3
"""A wish braked to less than this share is a wish to stop: at a wall the arm stands instead of creeping along it."""


@dataclass(frozen=True, slots=True)
class MotionState:
    """Command state. `stop` is the certified stop from here, followed for `elapsed` s = `ticks` periods so far."""

    position: Floats  # rad
    velocity: Floats  # rad/s
    acceleration: Floats  # rad/s^2
    stop: Stop
    ticks: int = 0
    elapsed: float = 0.0

    @property
    def at_rest(self) -> bool:
        """Whether nothing moves any more."""
        return self.elapsed >= self.stop.duration


@dataclass(frozen=True, slots=True)
class Step:
    """What the limiter did with a wish."""

    state: MotionState
    scale: float  # share of the wish that was followed, 0 to 1; 0 when the stop goes on
    reasons: Reason


class Limiter:
    """Steps the command state by one period of `period` seconds at a time."""

    def __init__(self, limits: MotionLimits, kinematics: ToolKinematics, period: float) -> None:
        self.period = period
        self.stopper = Stopper(limits, kinematics)
        self._kinematics = kinematics
        self._dof = dof = len(limits.velocity)
        self._acceleration = [float(x) for x in limits.acceleration]
        self._deceleration = [float(x) for x in limits.deceleration]
        self._velocity = np.asarray(limits.velocity, dtype=float)
        self._most = [float(x) + VELOCITY_SLACK for x in limits.velocity]
        deceleration = np.asarray(limits.deceleration, dtype=float)
        self._slowing = deceleration
        self._ramp = float((deceleration / np.asarray(limits.jerk, dtype=float)).max())
        self._walls = np.concatenate([limits.lower, limits.box_lower, limits.upper, limits.box_upper])
        self._tool_speed = float(limits.tcp_speed)
        self._tool_turn = float(limits.tcp_angular_speed)
        self._otg = ruckig.Ruckig(dof)
        self._trajectory = ruckig.Trajectory(dof)
        self._input = ruckig.InputParameter(dof)
        self._input.control_interface = ruckig.ControlInterface.Velocity
        self._input.synchronization = ruckig.Synchronization.Phase
        self._jerk = np.asarray(limits.jerk, dtype=float).tolist()
        self._input.max_jerk = self._jerk

    def rest(self, position: Sequence[float]) -> MotionState | None:
        """The state at rest at `position` [rad], or None where that is outside the limits."""
        zeros = (0.0,) * self._dof
        state = (tuple(float(x) for x in position), zeros, zeros)
        stop = self.stopper.plan(state)
        if stop is None or self.stopper.certify(stop):
            return None
        return MotionState(*state, stop=stop, elapsed=stop.duration)

    def outside(self, position: Sequence[float]) -> Reason:
        """Reasons why the arm may not stand at `position` [rad]; NONE where it may."""
        zeros = (0.0,) * self._dof
        stop = self.stopper.plan((tuple(float(x) for x in position), zeros, zeros))
        return Reason.OUTSIDE_LIMITS if stop is None else self.stopper.certify(stop)

    def stop(self, state: MotionState) -> MotionState:
        """One period further along the stored stop."""
        if state.at_rest:
            return state
        ticks = state.ticks + 1
        elapsed = ticks * self.period
        position, velocity, acceleration = state.stop.at(elapsed)
        return MotionState(
            tuple(position),
            tuple(velocity),
            tuple(acceleration),
            stop=state.stop,
            ticks=ticks,
            elapsed=elapsed,
        )

    def step(self, state: MotionState, wish: Array, ahead: State | None = None) -> Step:
        """Towards the joint velocity `wish` (dof,) [rad/s].

        `ahead` is the state one period later on a time-optimal way planned with the same limits, where the caller has
        one. It is taken as it is where a certified stop exists from there and the wish need not be scaled, or where it
        brakes: a scaled wish would undo the braking that the way needs to end at its target.
        A wish that is not finite is a wish to stop.
        """
        fastest = float(np.abs(wish).max())
        if not math.isfinite(fastest):
            return Step(self.stop(state), 0.0, Reason.COMMAND_NOT_FINITE)
        if fastest <= STANDSTILL and ahead is None:
            return Step(self.stop(state), 1.0, Reason.NONE)
        scale, reasons = self.shape(state, wish)
        found, refused = None, Reason.NONE
        if ahead is not None and (scale == 1.0 or _brakes(state, ahead)) and self._gains_speed_gently(ahead):
            found, refused = self._accept(state, ahead)
        if found is None and scale == 0.0:
            return Step(self.stop(state), 0.0, reasons | refused)
        if found is None:
            found, refused = self._attempt(state, scale * wish)
        if found is not None:
            return Step(found, scale, reasons)
        low, high, best = 0.0, scale, None
        for _ in range(BISECTIONS):
            middle = 0.5 * (low + high)
            found, why = self._attempt(state, middle * wish)
            if found is None:
                high, refused = middle, refused | why
            else:
                low, best = middle, found
        if best is None:
            return Step(self.stop(state), 0.0, reasons | refused)
        return Step(best, low, reasons | refused)

    def shape(self, state: MotionState, wish: Array) -> tuple[float, Reason]:
        """Scale of the wish for joint speed, tool speed and the braking distance to every wall, with the reasons.

        It makes the motion slow down smoothly before a wall; the certificate is what keeps it inside.
        """
        whole, reasons = 1.0, Reason.NONE
        ratio = float((np.abs(wish) / self._velocity).max())
        if ratio > 1.0:
            whole, reasons = 1.0 / ratio, Reason.LIMIT_VELOCITY
            wish = whole * wish
        scale = 1.0
        position = np.array(state.position)
        twist = self._kinematics.jacobian(position) @ wish
        linear, angular = twist[:3], twist[3:]
        speed = max(
            math.sqrt(linear @ linear) / self._tool_speed, math.sqrt(angular @ angular) / self._tool_turn
        )
        if speed > SPEED_HEADROOM:
            scale = SPEED_HEADROOM / speed
            reasons |= Reason.LIMIT_TCP_SPEED
        # A stop from scale * wish takes at most scale * lasting + ramp, all joints together, and covers at most half
        # of that time at full speed.
        lasting = float((np.abs(wish) / self._slowing).max())
        ramp = self._ramp
        rates = np.concatenate([wish, linear])
        place = np.concatenate([position, self._kinematics.pose(position)[0]])
        half = len(place)
        distances = np.concatenate([place - self._walls[:half], self._walls[half:] - place])
        approach = np.concatenate([-rates, rates])
        closing = approach * scale * (lasting * scale + ramp) > 2.0 * BRAKING_SHARE * distances
        closing &= approach > 0.0
        if closing.any():
            room = np.maximum(distances[closing], 0.0) * BRAKING_SHARE / approach[closing]
            scales = (np.sqrt(ramp * ramp + 8.0 * room * lasting) - ramp) / (2.0 * lasting)
            scale = float(scales.min())
            rows = np.flatnonzero(closing) % half
            reasons |= Reason.LIMIT_POSITION if (rows < self._dof).any() else Reason.NONE
            reasons |= Reason.LIMIT_WORKSPACE if (rows >= self._dof).any() else Reason.NONE
        return (whole * scale if scale >= LEAST_SCALE else 0.0), reasons

    def _attempt(self, state: MotionState, wish: Array) -> tuple[MotionState | None, Reason]:
        """The state one period later, if a certified stop exists from there; else the reason why not."""
        target = wish.tolist()
        upper, lower = [], []
        for i, (v, a) in enumerate(zip(state.velocity, state.acceleration, strict=True)):
            up, down, to = self._acceleration[i], self._deceleration[i], target[i]
            forward = v > 0.0 or (v == 0.0 and to >= 0.0)
            if to != 0.0 and (to > 0.0) != forward:
                # A reversal: past zero the acceleration limit holds, so come there within it.
                if abs(a) > up:
                    target[i] = 0.0
                else:
                    down = up
            upper.append(up if forward else down)
            lower.append(-down if forward else -up)
        inputs = self._input
        inputs.current_position = state.position
        inputs.current_velocity = state.velocity
        inputs.current_acceleration = state.acceleration
        inputs.target_velocity = target
        inputs.max_acceleration = upper
        inputs.min_acceleration = lower
        try:
            result = self._otg.calculate(inputs, self._trajectory)
        except ruckig.RuckigError:
            return None, Reason.LIMIT_ACCELERATION
        if result not in (ruckig.Result.Working, ruckig.Result.Finished):
            return None, Reason.LIMIT_ACCELERATION
        return self._accept(state, self._trajectory.at_time(self.period))

    def _gains_speed_gently(self, ahead: State) -> bool:
        """Whether every joint that is over its acceleration limit loses speed, and can be under it before it turns.

        Planning by position uses the deceleration limit beyond a reversal too, where the acceleration limit holds.
        """
        for v, a, most, jerk in zip(ahead[1], ahead[2], self._acceleration, self._jerk, strict=True):
            limit = most + ACCELERATION_SLACK
            if abs(a) > limit and (v * a >= 0.0 or a * a - 2.0 * jerk * abs(v) > limit * limit):
                return False
        return True

    def _accept(self, state: MotionState, ahead: State) -> tuple[MotionState | None, Reason]:
        """The state `ahead`, if a certified stop exists from there; else the reason why not."""
        position, velocity, acceleration = ahead
        for old, new, v, most in zip(state.position, position, velocity, self._most, strict=True):
            if not (abs(v) <= most and abs(new - old) <= most * self.period):
                return None, Reason.LIMIT_VELOCITY
        after = (tuple(position), tuple(velocity), tuple(acceleration))
        stop = self.stopper.plan(after)
        if stop is None:
            return None, Reason.LIMIT_ACCELERATION
        refused = self.stopper.certify(stop)
        if refused:
            return None, refused
        return MotionState(*after, stop=stop), Reason.NONE


def _brakes(state: MotionState, ahead: State) -> bool:
    """Whether the joints lose speed on the whole."""
    return sum(v * (after - v) for v, after in zip(state.velocity, ahead[1], strict=True)) < 0.0
