"""The cell's frames as data: which are fixed, which turn with a joint, and where the scene puts cameras."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from twincell_camera.frames import LINK_TO_OPTICAL
from twincell_camera.frames import link as camera_link
from twincell_model.profile import RobotProfile
from twincell_model.rotations import quat_from_rpy
from twincell_world.rotations import inverse, optical_looking_at, product
from twincell_world.scene import CameraMount, Scene

Array = NDArray[np.float64]

WORLD = "world"


@dataclass(frozen=True)
class Frame:
    """`child` in `parent`: position (3,) [m] and quaternion (4,) (w, x, y, z)."""

    parent: str
    child: str
    position: Array
    quaternion: Array
    joint: str | None = None
    """Joint that turns the frame about its own z axis; None for a fixed frame."""

    def turned(self, angle: float) -> Array:
        """Quaternion (4,) with the joint at `angle` [rad]."""
        w, x, y, z = self.quaternion
        c, s = np.cos(angle / 2), np.sin(angle / 2)
        return np.array([w * c - z * s, x * c + y * s, y * c - x * s, z * c + w * s])


def robot_frames(profile: RobotProfile) -> list[Frame]:
    """Every link of the robot in its parent, as the URDF has it."""
    return [
        Frame(link.parent, link.name, np.array(link.xyz), quat_from_rpy(link.rpy), link.joint)
        for link in profile.links
        if link.parent is not None
    ]


def scene_frames(scene: Scene, profile: RobotProfile) -> list[Frame]:
    """The robot's root in the world and `<camera>_link` of every camera; below it are the camera node's frames."""
    frames = [
        Frame(WORLD, profile.root_frame, np.array(scene.robot_position), quat_from_rpy(scene.robot_rpy))
    ]
    for camera in scene.cameras:
        frames.append(_camera_frame(camera, profile))
    return frames


def _camera_frame(camera: CameraMount, profile: RobotProfile) -> Frame:
    if camera.mount == "world":
        parent = WORLD
    elif camera.mount == "tool":
        parent = profile.tool_frame
    else:
        parent = profile.tf_prefix + profile.bare(camera.mount)
    if camera.look_at is not None:
        optical = optical_looking_at(camera.position, camera.look_at)
    else:
        optical = quat_from_rpy(camera.rpy or (0.0, 0.0, 0.0))
    link = camera_link(camera.name, profile.tf_prefix)
    return Frame(parent, link, np.array(camera.position), product(optical, inverse(LINK_TO_OPTICAL)))


def chain_pose(frames: list[Frame], angles: Mapping[str, float], frame: str) -> tuple[Array, Array]:
    """Pose of `frame` in the frame that has no parent among `frames`: position (3,) [m], quaternion (4,)."""
    by_child = {item.child: item for item in frames}
    position, quaternion = np.zeros(3), np.array([1.0, 0.0, 0.0, 0.0])
    while frame in by_child:
        item = by_child[frame]
        turn = item.turned(angles[item.joint]) if item.joint is not None else item.quaternion
        position = item.position + _rotate(turn, position)
        quaternion = product(turn, quaternion)
        frame = item.parent
    return position, quaternion


def _rotate(quaternion: Array, vector: Array) -> Array:
    w, axis = quaternion[0], quaternion[1:]
    cross = np.cross(axis, vector)
    return np.asarray(vector + 2.0 * (w * cross + np.cross(axis, cross)))
