"""What every camera is to the node: something that turns an exposure into images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from twincell_camera.camera_set import CameraSpec


@dataclass(frozen=True)
class Images:
    """Buffers of one frame. A stream that the camera does not have is None."""

    color: NDArray[np.uint8] | None
    """(height, width, 3) rgb8."""
    depth: NDArray[np.uint16] | None
    """(height, width) mm, 0 invalid, in the left depth imager's pixels."""
    aligned: NDArray[np.uint16] | None
    """(height, width) mm, 0 invalid, in the color imager's pixels."""


class Camera(Protocol):
    """A camera with the streams of its spec."""

    spec: CameraSpec

    def capture(self, frame: int, out: Images) -> None:
        """Expose frame number `frame` now and write its images into `out`."""

    def close(self) -> None:
        """Free the device."""


def empty_images(spec: CameraSpec) -> Images:
    """Buffers of the size of the camera's streams."""
    color = spec.color.intrinsics if spec.color else None
    depth = spec.depth.intrinsics if spec.depth else None
    return Images(
        color=np.zeros((color.height, color.width, 3), np.uint8) if color else None,
        depth=np.zeros((depth.height, depth.width), np.uint16) if depth else None,
        aligned=np.zeros((color.height, color.width), np.uint16) if color and spec.align_depth else None,
    )
