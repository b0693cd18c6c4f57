"""What the color imager makes of a rendered picture: exposure, gain, photon and read noise."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from twincell_camera.camera_set import CameraSpec
from twincell_camera.model import Effect
from twincell_camera.noise import Draw, LevelBank

GAMMA = 2.2
"""Of sRGB, roughly; photons are counted in linear light."""


class ColorImager:
    """Turns rendered pictures into those of the imager.

    Everything is one table: for each rendered level and each of 64 quantiles of the noise, the level that is read out.
    """

    def __init__(self, camera: CameraSpec, seed: int) -> None:
        assert camera.color is not None
        size = camera.color.intrinsics
        self._noisy = Effect.COLOR_NOISE in camera.effects
        self._table = table(camera, self._noisy)
        self.plain = not self._noisy and bool((self._table == np.arange(256)).all())
        if self._noisy:
            self._bank = LevelBank(size.height, size.width, seed)
            self._index = np.empty((size.height, size.width, 3), np.uint16)

    def apply(self, rendered: NDArray[np.uint8], draw: Draw, out: NDArray[np.uint8]) -> None:
        """`rendered` (height, width, 3) as the imager reads it out into `out`."""
        if not self._noisy:
            if self.plain:
                np.copyto(out, rendered)
            else:
                np.take(self._table, rendered, out=out, mode="clip")
            return
        np.multiply(rendered, np.uint16(LevelBank.LEVELS), out=self._index, dtype=np.uint16)
        self._index += self._bank.cut(draw)
        np.take(self._table, self._index, out=out, mode="clip")


def table(camera: CameraSpec, noisy: bool) -> NDArray[np.uint8]:
    """Levels read out, (256,), or (256 * 64,) with the quantiles of the noise innermost."""
    image = camera.model.image
    gain = camera.gain / image.gain
    electrons = (np.arange(256) / 255.0) ** GAMMA * image.full_well_e * camera.exposure_us / image.exposure_us
    if noisy:
        quantiles = [NormalDist().inv_cdf((k + 0.5) / LevelBank.LEVELS) for k in range(LevelBank.LEVELS)]
        spread = np.sqrt(electrons + image.read_noise_e**2)
        electrons = electrons[:, None] + spread[:, None] * np.asarray(quantiles)
    light = np.clip(electrons * gain / image.full_well_e, 0.0, 1.0)
    return np.rint(255.0 * light ** (1.0 / GAMMA)).astype(np.uint8).ravel()
