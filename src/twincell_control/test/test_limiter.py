"""The limiter never exceeds a limit, keeps directions, and moves."""

from collections import Counter

import numpy as np
import pytest
from control_judge import excess, violations
from control_rig import Robot, reachable_targets, robot_of
from hypothesis import given, settings
from hypothesis import strategies as st
from twincell_contract.reasons import Reason
from twincell_control.limiter import Limiter, MotionState
from twincell_control.types import Array


def wishes(robot: Robot, rng: np.random.Generator, ticks: int) -> list[Array]:
    """Adversarial wishes: constant, bang-bang, noise, single joints, zeros, NaN and infinities, huge values."""
    dof, most = robot.profile.dof, robot.safety.velocity
    rows: list[Array] = []
    while len(rows) < ticks:
        kind = rng.integers(7)
        length = int(rng.choice([1, 3, 20, 100, 500]))
        wish = rng.normal(size=dof) * most * rng.choice([0.05, 0.5, 2.0, 50.0])
        if kind == 1:
            wish = np.sign(wish) * most
        elif kind == 2:
            wish = np.where(rng.random(dof) < 0.3, wish, 0.0)
        elif kind == 3:
            wish = np.zeros(dof)
        for _ in range(length):
            if kind == 4:
                wish = rng.normal(size=dof) * most
            elif kind == 5:
                wish = np.where(rng.random(dof) < 0.1, rng.choice([np.nan, np.inf, -np.inf]), wish)
            elif kind == 6:
                wish = -wish
            rows.append(np.array(wish))
    return rows[:ticks]


def near_a_limit(robot: Robot, limiter: Limiter, rng: np.random.Generator) -> MotionState:
    """A start at rest close to a position limit or a wall of the box."""
    low, high = robot.safety.lower, robot.safety.upper
    while True:
        q = rng.uniform(np.maximum(low, -np.pi), np.minimum(high, np.pi))
        if rng.random() < 0.5:
            joint = rng.integers(len(q))
            q[joint] = rng.choice([low[joint] + 1e-6, high[joint] - 1e-6])
        state = limiter.rest(q)
        if state is None:
            continue
        tool = robot.kinematics.pose(q)[0]
        room = np.minimum(tool - robot.safety.box_lower, robot.safety.box_upper - tool).min()
        if room < 0.05 or rng.random() < 0.2:
            return state


def run(robot: Robot, ticks: int, seed: int) -> tuple[dict[str, float], Counter[Reason]]:
    """Worst excess over every limit, judged independently, and how often each reason was given."""
    rng, limiter = np.random.default_rng(seed), robot.limiter()
    worst: dict[str, float] = {}
    reasons: Counter[Reason] = Counter()
    chunk = 1000
    for _ in range(max(ticks // chunk, 1)):
        state = near_a_limit(robot, limiter, rng)
        path = [state.position] * 3
        for wish in wishes(robot, rng, min(chunk, ticks)):
            step = limiter.step(state, wish)
            state = step.state
            path.append(state.position)
            reasons.update(bit for bit in Reason if bit & step.reasons)
        while not state.at_rest:
            state = limiter.stop(state)
            path.append(state.position)
        path += [state.position] * 3
        for name, value in excess(robot.profile, robot.safety, np.array(path), limiter.period).items():
            worst[name] = max(worst.get(name, -np.inf), value)
    return worst, reasons


@pytest.mark.parametrize("safety", ["slow", "max"])
@pytest.mark.parametrize("name", ["ur5", "ur5e", "xarm7"])
def test_fuzz_exceeds_nothing(name: str, safety: str) -> None:
    worst, reasons = run(robot_of(name, safety), 5000, seed=1)
    assert not violations(worst), worst
    for bit in (Reason.LIMIT_POSITION, Reason.LIMIT_TCP_SPEED, Reason.LIMIT_WORKSPACE):
        assert reasons[bit] > 0, f"the fuzz never reached {bit.name}"


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("safety", ["slow", "max"])
@pytest.mark.parametrize("name", ["ur5", "ur5e", "xarm7"])
def test_long_fuzz_exceeds_nothing(name: str, safety: str) -> None:
    worst, _ = run(robot_of(name, safety), 340_000, seed=2)  # 2 M ticks in all
    assert not violations(worst), worst


def test_judge_catches_what_it_must() -> None:
    """The checker the fuzz relies on finds an excess of each kind."""
    robot = robot_of("ur5e", "slow")
    dt, home, limits = robot.profile.tick_s, np.array(robot.profile.home), robot.safety
    t = np.arange(400) * dt

    def found(offsets: Array, joint: int = 5) -> set[str]:
        path = np.tile(home, (len(offsets), 1))
        path[:, joint] += offsets
        return set(violations(excess(robot.profile, limits, path, dt)))

    assert found(np.zeros(400)) == set()
    assert "velocity" in found(1.001 * limits.velocity[5] * t)
    assert "tcp_angular_speed" in found(1.001 * limits.velocity[5] * t)
    assert "tcp_speed" in found(0.6 * t, joint=0)
    assert "gain" in found(0.5 * 1.001 * limits.acceleration[5] * t**2)
    assert "acceleration" in found(0.5 * 1.001 * limits.deceleration[5] * t**2)
    assert found(limits.jerk[5] * 0.999 * t[:20] ** 3 / 6) == set()
    assert "jerk" in found(limits.jerk[5] * 1.001 * t[:20] ** 3 / 6)
    assert "position" in found(np.full(400, 20.0))
    assert "workspace" in found(np.full(400, 1.2), joint=1)


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_accepted_history_can_stop(data: st.DataObject) -> None:
    """From every state the stored stop exists, stays inside all limits and comes to rest."""
    robot = robot_of("ur5e", "slow")
    limiter = robot.limiter()
    state = limiter.rest(robot.profile.home)
    assert state is not None
    value = st.floats(-5.0, 5.0) | st.sampled_from([0.0, np.nan, np.inf, 1e300, -1e-300])
    path = [state.position] * 3
    for _ in range(data.draw(st.integers(1, 6))):
        wish = np.array(data.draw(st.lists(value, min_size=6, max_size=6)))
        for _ in range(data.draw(st.sampled_from([1, 2, 40]))):
            state = limiter.step(state, wish).state
            path.append(state.position)
    for _ in range(2000):
        if state.at_rest:
            break
        state = limiter.stop(state)
        path.append(state.position)
    assert state.at_rest
    assert not any(state.velocity)
    found = excess(robot.profile, robot.safety, np.array(path), limiter.period)
    assert not violations(found), found


def test_stored_stop_is_followed_exactly(ur5e: Robot) -> None:
    limiter = ur5e.limiter()
    state = limiter.rest(ur5e.profile.home)
    assert state is not None
    for _ in range(100):
        state = limiter.step(state, np.full(6, 0.3)).state
    stop = state.stop
    planned = [tuple(stop.at(k * limiter.period)[0]) for k in range(1, 50)]
    followed = []
    for _ in range(49):
        state = limiter.step(state, np.zeros(6)).state
        followed.append(state.position)
    assert followed == planned


def test_same_wishes_give_the_same_path(ur5e: Robot) -> None:
    rng = np.random.default_rng(5)
    rows = wishes(ur5e, rng, 400)
    paths = []
    for limiter in (ur5e.limiter(), ur5e.limiter()):
        state = limiter.rest(ur5e.profile.home)
        assert state is not None
        path = []
        for wish in rows:
            state = limiter.step(state, wish).state
            path.append(state.position)
        paths.append(path)
    assert paths[0] == paths[1]


@pytest.mark.parametrize("factor", [20.0, 1e5])
def test_direction_survives_scaling(robot: Robot, factor: float) -> None:
    """A wish far over the limits moves in its own direction once it is up to speed."""
    limiter = robot.limiter()
    direction = np.linspace(1.0, -0.6, robot.profile.dof)
    state = limiter.rest(robot.profile.home)
    assert state is not None
    for _ in range(round(0.6 / limiter.period)):
        step = limiter.step(state, factor * direction)
        state = step.state
    assert step.scale < 0.1
    assert step.reasons & (Reason.LIMIT_VELOCITY | Reason.LIMIT_TCP_SPEED)
    velocity = np.array(state.velocity)
    cosine = velocity @ direction / np.linalg.norm(velocity) / np.linalg.norm(direction)
    assert cosine > 0.9999


def test_speed_falls_before_the_wall_and_stays_zero(ur5e: Robot) -> None:
    """Down into the box's floor at full speed: slower before it, at rest above it, no creeping sideways."""
    limiter, kinematics = ur5e.limiter(), ur5e.kinematics
    state = limiter.rest(ur5e.profile.home)
    assert state is not None
    floor = ur5e.safety.box_lower[2]
    heights, speeds, places = [], [], []
    for _ in range(1800):
        q = np.array(state.position)
        jacobian = kinematics.jacobian(q)
        wish = np.linalg.solve(jacobian, [0.0, 0.0, -0.25, 0.0, 0.0, 0.0])
        step = limiter.step(state, wish)
        state = step.state
        place = kinematics.pose(q)[0]
        places.append(place)
        heights.append(place[2] - floor)
        speeds.append(-(jacobian @ state.velocity)[2])
    assert max(speeds) > 0.23
    assert min(heights) >= 0.0
    assert heights[-1] < 5e-3
    at_two_cm = next(s for s, h in zip(speeds, heights, strict=True) if h < 0.01)
    assert at_two_cm < 0.2
    assert step.reasons & Reason.LIMIT_WORKSPACE
    assert np.linalg.norm(places[-1] - places[-400]) < 1e-4


def test_leaves_a_limit_inwards(robot: Robot) -> None:
    limiter = robot.limiter()
    rng = np.random.default_rng(3)
    for _ in range(10):
        state = near_a_limit(robot, limiter, rng)
        start = np.array(state.position)
        inward = np.array(robot.profile.home) - start
        inward /= np.abs(inward).max()
        for _ in range(round(1.0 / limiter.period)):
            state = limiter.step(state, 0.3 * inward).state
        moved = np.array(state.position) - start
        assert moved @ inward > 0.0


def test_not_finite_stops(ur5e: Robot) -> None:
    limiter = ur5e.limiter()
    state = limiter.rest(ur5e.profile.home)
    assert state is not None
    for _ in range(100):
        state = limiter.step(state, np.full(6, 0.2)).state
    for _ in range(600):
        step = limiter.step(state, np.array([0.1, np.nan, 0.0, 0.0, 0.0, 0.0]))
        state = step.state
    assert state.at_rest
    assert step.reasons == Reason.COMMAND_NOT_FINITE


def test_reaches_the_velocity_it_is_asked_for(robot: Robot) -> None:
    """Free motion is not slowed: a wish inside all limits is reached as fast as the limits allow."""
    limiter, limits = robot.limiter(), robot.safety
    wish = np.zeros(robot.profile.dof)
    wish[-1] = 0.9 * min(limits.velocity[-1], limits.tcp_angular_speed)
    state = limiter.rest(robot.profile.home)
    assert state is not None
    ideal = wish[-1] / limits.acceleration[-1] + limits.acceleration[-1] / limits.jerk[-1]
    for _ in range(round(ideal / limiter.period) + 2):
        step = limiter.step(state, wish)
        state = step.state
    assert state.velocity[-1] == pytest.approx(wish[-1], rel=1e-6)
    assert step.scale == 1.0


def test_outside_is_refused(ur5e: Robot) -> None:
    limiter = ur5e.limiter()
    beyond = np.array(ur5e.profile.home)
    beyond[2] = ur5e.safety.upper[2] + 1e-3
    assert limiter.rest(beyond) is None
    assert limiter.outside(beyond) == Reason.LIMIT_POSITION
    assert limiter.outside(ur5e.profile.home) == Reason.NONE
    assert all(not limiter.outside(target) for target in reachable_targets(ur5e, 3, 0))
