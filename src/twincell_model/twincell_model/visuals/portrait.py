"""Portraits of the robots: `python -m twincell_model.visuals.portrait [ROBOT ...] [--out DIR]`.

Renders each arm with a gripper on a table as DIR/<robot>.png, without a display (MUJOCO_GL: egl if not set).
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("MUJOCO_GL", "egl")  # before mujoco is imported

import mujoco
import numpy as np

from twincell_model import grippers, mjcf, paths, profile
from twincell_model.errors import UserError
from twincell_model.groups import VISUAL_GROUP
from twincell_model.profile import RobotProfile

from . import png

WIDTH, HEIGHT = 900, 700
SHARPNESS = 2  # rendered this many times larger, then averaged down
TABLE = (0.62, 0.45, 0.02)  # [m] half sizes
TABLE_HEIGHT = 0.74  # [m]
HAND = "hand_"  # names of the gripper's things begin with this


@dataclass(frozen=True)
class Pose:
    """Joint positions [rad] and where the picture is taken from [deg, m]."""

    q: tuple[float, ...]
    azimuth: float
    elevation: float
    distance: float
    look_at: tuple[float, float, float]
    table: tuple[float, float]  # [m] middle of the table


POSES = {
    "ur5": Pose(
        (-2.55, -1.85, 1.9, -1.65, -1.57, 0.5), 150.0, -15.0, 1.36, (-0.16, -0.10, 0.27), (-0.12, -0.10)
    ),
    "ur5e": Pose(
        (-2.55, -1.85, 1.9, -1.65, -1.57, 0.5), 150.0, -15.0, 1.42, (-0.16, -0.10, 0.31), (-0.12, -0.10)
    ),
    "xarm7": Pose(
        (0.45, -0.25, 0.25, 1.35, -0.25, 1.45, 0.9), 128.0, -15.0, 1.35, (0.14, 0.03, 0.31), (0.18, 0.1)
    ),
}


def scene(arm: RobotProfile) -> mujoco.MjSpec:
    """The arm with a two-finger gripper on a table in a bright room. Raises UserError for one without a pose."""
    if arm.name not in POSES:
        raise UserError(f"no portrait of '{arm.name}': choose one of {', '.join(POSES)}")
    spec = mjcf.arm_spec(arm)
    tool = spec.site(arm.tf_prefix + mjcf.TOOL_SITE)
    spec.attach(
        mjcf.gripper_spec("two_finger"),
        frame=tool.parent.add_frame(pos=tool.pos, quat=tool.quat),
        prefix=HAND,
    )
    spec.visual.global_.offwidth, spec.visual.global_.offheight = WIDTH * SHARPNESS, HEIGHT * SHARPNESS
    spec.visual.headlight.ambient, spec.visual.headlight.diffuse = [0.34] * 3, [0.16] * 3
    spec.visual.headlight.specular = [0.1] * 3
    spec.visual.quality.shadowsize = 8192
    spec.visual.map.znear = 0.02
    spec.stat.extent, spec.stat.center = 1.5, [0.0, 0.0, 0.4]
    spec.add_texture(
        name="portrait_sky",
        type=mujoco.mjtTexture.mjTEXTURE_SKYBOX,
        builtin=mujoco.mjtBuiltin.mjBUILTIN_GRADIENT,
        rgb1=[0.95, 0.96, 0.97],
        rgb2=[0.72, 0.76, 0.80],
        width=128,
        height=768,
    )
    world = spec.worldbody
    turn = np.deg2rad(POSES[arm.name].azimuth + 32.0)  # over the photographer's right shoulder
    key = np.array([0.7 * np.cos(turn), 0.7 * np.sin(turn), -0.95])
    world.add_light(
        name="key",
        pos=list(-2.2 * key),
        dir=list(key),
        type=mujoco.mjtLightType.mjLIGHT_SPOT,
        cutoff=60,
        exponent=1.0,
        diffuse=[0.52] * 3,
        specular=[0.5] * 3,
        castshadow=True,
    )
    world.add_light(
        name="fill",
        type=mujoco.mjtLightType.mjLIGHT_DIRECTIONAL,
        dir=[0.2, 0.5, -0.85],
        diffuse=[0.30] * 3,
        specular=[0.1] * 3,
        castshadow=False,
    )
    top = spec.add_material(name="table_top", rgba=[0.80, 0.74, 0.66, 1.0], specular=0.2, shininess=0.3)
    steel = spec.add_material(name="table_steel", rgba=[0.33, 0.35, 0.37, 1.0], specular=0.5, shininess=0.5)
    floor = spec.add_material(name="room_floor", rgba=[0.86, 0.87, 0.88, 1.0], reflectance=0.03)
    box, plane = mujoco.mjtGeom.mjGEOM_BOX, mujoco.mjtGeom.mjGEOM_PLANE
    plate = (
        0.012  # the arm's mounting plate sinks into the table by nothing: the table's top is the arm's foot
    )
    centre = POSES[arm.name].table
    world.add_geom(
        type=box, size=TABLE, pos=[*centre, -TABLE[2] - plate], material=top.name, group=VISUAL_GROUP
    )
    world.add_geom(
        type=box,
        size=[0.12, 0.12, plate / 2],
        pos=[0, 0, -plate / 2],
        material=steel.name,
        group=VISUAL_GROUP,
    )
    for x in (-1, 1):
        for y in (-1, 1):
            foot = [
                centre[0] + x * (TABLE[0] - 0.05),
                centre[1] + y * (TABLE[1] - 0.05),
                -TABLE_HEIGHT / 2 - 0.03,
            ]
            world.add_geom(
                type=box,
                size=[0.03, 0.03, TABLE_HEIGHT / 2],
                pos=foot,
                material=steel.name,
                group=VISUAL_GROUP,
            )
    world.add_geom(
        type=plane,
        size=[8, 8, 0.1],
        pos=[0, 0, -TABLE_HEIGHT - 0.03],
        material=floor.name,
        group=VISUAL_GROUP,
    )
    return spec


def render(arm: RobotProfile) -> np.ndarray:
    """The portrait (HEIGHT, WIDTH, 3), uint8. Raises UserError for a robot without a pose, and without GL."""
    model = scene(arm).compile()
    pose = POSES[arm.name]
    data = mujoco.MjData(model)
    for name, q in zip(arm.joint_names, pose.q, strict=True):
        data.joint(name).qpos[0] = q
    for joint in (grippers.LEFT_JOINT, grippers.RIGHT_JOINT):
        data.joint(HAND + joint).qpos[0] = 0.03
    mujoco.mj_forward(model, data)
    camera = mujoco.MjvCamera()
    camera.azimuth, camera.elevation, camera.distance = pose.azimuth, pose.elevation, pose.distance
    camera.lookat = pose.look_at
    options = mujoco.MjvOption()
    options.geomgroup[:] = 0
    options.geomgroup[VISUAL_GROUP] = 1
    try:
        renderer = mujoco.Renderer(model, HEIGHT * SHARPNESS, WIDTH * SHARPNESS)
    except (RuntimeError, ImportError, AttributeError) as error:
        raise UserError(f"no OpenGL for offscreen pictures ({error}): try MUJOCO_GL=osmesa") from error
    with renderer:
        renderer.update_scene(data, camera, options)
        large = renderer.render().astype(np.uint16)
    blocks = large.reshape(HEIGHT, SHARPNESS, WIDTH, SHARPNESS, 3)
    return (blocks.sum(axis=(1, 3)) // SHARPNESS**2).astype(np.uint8)


def main(arguments: list[str] | None = None) -> int:
    """Writes the portraits; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m twincell_model.visuals.portrait", description=__doc__)
    parser.add_argument("robots", nargs="*", default=sorted(POSES), metavar="ROBOT")
    parser.add_argument("--out", type=Path, default=paths.root() / "docs" / "images", metavar="DIR")
    options = parser.parse_args(arguments)
    try:
        for robot in options.robots:
            size = png.write(options.out / f"{robot}.png", render(profile.load_profile(robot)))
            print(f"{options.out / robot}.png {size // 1000} kB")
    except UserError as error:
        print(f"twincell: error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
