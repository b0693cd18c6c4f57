"""The controller without ROS: gate, arbiter, supervisor and limiter in one tick.

The servo node and training use the same class. For training:

    core = ControlCore(profile, safety)
    core.place(q)                          # at rest, inside the limits
    q_command = core.step_joint_velocity(v)  # (dof,) rad, one period of profile.tick_s further

For everything else call `tick` once a period and `acquire`, `release`, `stop`, `reset`, `start_goal`, `cancel_goal`
between ticks.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from twincell_contract.reasons import Reason, describe
from twincell_model.errors import UserError
from twincell_model.kinematics import Kinematics
from twincell_model.profile import RobotProfile
from twincell_model.safety import SafetyLimits

from . import arbiter, supervisor
from .arbiter import FREE, Lease
from .gate import GateRules, Passed, check
from .goals import Goal, GoalTracker
from .limiter import Limiter, MotionState
from .pursuit import Pursuit
from .supervisor import Supervision
from .types import (
    Array,
    Chunk,
    Command,
    Event,
    Floats,
    Grip,
    Inputs,
    JointSample,
    Mode,
    Outputs,
    ToolKinematics,
)
from .watch import Sight, faults, start_obstacles


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer to a request: granted or not, with one sentence where there is something to say."""

    ok: bool
    reason: str = ""


class ControlCore:
    """State of the controller and its tick. Not thread-safe: one thread calls everything."""

    def __init__(
        self, profile: RobotProfile, safety: SafetyLimits, kinematics: ToolKinematics | None = None
    ) -> None:
        self.profile = profile
        self.safety = safety
        self.kinematics: ToolKinematics = kinematics or Kinematics(profile)
        self.period = profile.tick_s
        self.limiter = Limiter(safety, self.kinematics, self.period)
        self.speed_scale = 1.0
        self.accepted = 0
        self.rejected = 0
        self.last_error = ""
        self._pursuit = Pursuit(safety, self.kinematics, self.limiter, profile.root_frame, profile.home)
        self._rules = GateRules(
            joint_names=tuple(profile.joint_names),
            frames=frozenset(self.kinematics.link_poses(profile.home)),
            stale_after=safety.command_timeout_s,
            future_tolerance=safety.future_tolerance_s,
            chunk_ahead=safety.lease_s,
        )
        self._goals = GoalTracker(profile.joint_names)
        self._state: MotionState | None = None
        self._supervision = Supervision()
        self._lease: Lease = FREE
        self._measured: JointSample | None = None
        self._arm_mode: int | None = None
        self._commanded_at = -math.inf  # newest accepted command of the owner
        self._owned_since = -math.inf
        self._gripper: float | None = None
        self._events: list[Event] = []

    # --- for training and inspection ---------------------------------------------------------------------------

    @property
    def position(self) -> Array:
        """Commanded joint positions (dof,) [rad]."""
        return np.array(self._placed().position)

    @property
    def velocity(self) -> Array:
        """Commanded joint velocities (dof,) [rad/s]."""
        return np.array(self._placed().velocity)

    @property
    def acceleration(self) -> Array:
        """Commanded joint accelerations (dof,) [rad/s^2]."""
        return np.array(self._placed().acceleration)

    @property
    def mode(self) -> Mode:
        """Present mode."""
        return self._supervision.mode

    @property
    def owner(self) -> str:
        """Present owner, empty where there is none."""
        return self._lease.owner

    def place(self, position: Sequence[float] | Array) -> None:
        """Put the command state at rest at `position` (dof,) [rad] and hold. Raises UserError outside the limits."""
        refused = self._place(tuple(float(x) for x in position))
        if refused:
            raise UserError(f"the arm cannot start there: {describe(refused)}")
        self._supervision = supervisor.started(self._supervision)
        self._lease = FREE
        self._pursuit.clear()

    def step_joint_velocity(self, velocity: Sequence[float] | Array) -> Array:
        """One period towards the joint velocity (dof,) [rad/s]; the new commanded positions (dof,) [rad].

        The same limiter as in `tick`, without sources, leases and measured state. Not finite: the arm stops.
        """
        wish = self.speed_scale * np.asarray(velocity, dtype=float)
        self._state = self.limiter.step(self._placed(), wish).state
        return np.array(self._state.position)

    def _placed(self) -> MotionState:
        if self._state is None:
            raise UserError("the controller has no command state yet: call place first")
        return self._state

    # --- requests ----------------------------------------------------------------------------------------------

    def acquire(self, source: str, lease: float, now: float) -> Answer:
        """Make `source` the owner for `lease` seconds of silence (0: the safety profile's lease)."""
        if not supervisor.may_own(self._supervision):
            return Answer(False, self._not_ready())
        length = self.safety.lease_s if lease == 0.0 else lease
        verdict = arbiter.acquire(self._lease, source, length, now)
        if not verdict.granted:
            return Answer(False, verdict.reason)
        self._drop_goal("the goal was pre-empted by " + source)
        self._own(verdict.lease, now)
        return Answer(True)

    def _own(self, lease: Lease, now: float) -> None:
        self._lease = lease
        self._pursuit.clear()
        self._commanded_at = -math.inf
        self._owned_since = now
        self._supervision = supervisor.owned(self._supervision)

    def release(self, source: str) -> Answer:
        """Give the arm back; it comes to rest and holds."""
        verdict = arbiter.release(self._lease, source)
        if verdict.granted:
            self._drop_goal("the arm was released")
            self._let_go()
        return Answer(verdict.granted, verdict.reason)

    def _let_go(self) -> None:
        self._lease = FREE
        self._commanded_at = -math.inf
        self._pursuit.clear()
        self._supervision = supervisor.let_go(self._supervision)

    def stop(self) -> Answer:
        """Run the stored stop and wait for `reset`."""
        mode = self.mode
        if mode in (Mode.STOPPED, Mode.FAULT):
            return Answer(True, f"already at rest in {mode.name}; call controller/reset")
        if mode is Mode.STARTING:
            return Answer(True, "the controller has not started to command the arm")
        self._abort(supervisor.stop(self._supervision), "a stop was requested")
        return Answer(True)

    def _abort(self, supervision: Supervision, why: str) -> None:
        self._supervision = supervision
        self._drop_goal(why)
        self._lease = FREE
        self._commanded_at = -math.inf
        self._pursuit.clear()

    def reset(self, now: float) -> Answer:
        """Acknowledge a stop or fault: take the measured state as command state and hold. Only at rest."""
        mode = self.mode
        if mode in (Mode.HOLD, Mode.STARTING):
            return Answer(True, f"nothing to reset in {mode.name}")
        if mode not in (Mode.STOPPED, Mode.FAULT):
            return Answer(False, f"the controller is in {mode.name}; stop it first")
        waiting = start_obstacles(self._sight(now), self.safety) or self._place(self._measured_position())
        if waiting:
            return Answer(False, describe(waiting))
        self._supervision = supervisor.started(self._supervision)
        return Answer(True)

    def start_goal(self, goal: Goal, now: float) -> Answer:
        """Follow a trajectory of the planner. The arm must be free or the planner's; an old goal is aborted."""
        passed = self._goals.check(goal, now, self._rules)
        if isinstance(passed, str):
            return Answer(False, passed)
        if not supervisor.may_own(self._supervision):
            return Answer(False, self._not_ready())
        if self._lease.owner not in ("", "planner"):
            return Answer(False, f"the arm is owned by {self._lease.owner}; release it first")
        refused = self._unreachable(passed)
        if refused:
            return Answer(False, refused)
        borrowed = not self._lease.held or self._goals.borrowed
        self._drop_goal("the goal was replaced by a newer one")
        if not self._lease.held:
            self._own(arbiter.acquire(FREE, "planner", math.inf, now).lease, now)
        assert self._state is not None
        late = self._pursuit.follow_points(passed, self._state, max(now - goal.begin, 0.0))
        if late:
            self._let_go()
            return Answer(False, describe(late))
        self._goals.begin(goal, now, borrowed)
        self._commanded_at = now
        return Answer(True)

    def _unreachable(self, chunk: Chunk) -> str:
        """Why the arm cannot stand at the points of a trajectory; empty where it can."""
        positions = np.array([point.position for point in chunk.points])
        beyond = (positions < self.safety.lower) | (positions > self.safety.upper)
        if beyond.any():
            name = self.profile.joint_names[int(np.flatnonzero(beyond.any(axis=0))[0])]
            return f"{name} would leave its position limits"
        if self.limiter.outside(chunk.points[-1].position):
            return "the tool would end outside the workspace"
        return ""

    def cancel_goal(self, goal: int) -> Answer:
        """Stop following a goal: the stored stop runs, then the arm holds."""
        if self._goals.active != goal:
            return Answer(False, "the goal is not active")
        self._finish_goal()
        return Answer(True)

    def drop_planner(self, why: str) -> None:
        """Abort the planner's goal for a reason outside it; the stored stop runs, then the arm holds."""
        if self._goals.active is not None:
            borrowed = self._goals.borrowed
            self._drop_goal(why)
            self._pursuit.clear()
            if borrowed:
                self._let_go()

    def set_speed_scale(self, scale: float) -> Answer:
        """Scale all requested velocities and the time of trajectories by `scale`, 0 to 1."""
        if not 0.0 <= scale <= 1.0:
            return Answer(False, f"a speed scale of {scale:g} is not between 0 and 1")
        self.speed_scale = float(scale)
        return Answer(True)

    def _finish_goal(self) -> None:
        """The goal is over: give the arm back if the goal had borrowed it."""
        borrowed = self._goals.borrowed
        self._goals.end()
        self._pursuit.clear()
        if borrowed:
            self._let_go()

    def _drop_goal(self, why: str) -> None:
        event = self._goals.drop(why)
        if event is not None:
            self._events.append(event)

    def _not_ready(self) -> str:
        latched = describe(self._supervision.latched)
        remedy = " Call controller/reset." if self.mode in (Mode.STOPPED, Mode.FAULT) else ""
        return f"the controller is in {self.mode.name}. {latched}{remedy}".replace(" .", ".").strip()

    # --- the tick ----------------------------------------------------------------------------------------------

    def tick(self, now: float, inputs: Inputs) -> Outputs:
        """One period. Never raises: an internal error runs the stored stop and latches."""
        try:
            reasons = self._tick(now, inputs)
        except Exception as error:
            self.last_error = f"{type(error).__name__}: {error}"
            reasons = Reason.INTERNAL_ERROR
            self._abort(supervisor.fault(self._supervision, reasons), "internal error")
            self._state = None if self._state is None else self.limiter.stop(self._state)
        events, self._events = self._events, []
        gripper, self._gripper = self._gripper, None
        state = self._state
        ready = self._arm_mode in supervisor.READY
        fault = self.mode is Mode.FAULT and not ready
        return Outputs(
            position=() if state is None else state.position,
            publish=state is not None and self.mode is not Mode.STARTING and not fault,
            mode=self.mode,
            owner=self._lease.owner,
            reasons=int(reasons | self._supervision.latched),
            speed_scale=self.speed_scale,
            source_age=now - self._commanded_at if math.isfinite(self._commanded_at) else -1.0,
            state_age=self._state_age(now),
            gripper=gripper,
            events=tuple(events),
        )

    def _tick(self, now: float, inputs: Inputs) -> Reason:
        reasons = self._take_state(inputs)
        if inputs.arm_mode is not None:
            self._arm_mode = inputs.arm_mode
        if self.mode is Mode.STARTING:
            return reasons | self._start(now)
        state = self._placed()
        if state.at_rest:
            self._supervision = supervisor.at_rest(self._supervision)
        reasons |= self._watch(now, inputs, state)
        latching = reasons & supervisor.FAULTS
        if supervisor.waits(self._supervision, latching):
            self._supervision = supervisor.Supervision()
            return reasons
        if latching:
            self._abort(supervisor.fault(self._supervision, latching), describe(latching))
        reasons |= self._admit(now, inputs)
        reasons |= self._move(now)
        return reasons

    def _take_state(self, inputs: Inputs) -> Reason:
        sample = inputs.state
        if sample is None:
            return Reason.NONE
        whole = len(sample.position) == len(sample.velocity) == self.profile.dof
        if not whole or not all(map(math.isfinite, (*sample.position, *sample.velocity))):
            return Reason.STATE_INVALID
        self._measured = sample
        return Reason.NONE

    def _state_age(self, now: float) -> float:
        return math.inf if self._measured is None else now - self._measured.stamp

    def _measured_position(self) -> Floats:
        return () if self._measured is None else self._measured.position

    def _sight(self, now: float, gap: float = 0.0) -> Sight:
        return Sight(self._measured, self._state_age(now), self._arm_mode, gap)

    def _place(self, position: Floats) -> Reason:
        outside = self.limiter.outside(position)
        state = None if outside else self.limiter.rest(position)
        if state is None:
            return Reason.OUTSIDE_LIMITS | outside
        self._state = state
        return Reason.NONE

    def _start(self, now: float) -> Reason:
        waiting = start_obstacles(self._sight(now), self.safety) or self._place(self._measured_position())
        if not waiting:
            self._supervision = supervisor.started(self._supervision)
        return waiting

    def _watch(self, now: float, inputs: Inputs, state: MotionState) -> Reason:
        if self.mode in (Mode.STOPPED, Mode.FAULT):
            return Reason.NONE
        sight = self._sight(now, inputs.gap)
        reasons = faults(sight, state.position, state.at_rest, self.safety, self.profile.command_timeout_s)
        if inputs.several_publishers and self._lease.held:
            reasons |= Reason.SEVERAL_PUBLISHERS
        return reasons

    def _admit(self, now: float, inputs: Inputs) -> Reason:
        """Gate and arbiter: commands of the owner that pass renew its lease and become its request."""
        reasons = Reason.NONE
        for command in inputs.commands:
            refused = self._take_command(command, now)
            if refused:
                self.rejected += 1
                reasons |= refused
            else:
                self.accepted += 1
        if arbiter.expired(self._lease, now):
            reasons |= Reason.LEASE_EXPIRED
            self._drop_goal("the lease ran out")
            self._let_go()
        return reasons

    def _take_command(self, command: Command, now: float) -> Reason:
        passed = check(command, now, self._rules)
        if not isinstance(passed, Passed):
            return passed
        command = passed.command
        if self.mode is not Mode.OWNED or command.source != self._lease.owner:
            return Reason.COMMAND_NOT_OWNER
        if isinstance(command.request, Grip):
            self._gripper = command.request.opening
        else:
            late = self._pursuit.follow(command, self._placed(), now)
            if late:
                return late
            self._commanded_at = max(min(command.received, now), self._commanded_at)
        self._lease = arbiter.renew(self._lease, now)
        return Reason.NONE

    def _move(self, now: float) -> Reason:
        """Advance the command state by one period."""
        state = self._placed()
        reasons = Reason.NONE
        wish = None
        if self.mode is Mode.OWNED:
            wish = self._pursuit.wish(state, self.speed_scale)
            silent = now - max(self._commanded_at, self._owned_since) > self.safety.command_timeout_s
            if silent and not self._pursuit.following(state) and self._goals.active is None:
                reasons |= Reason.SOURCE_SILENT
                wish = None
        if wish is None:
            self._state = self.limiter.stop(state)
        else:
            step = self.limiter.step(state, wish.velocity, wish.ahead)
            self._check(state, step.state)
            self._state = step.state
            reasons |= wish.reasons | step.reasons
        if self._goals.active is not None:
            self._judge_goal(now)
        return reasons

    def _check(self, before: MotionState, after: MotionState) -> None:
        """The output, checked again by other means: finite, inside the limits, not further than a period allows."""
        old, new = np.array(before.position), np.array(after.position)
        most = self.safety.velocity * self.period * (1.0 + 1e-6) + 1e-9
        inside = bool(((new >= self.safety.lower) & (new <= self.safety.upper)).all())
        if not (inside and bool((np.abs(new - old) <= most).all())):
            raise ArithmeticError("the limiter's output is outside the limits")

    def _judge_goal(self, now: float) -> None:
        verdict = self._goals.judge(
            now,
            path_over=self._pursuit.path is None or self._pursuit.path.over,
            arrived=self._pursuit.arrived(self._placed()),
            desired=self._pursuit.desired(),
            actual=self._measured_position(),
            elapsed=0.0 if self._pursuit.path is None else self._pursuit.path.time,
        )
        self._events.extend(verdict.events)
        if verdict.over:
            self._finish_goal()
