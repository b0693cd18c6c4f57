"""Camera models of config/cameras: intrinsics per stream profile, stereo geometry, and how imperfect the device is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from twincell_model.errors import UserError

from twincell_model import documents, paths

Array = NDArray[np.float64]


class Effect(str, Enum):
    """An imperfection that can be switched."""

    COLOR_NOISE = "color_noise"
    OCCLUSION = "occlusion"
    DISPARITY_NOISE = "disparity_noise"
    QUANTISATION = "quantisation"
    EDGE_FATTENING = "edge_fattening"
    INVALID_ZONES = "invalid_zones"
    DARK_SURFACES = "dark_surfaces"
    LATENCY = "latency"
    JITTER = "jitter"
    DROP_OUTS = "drop_outs"


ALL_EFFECTS = frozenset(Effect)


@dataclass(frozen=True)
class Intrinsics:
    """A pinhole image. Pixel centres lie at whole numbers, as in sensor_msgs/CameraInfo."""

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float

    @property
    def matrix(self) -> Array:
        """K, (3, 3)."""
        return np.array([[self.fx, 0.0, self.cx], [0.0, self.fy, self.cy], [0.0, 0.0, 1.0]])

    def project(self, points: Array) -> Array:
        """Pixels (n, 2) of points (n, 3) [m] in the optical frame, in front of the camera."""
        return points[:, :2] / points[:, 2:] * (self.fx, self.fy) + (self.cx, self.cy)


@dataclass(frozen=True)
class Profile:
    """A stream profile: an image and its rate."""

    intrinsics: Intrinsics
    rate_hz: int

    def __str__(self) -> str:
        return f"{self.intrinsics.width}x{self.intrinsics.height}x{self.rate_hz}"


@dataclass(frozen=True)
class Stereo:
    """The depth imagers; see config/cameras/camera.schema.json for every field."""

    noise_px: float
    noise_correlation_px: float
    step_px: float
    max_disparity_px: float
    max_range_m: float
    border_px: int
    fattening_px: int
    edge_step_px: float
    dark_level: int
    specular_level: int


@dataclass(frozen=True)
class Imager:
    """The color imager."""

    exposure_us: float
    gain: float
    full_well_e: float
    read_noise_e: float


@dataclass(frozen=True)
class Timing:
    """From the exposure to the host."""

    latency_s: float
    jitter_s: float
    drop_rate: float


@dataclass(frozen=True)
class CameraModel:
    """A validated camera model."""

    name: str
    description: str
    baseline_m: float
    color_offset_m: float
    rates_hz: tuple[int, ...]
    color: Mapping[str, Intrinsics]
    depth: Mapping[str, Intrinsics]
    stereo: Stereo
    image: Imager
    timing: Timing
    effects: frozenset[Effect]

    def profile(self, stream: str, text: str) -> Profile:
        """The profile of `color` or `depth` named WIDTHxHEIGHTxFPS. Raises UserError listing what exists."""
        modes = self.color if stream == "color" else self.depth
        size, _, rate = text.rpartition("x")
        if size not in modes or not rate.isdecimal() or int(rate) not in self.rates_hz:
            choices = ", ".join(f"{mode}x{hz}" for mode in modes for hz in self.rates_hz)
            raise UserError(f"camera {self.name} has no {stream} profile '{text}'; it has: {choices}")
        return Profile(modes[size], int(rate))


def available() -> list[str]:
    """Names of the camera models in config/cameras."""
    return sorted(path.stem for path in paths.config("cameras").glob("*.yaml"))


def load_model(name: str) -> CameraModel:
    """Read and validate a camera model. Raises UserError naming the model, or the file and its field."""
    if name not in available():
        raise documents.unknown("camera model", name, available())
    raw = documents.read(
        paths.config("cameras", f"{name}.yaml"), paths.config("cameras", "camera.schema.json"), "camera"
    )
    return CameraModel(
        name=name,
        description=raw["description"],
        baseline_m=raw["baseline_m"],
        color_offset_m=raw["color_offset_m"],
        rates_hz=tuple(raw["rates_hz"]),
        color=_modes(raw["color"]),
        depth=_modes(raw["depth"]),
        stereo=Stereo(**raw["stereo"]),
        image=Imager(**raw["image"]),
        timing=Timing(**raw["timing"]),
        effects=frozenset(Effect(item) for item in raw["effects"]),
    )


def _modes(raw: Mapping[str, Mapping[str, float]]) -> Mapping[str, Intrinsics]:
    modes = {}
    for size, values in raw.items():
        width, height = (int(text) for text in size.split("x"))
        modes[size] = Intrinsics(width, height, **values)
    return MappingProxyType(modes)
