"""Crop, size, grey and normalisation of images."""

import numpy as np
import pytest
from twincell_policy.images import ImagePipeline, normalised, pattern, resized
from twincell_policy.manifest import ImageInput

RGB = ImageInput("camera", "scene", (2, 1, 8, 4), (4, 2), 3, 0.5, 0.25)
GREY = ImageInput("wrist", "hand", (0, 0, 4, 4), (2, 2), 1, 0.0, 1.0)


def test_a_pixel_is_the_mean_of_those_it_covers() -> None:
    image = np.zeros((6, 12, 3), np.uint8)
    image[1:3, 2:4, 0] = 100
    image[1, 4, 1] = 100
    image[:, 10:] = 255
    small = resized(image, RGB)
    assert small.shape == (2, 4, 3)
    assert small[0, 0].tolist() == [100, 0, 0]
    assert small[0, 1].tolist() == [0, 25, 0]
    assert not small[:, 2:].any(), "what lies outside the crop does not count"


def test_levels_are_normalised_and_channels_come_first() -> None:
    pixels = np.zeros((2, 4, 3), np.uint8)
    pixels[..., 2] = 255
    found = normalised(pixels, RGB)
    assert found.dtype == np.float32 and found.shape == (1, 3, 2, 4)
    assert found[0, :, 0, 0].tolist() == pytest.approx([-2.0, -2.0, 2.0])


def test_grey_weighs_the_colours() -> None:
    pixels = np.zeros((2, 2, 3), np.uint8)
    pixels[0, 0] = (255, 0, 0)
    pixels[1, 1] = (0, 255, 0)
    found = normalised(pixels, GREY)
    assert found.shape == (1, 1, 2, 2)
    assert found[0, 0].tolist() == [pytest.approx([0.299, 0.0]), pytest.approx([0.0, 0.587])]


def test_inputs_are_named_as_the_manifest_says() -> None:
    pipeline = ImagePipeline((RGB, GREY))
    images = {"camera": np.zeros((6, 12, 3), np.uint8), "wrist": np.zeros((4, 4, 3), np.uint8)}
    pixels = pipeline.pixels(images)
    assert {name: picture.shape for name, picture in pixels.items()} == {
        "camera": (2, 4, 3),
        "wrist": (2, 2, 3),
    }
    assert {name: tensor.shape for name, tensor in pipeline.tensors(pixels).items()} == {
        "scene": (1, 3, 2, 4),
        "hand": (1, 1, 2, 2),
    }


def test_the_pattern_of_parity_samples_never_changes() -> None:
    picture = pattern(ImageInput("c", "c", (0, 0, 84, 84), (84, 80), 3, 0.0, 1.0))
    assert picture.shape == (80, 84, 3)
    assert picture[0, 0].tolist() == [0, 31, 62] and picture[3, 5].tolist() == [86, 117, 148]
    assert int(picture.min()) == 0 and int(picture.max()) == 255
