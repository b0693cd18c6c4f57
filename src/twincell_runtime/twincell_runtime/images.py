"""Pixels of image messages."""

import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import Image


def rgb(image: Image) -> NDArray[np.uint8]:
    """Pixels (height, width, 3) of an rgb8 or bgr8 image, red first; a view of its data where it is rgb8.

    Raises ValueError naming another encoding, and for data that is too short.
    """
    if image.encoding not in ("rgb8", "bgr8"):
        raise ValueError(f"the encoding of a color image is '{image.encoding}', not rgb8 or bgr8")
    data = np.frombuffer(image.data, np.uint8)
    if image.step < 3 * image.width or len(data) < image.height * image.step:
        raise ValueError(f"{len(data)} bytes are too few for a color image of {image.width}x{image.height}")
    rows = data[: image.height * image.step].reshape(image.height, image.step)
    pixels = rows[:, : image.width * 3].reshape(image.height, image.width, 3)
    return pixels if image.encoding == "rgb8" else pixels[:, :, ::-1]
