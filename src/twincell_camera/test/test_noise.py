"""Noise: right moments, repeatable by frame number, different between frames, cameras and seeds."""

import numpy as np
import pytest
from twincell_camera.noise import Draw, LevelBank, NormalBank


def neighbours(field: np.ndarray) -> float:
    return float(np.corrcoef(field[:, :-1].ravel(), field[:, 1:].ravel())[0, 1])


@pytest.mark.parametrize(("correlation", "expected"), [(0.0, 0.0), (1.5, 0.89)])
def test_moments_and_correlation(correlation: float, expected: float) -> None:
    bank = NormalBank(120, 200, correlation, 3)
    cuts = np.stack([bank.cut(Draw(0, 0, frame)) for frame in range(40)])
    assert cuts.mean() == pytest.approx(0.0, abs=0.02)
    assert cuts.std() == pytest.approx(1.0, abs=0.02)
    assert neighbours(cuts[0]) == pytest.approx(expected, abs=0.03)  # of a Gaussian: exp(-1 / 4 s^2)
    assert np.abs(cuts.mean(axis=0)).mean() < 0.25, "frames are independent"


def test_a_frame_can_be_drawn_again_without_those_before() -> None:
    bank = NormalBank(20, 30, 1.0, 3)
    frames = [bank.cut(Draw(5, 1, frame)).copy() for frame in range(50)]
    np.testing.assert_array_equal(bank.cut(Draw(5, 1, 40)), frames[40])
    assert len({frame.tobytes() for frame in frames}) == 50
    assert not np.array_equal(bank.cut(Draw(6, 1, 40)), frames[40]), "another seed"
    assert not np.array_equal(bank.cut(Draw(5, 2, 40)), frames[40]), "another camera"


def test_levels_are_even() -> None:
    bank = LevelBank(50, 60, 1)
    levels = np.concatenate([bank.cut(Draw(0, 0, frame)).ravel() for frame in range(10)])
    counts = np.bincount(levels, minlength=LevelBank.LEVELS)
    assert len(counts) == LevelBank.LEVELS
    assert counts.min() > 0.8 * counts.mean()
