"""From camera images to a model's image inputs. The same code runs in training, in evaluation and in the node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from twincell_policy.manifest import ImageInput

_GREY = np.array([0.299, 0.587, 0.114], np.float32)
"""Weights of red, green and blue in brightness, ITU-R BT.601."""


class ImagePipeline:
    """Crops, resizes, greys and normalises the images that a manifest names."""

    def __init__(self, inputs: Sequence[ImageInput]) -> None:
        self.inputs = tuple(inputs)

    def pixels(self, images: Mapping[str, NDArray[np.uint8]]) -> dict[str, NDArray[np.uint8]]:
        """By camera: the part that counts, at the model's size, (height, width, 3) rgb8. What training stores."""
        return {item.camera: resized(images[item.camera], item) for item in self.inputs}

    def tensors(self, pixels: Mapping[str, NDArray[np.uint8]]) -> dict[str, NDArray[np.float32]]:
        """By name of the model's input: (1, channels, height, width), from what `pixels` gave."""
        return {item.input: normalised(pixels[item.camera], item) for item in self.inputs}


def resized(image: NDArray[np.uint8], item: ImageInput) -> NDArray[np.uint8]:
    """Crop of `image` (height, width, 3), shrunk to the input's size; a pixel is the mean of those it covers."""
    x, y, width, height = item.crop
    part = Image.fromarray(np.ascontiguousarray(image[y : y + height, x : x + width]))
    return np.asarray(part.resize(item.size, Image.Resampling.BOX))


def normalised(pixels: NDArray[np.uint8], item: ImageInput) -> NDArray[np.float32]:
    """(height, width, 3) rgb8 as (1, channels, height, width): (value / 255 - mean) / std."""
    values = pixels.astype(np.float32) / np.float32(255.0)
    values = (values @ _GREY)[None] if item.channels == 1 else values.transpose(2, 0, 1)
    return np.ascontiguousarray((values - np.float32(item.mean)) / np.float32(item.std))[None]


def pattern(item: ImageInput) -> NDArray[np.uint8]:
    """A picture of the model's size for its parity sample: the same everywhere, with every level in every channel."""
    width, height = item.size
    row, column, channel = np.ogrid[:height, :width, :3]
    return ((7 * row + 13 * column + 31 * channel) % 256).astype(np.uint8)
