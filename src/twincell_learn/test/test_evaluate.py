"""The shipped policies, run in the fast cell as the node would run them; and the figures about it."""

import numpy as np
import pytest
from twincell_learn.evaluate import HELD_OUT_SEED, Outcome, main, runner, summary, wilson
from twincell_learn.fast_cell import Disturbance
from twincell_policy.onnx_policy import Answer, OnnxPolicy
from twincell_policy.package import available, load_package

EPISODES = 20
WORST = Disturbance(start_spread=0.1, command_ticks=2, state_ticks=2)


@pytest.mark.parametrize("name", [name for name in available() if name.startswith("reach_")])
def test_shipped_policy_reaches(name: str) -> None:
    package = load_package(name)
    fast = runner(package.manifest, safety="slow", disturbance=WORST)
    policy = OnnxPolicy(package)
    outcomes = [fast.run(policy, HELD_OUT_SEED + 5000 + index) for index in range(EPISODES)]
    figures = summary(outcomes)
    assert figures["successes"] == EPISODES, [outcome for outcome in outcomes if not outcome.success]
    assert figures["median_error_mm"] < 8.0
    assert figures["timeouts"] == 0


def test_an_episode_depends_on_its_seed_only() -> None:
    package = load_package("reach_ur5")
    fast = runner(package.manifest, safety="slow", disturbance=WORST)
    policy = OnnxPolicy(package)
    first, other, again = (fast.run(policy, seed) for seed in (1, 2, 1))
    assert first == again
    assert first != other


def test_a_policy_that_never_moves_fails() -> None:
    class Still:
        def output(self, inputs: object) -> object:
            return Answer(np.zeros(6))

    package = load_package("reach_ur5")
    outcome = runner(package.manifest, safety="slow", disturbance=WORST).run(Still(), 3)  # type: ignore[arg-type]
    assert not outcome.success
    assert outcome.error > 0.02
    assert outcome.reason.startswith("time-out after 8 s")
    assert outcome.duration == pytest.approx(8.0, abs=0.05)


def test_figures() -> None:
    outcomes = [
        Outcome(i, i < 9, 0.001 * (i + 1), 2.0, "time-out" if i == 9 else "goal reached", 0.0)
        for i in range(10)
    ]
    figures = summary(outcomes)
    assert (figures["successes"], figures["timeouts"], figures["success_rate"]) == (9, 1, 0.9)
    assert figures["median_error_mm"] == 5.5
    assert figures["ci95"] == pytest.approx(
        [0.596, 0.982], abs=1e-3
    )  # the value of the literature for 9 of 10


def test_wilson_at_the_ends() -> None:
    assert wilson(0, 10)[0] == 0.0
    assert wilson(10, 10)[1] == pytest.approx(1.0)


def test_unknown_policy_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nope"]) == 2
    assert capsys.readouterr().err.startswith("evaluate: error: policy 'nope' does not exist")
