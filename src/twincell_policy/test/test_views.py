"""Images and joint states of one moment."""

import numpy as np
import pytest
from twincell_policy.observation import JointSample
from twincell_policy.views import ImageSets, JointHistory

MS = 1_000_000
PICTURE = np.zeros((2, 2, 3), np.uint8)


def state(stamp_ns: int, position: float) -> JointSample:
    return JointSample(np.array([position]), np.array([1.0]), stamp_ns, 0.0)


def test_joints_are_interpolated_at_the_exposure() -> None:
    history = JointHistory()
    for k in range(5):
        history.add(state(k * 4 * MS, 0.1 * k))
    found = history.at(6 * MS, 0.03)
    assert found is not None
    assert found.positions[0] == pytest.approx(0.15)
    assert (found.stamp_ns, found.age_s) == (6 * MS, 0.03)
    exact = history.at(8 * MS, 0.0)
    assert exact is not None and exact.positions[0] == pytest.approx(0.2)


def test_there_are_no_joints_outside_the_history_nor_in_a_gap() -> None:
    history = JointHistory()
    assert history.newest is None and history.at(1, 0.0) is None
    history.add(state(0, 0.0))
    history.add(state(4 * MS, 0.1))
    history.add(state(204 * MS, 0.2))
    assert history.at(-1, 0.0) is None
    assert history.at(205 * MS, 0.0) is None, "the future is not guessed"
    assert history.at(100 * MS, 0.0) is None, "nobody knows what happened in 200 ms"


def test_the_history_is_half_a_second_and_begins_anew_when_the_clock_is_set_back() -> None:
    history = JointHistory()
    for k in range(300):
        history.add(state(k * 4 * MS, float(k)))
    assert history.at(600 * MS, 0.0) is None and history.at(800 * MS, 0.0) is not None
    history.add(state(10 * MS, 1.0))
    assert history.newest is not None and history.newest.stamp_ns == 10 * MS
    assert history.at(800 * MS, 0.0) is None


def test_a_set_is_complete_when_all_cameras_were_exposed_together() -> None:
    sets = ImageSets(("camera", "wrist"), 0.005)
    sets.add("camera", 100 * MS, PICTURE)
    assert sets.take() is None
    sets.add("wrist", 133 * MS, PICTURE)
    assert sets.take() is None, "33 ms apart"
    sets.add("camera", 134 * MS, PICTURE + 1)
    found = sets.take()
    assert found is not None
    assert found[0] == 133 * MS and found[1]["camera"][0, 0, 0] == 1
    assert sets.take() is None, "each set is given once"
    sets.add("wrist", 134 * MS, PICTURE)
    assert sets.take() is not None
    sets.add("wrist", 132 * MS, PICTURE)
    assert sets.take() is None, "never one older than the last"
