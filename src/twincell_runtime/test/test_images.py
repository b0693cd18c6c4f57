"""Pixels of image messages."""

from array import array

import numpy as np
import pytest
from sensor_msgs.msg import Image
from twincell_runtime.images import rgb


def message(encoding: str = "rgb8", step: int = 8, size: int = 16) -> Image:
    """Two rows of two pixels, rows padded to `step` bytes, values 0, 1, 2, ..."""
    return Image(height=2, width=2, encoding=encoding, step=step, data=array("B", range(size)))


def test_rows_may_be_padded() -> None:
    assert rgb(message()).tolist() == [[[0, 1, 2], [3, 4, 5]], [[8, 9, 10], [11, 12, 13]]]


def test_red_comes_first_whatever_the_encoding() -> None:
    assert np.array_equal(rgb(message("bgr8")), rgb(message())[:, :, ::-1])


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (message("mono8"), "'mono8', not rgb8"),
        (message(size=15), "15 bytes are too few"),
        (message(step=5), "too few"),
    ],
)
def test_what_is_no_color_image_is_refused(bad: Image, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        rgb(bad)
