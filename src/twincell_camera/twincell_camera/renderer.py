"""Pictures and depth of a world's scene through pinhole cameras, cheap enough for software GL.

What costs most with llvmpipe is what never changes: floor, table and fixtures take three quarters of the time. A camera
that stands still therefore keeps a picture of them, and each frame only the moving things are drawn and put in front
by their depth. Shadows, reflections and multisampling are off: they cost up to 45 times the rest.
"""

from __future__ import annotations

from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray
from twincell_world.world import World

from twincell_camera.model import Intrinsics

NEAR_M, FAR_M = 0.03, 60.0
"""Clipping planes. Nearer things (a finger in front of the hand's camera) are cut open."""
MAX_GEOMS = 4000
SHOWN_GROUPS = (0, 1, 2)
"""Geoms of other groups are for collisions."""

_OFF = ("SHADOW", "REFLECTION", "FOG")
_CATEGORY = mujoco.mjtCatBit
_FLAG = mujoco.mjtRndFlag


class SceneRenderer:
    """Holds the GL context of a world. To be used, and closed, in the thread that made it."""

    def __init__(self, world: World, width: int, height: int) -> None:
        """`width` and `height` bound every picture that is drawn. Changes the drawing quality of the world's model."""
        self.world = world
        model = world.model
        model.vis.quality.shadowsize = model.vis.quality.offsamples = 0
        model.vis.global_.offwidth, model.vis.global_.offheight = width, height
        self._gl = mujoco.GLContext(width, height)
        self._gl.make_current()
        self.context = mujoco.MjrContext(model, mujoco.mjtFontScale.mjFONTSCALE_100)
        mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN, self.context)
        self.scene = mujoco.MjvScene(model, MAX_GEOMS)
        self.option = mujoco.MjvOption()
        self.option.sitegroup[:] = 0
        for name in _OFF:
            self.scene.flags[getattr(_FLAG, f"mjRND_{name}")] = 0

    def prepare(self) -> None:
        """Poses of bodies, cameras and lights for the present state. To be called before the views of a frame."""
        self._gl.make_current()
        mujoco.mj_kinematics(self.world.model, self.world.data)
        mujoco.mj_camlight(self.world.model, self.world.data)

    def close(self) -> None:
        """Free the GL context."""
        self.context.free()
        self._gl.free()


class View:
    """One imager: a picture, its depth, or both."""

    def __init__(
        self, renderer: SceneRenderer, camera: str, image: Intrinsics, shift_m: float, *, color: bool
    ) -> None:
        """The imager lies `shift_m` right of the scene's camera `camera`. Without `color` only depth is drawn."""
        self._renderer, self._color = renderer, color
        self._id = renderer.world.model.camera(camera).id
        self._shift = shift_m
        self._rect = mujoco.MjrRect(0, 0, image.width, image.height)
        self._fixed = mujoco.MjvCamera()
        self._fixed.type, self._fixed.fixedcamid = mujoco.mjtCamera.mjCAMERA_FIXED, self._id
        # the frustum at the near plane; a pixel reaches half a pixel beyond its centre
        self._left = -(image.cx + 0.5) / image.fx * NEAR_M
        self._right = (image.width - 0.5 - image.cx) / image.fx * NEAR_M
        self._top = (image.cy + 0.5) / image.fy * NEAR_M
        self._bottom = -(image.height - 0.5 - image.cy) / image.fy * NEAR_M
        shape = (image.height, image.width)
        self._rgb = np.empty((*shape, 3), np.uint8)
        self._z = np.empty(shape, np.float32)
        self._picture = self._rgb
        self._still_rgb, self._still_z, self._both = self._rgb.copy(), self._z.copy(), self._rgb.copy()
        self._still_key: tuple[Any, ...] | None = None
        self._opaque = True
        body = int(renderer.world.model.cam_bodyid[self._id])
        self._stands = bool(renderer.world.model.body_weldid[body] == 0)

    def draw(self) -> None:
        """Draw the present state of the world; `rgb` and `z` then hold the result."""
        if self._stands:
            self._keep_background()
        if self._stands and self._opaque:
            self._draw(_CATEGORY.mjCAT_DYNAMIC, self._rgb, self._z)
            self._compose()
        else:
            self._draw(_CATEGORY.mjCAT_ALL, self._rgb, self._z)
            self._picture = self._rgb

    @property
    def rgb(self) -> NDArray[np.uint8]:
        """Picture (height, width, 3) of the last draw."""
        return self._picture[::-1]

    @property
    def z(self) -> NDArray[np.float32]:
        """Depth buffer (height, width) of the last draw: 0 at the near plane, 1 at the far one and where nothing is."""
        return self._z[::-1]

    def _keep_background(self) -> None:
        world = self._renderer.world
        pose = (world.data.cam_xpos[self._id].tobytes(), world.data.cam_xmat[self._id].tobytes())
        if self._still_key is not None and self._still_key[0] is world.sample and self._still_key[1] == pose:
            return
        self._draw(_CATEGORY.mjCAT_STATIC, self._still_rgb, self._still_z)
        self._still_key = (world.sample, pose)
        self._opaque = not _moving_is_transparent(world.model)

    def _compose(self) -> None:
        """Put what stands still behind what has just been drawn."""
        if self._color:
            front = np.flatnonzero((self._z < self._still_z).ravel())
            np.copyto(self._both, self._still_rgb)
            self._both.reshape(-1, 3)[front] = self._rgb.reshape(-1, 3)[front]
            self._picture = self._both
        np.minimum(self._z, self._still_z, out=self._z)

    def _draw(self, what: int, rgb: NDArray[np.uint8], z: NDArray[np.float32]) -> None:
        renderer = self._renderer
        world, scene, context = renderer.world, renderer.scene, renderer.context
        scene.flags[_FLAG.mjRND_SKYBOX] = int(self._color and what != _CATEGORY.mjCAT_DYNAMIC)
        scene.flags[_FLAG.mjRND_SEGMENT] = int(not self._color)
        mujoco.mjv_updateScene(world.model, world.data, renderer.option, None, self._fixed, what, scene)
        turn = world.data.cam_xmat[self._id].reshape(3, 3)
        position = world.data.cam_xpos[self._id] + self._shift * turn[:, 0]
        for eye in scene.camera:
            eye.pos, eye.forward, eye.up = position, -turn[:, 2], turn[:, 1]
            eye.frustum_center = 0.5 * (self._left + self._right)
            eye.frustum_width = 0.5 * (self._right - self._left)
            eye.frustum_bottom, eye.frustum_top = self._bottom, self._top
            eye.frustum_near, eye.frustum_far = NEAR_M, FAR_M
        mujoco.mjr_render(self._rect, scene, context)
        # a camera that stands still needs the depth of its picture too, to compose it
        mujoco.mjr_readPixels(
            rgb if self._color else None, z if self._stands or not self._color else None, self._rect, context
        )


def _moving_is_transparent(model: mujoco.MjModel) -> bool:
    """Whether something that moves lets what stands behind it shine through."""
    bodies = model.geom_bodyid
    moves = (model.body_weldid[bodies] != 0) | (model.body_mocapid[model.body_rootid[bodies]] >= 0)
    shown = np.isin(model.geom_group, SHOWN_GROUPS)
    material = model.geom_matid
    alpha = np.where(material >= 0, model.mat_rgba[material, 3], model.geom_rgba[:, 3])
    return bool(((alpha < 1.0) & (alpha > 0.0) & moves & shown).any())


def disparity_from_z(z: NDArray[np.float32], focal_baseline: float, out: NDArray[np.float32]) -> None:
    """Disparity [pixel] from a depth buffer into `out`, 0 where nothing is. It is linear in the buffer's values."""
    np.multiply(z, np.float32(-focal_baseline * (1.0 / NEAR_M - 1.0 / FAR_M)), out=out)
    out += np.float32(focal_baseline / NEAR_M)
    out[z >= 1.0] = 0.0
