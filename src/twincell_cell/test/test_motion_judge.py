import numpy as np
import pytest
from twincell_cell.motion_judge import HOLD, OWNED, STOPPED, STOPPING, JudgeLimits, MotionJudge

DT = 0.002
LIMITS = JudgeLimits(
    period_s=DT,
    lower=np.array([-2.0, -2.0]),
    upper=np.array([2.0, 2.0]),
    velocity=np.array([1.0, 1.0]),
    acceleration=np.array([2.5, 2.5]),
    deceleration=np.array([5.0, 5.0]),
    jerk=np.array([100.0, 100.0]),
    tcp_speed=0.4,
    box_lower=np.array([-1.0, -1.0, -1.0]),
    box_upper=np.array([0.5, 1.0, 1.0]),
    tool_position=lambda q: np.array([0.3 * np.sin(q[0]), 0.3 * np.cos(q[0]), 0.0]),
)


def smooth(distance: float, duration: float) -> np.ndarray:
    """A minimum-jerk move of joint 0 as the published positions, ticks x 2."""
    s = np.arange(0.0, duration + DT / 2, DT) / duration
    path = np.zeros((len(s), 2))
    path[:, 0] = distance * (10 * s**3 - 15 * s**4 + 6 * s**5)
    return path


def feed(
    path: np.ndarray, mode: int = OWNED, owner: int = 1, judge: MotionJudge | None = None
) -> MotionJudge:
    judge = judge or MotionJudge(LIMITS)
    start = judge.verdict.ticks
    for k, position in enumerate(path):
        judge.tick(start + k, (start + k) * DT, mode, owner, position)
    return judge


def test_motion_within_limits_passes():
    judge = feed(smooth(0.5, 1.2))
    assert judge.verdict.total == 0, judge.verdict
    assert judge.verdict.worst_excess["velocity"] > -0.5, "the test motion is too slow to prove anything"


@pytest.mark.parametrize(
    ("distance", "duration", "kind"),
    [(1.5, 1.8, "velocity"), (0.3, 0.7, "acceleration"), (0.05, 0.13, "jerk"), (2.5, 9.0, "position")],
)
def test_each_limit_is_judged(distance, duration, kind):
    assert feed(smooth(distance, duration)).verdict.violations[kind] > 0


def test_braking_may_be_harder_than_speeding_up():
    hard = smooth(0.3, 0.7)  # at most 3.5 rad/s^2, over the 2.5 for getting faster
    assert feed(hard[len(hard) // 2 :]).verdict.violations["acceleration"] == 0
    assert feed(hard[: len(hard) // 2]).verdict.violations["acceleration"] > 0


def test_one_tick_over_the_jerk_limit_is_seen():
    path = smooth(0.1, 1.0)
    path[250:, 0] += 2.0 * LIMITS.jerk[0] * DT**3
    assert feed(path).verdict.violations["jerk"] > 0


def test_tool_speed_and_workspace_are_judged():
    fast = JudgeLimits(**{**LIMITS.__dict__, "tcp_speed": 0.1, "box_upper": np.array([0.1, 1.0, 1.0])})
    verdict = feed(smooth(0.5, 1.2), judge=MotionJudge(fast)).verdict
    assert verdict.violations["tcp_speed"] > 0
    assert verdict.violations["workspace"] > 0


def test_not_a_number_is_a_violation():
    path = smooth(0.1, 1.0)
    path[100, 1] = np.nan
    assert feed(path).verdict.violations["position"] > 0


@pytest.mark.parametrize(("mode", "owner"), [(HOLD, 0), (STOPPED, 0), (OWNED, 0)])
def test_motion_without_an_owner_is_a_violation(mode, owner):
    assert feed(smooth(0.1, 1.0), mode, owner).verdict.violations["moved_without_owner"] > 0


def test_a_stop_may_move_without_an_owner():
    assert feed(smooth(0.1, 1.0), STOPPING, 0).verdict.total == 0


def test_only_a_reset_may_jump():
    judge = feed(np.zeros((50, 2)), STOPPED, 0)
    feed(np.full((50, 2), 0.7), HOLD, 0, judge)
    assert judge.verdict.resyncs == 1
    assert judge.verdict.total == 0
    feed(np.full((50, 2), 0.9), HOLD, 0, judge)
    assert judge.verdict.violations["velocity"] > 0


def test_a_gap_in_the_sequence_is_counted_and_not_differentiated():
    judge = MotionJudge(LIMITS)
    for k in [*range(100), *range(200, 300)]:
        judge.tick(k, k * DT, OWNED, 1, np.array([0.001 * k, 0.0]))
    assert judge.verdict.lost_ticks == 100
    assert judge.verdict.violations["velocity"] == 0


def test_commands_must_be_what_the_ticks_said():
    path = smooth(0.1, 1.0)
    judge = feed(path)
    for position in path[3:]:
        judge.command(position)
    assert judge.verdict.total == 0
    judge.command(np.array([0.3, 0.3]))
    assert judge.verdict.violations["command_not_in_status"] == 1


def test_commands_of_ticks_that_the_judge_lost_are_told_and_no_violation():
    path = smooth(0.1, 1.0)
    judge = MotionJudge(LIMITS)
    for k, position in enumerate(path):
        if not 100 <= k < 103:
            judge.tick(k, k * DT, OWNED, 1, position)
    for position in path:
        judge.command(position)
    assert (judge.verdict.lost_ticks, judge.verdict.unmatched, judge.verdict.total) == (3, 3, 0)
    judge.command(np.array([0.3, 0.3]))
    assert judge.verdict.violations["command_not_in_status"] == 1


def test_measured_states_are_judged():
    judge = feed(np.zeros((10, 2)), HOLD, 0)
    judge.state(0.5, np.array([0.0, 0.0]), np.array([1.5, 0.0]))
    assert judge.verdict.violations["measured_velocity"] == 1
    judge.state(0.502, np.array([2.1, 0.0]), np.array([0.0, 0.0]))
    assert judge.verdict.violations["measured_position"] == 1
    assert judge.verdict.violations["measured_jump"] == 1


def test_a_world_reset_while_stopped_is_no_jump():
    judge = feed(np.zeros((300, 2)), STOPPED, 0)
    judge.state(0.30, np.array([0.0, 0.0]), np.zeros(2))
    judge.state(0.302, np.array([1.0, 0.0]), np.zeros(2))
    assert judge.verdict.total == 0
