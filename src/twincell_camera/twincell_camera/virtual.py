"""A virtual RGB-D camera in a world: renders what its imagers see and makes it as imperfect as the device."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from twincell_world.world import World

from twincell_camera.align import Aligner
from twincell_camera.camera import Images, empty_images
from twincell_camera.camera_set import CameraSpec, check_mounts
from twincell_camera.color import ColorImager
from twincell_camera.depth import StereoDepth
from twincell_camera.model import Effect
from twincell_camera.noise import Draw
from twincell_camera.renderer import SceneRenderer, View, disparity_from_z


def camera_seed(name: str) -> int:
    """Number of a camera among the random sequences of one seed."""
    return zlib.crc32(name.encode())


class VirtualCamera:
    """One camera of a world, mounted where the scene's camera of its name is. Implements `Camera`.

    Frames depend on the world's state, the seed and the frame number, and on nothing else.
    """

    def __init__(self, spec: CameraSpec, renderer: SceneRenderer, seed: int = 0) -> None:
        """The scene has a camera of this name: see check_mounts."""
        self.spec = spec
        self._seed, self._number = seed, camera_seed(spec.name)
        self._color_view = self._depth_view = None
        if spec.color is not None:
            self._color_view = View(
                renderer, spec.name, spec.color.intrinsics, -spec.model.color_offset_m, color=True
            )
            self._imager = ColorImager(spec, seed)
        if spec.depth is not None:
            self._depth_view = View(renderer, spec.name, spec.depth.intrinsics, 0.0, color=False)
            self._stereo = StereoDepth(spec, seed)
            size = spec.depth.intrinsics
            self._truth: NDArray[np.float32] = np.empty((size.height, size.width), np.float32)
        self._aligner = Aligner(spec) if spec.align_depth else None
        self._shade = _Shade(spec) if Effect.DARK_SURFACES in spec.effects and spec.color else None

    def capture(self, frame: int, out: Images) -> None:
        """Images of the world as it is now. `SceneRenderer.prepare` has been called for this state."""
        draw = Draw(self._seed, self._number, frame)
        brightness = None
        if self._color_view is not None:
            assert out.color is not None
            self._color_view.draw()
            self._imager.apply(self._color_view.rgb, draw, out.color)
            if self._shade is not None:
                brightness = self._shade.of(self._color_view.rgb)
        if self._depth_view is not None:
            assert out.depth is not None
            self._depth_view.draw()
            disparity_from_z(self._depth_view.z, self._stereo.focal_baseline, self._truth)
            self._stereo.measure(self._truth, draw, out.depth, brightness)
            if self._aligner is not None:
                assert out.aligned is not None
                self._aligner.align(out.depth, self._stereo.disparity, out.aligned)

    def close(self) -> None:
        """Nothing of its own to free: the renderer holds the GL context."""


class _Shade:
    """Brightness of the color picture at the depth imager's pixels, without parallax: it only says dark or bright."""

    def __init__(self, spec: CameraSpec) -> None:
        assert spec.color is not None and spec.depth is not None
        color, depth = spec.color.intrinsics, spec.depth.intrinsics
        u = np.rint((np.arange(depth.width) - depth.cx) * color.fx / depth.fx + color.cx)
        v = np.rint((np.arange(depth.height) - depth.cy) * color.fy / depth.fy + color.cy)
        self._u = np.clip(u, 0, color.width - 1).astype(np.intp)
        self._v = np.clip(v, 0, color.height - 1).astype(np.intp)

    def of(self, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return rgb[self._v[:, None], self._u[None, :], 1]


class CameraRig:
    """The cameras of a set in one world: what training and the camera node render with.

    with CameraRig(world, load_set("scene_and_wrist"), seed=3) as rig:
        world.step()
        images = rig.capture(frame)      # the same arrays every time: copy what is to be kept
        images["camera"].color, images["camera"].depth, images["wrist"].color

    MUJOCO_GL says how to draw (`egl` or `osmesa` without a display) and is read when mujoco is first imported.
    """

    def __init__(self, world: World, cameras: Sequence[CameraSpec], seed: int = 0) -> None:
        """Raises UserError when the world's scene lacks one of the cameras."""
        sizes = [p.intrinsics for spec in cameras for p in (spec.color, spec.depth) if p is not None]
        check_mounts(tuple(cameras), world.scene)
        self.renderer = SceneRenderer(world, max(s.width for s in sizes), max(s.height for s in sizes))
        self.cameras = {spec.name: VirtualCamera(spec, self.renderer, seed) for spec in cameras}
        self._images = {spec.name: empty_images(spec) for spec in cameras}

    def capture(self, frame: int) -> dict[str, Images]:
        """Frame number `frame` of every camera, from the world as it is now. The arrays are reused by the next call."""
        self.renderer.prepare()
        for name, camera in self.cameras.items():
            camera.capture(frame, self._images[name])
        return self._images

    def close(self) -> None:
        """Free the GL context."""
        self.renderer.close()

    def __enter__(self) -> CameraRig:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
