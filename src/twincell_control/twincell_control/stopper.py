"""Full stops and the certificate that a stop stays inside every limit.

A stop takes all joints to rest on one time scale: phase-synchronised where velocity and acceleration are collinear,
else time-synchronised (all joints come to rest together). The certificate holds for the whole continuous path: between
its samples the tool moves at most a curvature bound away from the chord. With lever arms L_j (distance from axis j to
the tool over all poses) and M_ij = L_max(i,j), derivatives of the tool point p(q) are bounded by
|dp/dq_j| <= L_j, |d2p/dq_i dq_j| <= M_ij and likewise for the third, because revolute axes rotate lever arms.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import ruckig
from twincell_contract.reasons import Reason

from .types import Array, MotionLimits, ToolKinematics

SEGMENTS = 8
"""Segments of a stop between exact samples; short at its begin, where the tool is fast."""

POSITION_SLACK = 1e-8
"""rad inside the position limits, for rounding of planned positions (measured below 2e-9)."""

BRAKE_ROUNDING = 1e-9
"""s; a stop that begins with a longer correction of its acceleration does not start inside the limits."""

VELOCITY_SLACK = 1e-9
"""rad/s over a limit that still count as rounding."""

State = tuple[Sequence[float], Sequence[float], Sequence[float]]
"""Position [rad], velocity [rad/s] and acceleration [rad/s^2] of all joints."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A planned stop. The trajectory is never changed after planning."""

    trajectory: ruckig.Trajectory
    duration: float  # s
    rest: tuple[float, ...]  # rad, where it ends

    def at(self, time: float) -> State:
        """State at `time` [s] after the begin; exactly at rest once the stop is over."""
        if time >= self.duration:
            zeros = (0.0,) * len(self.rest)
            return self.rest, zeros, zeros
        position, velocity, acceleration = self.trajectory.at_time(time)
        return position, velocity, acceleration


class Stopper:
    """Plans stops and certifies them against `limits`."""

    def __init__(self, limits: MotionLimits, kinematics: ToolKinematics) -> None:
        self._kinematics = kinematics
        self.dof = dof = len(limits.velocity)
        self._acceleration = [float(x) for x in limits.acceleration]
        self._deceleration = [float(x) for x in limits.deceleration]
        self._lower = [float(x) + POSITION_SLACK for x in limits.lower]
        self._upper = [float(x) - POSITION_SLACK for x in limits.upper]
        self._velocity = [float(x) + VELOCITY_SLACK for x in limits.velocity]
        self._box = np.array([limits.box_lower, limits.box_upper], dtype=float)
        self._speed = np.array([limits.tcp_speed, limits.tcp_angular_speed], dtype=float)
        self._levers = np.asarray(kinematics.lever_arms, dtype=float)
        order = np.arange(dof)
        self._curvature = np.stack(
            [self._levers[np.maximum(order[:, None], order[None, :])], np.ones((dof, dof))]
        )
        jerk = np.asarray(limits.jerk, dtype=float)
        self._jerk_term = np.array([self._levers @ jerk, jerk.sum()])
        self._fractions = [(k / SEGMENTS) ** 2 for k in range(SEGMENTS + 1)]
        self._lengths = np.diff(self._fractions)
        self._otg = ruckig.Ruckig(dof)
        self._input = ruckig.InputParameter(dof)
        self._input.control_interface = ruckig.ControlInterface.Velocity
        self._input.synchronization = ruckig.Synchronization.Phase
        self._input.max_jerk = jerk.tolist()
        self._input.target_velocity = [0.0] * dof

    def plan(self, state: State) -> Stop | None:
        """A stop from `state`, or None where none can be computed."""
        position, velocity, acceleration = state
        upper, lower = [], []
        for v, a, up, down in zip(
            velocity, acceleration, self._acceleration, self._deceleration, strict=True
        ):
            forward = v > 0.0 or (v == 0.0 and a > 0.0)
            upper.append(up if forward else down)
            lower.append(-down if forward else -up)
        inputs = self._input
        inputs.current_position = position
        inputs.current_velocity = velocity
        inputs.current_acceleration = acceleration
        inputs.max_acceleration = upper
        inputs.min_acceleration = lower
        trajectory = ruckig.Trajectory(self.dof)
        try:
            result = self._otg.calculate(inputs, trajectory)
        except ruckig.RuckigError:
            return None
        if result not in (ruckig.Result.Working, ruckig.Result.Finished):
            return None
        duration = trajectory.duration
        return Stop(trajectory, duration, tuple(trajectory.at_time(duration)[0]))

    def certify(self, stop: Stop) -> Reason:
        """Reasons why `stop` leaves the limits; NONE where it stays inside all of them."""
        reason = Reason.NONE
        peaks = []
        bounds = zip(stop.trajectory.profiles[0], self._lower, self._upper, self._velocity, strict=True)
        for profile, low, high, fastest in bounds:
            if profile.brake.duration > BRAKE_ROUNDING:
                return Reason.LIMIT_ACCELERATION
            accelerations, velocities, positions = profile.a, profile.v, profile.p
            least, most = min(positions), max(positions)
            speed = max(max(velocities), -min(velocities))
            if accelerations[0] * accelerations[1] < 0.0 or velocities[0] * velocities[1] < 0.0:
                inner, turn = _first_segment(profile, velocities[0], accelerations[0])
                speed = max(speed, inner)
                least, most = min(least, turn), max(most, turn)
            if not (least >= low and most <= high):
                reason |= Reason.LIMIT_POSITION
            if not speed <= fastest:
                reason |= Reason.LIMIT_VELOCITY
            peaks.append(max(max(accelerations), -min(accelerations)))
        return reason or self._certify_tool(stop, np.array(peaks))

    def _certify_tool(self, stop: Stop, acceleration: Array) -> Reason:
        """The tool stays in the box and under its speed limits; `acceleration` bounds the joints' over the stop."""
        duration = stop.duration
        samples = np.array([stop.trajectory.at_time(f * duration)[:2] for f in self._fractions])
        positions, velocities = samples[:, 0], samples[:, 1]
        start = positions[0]
        origin = self._kinematics.pose(start)[0]
        jacobian = self._kinematics.jacobian(start)
        lengths = duration * self._lengths
        # Bounds over each segment. Axis 0: point, rotation; axis 1: segment.
        speeds = np.abs(velocities)
        fastest = np.maximum(speeds[:-1], speeds[1:]) + 0.5 * lengths[:, None] * acceleration
        bent = fastest @ self._curvature
        centripetal = np.sum(bent * fastest, axis=2)
        second = self._levers @ acceleration + centripetal[0]
        third = self._jerk_term[:, None] + 3.0 * (bent @ acceleration) + centripetal * np.sum(fastest, axis=1)
        squares = lengths * lengths / 8.0
        sag, swell = squares * second, squares * third
        # First order from the start, with the second-order remainder of the Jacobian: no further kinematics.
        moved = np.abs(positions - start)
        turned = moved @ self._curvature
        points = origin + (positions - start) @ jacobian[:3].T
        twists = velocities @ jacobian.T
        point_error = 0.5 * np.sum(turned[0] * moved, axis=1)
        twist_error = np.sum(turned * speeds, axis=2)
        reason = self._rows(points, twists, point_error, twist_error, sag, swell)
        if not reason:
            return reason
        for k in range(1, SEGMENTS + 1):
            points[k] = self._kinematics.pose(positions[k])[0]
            twists[k] = self._kinematics.jacobian(positions[k]) @ velocities[k]
        return self._rows(points, twists, 0.0 * point_error, 0.0 * twist_error, sag, swell)

    def _rows(
        self, points: Array, twists: Array, point_error: Array, twist_error: Array, sag: Array, swell: Array
    ) -> Reason:
        low, high = self._box
        inside = np.minimum(points - low, high - points).min(axis=1) - point_error
        reason = Reason.NONE
        if not (np.minimum(inside[:-1], inside[1:]) - sag).min() >= 0.0:
            reason |= Reason.LIMIT_WORKSPACE
        speed = np.sqrt(np.square(twists).reshape(-1, 2, 3).sum(axis=2)).T + twist_error
        over = (np.maximum(speed[:, :-1], speed[:, 1:]) + swell).max(axis=1) - self._speed
        if not over.max() <= 0.0:
            reason |= Reason.LIMIT_TCP_SPEED
        return reason


def _first_segment(profile: ruckig.Profile, velocity: float, acceleration: float) -> tuple[float, float]:
    """Largest speed inside the first segment of a profile, and the position at which its velocity changes sign.

    The segment has constant jerk; the later ones have neither inside. ruckig's own position extrema are not used:
    with the velocity interface they take 0 for the final position.
    """
    jerk, position = profile.j[0], profile.p[0]
    if jerk == 0.0:
        return abs(velocity), position
    peak = abs(velocity - acceleration * acceleration / (2.0 * jerk))
    discriminant = acceleration * acceleration - 2.0 * jerk * velocity
    if discriminant < 0.0:
        return peak, position
    root = math.sqrt(discriminant)
    duration = profile.t[0]
    times = [t for t in ((-acceleration - root) / jerk, (-acceleration + root) / jerk) if 0.0 < t < duration]
    if not times:
        return peak, position
    t = min(times)
    return peak, position + t * (velocity + t * (acceleration / 2.0 + t * jerk / 6.0))
