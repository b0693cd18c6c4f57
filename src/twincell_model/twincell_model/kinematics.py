"""Forward kinematics and Jacobians of an arm, on MuJoCo's kinematics.

Frames: everything is expressed in the profile's root frame. Quaternions are (w, x, y, z).
"""

from typing import NamedTuple

import mujoco
import numpy as np
from numpy.typing import ArrayLike, NDArray

from twincell_model import mjcf
from twincell_model.profile import RobotProfile
from twincell_model.rotations import matrix_from_rpy

Array = NDArray[np.float64]
RIM_POINTS = 3600


class Kinematics:
    """Kinematics of one arm. Not thread-safe: one instance per thread."""

    def __init__(self, profile: RobotProfile, tool_point: ArrayLike = (0.0, 0.0, 0.0)) -> None:
        """`tool_point` (3,) [m], in the tool frame: the point whose position and Jacobian are given."""
        self.profile = profile
        self._point = np.array(tool_point, dtype=np.float64)
        self._model = mjcf.arm_spec(profile, visuals="none").compile()
        self._data = mujoco.MjData(self._model)
        self._tool = self._model.body(profile.tool_frame).id
        self._links = {link.name: self._model.body(link.name).id for link in profile.links}
        self._translation = np.zeros((3, profile.dof))
        self._rotation = np.zeros((3, profile.dof))
        self.lever_arms = _lever_arms(profile)
        """(dof,) Upper bounds over all joint positions of the distance of the tool frame from each joint's axis [m]."""

    def pose(self, q: ArrayLike) -> tuple[Array, Array]:
        """Position (3,) [m] of the tool point and quaternion (4,) of the tool frame at q (dof,) [rad]. New arrays."""
        self._place(q)
        return self._tool_point(), self._data.xquat[self._tool].copy()

    def jacobian(self, q: ArrayLike) -> Array:
        """(6, dof) Jacobian at the tool point: rows linear x y z [m/rad], then angular x y z. A new array."""
        self._place(q)
        mujoco.mj_comPos(self._model, self._data)
        mujoco.mj_jac(
            self._model, self._data, self._translation, self._rotation, self._tool_point(), self._tool
        )
        return np.concatenate((self._translation, self._rotation))

    def link_poses(self, q: ArrayLike) -> dict[str, tuple[Array, Array]]:
        """Position (3,) [m] and quaternion (4,) of every link frame, by name, in the profile's order. New arrays."""
        self._place(q)
        data = self._data
        return {name: (data.xpos[body].copy(), data.xquat[body].copy()) for name, body in self._links.items()}

    def _tool_point(self) -> Array:
        return self._data.xpos[self._tool] + self._data.xmat[self._tool].reshape(3, 3) @ self._point

    def _place(self, q: ArrayLike) -> None:
        self._data.qpos[:] = q
        mujoco.mj_kinematics(self._model, self._data)


def _lever_arms(profile: RobotProfile) -> Array:
    """Bounds for any joint positions, limits left aside, worked out from the tool inwards."""
    region = _Region(0.0, 0.0, 0.0, 0.0)
    arms = []
    axis = np.array([0.0, 0.0, 1.0])  # of the joint further out, in the present link's frame
    offset = np.zeros(3)  # to that joint (or the tool), in the present link's frame
    name: str | None = profile.tool_frame
    while name is not None:
        link = profile.link(name)
        if link.joint is not None:
            region = _turned(region, offset, axis)
            arms.append(region.radius)
            offset, axis = np.zeros(3), np.array([0.0, 0.0, 1.0])
        turn = matrix_from_rpy(link.rpy)
        offset, axis = np.array(link.xyz) + turn @ offset, turn @ axis
        name = link.parent
    result = np.array(arms[::-1])
    result.setflags(write=False)
    return result


class _Region(NamedTuple):
    """Where the tool point can be, seen from a joint [m]: in a cylinder about its axis, in a ball about its origin."""

    radius: float
    low: float
    high: float
    distance: float


def _turned(outer: _Region, offset: Array, axis: Array) -> _Region:
    """The region about z that holds `outer`, which lies about `axis` at `offset`, whatever the angle about z.

    The farthest point of a cylinder from any line is on one of its two rims.
    """
    first = np.linalg.svd(axis[None])[2][1]
    second = np.cross(axis, first)
    angles = np.linspace(0.0, 2.0 * np.pi, RIM_POINTS, endpoint=False)
    rim = outer.radius * (np.cos(angles)[:, None] * first + np.sin(angles)[:, None] * second)
    points = offset + np.concatenate([rim + outer.low * axis, rim + outer.high * axis])
    between = (
        outer.radius * np.pi / RIM_POINTS
    )  # a point of the rim is at most this far from the nearest one tried
    lateral, along = float(np.hypot(offset[0], offset[1])), float(offset[2])
    return _Region(
        min(float(np.hypot(points[:, 0], points[:, 1]).max()) + between, lateral + outer.distance),
        max(float(points[:, 2].min()) - between, along - outer.distance),
        min(float(points[:, 2].max()) + between, along + outer.distance),
        min(
            float(np.linalg.norm(points, axis=1).max()) + between,
            float(np.linalg.norm(offset)) + outer.distance,
        ),
    )
