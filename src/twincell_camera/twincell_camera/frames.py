"""Frames of a camera by realsense-ros's names, as fixed transforms below `<camera>_link`.

The link is where the left depth imager is, as the driver has it, with x forward, y left and z up (REP-103).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from twincell_model.rotations import quat_from_rpy

from twincell_camera.camera_set import CameraSpec

Array = NDArray[np.float64]

LINK_TO_OPTICAL = quat_from_rpy((-np.pi / 2, 0.0, -np.pi / 2))
_SAME = np.array([1.0, 0.0, 0.0, 0.0])


@dataclass(frozen=True)
class CameraFrame:
    """`child` in `parent`: position (3,) [m] and quaternion (4,) (w, x, y, z)."""

    parent: str
    child: str
    position: Array
    quaternion: Array


def link(camera: str, prefix: str = "") -> str:
    """Frame that the scene puts into the cell."""
    return f"{prefix}{camera}_link"


def optical(camera: str, stream: str, prefix: str = "") -> str:
    """Optical frame of `color` or `depth`: z forward, x right, y down. Aligned depth is in the color one."""
    return f"{prefix}{camera}_{stream}_optical_frame"


def camera_frames(spec: CameraSpec, prefix: str = "") -> list[CameraFrame]:
    """The frames of the camera's streams."""
    frames = []
    for stream, profile, left in (
        ("depth", spec.depth, 0.0),
        ("color", spec.color, spec.model.color_offset_m),
    ):
        if profile is None:
            continue
        body = f"{prefix}{spec.name}_{stream}_frame"
        frames.append(CameraFrame(link(spec.name, prefix), body, np.array([0.0, left, 0.0]), _SAME))
        frames.append(CameraFrame(body, optical(spec.name, stream, prefix), np.zeros(3), LINK_TO_OPTICAL))
    return frames


def depth_to_color(spec: CameraSpec) -> tuple[Array, Array]:
    """Rotation (3, 3) and translation (3,) [m]: p_color = R p_depth + t, both in optical frames."""
    return np.eye(3), np.array([spec.model.color_offset_m, 0.0, 0.0])
