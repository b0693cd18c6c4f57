"""Images and joint states of one moment: sets of images of several cameras, joint states at exposure. ROS-free."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twincell_policy.observation import JointSample

HISTORY_S = 0.5
"""How far back joint states are kept: longer than any camera's latency."""
LARGEST_GAP_NS = 100_000_000
"""Joint states further apart are not interpolated between."""


@dataclass(frozen=True, slots=True)
class View:
    """What the cameras saw, and where the arm was then."""

    images: Mapping[str, NDArray[np.uint8]]
    """By camera: (height, width, 3) rgb8."""
    stamp_ns: int
    """When the oldest of the images was exposed [ns]."""
    age_s: float
    """Its age when the view is used [s]."""
    joints: JointSample
    """Joint state at the exposure, interpolated; its age is the view's."""


class JointHistory:
    """Joint states of the last half second, in the order of their stamps."""

    def __init__(self) -> None:
        self._samples: deque[JointSample] = deque()

    def add(self, sample: JointSample) -> None:
        """Append a state. One that is not newer than the last begins anew: the clock was set back."""
        if self._samples and sample.stamp_ns <= self._samples[-1].stamp_ns:
            self._samples.clear()
        self._samples.append(sample)
        while sample.stamp_ns - self._samples[0].stamp_ns > HISTORY_S * 1e9:
            self._samples.popleft()

    def clear(self) -> None:
        """Forget everything."""
        self._samples.clear()

    @property
    def newest(self) -> JointSample | None:
        """The newest state, None before the first."""
        return self._samples[-1] if self._samples else None

    def at(self, stamp_ns: int, age_s: float) -> JointSample | None:
        """The state at a time between two states, linearly interpolated; None outside them or in a gap."""
        after = None
        for sample in reversed(self._samples):
            if sample.stamp_ns == stamp_ns:
                return JointSample(sample.positions, sample.velocities, stamp_ns, age_s)
            if sample.stamp_ns < stamp_ns:
                if after is None or after.stamp_ns - sample.stamp_ns > LARGEST_GAP_NS:
                    return None
                share = (stamp_ns - sample.stamp_ns) / (after.stamp_ns - sample.stamp_ns)
                return JointSample(
                    sample.positions + share * (after.positions - sample.positions),
                    sample.velocities + share * (after.velocities - sample.velocities),
                    stamp_ns,
                    age_s,
                )
            after = sample
        return None


class ImageSets:
    """The newest image of each camera; a set is complete when all were exposed within `skew_s` of each other."""

    def __init__(self, cameras: Sequence[str], skew_s: float) -> None:
        self._cameras = tuple(cameras)
        self._skew_ns = round(skew_s * 1e9)
        self._newest: dict[str, tuple[int, NDArray[np.uint8]]] = {}
        self._given_ns = -1

    def add(self, camera: str, stamp_ns: int, image: NDArray[np.uint8]) -> None:
        """An image (height, width, 3), exposed at `stamp_ns`. It is kept, not copied."""
        self._newest[camera] = (stamp_ns, image)

    def take(self) -> tuple[int, dict[str, NDArray[np.uint8]]] | None:
        """Stamp of the oldest image and the images of a complete set that was not taken before, or None.

        Each set is given once, and never one older than the last.
        """
        if len(self._newest) < len(self._cameras):
            return None
        stamps = [self._newest[name][0] for name in self._cameras]
        oldest = min(stamps)
        if max(stamps) - oldest > self._skew_ns or oldest <= self._given_ns:
            return None
        self._given_ns = oldest
        return oldest, {name: self._newest[name][1] for name in self._cameras}
