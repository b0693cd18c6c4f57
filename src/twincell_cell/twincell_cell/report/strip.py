"""What the cameras saw at the end of episodes: one small picture each, taken from the running cell."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import Image
from twincell_runtime.images import rgb
from twincell_runtime.polled import PolledSubscription

from twincell_cell.config import CellConfig
from twincell_cell.report.png import encode
from twincell_cell.session import CellSession
from twincell_contract import names, qos

WIDTH = 212
# A report with hundreds of pictures is slow to open; these are spread over the first episodes.
MOST = 24
# Two frames at 15 Hz, and discovery.
_WAIT_S = 0.6


class CameraStrip:
    """Takes one color image per camera when asked. It listens only then: 30 images a second would cost this process."""

    def __init__(self, session: CellSession, cameras: list[str]) -> None:
        self._session = session
        self._cameras = cameras
        self.pictures: list[bytes] = []

    def take(self) -> None:
        """Add a picture from every camera that answers in time."""
        if not self._cameras or len(self.pictures) >= MOST:
            return
        node = self._session.node
        listening = {
            name: PolledSubscription[Any](node, Image, names.camera_image(name, "color"), qos.sensor(1))
            for name in self._cameras
        }
        found: dict[str, Image] = {}

        def all_there() -> bool:
            for name, subscription in listening.items():
                received = subscription.latest()
                if received is not None:
                    found[name] = received.msg
            return len(found) == len(listening)

        try:
            self._session.spin_until(all_there, _WAIT_S)
        finally:
            for subscription in listening.values():
                subscription.destroy()
        self.pictures += [encode(small(rgb(found[name]))) for name in self._cameras if name in found]


def camera_names(config: CellConfig) -> list[str]:
    """Names of the cameras that the cell starts."""
    if not config.cameras:
        return []
    from twincell_camera.camera_set import load_set

    return [spec.name for spec in load_set(config.cameras)]


def small(picture: NDArray[np.uint8], width: int = WIDTH) -> NDArray[np.uint8]:
    """`picture` reduced by a whole factor, so that it is not wider than `width` by much; each pixel is a mean."""
    factor = max(round(picture.shape[1] / width), 1)
    height, wide = picture.shape[0] // factor, picture.shape[1] // factor
    blocks = picture[: height * factor, : wide * factor].reshape(height, factor, wide, factor, 3)
    return np.asarray(blocks.mean(axis=(1, 3)).round(), np.uint8)
