"""The core as a whole: every way to lose the arm, and nothing ever over a limit."""

import math
from dataclasses import replace

import numpy as np
import pytest
from control_judge import excess, violations
from control_rig import Rig, Robot, robot_of
from twincell_contract.reasons import Reason
from twincell_control.core import ControlCore
from twincell_control.goals import Goal
from twincell_control.types import (
    ArmMode,
    Array,
    Chunk,
    Command,
    Grip,
    Inputs,
    Jog,
    JointSample,
    Mode,
    Pose,
    Request,
    TrajectoryPoint,
    Twist,
)
from twincell_model.errors import UserError


def jog(robot: Robot, speed: float = 0.2) -> Jog:
    """All joints at one speed."""
    return Jog(robot.profile.joint_names, velocities=(speed,) * robot.profile.dof)


def moving(robot: Robot) -> Rig:
    """Owned by policy and moving."""
    rig = Rig(robot).owned()
    rig.ticks(0.4, jog(robot))
    assert np.abs(rig.core.velocity).min() > 0.1
    return rig


def reasons_of(rig: Rig) -> Reason:
    """All reasons so far."""
    seen = Reason.NONE
    for out in rig.outputs:
        seen |= Reason(out.reasons)
    return seen


def judge(rig: Rig) -> dict[str, float]:
    """Violations of the whole published path."""
    return violations(excess(rig.robot.profile, rig.robot.safety, rig.path(), rig.core.period))


# --- start-up ---------------------------------------------------------------------------------------------------


def test_starts_only_with_a_ready_arm_at_rest_inside_its_limits(ur5e: Robot) -> None:
    rig = Rig(ur5e)
    rig.arm_mode = ArmMode.DISABLED
    assert Reason.ARM_NOT_READY & rig.tick().reasons
    rig.arm_mode, rig.speed = ArmMode.HOLDING, np.full(6, 0.2)
    assert Reason.OUTSIDE_LIMITS & rig.tick().reasons
    rig.speed, rig.measured = np.zeros(6), ur5e.profile.home + np.array([0.0, 0.0, 3.0, 0.0, 0.0, 0.0])
    assert Reason.OUTSIDE_LIMITS & rig.tick().reasons
    assert not any(out.publish for out in rig.outputs)
    rig.measured = np.array(ur5e.profile.home)
    out = rig.tick()
    assert out.mode is Mode.HOLD
    assert out.publish
    assert out.position == tuple(ur5e.profile.home)
    assert out.reasons == 0


def test_nobody_acquires_before_the_start(ur5e: Robot) -> None:
    rig = Rig(ur5e)
    answer = rig.core.acquire("policy", 0.0, rig.now)
    assert not answer.ok
    assert "STARTING" in answer.reason


# --- owners -----------------------------------------------------------------------------------------------------


def test_owner_moves_the_arm_and_others_do_not(ur5e: Robot) -> None:
    rig = Rig(ur5e).owned("policy")
    out = rig.ticks(0.1, jog(ur5e), source="teleop")
    assert out.reasons & Reason.COMMAND_NOT_OWNER
    assert np.array_equal(rig.measured, ur5e.profile.home)
    assert rig.core.rejected == 50
    rig.ticks(0.3, jog(ur5e))
    assert rig.measured[0] > 0.01
    assert rig.core.accepted == 150


def test_silence_stops_and_a_new_command_goes_on(ur5e: Robot) -> None:
    rig = moving(ur5e)
    out = rig.ticks(0.6)
    assert out.mode is Mode.OWNED
    assert out.reasons & Reason.SOURCE_SILENT
    assert not rig.core.velocity.any()
    out = rig.ticks(0.2, jog(ur5e))
    assert out.mode is Mode.OWNED
    assert rig.core.velocity[0] > 0.05
    assert not judge(rig)


def test_lease_runs_out(ur5e: Robot) -> None:
    rig = moving(ur5e)
    out = rig.ticks(ur5e.safety.lease_s + 0.1)
    assert out.mode is Mode.HOLD
    assert out.owner == ""
    assert reasons_of(rig) & Reason.LEASE_EXPIRED
    assert not Reason(out.reasons) & Reason.LEASE_EXPIRED


def test_take_over_in_motion_is_bumpless(ur5e: Robot) -> None:
    rig = moving(ur5e)
    assert rig.core.acquire("teleop", 0.0, rig.now).ok
    rig.ticks(0.01, jog(ur5e))  # the old source is not heard any more
    out = rig.ticks(0.5, jog(ur5e, -0.2), source="teleop")
    assert out.owner == "teleop"
    assert rig.core.velocity[0] < 0.0
    assert not judge(rig)


def test_release_holds(ur5e: Robot) -> None:
    rig = moving(ur5e)
    assert not rig.core.release("teleop").ok
    assert rig.core.release("policy").ok
    out = rig.tick()
    assert out.mode is Mode.STOPPING
    assert rig.core.acquire("teleop", 0.0, rig.now).ok  # on the way to hold
    assert rig.core.release("teleop").ok
    assert rig.ticks(0.5).mode is Mode.HOLD
    assert not judge(rig)


# --- stops and faults --------------------------------------------------------------------------------------------


def test_stop_service(ur5e: Robot) -> None:
    rig = moving(ur5e)
    assert rig.core.stop().ok
    assert not rig.core.reset(rig.now).ok
    out = rig.ticks(0.5, jog(ur5e))
    assert out.mode is Mode.STOPPED
    assert out.publish
    assert out.reasons & Reason.STOP_REQUESTED
    refused = rig.core.acquire("teleop", 0.0, rig.now)
    assert not refused.ok
    assert "reset" in refused.reason
    rig.measured = rig.measured + 0.05  # moved by hand or by a reset of the world
    rig.tick()
    assert rig.core.reset(rig.now).ok
    out = rig.tick()
    assert out.mode is Mode.HOLD
    assert out.reasons == 0
    assert out.position == pytest.approx(tuple(rig.measured))


FAULTS = {
    Reason.STATE_STALE: lambda rig: setattr(rig, "state_stops", True),
    Reason.TRACKING: lambda rig: setattr(rig, "measured", rig.measured + 0.3),
    Reason.ARM_NOT_READY: lambda rig: setattr(rig, "arm_mode", ArmMode.FAULT),
    Reason.SEVERAL_PUBLISHERS: lambda rig: setattr(rig, "several", True),
    Reason.DEADLINE_MISSED: lambda rig: setattr(rig, "gap", 0.15),
    Reason.STATE_INVALID: lambda rig: setattr(rig, "measured", rig.measured * math.nan),
}


@pytest.mark.parametrize("reason", FAULTS)
def test_fault_runs_the_stored_stop_and_latches(ur5e: Robot, reason: Reason) -> None:
    rig = moving(ur5e)
    state = rig.core._state
    assert state is not None
    planned = state.stop
    FAULTS[reason](rig)
    ticks = 0
    while rig.core.mode is not Mode.STOPPING:
        rig.tick(rig.command(jog(ur5e)))
        state = rig.core._state
        assert state is not None
        ticks += 1
        assert ticks * rig.core.period < ur5e.safety.state_timeout_s + 0.02
    planned = state.stop
    rig.gap = 0.0
    while rig.core.mode is Mode.STOPPING:
        out = rig.tick(rig.command(jog(ur5e)))
        rig.several = False
    assert out.mode is Mode.FAULT
    assert out.reasons & reason
    assert out.owner == ""
    assert rig.core.position == pytest.approx(planned.rest)
    assert rig.ticks(0.2).mode is Mode.FAULT  # latched, although most causes are gone
    rig.state_stops, rig.arm_mode = False, ArmMode.FOLLOWING
    rig.measured, rig.speed = rig.core.position, np.zeros(6)
    rig.tick()
    assert rig.core.reset(rig.now).ok
    assert rig.tick().mode is Mode.HOLD


def test_fault_with_a_dead_arm_is_silent(ur5e: Robot) -> None:
    rig = moving(ur5e)
    rig.arm_mode = ArmMode.DISCONNECTED
    assert not rig.ticks(1.0).publish
    assert not rig.core.reset(rig.now).ok


def test_late_tick_at_rest_is_no_fault(ur5e: Robot) -> None:
    rig = Rig(ur5e).held()
    rig.gap, rig.arm_mode = 0.5, ArmMode.STOPPING
    assert rig.tick().mode is Mode.HOLD


def test_internal_error_stops_as_planned(ur5e: Robot, monkeypatch: pytest.MonkeyPatch) -> None:
    rig = moving(ur5e)

    def broken(*_: object) -> None:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr(rig.core._pursuit, "wish", broken)
    out = rig.ticks(0.6, jog(ur5e))
    assert out.mode is Mode.FAULT
    assert out.reasons & Reason.INTERNAL_ERROR
    assert "broken on purpose" in rig.core.last_error
    assert not judge(rig)


def test_output_is_checked_again(ur5e: Robot, monkeypatch: pytest.MonkeyPatch) -> None:
    """A limiter that jumps is caught before anything is published."""
    rig = moving(ur5e)
    real = rig.core.limiter.step

    def jumps(*args: object) -> object:
        step = real(*args)  # type: ignore[arg-type]
        far = tuple(x + 0.01 for x in step.state.position)
        return replace(step, state=replace(step.state, position=far))

    monkeypatch.setattr(rig.core.limiter, "step", jumps)
    out = rig.ticks(0.6, jog(ur5e))
    assert out.reasons & Reason.INTERNAL_ERROR
    assert not judge(rig)


# --- the planner -------------------------------------------------------------------------------------------------


def goal(robot: Robot, offset: float | Array, seconds: float, begin: float, number: int = 1) -> Goal:
    """A motion of all joints by `offset`."""
    end = tuple(np.array(robot.profile.home) + offset)
    still = (0.0,) * robot.profile.dof
    return Goal(number, Chunk(robot.profile.joint_names, (TrajectoryPoint(seconds, end, still),)), begin)


def test_goal_borrows_the_arm_and_gives_it_back(robot: Robot) -> None:
    rig = Rig(robot).held()
    assert rig.core.start_goal(goal(robot, 0.1, 1.0, rig.now), rig.now).ok
    assert rig.tick().owner == "planner"
    rig.ticks(1.2)
    events = [event for out in rig.outputs for event in out.events]
    assert events[-1].kind == "done"
    assert 15 <= sum(event.kind == "progress" for event in events) <= 25
    out = rig.ticks(0.05)
    assert (out.mode, out.owner) == (Mode.HOLD, "")
    assert rig.measured == pytest.approx(np.array(robot.profile.home) + 0.1, abs=2e-4)
    assert not judge(rig)


def test_goal_is_refused_while_owned_and_by_the_rules(ur5e: Robot) -> None:
    rig = Rig(ur5e).owned("policy")
    refused = rig.core.start_goal(goal(ur5e, 0.1, 1.0, rig.now), rig.now)
    assert "owned by policy" in refused.reason
    rig.core.release("policy")
    rig.ticks(0.05)
    lying = np.array([0.0, 1.2, 0.0, 0.0, 0.0, 0.0])
    for offset, why in ((7.0, "position limits"), (lying, "outside the workspace")):
        refused = rig.core.start_goal(goal(ur5e, offset, 9.0, rig.now), rig.now)
        assert not refused.ok
        assert why in refused.reason
    assert rig.tick().mode is Mode.HOLD


def test_new_goal_replaces_and_cancel_stops(ur5e: Robot) -> None:
    rig = Rig(ur5e).held()
    rig.core.start_goal(goal(ur5e, 0.3, 2.0, rig.now, number=1), rig.now)
    rig.ticks(0.5)
    assert rig.core.start_goal(goal(ur5e, -0.1, 2.0, rig.now, number=2), rig.now).ok
    event = next(e for e in rig.tick().events if e.kind == "aborted")
    assert event.goal == 1
    assert not rig.core.cancel_goal(1).ok
    rig.ticks(0.5)
    assert rig.core.cancel_goal(2).ok
    out = rig.ticks(0.6)
    assert (out.mode, out.owner) == (Mode.HOLD, "")
    assert not judge(rig)


def test_operator_preempts_the_planner(ur5e: Robot) -> None:
    rig = Rig(ur5e).held()
    rig.core.start_goal(goal(ur5e, 0.3, 2.0, rig.now), rig.now)
    rig.ticks(0.5)
    assert rig.core.acquire("teleop", 0.0, rig.now).ok
    out = rig.tick()
    assert out.owner == "teleop"
    assert [e.kind for e in out.events] == ["aborted"]


def test_path_tolerance_aborts_and_holds(ur5e: Robot) -> None:
    rig = Rig(ur5e).held()
    asked = replace(goal(ur5e, 0.3, 2.0, rig.now), path_tolerance=(0.02,) * 6)
    rig.core.start_goal(asked, rig.now)
    rig.ticks(0.5)
    rig.measured = rig.measured + 0.05
    assert rig.tick().events[-1].error_code == -4
    assert rig.ticks(0.5).mode is Mode.HOLD


def test_front_gone_stops_the_planner_only(ur5e: Robot) -> None:
    rig = Rig(ur5e).held()
    rig.core.start_goal(goal(ur5e, 0.3, 2.0, rig.now), rig.now)
    rig.ticks(0.5)
    rig.core.drop_planner("the front is gone")
    assert rig.ticks(0.6).mode is Mode.HOLD
    policy = moving(ur5e)
    policy.core.drop_planner("the front is gone")
    assert policy.tick().mode is Mode.OWNED


# --- gripper, training, inputs -----------------------------------------------------------------------------------


def test_gripper_obeys_the_lease(ur5e: Robot) -> None:
    rig = Rig(ur5e).owned("policy")
    assert rig.tick(rig.command(Grip(0.3))).gripper == 0.3
    assert rig.tick().gripper is None
    assert rig.tick(rig.command(Grip(0.5), "teleop")).gripper is None
    assert rig.tick(rig.command(Grip(1.5))).gripper is None


def test_training_uses_the_same_limiter(robot: Robot) -> None:
    core = ControlCore(robot.profile, robot.safety, robot.kinematics)
    with pytest.raises(UserError, match="place first"):
        core.step_joint_velocity(np.zeros(robot.profile.dof))
    core.place(robot.profile.home)
    rig = Rig(robot).owned()
    for _ in range(200):
        trained = core.step_joint_velocity(np.full(robot.profile.dof, 0.3))
        rig.tick(rig.command(jog(robot, 0.3)))
        assert np.array_equal(trained, rig.measured)
    with pytest.raises(UserError, match="position limit"):
        core.place(np.full(robot.profile.dof, 50.0))


def test_old_and_future_stamps(ur5e: Robot) -> None:
    rig = Rig(ur5e).owned()
    assert rig.tick(rig.command(jog(ur5e), stamp=rig.now - 1.0)).reasons & Reason.COMMAND_STALE
    assert rig.tick(rig.command(jog(ur5e), stamp=rig.now + 1.0)).reasons & Reason.COMMAND_FUTURE
    assert not rig.core.velocity.any()


def random_request(robot: Robot, rng: np.random.Generator) -> Request:
    """Anything a source may send, some of it nonsense."""
    dof, names = robot.profile.dof, robot.profile.joint_names
    wild = rng.choice([1.0, 1.0, 30.0])
    kind = rng.integers(7)
    numbers = rng.normal(size=3 * dof) * wild
    if rng.random() < 0.05:
        numbers[rng.integers(len(numbers))] = rng.choice([math.nan, math.inf])
    values = tuple(numbers.tolist())
    if kind == 0:
        return Jog(names, velocities=values[:dof])
    if kind == 1:
        return Jog(names, displacements=values[:dof])
    if kind == 2:
        frame = rng.choice([robot.profile.root_frame, robot.profile.tool_frame])
        return Twist(str(frame), values[:3], values[3:6])
    if kind == 3:
        q = rng.normal(size=4)
        return Pose(robot.profile.root_frame, values[:3], tuple((q / np.linalg.norm(q)).tolist()))
    if kind == 4:
        return Grip(float(rng.uniform(-0.5, 1.5)))
    home = np.array(robot.profile.home)
    count = int(rng.integers(1, 6))
    step = float(rng.choice([0.02, 0.1, 0.5]))
    points = [
        TrajectoryPoint(
            step * (k + 1),
            tuple(home + 0.3 * wild * rng.normal(size=dof)),
            tuple(rng.normal(size=dof)) if kind == 5 else (),
        )
        for k in range(count)
    ]
    return Chunk(names, tuple(points))


def fuzz(robot: Robot, ticks: int, seed: int) -> tuple[dict[str, float], Reason]:
    """Random sources, faults, acquisitions, goals and resets; worst excess and all reasons."""
    rng = np.random.default_rng(seed)
    worst: dict[str, float] = {}
    seen = Reason.NONE
    rig = Rig(robot).held()

    def close() -> None:
        nonlocal seen
        seen |= reasons_of(rig)
        if len(rig.positions) > 4:
            for name, value in excess(robot.profile, robot.safety, rig.path(), rig.core.period).items():
                worst[name] = max(worst.get(name, -math.inf), value)
        rig.positions.clear()
        rig.outputs.clear()

    for number in range(ticks // 20):
        dice = rng.random()
        if dice < 0.3:
            rig.core.acquire(
                str(rng.choice(["policy", "planner", "teleop"])), float(rng.uniform(0.0, 2.0)), rig.now
            )
        elif dice < 0.33:
            rig.core.release(str(rng.choice(["policy", "planner", "teleop"])))
        elif dice < 0.38:
            rig.core.start_goal(goal(robot, float(rng.uniform(-0.3, 0.3)), 1.0, rig.now, number), rig.now)
        elif dice < 0.39:
            rig.core.stop()
        elif dice < 0.40:
            FAULTS[list(FAULTS)[rng.integers(len(FAULTS))]](rig)
        elif dice < 0.44:
            rig.core.set_speed_scale(float(rng.uniform(0.2, 1.0)))
        source, request = str(rng.choice(["policy", "teleop"])), random_request(robot, rng)
        for _ in range(20):
            stamp = rig.now - float(rng.uniform(0.0, 0.2)) if rng.random() < 0.3 else None
            rig.tick(*([rig.command(request, source, stamp)] if rng.random() < 0.7 else []))
        rig.state_stops, rig.several, rig.gap = False, False, 0.0
        rig.arm_mode = ArmMode.FOLLOWING
        rig.measured = rig.core.position
        if rig.core.mode in (Mode.STOPPED, Mode.FAULT):
            close()
            rig.speed = np.zeros(robot.profile.dof)
            rig.core.place(robot.profile.home) if rng.random() < 0.3 else rig.core.reset(rig.now)
            rig.measured = rig.core.position
    close()
    return worst, seen


@pytest.mark.parametrize("safety", ["slow", "max"])
@pytest.mark.parametrize("name", ["ur5", "xarm7"])
def test_fuzz_of_everything(name: str, safety: str) -> None:
    worst, seen = fuzz(robot_of(name, safety), 6000, seed=3)
    assert not violations(worst), worst
    assert not seen & Reason.INTERNAL_ERROR
    assert seen & Reason.LIMIT_TCP_SPEED
    assert seen & Reason.COMMAND_NOT_OWNER


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("safety", ["slow", "max"])
@pytest.mark.parametrize("name", ["ur5", "ur5e", "xarm7"])
def test_long_fuzz_of_everything(name: str, safety: str) -> None:
    worst, seen = fuzz(robot_of(name, safety), 200_000, seed=4)
    assert not violations(worst), worst
    assert not seen & Reason.INTERNAL_ERROR


def test_garbage_inputs_do_not_break_the_tick(ur5e: Robot) -> None:
    rig = Rig(ur5e).owned()
    nonsense = Command("policy", Jog(("x",), velocities=(1.0,)), math.nan, math.nan)
    state = JointSample((), (), math.nan)
    out = rig.core.tick(rig.now, Inputs(state=state, arm_mode=99, commands=[nonsense]))
    assert Reason.STATE_INVALID & out.reasons
    assert not Reason.INTERNAL_ERROR & out.reasons
