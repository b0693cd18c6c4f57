"""The policy node's eyes: polled color images of the cell's cameras, put together into sets of one exposure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, Image
from twincell_model.errors import UserError
from twincell_runtime.images import rgb
from twincell_runtime.polled import PolledSubscription

from twincell_contract import names, qos
from twincell_policy.manifest import Camera
from twincell_policy.views import ImageSets


@dataclass(frozen=True, slots=True)
class ImageSet:
    """Images exposed together. Times are ROS time in ns."""

    images: dict[str, NDArray[np.uint8]]
    stamp_ns: int
    published_ns: int
    """When the first of them was published."""


class ImageLink:
    """Subscribes from the start (discovery takes longer than a policy's first step) and reads only when asked."""

    def __init__(self, node: Node, cameras: Sequence[str]) -> None:
        self.cameras = tuple(cameras)
        self._images = {
            name: PolledSubscription(node, Image, names.camera_image(name, "color"), qos.sensor(2))
            for name in cameras
        }
        self._infos = {
            name: PolledSubscription(node, CameraInfo, names.camera_info(name, "color"), qos.sensor(1))
            for name in cameras
        }
        self._known: dict[str, Camera | None] = dict.fromkeys(cameras)
        self._published: dict[str, int] = {}
        self._sets = ImageSets((), 0.0)
        self._wanted: tuple[str, ...] = ()

    def facts(self) -> dict[str, Camera | None]:
        """Size and intrinsics of each camera's color image, None where no camera_info has come in."""
        for name, subscription in self._infos.items():
            received = subscription.latest()
            if received is not None:
                info = received.msg
                fx, cx, fy, cy = (float(info.k[index]) for index in (0, 2, 4, 5))
                self._known[name] = Camera(name, int(info.width), int(info.height), fx, fy, cx, cy)
        return dict(self._known)

    def watch(self, cameras: Sequence[str], skew_s: float) -> None:
        """Put sets together from these cameras from now on; what came before is forgotten."""
        self._wanted = tuple(cameras)
        self._sets = ImageSets(cameras, skew_s)
        for name in self._wanted:
            self._images[name].latest()

    def take(self) -> ImageSet | None:
        """A complete set that was not taken before, or None. Raises UserError for images that cannot be read."""
        for name in self._wanted:
            received = self._images[name].latest()
            if received is None:
                continue
            stamp = received.msg.header.stamp
            try:
                pixels = rgb(received.msg)
            except ValueError as error:
                raise UserError(f"camera '{name}': {error}") from None
            self._sets.add(name, stamp.sec * 1_000_000_000 + stamp.nanosec, pixels)
            self._published[name] = received.source_ns
        found = self._sets.take() if self._wanted else None
        if found is None:
            return None
        return ImageSet(found[1], found[0], min(self._published[name] for name in self._wanted))
