"""The color imager: identity without effects, light in proportion to exposure and gain, noise of photons."""

from dataclasses import replace

import numpy as np
import pytest
from twincell_camera.camera_set import CameraSpec
from twincell_camera.color import GAMMA, ColorImager
from twincell_camera.noise import Draw


def flat(camera: CameraSpec, level: int, frame: int = 0) -> np.ndarray:
    assert camera.color is not None
    size = camera.color.intrinsics
    rendered = np.full((size.height, size.width, 3), level, np.uint8)
    out = np.empty_like(rendered)
    ColorImager(camera, 1).apply(rendered, Draw(0, 0, frame), out)
    return out


def test_without_effects_the_picture_is_what_was_rendered(scene_camera: CameraSpec) -> None:
    assert [int(flat(scene_camera, level)[5, 5, 1]) for level in range(0, 256, 5)] == list(range(0, 256, 5))


@pytest.mark.parametrize("field", ["exposure_us", "gain"])
def test_exposure_and_gain_scale_the_light(scene_camera: CameraSpec, field: str) -> None:
    brighter = replace(scene_camera, **{field: 2.0 * getattr(scene_camera, field)})
    light = (flat(brighter, 100)[0, 0, 0] / 255.0) ** GAMMA
    assert light == pytest.approx(2.0 * (100 / 255.0) ** GAMMA, rel=0.02)
    assert flat(brighter, 240)[0, 0, 0] == 255, "and it saturates"


def test_noise_is_that_of_photons_and_read_out(scene_camera: CameraSpec) -> None:
    noisy = scene_camera.with_effects("color_noise")
    image = noisy.model.image
    for level in (60, 120, 200):
        out = flat(noisy, level)
        light = (out / 255.0) ** GAMMA
        electrons = (level / 255.0) ** GAMMA * image.full_well_e
        expected = np.sqrt(electrons + image.read_noise_e**2) / image.full_well_e
        assert light.std() == pytest.approx(expected, rel=0.08), level
        assert light.mean() == pytest.approx(electrons / image.full_well_e, rel=0.01)


def test_a_longer_exposure_is_less_noisy_than_a_higher_gain(scene_camera: CameraSpec) -> None:
    noisy = scene_camera.with_effects("color_noise")
    longer = flat(replace(noisy, exposure_us=2.0 * noisy.exposure_us), 100)
    louder = flat(replace(noisy, gain=2.0 * noisy.gain), 100)
    assert abs(float(longer.mean()) - float(louder.mean())) < 2.0
    assert longer.std() < 0.8 * louder.std()


def test_frames_differ_and_repeat(scene_camera: CameraSpec) -> None:
    noisy = scene_camera.with_effects("color_noise")
    assert not np.array_equal(flat(noisy, 100, 1), flat(noisy, 100, 2))
    np.testing.assert_array_equal(flat(noisy, 100, 7), flat(noisy, 100, 7))
