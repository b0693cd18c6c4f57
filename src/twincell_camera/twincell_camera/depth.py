"""What a stereo pair makes of true depth. Works on the disparity d = f B / Z of the left imager, in pixels.

The order is that of the device: a matching window that touches a near edge takes its disparity (fattening), what the
right imager cannot see has no match (occlusion), the match is noisy and comes in steps, and what is outside the search
range or the picture is invalid. An error of d is one of Z^2 / (f B) in depth.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twincell_camera.camera_set import CameraSpec
from twincell_camera.model import Effect
from twincell_camera.noise import Draw, NormalBank

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

MAX_MM = 65535
"""Largest depth a 16UC1 image holds [mm]."""


class StereoDepth:
    """Turns the true disparity of a camera's left imager into the depth image it reports."""

    def __init__(self, camera: CameraSpec, seed: int) -> None:
        assert camera.depth is not None
        size = camera.depth.intrinsics
        self._stereo = camera.model.stereo
        self._effects = camera.effects
        self.focal_baseline = size.fx * camera.model.baseline_m
        """f B [pixel m]: disparity times depth."""
        shape = (size.height, size.width)
        self._shape = shape
        self._bank = NormalBank(*shape, self._stereo.noise_correlation_px, seed)
        self._columns = np.arange(size.width, dtype=np.float32)
        self._occlusion = Occlusion(size.height, size.width)
        self._border = np.ones(shape, bool)
        band = self._stereo.border_px
        self._border[band : size.height - band, band : size.width - band] = False
        self.disparity: Floats = np.empty(shape, np.float32)
        """Disparity of the last frame as matched [pixel]; without meaning where the depth is 0."""
        self._work: Floats = np.empty(shape, np.float32)
        self._depth: Floats = np.empty(shape, np.float32)
        self._dilated: Floats = np.empty(shape, np.float32)

    def measure(
        self, truth: Floats, draw: Draw, out: NDArray[np.uint16], brightness: NDArray[np.uint8] | None = None
    ) -> None:
        """Depth image [mm], 0 invalid, into `out` (height, width), from the true disparity [pixel], 0 at infinity.

        `brightness` (height, width), 0 to 255, is what the scene looks like at these pixels; needed by DARK_SURFACES.
        """
        stereo, effects, d = self._stereo, self._effects, self.disparity
        invalid = truth < self.focal_baseline / (MAX_MM / 1000.0)
        if Effect.OCCLUSION in effects:
            np.logical_or(invalid, self._occlusion.hidden(truth), out=invalid)
        np.copyto(d, truth)
        if Effect.EDGE_FATTENING in effects:
            fattened = self._fatten(truth, draw)
            np.logical_and(invalid, np.logical_not(fattened), out=invalid)
        if Effect.DISPARITY_NOISE in effects:
            np.multiply(self._bank.cut(draw), np.float32(stereo.noise_px), out=self._work)
            d += self._work
        if Effect.QUANTISATION in effects:
            np.multiply(d, np.float32(1.0 / stereo.step_px), out=d)
            np.rint(d, out=d)
            np.multiply(d, np.float32(stereo.step_px), out=d)
        if Effect.INVALID_ZONES in effects:
            invalid |= d > stereo.max_disparity_px
            invalid |= d < self.focal_baseline / stereo.max_range_m
            invalid |= d > self._columns  # the match would lie left of the right imager's picture
            invalid |= self._border
        if Effect.DARK_SURFACES in effects and brightness is not None:
            unseen = (brightness < stereo.dark_level) | (brightness > stereo.specular_level)
            invalid |= unseen & (self._bank.cut(draw) > 0.0)
        np.maximum(d, np.float32(self.focal_baseline / (MAX_MM / 1000.0)), out=d)
        np.divide(np.float32(1000.0 * self.focal_baseline), d, out=self._depth)
        np.rint(self._depth, out=self._depth)
        self._depth[invalid] = 0.0
        np.copyto(out, self._depth, casting="unsafe")

    def _fatten(self, truth: Floats, draw: Draw) -> Mask:
        """Let near things grow over what lies behind, raggedly; returns where."""
        wide, work = self._dilated, self._work
        np.copyto(wide, truth)
        for _ in range(self._stereo.fattening_px):
            np.copyto(work, wide)
            np.maximum(work[:, 1:], wide[:, :-1], out=work[:, 1:])
            np.maximum(work[:, :-1], wide[:, 1:], out=work[:, :-1])
            np.copyto(wide, work)
            np.maximum(wide[1:], work[:-1], out=wide[1:])
            np.maximum(wide[:-1], work[1:], out=wide[:-1])
        np.subtract(wide, truth, out=work)
        grown = work > self._stereo.edge_step_px
        grown &= self._bank.cut(draw) > -0.5  # about 70 % of an edge
        np.copyto(self.disparity, wide, where=grown)
        return grown


class Occlusion:
    """Which pixels of the left imager the right one cannot see.

    The pixel x of the left picture lies at x - d in the right one. Where two meet the one further right in the left
    picture has the larger disparity, so it is in front: writing each row from left to right leaves the front one.
    """

    STEP_PX = 1.0
    """Behind by less is the same surface: neighbours on a slanted one may share a pixel of the right picture."""

    def __init__(self, height: int, width: int) -> None:
        self._width = width
        # one more column on either side holds what leaves the picture
        self._rows = (np.arange(height, dtype=np.int32) * (width + 2) + 1)[:, None]
        self._columns = np.arange(width, dtype=np.float32) + np.float32(0.5)
        self._front: Floats = np.zeros((height, width + 2), np.float32)
        self._place: Floats = np.empty((height, width), np.float32)
        self._index: NDArray[np.int32] = np.empty((height, width), np.int32)

    def hidden(self, disparity: Floats) -> Mask:
        """Mask (height, width) of the pixels that something nearer covers in the right imager."""
        front, index = self._front, self._index
        np.subtract(self._columns, disparity, out=self._place)
        np.clip(self._place, -1.0, self._width, out=self._place)
        np.floor(self._place, out=self._place)
        np.copyto(index, self._place, casting="unsafe")
        index += self._rows
        front[:] = 0.0
        front.ravel()[index.ravel()] = disparity.ravel()
        front[:, 0] = front[:, -1] = 0.0  # outside the right picture: nothing is known to be in front
        # A near surface that looks wider in the right picture leaves gaps of a pixel, through which nothing must shine
        np.maximum(front[:, 1:-1], np.minimum(front[:, :-2], front[:, 2:]), out=self._place)
        front[:, 1:-1] = self._place
        return front.ravel()[index] > disparity + np.float32(self.STEP_PX)
