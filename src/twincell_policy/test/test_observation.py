"""The observation vector: order, values, normalisation, and what must not be acted on."""

import math

import numpy as np
import pytest
from twincell_policy.manifest import Observation, Term
from twincell_policy.manifest_check import term_size
from twincell_policy.observation import Freshness, JointSample, ObservationInputs, ObservationPipeline


def sample(
    stamp_ns: int = 1, age_s: float = 0.0, position: float = 0.1, velocity: float = 0.2
) -> JointSample:
    return JointSample(np.array([position, 0.3]), np.array([velocity, 0.4]), stamp_ns, age_s)


INPUTS = ObservationInputs(
    joints=sample(),
    tool_position=np.array([1.0, 2.0, 3.0]),
    tool_quaternion=np.array([1.0, 0.0, 0.0, 0.0]),
    goal_position=np.array([1.5, 1.0, 3.25]),
    previous_action=np.array([0.7, -0.7]),
)


def pipeline(*names: str, mean: float = 0.0, std: float = 1.0, clip: float = 100.0) -> ObservationPipeline:
    terms = []
    for name in names:
        size = term_size(name, 2, 2)
        terms.append(Term(name, size, "", np.full(size, mean), np.full(size, std)))
    return ObservationPipeline(Observation("base", "tool", 0.1, clip, tuple(terms)))


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("joint_positions", [0.1, 0.3]),
        ("joint_velocities", [0.2, 0.4]),
        ("tool_position", [1.0, 2.0, 3.0]),
        ("tool_quaternion", [1.0, 0.0, 0.0, 0.0]),
        ("goal_position", [1.5, 1.0, 3.25]),
        ("goal_error", [0.5, -1.0, 0.25]),
        ("previous_action", [0.7, -0.7]),
    ],
)
def test_term(name: str, values: list[float]) -> None:
    assert pipeline(name).vector(INPUTS).tolist() == pytest.approx(values)


def test_terms_keep_the_manifests_order() -> None:
    built = pipeline("goal_error", "joint_positions")
    assert built.size == 5
    assert built.vector(INPUTS).tolist() == pytest.approx([0.5, -1.0, 0.25, 0.1, 0.3])


def test_normalisation_and_clip() -> None:
    built = pipeline("joint_positions", mean=0.1, std=0.5, clip=0.3)
    normalised = built.normalise(built.vector(INPUTS))
    assert normalised.dtype == np.float32
    assert normalised.tolist() == pytest.approx([0.0, 0.3])


def test_first_state_may_be_used_and_a_repeated_one_not() -> None:
    freshness = Freshness(0.1)
    assert freshness.refusal(sample(stamp_ns=5)) == ""
    assert freshness.refusal(sample(stamp_ns=5)) == "repeated joint state"
    assert freshness.refusal(sample(stamp_ns=4)) == "repeated joint state"
    assert freshness.refusal(sample(stamp_ns=6)) == ""


@pytest.mark.parametrize(
    ("age_s", "words"), [(0.2, "200 ms old"), (-0.2, "-200 ms old"), (math.nan, "nan ms old")]
)
def test_age(age_s: float, words: str) -> None:
    assert words in Freshness(0.1).refusal(sample(age_s=age_s))


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_not_finite(value: float) -> None:
    assert Freshness(0.1).refusal(sample(position=value)) == "joint state not finite"
    assert Freshness(0.1).refusal(sample(velocity=value)) == "joint state not finite"
