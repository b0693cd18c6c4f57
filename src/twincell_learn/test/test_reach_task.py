"""The Gymnasium environment (needs the learning extra)."""

import numpy as np
import pytest

gymnasium = pytest.importorskip("gymnasium")

from gymnasium.utils.env_checker import check_env  # noqa: E402
from twincell_learn.fast_cell import Disturbance, FastCell  # noqa: E402
from twincell_learn.reach_task import ReachTask, Reward  # noqa: E402
from twincell_model.profile import load_profile  # noqa: E402
from twincell_policy.manifest import parse_action, parse_observation  # noqa: E402
from twincell_world.tasks import load_task  # noqa: E402

from twincell_learn import reach_spec  # noqa: E402

PROFILE = load_profile("ur5")
TERMS = ["joint_positions", "goal_error", "previous_action"]


def task(continued: float = 0.0) -> ReachTask:
    contract = reach_spec.contract(PROFILE, TERMS)
    return ReachTask(
        FastCell(PROFILE, reach_spec.RATE_HZ, Disturbance(0.1, 2, 2), safety="slow", scene="reach"),
        parse_observation(contract["observation"]),
        parse_action(contract["action"], PROFILE.dof),
        load_task("reach", PROFILE).sample_target,
        Reward(distance=2.0, precision=1.0, precision_m=0.02, action=0.5, change=0.1, posture=0.05),
        PROFILE.home,
        episode_steps=10,
        continued=continued,
    )


def test_gymnasiums_own_checker() -> None:
    check_env(task(), skip_render_check=True)


def test_observation_is_the_manifests() -> None:
    env = task()
    observation, _ = env.reset(seed=3)
    action = np.full(6, 2.0, dtype=np.float32)
    observation, _, terminated, truncated, info = env.step(action)
    assert not terminated
    assert not truncated
    assert observation[-6:].tolist() == [1.0] * 6, "the previous action, clipped"
    assert info["distance"] == pytest.approx(0.2 * np.linalg.norm(observation[6:9]), abs=0.01)


def test_nearer_is_better() -> None:
    env = task()
    env.reset(seed=3)
    still = np.zeros(6, dtype=np.float32)
    env.target = env.inputs.tool_position + np.array([0.0, 0.0, 0.3])
    far = env.step(still)[1]
    env.target = env.inputs.tool_position
    near = env.step(still)[1]
    assert near > far


def test_episodes_are_truncated_and_may_go_on_from_where_they_ended() -> None:
    env = task(continued=1.0)
    env.reset(seed=3)
    ends = [env.step(np.full(6, 0.5, dtype=np.float32))[3] for _ in range(10)]
    assert ends == [False] * 9 + [True]
    here = env.inputs.joints.positions
    env.reset()
    assert env.inputs.joints.positions == pytest.approx(here, abs=0.05)
