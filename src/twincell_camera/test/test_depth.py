"""The stereo model on scenes made of walls, where every answer is known."""

import numpy as np
import pytest
from twincell_camera.camera_set import CameraSpec
from twincell_camera.depth import StereoDepth
from twincell_camera.noise import Draw

FAR_M, NEAR_M = 2.0, 1.0
BOX = (slice(80, 160), slice(180, 260))
"""A near square in front of a far wall."""


def measure(
    camera: CameraSpec,
    truth_m: np.ndarray,
    effects: str,
    frame: int = 0,
    brightness: np.ndarray | None = None,
) -> tuple[StereoDepth, np.ndarray]:
    stereo = StereoDepth(camera.with_effects(effects), 1)
    disparity = np.where(truth_m > 0, stereo.focal_baseline / np.maximum(truth_m, 1e-6), 0.0).astype(
        np.float32
    )
    out = np.empty(truth_m.shape, np.uint16)
    stereo.measure(disparity, Draw(0, 0, frame), out, brightness)
    return stereo, out


def wall(camera: CameraSpec, metres: float = FAR_M) -> np.ndarray:
    assert camera.depth is not None
    return np.full((camera.depth.intrinsics.height, camera.depth.intrinsics.width), metres)


@pytest.fixture
def box(scene_camera: CameraSpec) -> np.ndarray:
    truth = wall(scene_camera)
    truth[BOX] = NEAR_M
    return truth


def test_without_effects_depth_is_the_truth_in_mm(scene_camera: CameraSpec) -> None:
    truth = wall(scene_camera)
    truth[:] = np.linspace(0.3, 9.0, truth.shape[1])
    truth[:10] = 0.0  # the sky
    _, out = measure(scene_camera, truth, "none")
    assert np.abs(out[10:] - 1000.0 * truth[10:]).max() <= 0.51
    assert not out[:10].any()


def test_the_shadow_lies_left_of_the_near_thing_and_is_as_wide_as_the_disparities_differ(
    scene_camera: CameraSpec, box: np.ndarray
) -> None:
    stereo, out = measure(scene_camera, box, "occlusion")
    width = stereo.focal_baseline * (1 / NEAR_M - 1 / FAR_M)
    row = out[120]
    hidden = np.flatnonzero(row == 0)
    assert hidden.max() == BOX[1].start - 1
    assert len(hidden) == pytest.approx(width, abs=1.0)
    assert (np.diff(hidden) == 1).all()
    assert (out[BOX] > 0).all() and (out[:80] > 0).all()


def test_a_thin_near_thing_throws_a_thin_shadow_away_from_itself(scene_camera: CameraSpec) -> None:
    truth = wall(scene_camera)
    truth[:, 200:202] = NEAR_M
    stereo, out = measure(scene_camera, truth, "occlusion")
    shift = stereo.focal_baseline * (1 / NEAR_M - 1 / FAR_M)
    hidden = np.flatnonzero(out[50] == 0)
    assert 1 <= len(hidden) <= 3
    assert hidden.mean() == pytest.approx(200.5 - shift, abs=1.0), "the wall is seen again between the two"


def test_a_slanted_wall_hides_nothing(scene_camera: CameraSpec) -> None:
    truth = wall(scene_camera)
    truth[:] = 1.0 / np.linspace(1.0 / 3.0, 1.0 / 0.5, truth.shape[1])
    for slanted in (truth, truth[:, ::-1].copy()):
        _, out = measure(scene_camera, slanted, "occlusion")
        assert (out > 0).all()


def test_noise_in_disparity_is_quadratic_in_depth(scene_camera: CameraSpec) -> None:
    spread = {}
    for metres in (1.0, 3.0):
        stereo, _ = measure(scene_camera, wall(scene_camera, metres), "none")
        depths = np.stack(
            [measure(scene_camera, wall(scene_camera, metres), "disparity_noise", k)[1] for k in range(20)]
        )
        spread[metres] = float(depths.std())
        expected = 1000.0 * metres**2 / stereo.focal_baseline * scene_camera.model.stereo.noise_px
        assert spread[metres] == pytest.approx(expected, rel=0.1)
    assert spread[3.0] / spread[1.0] == pytest.approx(9.0, rel=0.1)


def test_quantisation_leaves_whole_steps(scene_camera: CameraSpec) -> None:
    truth = wall(scene_camera)
    truth[:] = np.linspace(1.0, 4.0, truth.shape[1])
    stereo, out = measure(scene_camera, truth, "quantisation")
    steps = stereo.disparity / scene_camera.model.stereo.step_px
    np.testing.assert_allclose(steps, np.rint(steps), atol=1e-3)
    levels = np.unique(out)
    far = np.diff(levels[levels > 3500]).mean()
    expected = 3750.0**2 / (1000.0 * stereo.focal_baseline) * scene_camera.model.stereo.step_px
    assert far == pytest.approx(expected, rel=0.15)


def test_edges_fatten_by_half_a_window_and_no_further(scene_camera: CameraSpec, box: np.ndarray) -> None:
    _, out = measure(scene_camera, box, "edge_fattening")
    grown = (out == 1000) & (box == FAR_M)
    rows, columns = np.nonzero(grown)
    reach = scene_camera.model.stereo.fattening_px
    assert rows.min() >= 80 - reach and rows.max() < 160 + reach
    assert columns.min() >= 180 - reach and columns.max() < 260 + reach
    ring = (80 + 2 * reach) ** 2 - 80**2
    assert 0.4 * ring < grown.sum() < 0.95 * ring, "raggedly"
    assert (out[BOX] == 1000).all()
    truth = wall(scene_camera)
    truth[:] = np.linspace(1.0, 3.0, truth.shape[1])
    np.testing.assert_array_equal(
        measure(scene_camera, truth, "edge_fattening")[1], measure(scene_camera, truth, "none")[1]
    )


def test_what_fattened_is_not_in_the_shadow(scene_camera: CameraSpec, box: np.ndarray) -> None:
    _, out = measure(scene_camera, box, "edge_fattening,occlusion")
    assert (out[120, 178:180] == 1000).any() or (out[100:140, 178:180] == 1000).any()
    assert (out[100:140, 170:178] == 0).mean() > 0.3


def test_invalid_zones(scene_camera: CameraSpec) -> None:
    stereo_px = scene_camera.model.stereo
    stereo, out = measure(scene_camera, wall(scene_camera, 0.5), "invalid_zones")
    band = int(stereo.focal_baseline / 0.5)
    assert not out[:, :band].any() and out[50, band + 1] == 500, "left of it the right imager sees nothing"
    border = stereo_px.border_px
    assert not out[:border].any() and not out[-border:].any() and not out[:, -border:].any()
    nearest = stereo.focal_baseline / stereo_px.max_disparity_px
    assert not measure(scene_camera, wall(scene_camera, 0.95 * nearest), "invalid_zones")[1].any()
    assert measure(scene_camera, wall(scene_camera, 1.05 * nearest), "invalid_zones")[1].any()
    assert not measure(scene_camera, wall(scene_camera, 10.5), "invalid_zones")[1].any()


def test_dark_and_shining_surfaces_lose_half_their_depth(scene_camera: CameraSpec) -> None:
    brightness = np.full(wall(scene_camera).shape, 100, np.uint8)
    brightness[:, 100:200], brightness[:, 200:300] = 5, 255
    _, out = measure(scene_camera, wall(scene_camera), "dark_surfaces", 0, brightness)
    assert (out[:, :100] > 0).all() and (out[:, 300:] > 0).all()
    assert (out[:, 100:300] > 0).mean() == pytest.approx(0.5, abs=0.1)


def test_a_frame_repeats_and_the_next_differs(scene_camera: CameraSpec, box: np.ndarray) -> None:
    first = measure(scene_camera, box, "all", 4)[1]
    np.testing.assert_array_equal(first, measure(scene_camera, box, "all", 4)[1])
    assert not np.array_equal(first, measure(scene_camera, box, "all", 5)[1])
