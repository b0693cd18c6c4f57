"""When frames are exposed and when they reach the host. Drawn per frame number, so that a run can be repeated."""

from __future__ import annotations

from dataclasses import dataclass

from twincell_camera.camera_set import CameraSpec
from twincell_camera.model import Effect
from twincell_camera.noise import Draw
from twincell_camera.virtual import camera_seed

SECOND = 1_000_000_000
_TIMING = 1
"""Random sequence of the timing, next to the pixels' own: their switches do not change each other's numbers."""


@dataclass(frozen=True)
class Exposure:
    """One frame to come. Times are ROS time in ns."""

    frame: int
    stamp_ns: int
    publish_ns: int
    """Not before; later when the rendering takes longer."""
    dropped: bool


class Schedule:
    """Exposures of one camera on a grid of its rate, counted from the first."""

    def __init__(self, spec: CameraSpec, seed: int) -> None:
        self._period_ns = SECOND / spec.rate_hz
        self.configure(spec)
        self._seed, self._number = seed + _TIMING, camera_seed(spec.name)
        self._start_ns = 0
        self.skipped = 0
        """Exposures left out because the host was too slow."""
        self.next_frame = 0

    def configure(self, spec: CameraSpec) -> None:
        """Take over the effects of `spec`; the grid stays."""
        timing, effects = spec.model.timing, spec.effects
        self.latency_ns = spec.latency_s * SECOND if Effect.LATENCY in effects else 0.0
        self._jitter_ns = timing.jitter_s * SECOND if Effect.JITTER in effects else 0.0
        self._drop_rate = timing.drop_rate if Effect.DROP_OUTS in effects else 0.0

    def start(self, now_ns: int, frame: int = 0) -> None:
        """Begin the grid: frame number `frame` is exposed at `now_ns`."""
        self._start_ns = now_ns - round(frame * self._period_ns)
        self.next_frame = frame

    def next_stamp_ns(self) -> int:
        """When the next frame is exposed."""
        return self._start_ns + round(self.next_frame * self._period_ns)

    def take(self) -> Exposure:
        """The next exposure; the schedule goes on to the one after it."""
        frame, stamp = self.next_frame, self.next_stamp_ns()
        self.next_frame += 1
        generator = Draw(self._seed, self._number, frame).generator
        late, luck = abs(float(generator.standard_normal())), float(generator.random())
        return Exposure(
            frame, stamp, stamp + round(self.latency_ns + late * self._jitter_ns), luck < self._drop_rate
        )

    def skip_until(self, now_ns: int) -> None:
        """Leave out exposures that are before `now_ns`: a camera never exposes in the past, nor in a burst."""
        late = int((now_ns - self.next_stamp_ns()) // self._period_ns)
        if late > 0:
            self.next_frame += late
            self.skipped += late
