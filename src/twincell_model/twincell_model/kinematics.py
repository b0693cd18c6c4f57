"""Forward kinematics and Jacobians of an arm, on MuJoCo's kinematics.

Frames: everything is expressed in the profile's root frame. Quaternions are (w, x, y, z).
"""

import mujoco
import numpy as np
from numpy.typing import ArrayLike, NDArray

from twincell_model import mjcf
from twincell_model.profile import RobotProfile

Array = NDArray[np.float64]


class Kinematics:
    """Kinematics of one arm. Not thread-safe: one instance per thread."""

    def __init__(self, profile: RobotProfile) -> None:
        self.profile = profile
        self._model = mjcf.arm_spec(profile, visuals="none").compile()
        self._data = mujoco.MjData(self._model)
        self._tool = self._model.body(profile.tool_frame).id
        self._links = {link.name: self._model.body(link.name).id for link in profile.links}
        self._translation = np.zeros((3, profile.dof))
        self._rotation = np.zeros((3, profile.dof))
        self.lever_arms = _lever_arms(profile)
        """(dof,) Upper bounds over all joint positions of the distance of the tool point from each joint's axis [m]."""

    def pose(self, q: ArrayLike) -> tuple[Array, Array]:
        """Position (3,) [m] and quaternion (4,) of the tool frame at joint positions q (dof,) [rad]. New arrays."""
        self._place(q)
        return self._data.xpos[self._tool].copy(), self._data.xquat[self._tool].copy()

    def jacobian(self, q: ArrayLike) -> Array:
        """(6, dof) Jacobian at the tool point: rows linear x y z [m/rad], then angular x y z. A new array."""
        self._place(q)
        mujoco.mj_comPos(self._model, self._data)
        mujoco.mj_jacBody(self._model, self._data, self._translation, self._rotation, self._tool)
        return np.concatenate((self._translation, self._rotation))

    def link_poses(self, q: ArrayLike) -> dict[str, tuple[Array, Array]]:
        """Position (3,) [m] and quaternion (4,) of every link frame, by name, in the profile's order. New arrays."""
        self._place(q)
        data = self._data
        return {name: (data.xpos[body].copy(), data.xquat[body].copy()) for name, body in self._links.items()}

    def _place(self, q: ArrayLike) -> None:
        self._data.qpos[:] = q
        mujoco.mj_kinematics(self._model, self._data)


def _lever_arms(profile: RobotProfile) -> Array:
    """Bounds by the triangle inequality: the chain's offsets from the joint to the tool.

    A first bound adds all lengths. The offset along a joint's own axis does not count for that joint, and the offset to
    the next joint is turned about a joint's axis without changing its distance from it.
    """
    chain = []
    name: str | None = profile.tool_frame
    while name is not None:
        link = profile.link(name)
        chain.append(link)
        name = link.parent
    offsets: list[Array] = []  # from each joint (or the tool) to the next one towards the root, tool first
    pending = np.zeros(3)
    arms = []
    for link in chain:
        if link.joint is not None:
            # `pending` is the offset from this joint to the next one outwards, in this joint's link frame.
            lateral = float(np.hypot(pending[0], pending[1]))
            arms.append(lateral + sum(float(np.linalg.norm(o)) for o in offsets))
            offsets.append(pending)
            pending = np.array(link.xyz)
        else:
            pending = np.array(link.xyz) + mjcf.rotations.matrix_from_rpy(link.rpy) @ pending
    result = np.array(arms[::-1])
    result.setflags(write=False)
    return result
