"""Photographs to learn seeing from: single frames, each with its own arm pose and target.

Light, colours and camera errors are drawn anew for every few of them: most of a frame's cost is the picture of what
stands still, which they share.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from twincell_camera.virtual import CameraRig
from twincell_model.kinematics import Kinematics
from twincell_model.profile import RobotProfile
from twincell_model.rotations import matrix_from_quat
from twincell_policy.images import ImagePipeline
from twincell_policy.manifest import ImageInput, Observation
from twincell_policy.observation import Exposure, JointSample, ObservationInputs, ObservationPipeline
from twincell_world.scene import load_scene
from twincell_world.tasks import TARGET_BODY
from twincell_world.world import World

from twincell_learn.sight import Mount
from twincell_learn.sighted_cell import color_cameras

Array = NDArray[np.float64]

Place = tuple[Array, Array]
"""Joint positions (dof,) [rad] and target (3,) [m, root frame]."""
PER_SAMPLE = 4
"""Photographs that share a sample of the scene's randomisation."""
HAND_CAMERA = "wrist"
"""The camera that moves with the tool; the others stand still."""
_NEAREST_M, _OUTSIDE = 0.03, 9.0
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
    distance: NDArray[np.float32]
    """(n,) from the tool point"""
    place: dict[str, NDArray[np.float32]]
    """By camera: (n, 3), where the target is in its picture, -1 to 1 rightwards and downwards, and its distance along
    the optical axis [m]; from where the camera really stood"""

    def __len__(self) -> int:
        return len(self.target)

    def joined(self, other: Photographs) -> Photographs:
        """These and those."""
        return Photographs(
            np.concatenate([self.observation, other.observation]),
            {name: np.concatenate([mine, other.pixels[name]]) for name, mine in self.pixels.items()},
            np.concatenate([self.target, other.target]),
            np.concatenate([self.distance, other.distance]),
            {name: np.concatenate([mine, other.place[name]]) for name, mine in self.place.items()},
        )


class Photographer:
    """Takes photographs of a scene through a policy's observation code."""

    def __init__(
        self, profile: RobotProfile, observation: Observation, scene: str, settings: dict[str, Any], seed: int
    ) -> None:
        """`settings`: the block `photographs` of a training."""
        self._world = World(load_scene(scene, profile), profile)
        specs = color_cameras([image.camera for image in observation.images])
        self._rig = CameraRig(self._world, specs, seed)
        self._specs = {spec.name: spec for spec in specs}
        self._point = np.array(observation.tool_point)
        self._profile = profile
        self._kinematics = Kinematics(profile, observation.tool_point)
        self._pipeline = ObservationPipeline(observation)
        self._images = ImagePipeline(observation.images)
        self._settings = settings
        self._rng = np.random.default_rng([seed, 7])

    def take(self, places: Sequence[Place], count: int) -> Photographs:
        """`count` photographs at places drawn from `places`, varied a little."""
        observations, targets, distances = [], [], []
        pixels: dict[str, list[NDArray[np.uint8]]] = {item.camera: [] for item in self._images.inputs}
        places_of: dict[str, list[Array]] = {item.camera: [] for item in self._images.inputs}
        for number in range(count):
            if number % PER_SAMPLE == 0:
                self._world.randomize(int(self._rng.integers(2**31)))
            q, target = self._draw(places)
            observation, seen, distance = self._photograph(q, target)
            observations.append(observation)
            targets.append(target)
            distances.append(distance)
            for item in self._images.inputs:
                pixels[item.camera].append(seen[item.camera])
                places_of[item.camera].append(self._place_of(target, item))
        return Photographs(
            np.array(observations, np.float32),
            {name: np.array(pictures) for name, pictures in pixels.items()},
            np.array(targets, np.float32),
            np.array(distances, np.float32),
            {name: np.array(found, np.float32) for name, found in places_of.items()},
        )

    def mounts(self, usual_m: Mapping[str, float]) -> list[Mount]:
        """The cameras by their calibration: those of the world in the root frame, those of the hand in the tool frame.

        `usual_m`: usual distance of the target by camera [m].
        """
        world = self._world
        world.apply_sample({})
        world.reset(self._profile.home)
        self._rig.renderer.prepare()
        root, turn = world.root_pose()
        found = []
        for item in self._images.inputs:
            rotation, position = self._optical(item.camera)
            parent, origin = matrix_from_quat(turn), root
            if item.camera == HAND_CAMERA:
                tool, quaternion = world.tool()
                origin = root + parent @ tool
                parent = parent @ matrix_from_quat(quaternion)
            inside = parent.T @ (position - origin)
            if item.camera == HAND_CAMERA:
                inside = inside - self._point
            tangent, centre = self._part(item)
            found.append(Mount(parent.T @ rotation, inside, tangent, centre, usual_m[item.camera]))
        return found

    def _optical(self, camera: str) -> tuple[Array, Array]:
        """Rotation (3, 3) and position (3,) [m] of a color imager's optical frame in the world, as it stands now."""
        data = self._world.data.camera(camera)
        turn = data.xmat.reshape(3, 3)
        position = data.xpos - self._specs[camera].model.color_offset_m * turn[:, 0]
        return turn * np.array([1.0, -1.0, -1.0]), position

    def _part(self, item: ImageInput) -> tuple[tuple[float, float], tuple[float, float]]:
        """Tangents of half the opening of the part of the picture that counts, and of the direction to its middle."""
        color = self._specs[item.camera].color
        assert color is not None
        image = color.intrinsics
        x, y, width, height = item.crop
        middle = (x + width / 2 - 0.5 - image.cx) / image.fx, (y + height / 2 - 0.5 - image.cy) / image.fy
        return (width / 2 / image.fx, height / 2 / image.fy), middle

    def _place_of(self, target: Array, item: ImageInput) -> Array:
        """Where a target (3,) [m, root frame] is in the picture just taken: (3,), see Photographs.place."""
        rotation, position = self._optical(item.camera)
        root, turn = self._world.root_pose()
        right, down, depth = rotation.T @ (root + matrix_from_quat(turn) @ target - position)
        if depth < _NEAREST_M:
            return np.array([_OUTSIDE, _OUTSIDE, _NEAREST_M])
        (wide, high), (x, y) = self._part(item)
        return np.array([(right / depth - x) / wide, (down / depth - y) / high, depth])

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
    ) -> tuple[NDArray[np.float32], dict[str, NDArray[np.uint8]], float]:
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
        distance = float(np.linalg.norm(target - position))
        return self._pipeline.normalise(self._pipeline.vector(inputs)), pixels, distance

    def close(self) -> None:
        """Free the GL context."""
        self._rig.close()
