"""Depth in the color camera's pixels, as librealsense's align: every depth pixel covers a small rectangle there.

Both imagers look the same way and differ by a shift along x, so a row stays a row, depth stays depth, and a depth pixel
lands at `scale * u + offset + parallax * d` with d its disparity.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from twincell_camera.camera_set import CameraSpec


class Aligner:
    """Precomputed maps from a depth profile to a color profile."""

    def __init__(self, camera: CameraSpec) -> None:
        assert camera.color is not None and camera.depth is not None
        color, depth = camera.color.intrinsics, camera.depth.intrinsics
        scale = color.fx / depth.fx
        offset = color.cx - scale * depth.cx
        parallax = scale * camera.model.color_offset_m / camera.model.baseline_m
        # Only rows the color camera sees, each once per row of depth
        rows = np.rint((np.arange(color.height) - color.cy) * depth.fy / color.fy + depth.cy).astype(int)
        self._first = max(int(rows.min()), 0)
        last = min(int(rows.max()), depth.height - 1)
        self._outside = (rows < 0) | (rows >= depth.height)
        self._pick = np.clip(rows, self._first, last) - self._first
        used = last - self._first + 1
        # Columns from right to left: of two that meet the one further left is nearer (the color camera is on the left),
        # and the last one written stays
        u = np.arange(depth.width - 1, -1, -1)
        self._left = (scale * (u - 0.5) + offset + 0.5).astype(np.float32)
        self._scale, self._parallax = np.float32(scale), np.float32(parallax)
        self._covers = math.ceil(scale) + 1  # librealsense takes the rectangle's last column too: no cracks
        self._width = color.width
        # spare columns: `covers` on the left for what begins outside, more on the right for what is not to be seen
        self._pitch = color.width + 2 * self._covers + 1
        self._spare = color.width
        self._rows = (np.arange(used, dtype=np.int32) * self._pitch + self._covers)[:, None]
        self._last = used + self._first
        self._place = np.empty((used, depth.width), np.float32)
        self._index = np.empty((used, depth.width, self._covers), np.int32)
        self._buffer = np.zeros((used, self._pitch), np.uint16)

    def align(
        self, depth: NDArray[np.uint16], disparity: NDArray[np.float32], out: NDArray[np.uint16]
    ) -> None:
        """Depth image [mm] with its disparity [pixel] into `out` (height and width of the color profile)."""
        part = slice(self._first, self._last)
        mm = depth[part, ::-1]
        np.multiply(disparity[part, ::-1], self._parallax, out=self._place)
        self._place += self._left
        np.clip(self._place, -self._covers, self._width, out=self._place)
        start = np.floor(self._place).astype(np.int32)
        end = np.floor(self._place + self._scale).astype(np.int32)
        end[mm == 0] = -self._covers - 1  # invalid depth covers nothing
        for step in range(self._covers):
            column = start + step
            np.copyto(column, self._spare, where=column > end)
            np.add(column, self._rows, out=self._index[:, :, step])
        self._buffer[:] = 0
        self._buffer.ravel()[self._index.ravel()] = np.repeat(mm.ravel(), self._covers)
        seen = self._buffer[:, self._covers : self._covers + self._width]
        np.take(seen, self._pick, axis=0, out=out)
        out[self._outside] = 0
