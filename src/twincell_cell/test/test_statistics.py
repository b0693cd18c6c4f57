"""Success intervals and quantiles."""

import math

import pytest
from twincell_cell.statistics import quantile, wilson


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    # scipy.stats.binomtest(successes, trials).proportion_ci(method="wilson"), scipy 1.16
    [
        (0, 10, 0.0, 0.2775328),
        (10, 10, 0.7224672, 1.0),
        (97, 100, 0.9154806, 0.9897455),
        (5, 10, 0.2365931, 0.7634069),
    ],
)
def test_wilson(successes: int, trials: int, low: float, high: float) -> None:
    assert wilson(successes, trials) == pytest.approx((low, high), abs=1e-6)


def test_wilson_without_trials_says_nothing() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


def test_quantile_interpolates_and_ignores_what_is_not_finite() -> None:
    assert quantile([3.0, 1.0, math.nan, 2.0], 0.5) == 2.0
    assert quantile([0.0, 1.0], 0.95) == pytest.approx(0.95)
    assert quantile([math.nan], 0.5) is None
