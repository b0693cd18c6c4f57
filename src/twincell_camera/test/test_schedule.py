"""Exposures lie on the grid of the rate; latency, jitter and drop-outs are the model's and repeat."""

from dataclasses import replace

import numpy as np
import pytest
from twincell_camera.camera_set import CameraSpec
from twincell_camera.schedule import SECOND, Schedule

START = 1_700_000_000_000_000_000


def exposures(camera: CameraSpec, count: int, seed: int = 0) -> list:
    schedule = Schedule(camera, seed)
    schedule.start(START)
    return [schedule.take() for _ in range(count)]


def test_stamps_are_on_the_grid_without_drift(scene_camera: CameraSpec) -> None:
    found = exposures(scene_camera, 3001)
    assert [e.frame for e in found] == list(range(3001))
    assert found[3000].stamp_ns - START == 100 * SECOND
    assert all(e.publish_ns == e.stamp_ns and not e.dropped for e in found), "ideal camera"


def test_latency_jitter_and_drop_outs(scene_camera: CameraSpec) -> None:
    timing = scene_camera.model.timing
    late = exposures(scene_camera.with_effects("latency"), 10)
    assert {e.publish_ns - e.stamp_ns for e in late} == {round(timing.latency_s * SECOND)}
    jittered = np.array(
        [e.publish_ns - e.stamp_ns for e in exposures(scene_camera.with_effects("jitter"), 4000)]
    )
    assert jittered.min() >= 0
    assert jittered.mean() / SECOND == pytest.approx(timing.jitter_s * np.sqrt(2 / np.pi), rel=0.05)
    often = replace(scene_camera, model=replace(scene_camera.model, timing=replace(timing, drop_rate=0.1)))
    dropped = [e.dropped for e in exposures(often.with_effects("drop_outs"), 3000)]
    assert np.mean(dropped) == pytest.approx(0.1, abs=0.02)


def test_the_same_seed_gives_the_same_frames_whatever_was_skipped(scene_camera: CameraSpec) -> None:
    camera = scene_camera.with_effects("all")
    first = exposures(camera, 50, seed=3)
    assert first == exposures(camera, 50, seed=3)
    assert first != exposures(camera, 50, seed=4)
    schedule = Schedule(camera, 3)
    schedule.start(START)
    schedule.skip_until(first[20].stamp_ns)
    assert schedule.skipped == 20
    assert schedule.take() == first[20]


def test_a_slow_host_skips_and_never_catches_up_in_a_burst(scene_camera: CameraSpec) -> None:
    schedule = Schedule(scene_camera, 0)
    schedule.start(START)
    schedule.take()
    schedule.skip_until(START + SECOND)
    assert START + SECOND - SECOND // 30 <= schedule.next_stamp_ns() <= START + SECOND
    before = schedule.skipped
    schedule.skip_until(START)
    assert schedule.skipped == before, "nothing to skip"
