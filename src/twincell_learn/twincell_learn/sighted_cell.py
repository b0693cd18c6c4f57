"""A fast cell with cameras: images are rendered at their exposure and reach the policy after the camera's latency."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from twincell_camera.camera_set import CameraSpec, load_set
from twincell_camera.virtual import CameraRig
from twincell_model.profile import RobotProfile
from twincell_policy.manifest import Manifest
from twincell_policy.observation import JointSample
from twincell_policy.views import View

from twincell_learn.fast_cell import Disturbance, FastCell

Array = NDArray[np.float64]

CAMERA_SET = "scene_and_wrist"
LATENCY_S = (0.036, 0.052)
"""From exposure to command, drawn per episode: the camera model's 33 ms, then transport and inference as measured in
the running cell."""
JITTER_S = 0.002
"""RMS of the frames' own delay on top, one-sided, as in the camera model."""


@dataclass(frozen=True)
class _OnItsWay:
    """Images that have been exposed and have not arrived. Simulated time [s]."""

    due_s: float
    exposed_s: float
    images: dict[str, NDArray[np.uint8]]
    joints: tuple[Array, Array]


def color_cameras(names: list[str]) -> list[CameraSpec]:
    """The cameras of these names, without their depth: rendering it costs and no policy reads it."""
    specs = {spec.name: spec for spec in load_set(CAMERA_SET)}
    return [replace(specs[name], depth=None, align_depth=False) for name in names]


class SightedCell(FastCell):
    """A fast cell whose steps are paced by the images of a manifest's cameras, as the policy node's are.

    Draws with MUJOCO_GL's back end; to be used and closed in the thread that made it.
    """

    def __init__(
        self, profile: RobotProfile, manifest: Manifest, disturbance: Disturbance, *, safety: str, scene: str
    ) -> None:
        super().__init__(
            profile,
            manifest.rate_hz,
            disturbance,
            safety=safety,
            scene=scene,
            tool_point=manifest.observation.tool_point,
        )
        cameras = color_cameras([image.camera for image in manifest.observation.images])
        self.rig = CameraRig(self._world, cameras)
        self._period_s = 1.0 / manifest.rate_hz
        self._frame = 0
        self._rng = np.random.default_rng()
        self._latency_s = LATENCY_S[0]
        self._next_s = 0.0
        self._coming: deque[_OnItsWay] = deque()
        self._view: View | None = None

    def _ticks_per_step(self, policy_rate_hz: float) -> int:
        return 0  # as many as pass until the next images are there

    def reset(self, rng: np.random.Generator, *, keep_pose: bool = False) -> None:
        """As FastCell's, and a new latency."""
        super().reset(rng, keep_pose=keep_pose)
        self._rng = rng
        self._latency_s = float(rng.uniform(*LATENCY_S))
        self._next_s = self.time_s + float(rng.uniform(0.0, self._period_s))
        self._frame = int(rng.integers(1, 2**31))
        self._coming.clear()
        self._view = None

    def show(self, target: ArrayLike) -> None:
        """Put the target somewhere and wait, at rest, for the first images of it."""
        super().show(np.asarray(target, dtype=np.float64))
        self.advance(np.zeros(self.profile.dof))

    def advance(self, velocities: Array) -> None:
        """With this request for joint velocities (dof,) [rad/s] until the next images are there."""
        while not (self._coming and self._coming[0].due_s <= self.time_s):
            self._tick(velocities)
            if self.time_s >= self._next_s:
                self._expose()
        arrived = self._coming.popleft()
        age = self.time_s - arrived.exposed_s
        stamp_ns = round(arrived.exposed_s * 1e9)
        self._view = View(arrived.images, stamp_ns, age, JointSample(*arrived.joints, stamp_ns, age))

    def view(self) -> View | None:
        """The newest images."""
        return self._view

    def _expose(self) -> None:
        self._next_s += self._period_s
        self._frame += 1
        captured = self.rig.capture(self._frame)
        images = {name: found.color.copy() for name, found in captured.items() if found.color is not None}
        q, v, _ = self._world.joints()
        late = self._latency_s + abs(float(self._rng.standard_normal())) * JITTER_S
        self._coming.append(_OnItsWay(self.time_s + late, self.time_s, images, (q, v)))

    def close(self) -> None:
        """Free the GL context."""
        self.rig.close()
