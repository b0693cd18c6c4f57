"""What the owner asks for, turned into a wish: the joint velocity of this tick.

Streams are velocities; targets are approached on a braking curve; trajectories are followed with feed-forward and a
correction. Everything starts from the command state, so a new source or a new request never makes a jump.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import ruckig
from twincell_contract.reasons import Reason

from . import cartesian
from .limiter import Limiter, MotionState
from .stopper import State
from .trajectory import Sample, Spline, join
from .types import Array, Chunk, Command, Floats, Jog, MotionLimits, Pose, ToolKinematics, Twist

ACCELERATION_SHARE = 0.8
"""Share of the deceleration that the approach of a target plans with; the rest is for errors of the plan."""

LAG_STARTS, LAG_STOPS = 0.01, 0.06
"""rad between path and command state from which the path's time slows down, and at which it stands."""

ARRIVED = 1e-4
"""rad from the last point of a trajectory at which it counts as arrived."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Joint velocity (dof,) [rad/s], the state one period ahead where it is planned, and what shaped the wish."""

    velocity: Array
    ahead: State | None = None
    reasons: Reason = Reason.NONE


@dataclass(slots=True)
class Path:
    """A trajectory being followed; `time` is path time [s], which may pass slower than real time."""

    spline: Spline
    time: float
    sample: Sample

    @property
    def over(self) -> bool:
        """Whether the path's time has passed its end."""
        return self.time >= self.spline.duration


class Pursuit:
    """The owner's present request and the wish that follows from it."""

    def __init__(
        self,
        limits: MotionLimits,
        kinematics: ToolKinematics,
        limiter: Limiter,
        root_frame: str,
        home: Array,
    ) -> None:
        self._kinematics = kinematics
        self._limiter = limiter
        self._root = root_frame
        self._dof = dof = len(limits.velocity)
        self._home = np.asarray(home, dtype=float) if dof > 6 else None
        self._most = np.asarray(limits.velocity, dtype=float)
        self._gain = np.asarray(limits.acceleration, dtype=float)
        self._loss = np.asarray(limits.deceleration, dtype=float)
        self._ramp = float((self._loss / np.asarray(limits.jerk, dtype=float)).max())
        self._tool = (float(limits.tcp_speed), float(limits.tcp_angular_speed))
        self._otg = ruckig.Ruckig(dof)
        self._trajectory = ruckig.Trajectory(dof)
        self._input = ruckig.InputParameter(dof)
        self._input.synchronization = ruckig.Synchronization.Phase
        self._input.max_jerk = np.asarray(limits.jerk, dtype=float).tolist()
        self._velocity: Array | None = None
        self._twist: Twist | None = None
        self._pose: Pose | None = None
        self._target: Array | None = None
        self.path: Path | None = None

    def clear(self) -> None:
        """Forget the request: the wish is to stand still."""
        self._velocity = self._twist = self._pose = self._target = self.path = None

    def following(self, state: MotionState) -> bool:
        """Whether a trajectory is being followed at whose end the command state has not arrived."""
        return self.path is not None and not self.arrived(state)

    def follow(self, command: Command, state: MotionState, now: float) -> Reason:
        """Take over a command that passed the gate; a reason where it comes too late."""
        request = command.request
        if isinstance(request, Chunk):
            begin = command.received if command.stamp is None else command.stamp
            return self.follow_points(request, state, now - begin)
        self.clear()
        if isinstance(request, Twist):
            self._twist = request
        elif isinstance(request, Pose):
            self._pose = self._in_root(request, state)
        elif isinstance(request, Jog) and request.velocities:
            self._velocity = np.array(request.velocities)
        elif isinstance(request, Jog):
            self._target = np.array(state.position) + request.displacements
        return Reason.NONE

    def follow_points(self, chunk: Chunk, state: MotionState, time: float) -> Reason:
        """Follow what is left of `chunk` at `time` [s] of its clock, from the command state."""
        spline = join(chunk.points, time, state.position, state.velocity, state.acceleration)
        if spline is None:
            return Reason.COMMAND_STALE
        self.clear()
        self.path = Path(spline, time, spline.at(time))
        return Reason.NONE

    def wish(self, state: MotionState, speed_scale: float) -> Wish | None:
        """The wish of this tick; None where nothing is asked for."""
        if self._velocity is not None:
            return Wish(speed_scale * self._velocity)
        if self._twist is not None:
            return self._from_twist(self._twist, state, speed_scale)
        if self._pose is not None:
            return self._from_pose(self._pose, state, speed_scale)
        if self.path is not None:
            return self._from_path(self.path, state, speed_scale)
        if self._target is not None:
            return self._to(self._target, state, speed_scale)
        return None

    def _frame(self, frame: str, state: MotionState) -> tuple[Array, Array]:
        """Origin (3,) and rotation (3, 3) of a link frame in the root frame, at the command state."""
        position, quaternion = self._kinematics.link_poses(np.array(state.position))[frame]
        return position, cartesian.rotation_matrix(quaternion)

    def _in_root(self, pose: Pose, state: MotionState) -> Pose:
        """The pose in the root frame; a frame that moves is taken where it is at acceptance."""
        if pose.frame == self._root:
            return pose
        origin, quaternion = self._kinematics.link_poses(np.array(state.position))[pose.frame]
        position = origin + cartesian.rotation_matrix(quaternion) @ np.array(pose.position)
        return Pose(self._root, tuple(position), cartesian.multiply(quaternion, pose.orientation))

    def _solve(self, state: MotionState, twist: Array) -> cartesian.JointWish:
        position = np.array(state.position)
        posture = None if self._home is None else self._home - position
        return cartesian.joint_velocity(self._kinematics.jacobian(position), twist, posture)

    def _from_twist(self, request: Twist, state: MotionState, speed_scale: float) -> Wish:
        linear, angular = np.array(request.linear), np.array(request.angular)
        if request.frame != self._root:
            rotation = self._frame(request.frame, state)[1]
            linear, angular = rotation @ linear, rotation @ angular
        solved = self._solve(state, np.concatenate([linear, angular]))
        return Wish(
            speed_scale * solved.velocity, None, Reason.SINGULARITY if solved.singular else Reason.NONE
        )

    def _from_pose(self, request: Pose, state: MotionState, speed_scale: float) -> Wish:
        position, quaternion = self._kinematics.pose(np.array(state.position))
        error = cartesian.pose_error(position, quaternion, request.position, request.orientation)
        solved = self._solve(state, error)
        found = self._to(np.array(state.position) + solved.velocity, state, speed_scale)
        return replace(found, reasons=Reason.SINGULARITY) if solved.singular else found

    def _approach(self, displacement: Array) -> float:
        """Rate [1/s] at which to go through a joint displacement (dof,) [rad], so that a stop ends at its end.

        A stop from rate * displacement takes rate * lasting + ramp seconds, all joints together, and covers at most
        half of that time at full speed.
        """
        sizes = np.abs(displacement)
        lasting = float((sizes / (ACCELERATION_SHARE * self._loss)).max())
        if lasting <= 0.0:
            return 0.0
        rate = (math.sqrt(self._ramp * self._ramp + 8.0 * lasting) - self._ramp) / (2.0 * lasting)
        fastest = float((sizes / self._most).max())
        return min(rate, 1.0 / fastest)

    def _from_path(self, path: Path, state: MotionState, speed_scale: float) -> Wish:
        if path.over:
            return self._to(path.spline.end, state, speed_scale)
        period = self._limiter.period
        position = np.array(state.position)
        error = path.sample.position - position
        lag = float(np.abs(error).max())
        pace = speed_scale * min(1.0, max(0.0, (LAG_STOPS - lag) / (LAG_STOPS - LAG_STARTS)))
        ahead = path.spline.at(path.time + pace * period)
        reasons = Reason.NONE
        if pace > 0.0 and np.abs(ahead.velocity).max() > 0.0:
            shaped, reasons = self._limiter.shape(state, pace * ahead.velocity)
            pace *= shaped
        path.time += pace * period
        path.sample = path.spline.at(path.time)
        velocity = pace * ahead.velocity + self._approach(error) * error
        return Wish(velocity, None, reasons)

    def _to(self, target: Array, state: MotionState, speed_scale: float) -> Wish:
        """Towards a joint target, time-optimally: the state one period ahead on the way there."""
        limit = np.maximum(speed_scale * self._most, 1e-6)
        inputs = self._input
        upper, lower = [], []
        for v, q, to, gain, loss in zip(
            state.velocity, state.position, target, self._gain, self._loss, strict=True
        ):
            forward = v > 0.0 or (v == 0.0 and to >= q)
            upper.append(float(gain if forward else loss))
            lower.append(-float(loss if forward else gain))
        inputs.current_position = state.position
        inputs.current_velocity = state.velocity
        inputs.current_acceleration = state.acceleration
        inputs.target_position = target.tolist()
        inputs.max_velocity = limit.tolist()
        inputs.max_acceleration = upper
        inputs.min_acceleration = lower
        try:
            self._otg.calculate(inputs, self._trajectory)
        except ruckig.RuckigError:
            error = target - np.array(state.position)
            return Wish(speed_scale * self._approach(error) * error)
        if self._trajectory.duration <= 0.0:
            return Wish(np.zeros(self._dof))
        ahead = self._trajectory.at_time(self._limiter.period)
        return Wish(np.array(ahead[1]), ahead)

    def arrived(self, state: MotionState) -> bool:
        """Whether the trajectory has ended and the command state stands at its last point."""
        if self.path is None or not self.path.over:
            return False
        return bool(np.abs(self.path.spline.end - np.array(state.position)).max() <= ARRIVED)

    def desired(self) -> Floats:
        """Joint positions the trajectory asks for now [rad]; empty without one."""
        return () if self.path is None else tuple(self.path.sample.position.tolist())
