"""Random fields of which a frame takes a different cut each time: drawing fresh ones costs more than rendering."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FIELDS = 6
"""Fields per bank. With their cuts, mirror images and signs a frame repeats after some 10 000 ones."""
MARGIN = 32
"""[pixel] How far a cut may be shifted."""


class Draw:
    """Random numbers of one frame: the same for the same seed, camera and frame number, whatever came before."""

    def __init__(self, seed: int, camera: int, frame: int) -> None:
        self.generator = np.random.Generator(np.random.Philox(key=[seed, camera], counter=[0, 0, 0, frame]))


class NormalBank:
    """Smooth random fields of mean 0 and variance 1, float32."""

    def __init__(self, height: int, width: int, correlation_px: float, seed: int) -> None:
        generator = np.random.default_rng([seed, height, width])
        shape = (height + MARGIN, width + MARGIN)
        fields = generator.standard_normal((FIELDS, *shape), dtype=np.float32)
        if correlation_px > 0.0:
            # a Gaussian in space is a Gaussian in frequency; wrapping round at the border does no harm
            fy = np.fft.fftfreq(shape[0])[:, None]
            fx = np.fft.rfftfreq(shape[1])[None, :]
            smooth = np.exp(-2.0 * (np.pi * correlation_px) ** 2 * (fx**2 + fy**2))
            fields = np.fft.irfft2(np.fft.rfft2(fields) * smooth, s=shape).astype(np.float32)
        fields -= fields.mean()
        fields /= fields.std()
        self._fields = fields
        self._height, self._width = height, width

    def cut(self, draw: Draw) -> NDArray[np.float32]:
        """A view (height, width) of one of the fields; not to be written to."""
        index, y, x, flips = (int(v) for v in draw.generator.integers(0, (FIELDS, MARGIN, MARGIN, 4)))
        view = self._fields[index, y : y + self._height, x : x + self._width]
        return view[:: -1 if flips & 1 else 1, :: -1 if flips & 2 else 1]


class LevelBank:
    """Independent random numbers 0 to LEVELS - 1, uint8: the index of a quantile of the normal distribution."""

    LEVELS = 64

    def __init__(self, height: int, width: int, seed: int) -> None:
        generator = np.random.default_rng([seed, 3, height, width])
        shape = (FIELDS, height + MARGIN, width + MARGIN, 3)
        self._fields = generator.integers(0, self.LEVELS, shape, dtype=np.uint8)
        self._height, self._width = height, width

    def cut(self, draw: Draw) -> NDArray[np.uint8]:
        """A view (height, width, 3) of one of the fields; not to be written to."""
        index, y, x = (int(v) for v in draw.generator.integers(0, (FIELDS, MARGIN, MARGIN)))
        return self._fields[index, y : y + self._height, x : x + self._width]
