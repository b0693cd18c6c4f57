"""What the checker is told about a cell's cameras, and the geometry of its scene by rays instead of pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mujoco
import numpy as np
from numpy.typing import NDArray
from twincell_camera.camera_set import CameraSpec, load_set
from twincell_camera.frames import link, optical
from twincell_contract.facts import CameraFacts, StreamFacts
from twincell_world.scene import Scene
from twincell_world.world import World, WorldSnapshot

if TYPE_CHECKING:
    from twincell_model.profile import RobotProfile

    from twincell_msgs.msg import WorldState

Array = NDArray[np.float64]


def camera_facts(cameras: str, scene: Scene, prefix: str) -> tuple[CameraFacts, ...]:
    """Facts of every camera of a set; none for an empty name."""
    mounts = {camera.name: camera.mount for camera in scene.cameras}
    return tuple(_facts(spec, mounts[spec.name], prefix) for spec in (load_set(cameras) if cameras else ()))


def _facts(spec: CameraSpec, mount: str, prefix: str) -> CameraFacts:
    images = {"color": spec.color, "depth": spec.depth, "aligned": spec.color if spec.align_depth else None}
    streams = {}
    for stream, profile in images.items():
        if profile is None:
            continue
        size = profile.intrinsics
        frame = optical(spec.name, "depth" if stream == "depth" else "color", prefix)
        streams[stream] = StreamFacts(size.width, size.height, size.fx, size.fy, size.cx, size.cy, frame)
    return CameraFacts(
        name=spec.name,
        rate_hz=float(spec.rate_hz),
        streams=streams,
        link_frame=link(spec.name, prefix),
        color_offset_m=spec.model.color_offset_m,
        baseline_m=spec.model.baseline_m,
        noise_px=spec.model.stereo.noise_px,
        step_px=spec.model.stereo.step_px,
        latency_s=spec.latency_s,
        fixed=mount == "world",
    )


class RayTruth:
    """Geometry of a scene in the state a world/state tells. Implements `twincell_contract.facts.SceneTruth`."""

    def __init__(self, scene: Scene, profile: RobotProfile, visuals: str) -> None:
        self._world = World(scene, profile, visuals=visuals)
        self.target = scene.targets[0].name if scene.targets else ""
        self.corner = _far_corner(scene)
        self._groups = np.array([1, 1, 1, 0, 0, 0], np.uint8)

    def distances(
        self, state: WorldState, origin: Array, directions: Array
    ) -> tuple[Array, NDArray[np.intp]]:
        """See SceneTruth."""
        world = self._world
        world.set_state(
            WorldSnapshot(
                state.step,
                state.time,
                np.array(state.qpos),
                np.array(state.qvel),
                np.array(state.mocap_pos).reshape(-1, 3),
                np.array(state.mocap_quat).reshape(-1, 4),
            )
        )
        found, geoms = np.empty(len(directions)), np.empty(len(directions), np.intp)
        hit = np.zeros(1, np.int32)
        for index, direction in enumerate(np.asarray(directions, float)):
            found[index] = mujoco.mj_ray(
                world.model, world.data, origin, direction, self._groups, 1, -1, hit, None
            )
            geoms[index] = hit[0]
        return found, geoms


def _far_corner(scene: Scene) -> Array:
    """The corner of the table's top that is nearest to the robot, on its right: seen from opposite, and uncovered."""
    for shape in scene.fixtures:
        if shape.shape == "table":
            x, y, z = shape.size
            px, py, pz = shape.position
            return np.array([px - x / 2, py - y / 2, pz + z])
    return np.zeros(3)
