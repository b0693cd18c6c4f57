"""Photographs to learn seeing from: single frames, each with its own arm pose and target.

Light, colours and camera errors are drawn anew for every few of them: most of a frame's cost is the picture of what
stands still, which they share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from twincell_camera.virtual import CameraRig
from twincell_model.kinematics import Kinematics
from twincell_model.profile import RobotProfile
from twincell_model.rotations import matrix_from_quat
from twincell_policy.images import ImagePipeline
from twincell_policy.manifest import Observation
from twincell_policy.observation import Exposure, JointSample, ObservationInputs, ObservationPipeline
from twincell_world.scene import load_scene
from twincell_world.tasks import TARGET_BODY
from twincell_world.world import World

from twincell_learn.sighted_cell import color_cameras

Array = NDArray[np.float64]

Place = tuple[Array, Array]
"""Joint positions (dof,) [rad] and target (3,) [m, root frame]."""
PER_SAMPLE = 4
"""Photographs that share a sample of the scene's randomisation."""
_LOWEST_M = -0.1
"""[m] No target is drawn lower: the table is 0.15 m below the root."""


@dataclass(frozen=True)
class Photographs:
    """n photographs with what they show. Positions in the root frame [m]."""

    observation: NDArray[np.float32]
    """(n, size), normalised"""
    pixels: dict[str, NDArray[np.uint8]]
    """By camera: (n, height, width, 3)"""
    target: NDArray[np.float32]
    """(n, 3)"""
    in_tool: NDArray[np.float32]
    """(n, 3), the target from the tool point, in the tool frame"""

    def __len__(self) -> int:
        return len(self.target)

    def joined(self, other: Photographs) -> Photographs:
        """These and those."""
        return Photographs(
            np.concatenate([self.observation, other.observation]),
            {name: np.concatenate([mine, other.pixels[name]]) for name, mine in self.pixels.items()},
            np.concatenate([self.target, other.target]),
            np.concatenate([self.in_tool, other.in_tool]),
        )


class Photographer:
    """Takes photographs of a scene through a policy's observation code."""

    def __init__(
        self, profile: RobotProfile, observation: Observation, scene: str, settings: dict[str, Any], seed: int
    ) -> None:
        """`settings`: the block `photographs` of a training."""
        self._world = World(load_scene(scene, profile), profile)
        self._rig = CameraRig(
            self._world, color_cameras([image.camera for image in observation.images]), seed
        )
        self._profile = profile
        self._kinematics = Kinematics(profile, observation.tool_point)
        self._pipeline = ObservationPipeline(observation)
        self._images = ImagePipeline(observation.images)
        self._settings = settings
        self._rng = np.random.default_rng([seed, 7])

    def take(self, places: Sequence[Place], count: int) -> Photographs:
        """`count` photographs at places drawn from `places`, varied a little."""
        observations, targets, in_tool = [], [], []
        pixels: dict[str, list[NDArray[np.uint8]]] = {item.camera: [] for item in self._images.inputs}
        for number in range(count):
            if number % PER_SAMPLE == 0:
                self._world.randomize(int(self._rng.integers(2**31)))
            q, target = self._draw(places)
            observation, seen, there = self._photograph(q, target)
            observations.append(observation)
            targets.append(target)
            in_tool.append(there)
            for name, picture in seen.items():
                pixels[name].append(picture)
        return Photographs(
            np.array(observations, np.float32),
            {name: np.array(pictures) for name, pictures in pixels.items()},
            np.array(targets, np.float32),
            np.array(in_tool, np.float32),
        )

    def _draw(self, places: Sequence[Place]) -> Place:
        settings, rng = self._settings, self._rng
        q, target = places[int(rng.integers(len(places)))]
        q = q + rng.normal(0.0, settings["pose_noise_rad"], len(q))
        q = np.clip(q, self._profile.lower, self._profile.upper)
        if rng.random() < settings["near"]:
            away = rng.normal(size=3)
            away *= rng.uniform(0.0, settings["near_m"]) / np.linalg.norm(away)
            target = self._kinematics.pose(q)[0] + away
        return q, np.array([target[0], target[1], max(target[2], _LOWEST_M)])

    def _photograph(
        self, q: Array, target: Array
    ) -> tuple[NDArray[np.float32], dict[str, NDArray[np.uint8]], Array]:
        self._world.reset(q)
        self._world.set_body_pose(TARGET_BODY, target)
        captured = self._rig.capture(int(self._rng.integers(1, 2**31)))
        images = {name: found.color for name, found in captured.items() if found.color is not None}
        pixels = self._images.pixels(images)
        position, quaternion = self._kinematics.pose(q)
        inputs = ObservationInputs(
            joints=JointSample(q, np.zeros_like(q), 0, 0.0),
            tool_position=position,
            tool_quaternion=quaternion,
            goal_position=np.full(3, np.nan),
            previous_action=np.zeros(len(q)),
            pixels=pixels,
            exposure=Exposure(q, position, quaternion),
        )
        there = matrix_from_quat(quaternion).T @ (target - position)
        return self._pipeline.normalise(self._pipeline.vector(inputs)), pixels, there

    def close(self) -> None:
        """Free the GL context."""
        self._rig.close()
