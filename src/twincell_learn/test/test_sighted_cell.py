"""The fast cell with cameras: when images are exposed and when they reach the policy, and what is in them."""

from collections.abc import Iterator

import numpy as np
import pytest
from twincell_learn.fast_cell import Disturbance
from twincell_learn.sighted_cell import JITTER_S, LATENCY_S, SightedCell
from twincell_model.profile import load_profile
from twincell_policy.package import load_package

PACKAGE = load_package("reach_object_xarm7")
STILL = Disturbance(start_spread=0.0, command_ticks=0, state_ticks=0)
TICK_S = 1.0 / 250.0


@pytest.fixture
def cell() -> Iterator[SightedCell]:
    made = SightedCell(load_profile("xarm7"), PACKAGE.manifest, STILL, safety="slow", scene="reach")
    made.reset(np.random.default_rng(3))
    yield made
    made.close()


def test_every_exposure_arrives_once_and_late(cell: SightedCell) -> None:
    cell.show(np.array([0.4, 0.1, 0.2]))
    stamps, ages = [], []
    for _ in range(20):
        view = cell.view()
        assert view is not None
        stamps.append(view.stamp_ns * 1e-9)
        ages.append(view.age_s)
        cell.advance(np.zeros(7))
    assert np.diff(stamps) == pytest.approx(1.0 / 30.0, abs=TICK_S + 1e-9)
    assert LATENCY_S[0] <= min(ages) and max(ages) <= LATENCY_S[1] + 5 * JITTER_S + TICK_S


def test_a_view_holds_the_arm_as_it_was_then(cell: SightedCell) -> None:
    cell.show(np.array([0.4, 0.1, 0.2]))
    request = np.array([0.3, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    for _ in range(15):
        cell.advance(request)
    view = cell.view()
    assert view is not None
    speed = cell.sample().velocities[0]
    moved = cell.sample().positions[0] - view.joints.positions[0]
    assert speed > 0.2 and moved == pytest.approx(speed * view.age_s, rel=0.2)


def test_the_target_is_seen_where_it_is_put(cell: SightedCell) -> None:
    seen = []
    for y in (0.15, -0.15):
        cell.show(np.array([0.45, y, 0.25]))
        for _ in range(3):  # images on their way may still show the old place
            cell.advance(np.zeros(7))
        view = cell.view()
        assert view is not None
        picture = view.images["camera"].astype(int)
        red = (picture[..., 0] > 150) & (picture[..., 0] > picture[..., 1] + 70) & (picture[..., 2] < 130)
        seen.append(float(np.argwhere(red)[:, 1].mean()))
    assert seen[0] > 212 + 20 and seen[1] < 212 - 20, "the camera looks back at the robot: y to the right"
