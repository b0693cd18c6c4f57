"""Pictures of every imperfection for docs/cameras.md: `python -m twincell_camera.pictures docs/images`."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from twincell_model.profile import load_profile
from twincell_model.visuals import png
from twincell_world.scene import load_scene
from twincell_world.world import World

from twincell_camera.camera_set import CameraSpec, load_set
from twincell_camera.virtual import CameraRig

EFFECTS = {
    "none": "none",
    "occlusion": "occlusion",
    "disparity-noise": "disparity_noise",
    "quantisation": "quantisation",
    "edge-fattening": "edge_fattening",
    "invalid-zones": "invalid_zones",
    "dark-surfaces": "dark_surfaces",
    "all": "occlusion,disparity_noise,quantisation,edge_fattening,invalid_zones",
}
"""Depth pictures: name of the file to effects."""
NEAR_MM, FAR_MM = 700.0, 3000.0
STEPS_MM = 60.0
"""What is black and white in the picture of the steps, which shows the error they make."""
CROP = (slice(20, 180), slice(110, 310))
"""Of the depth image: the robot."""
ZOOM = 2


def colored(depth: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """Near red to far blue, invalid black: (height, width, 3)."""
    share = np.clip((depth.astype(float) - NEAR_MM) / (FAR_MM - NEAR_MM), 0.0, 1.0)[..., None]
    picture = (255.0 * np.clip(1.5 - np.abs(4.0 * share - [1.0, 2.0, 3.0]), 0.0, 1.0)).astype(np.uint8)
    picture[depth == 0] = 0
    return picture


def error(depth: NDArray[np.uint16], true: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """Too near dark, too far bright, grey where right: (height, width, 3)."""
    off = np.clip((depth.astype(float) - true) / STEPS_MM, -1.0, 1.0)
    return np.repeat((127.5 + 127.5 * off).astype(np.uint8)[..., None], 3, axis=2)


def enlarged(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Every pixel as a square."""
    return np.repeat(np.repeat(picture, ZOOM, axis=0), ZOOM, axis=1)


def draw(folder: Path) -> list[Path]:
    """Write all pictures; returns their paths."""
    profile = load_profile("xarm7")
    world = World(load_scene("reach", profile), profile)
    camera = load_set("scene")[0]
    written = []

    def write(name: str, picture: NDArray[np.uint8]) -> None:
        written.append(folder / f"{name}.png")
        png.write(written[-1], np.ascontiguousarray(enlarged(picture)))

    def images(spec: CameraSpec) -> tuple[NDArray[np.uint8], NDArray[np.uint16], NDArray[np.uint16]]:
        with CameraRig(world, [spec]) as rig:
            found = rig.capture(1)[spec.name]
            assert found.color is not None and found.depth is not None and found.aligned is not None
            return found.color, found.depth, found.aligned

    true = images(camera.with_effects("none"))[1][CROP]
    for name, effects in EFFECTS.items():
        depth = images(camera.with_effects(effects))[1][CROP]
        write(f"depth-{name}", error(depth, true) if name == "quantisation" else colored(depth))
    color, _, aligned = images(camera.with_effects("all"))
    write("camera-color", color)
    write("camera-aligned", colored(aligned))
    return written


if __name__ == "__main__":
    for path in draw(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images")):
        print(path)
