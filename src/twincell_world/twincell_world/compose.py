"""Composes the MjSpec of a scene: arm, load of the flange, fixtures, objects, targets, cameras, light and floor."""

import mujoco
import numpy as np
from twincell_model.errors import UserError
from twincell_model.profile import RobotProfile
from twincell_model.rotations import quat_from_rpy

from twincell_model import grippers, mjcf
from twincell_world.fingers import PREFIX
from twincell_world.fixtures import VISUAL_GROUP, add_fixture, add_material, add_object
from twincell_world.rotations import OPTICAL_TO_MUJOCO, optical_looking_at, product
from twincell_world.scene import CameraMount, Scene, Target

TOOL_SITE = mjcf.TOOL_SITE
FLANGE_BODY = "flange_load"
"""Body without a joint on the flange: everything beyond it is what the wrench sensor carries."""
FLANGE_SITE = "flange_sensor"
FORCE_SENSOR, TORQUE_SENSOR = "flange_force", "flange_torque"
PAYLOAD_BODY = "payload"
PAYLOAD_REACH = 0.1
"""[m] Distance of a randomised payload from the flange, along z of the tool frame."""


def compile_scene(
    scene: Scene, profile: RobotProfile, visuals: str = "primitives"
) -> tuple[mujoco.MjSpec, mujoco.MjModel]:
    """The scene's spec and its model. Raises UserError where the scene and the robot do not go together."""
    try:
        spec = build(scene, profile, visuals)
        return spec, spec.compile()
    except UserError:
        raise
    except ValueError as error:  # a fixture named like a link, for instance
        sentence = " ".join(str(error).split())
        raise UserError(f"scene '{scene.name}' cannot be built for {profile.name}: {sentence}") from None


def build(scene: Scene, profile: RobotProfile, visuals: str = "primitives") -> mujoco.MjSpec:
    """The whole scene, not compiled yet. Raises UserError for names the scene cannot resolve."""
    spec = mjcf.arm_spec(profile, visuals=visuals)
    root = spec.body(profile.root_frame)
    root.pos, root.quat = list(scene.robot_position), quat_from_rpy(scene.robot_rpy)
    spec.modelname = f"{scene.name}_{profile.name}"
    spec.option.timestep = scene.timestep_s
    spec.option.gravity = list(scene.gravity)
    spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    spec.option.cone = mujoco.mjtCone.mjCONE_ELLIPTIC
    spec.option.impratio = 10.0  # gripped things slip less
    _add_look(spec, scene)
    _add_flange_load(spec, scene, profile)
    for fixture in scene.fixtures:
        add_fixture(spec, fixture)
        if (
            fixture.shape == "pedestal"
        ):  # the arm is bolted to it: its first moving link turns just above the plate
            first = next(link.name for link in profile.links if link.joint is not None)
            spec.add_exclude(name=f"{fixture.name}_mount", bodyname1=fixture.name, bodyname2=first)
    for thing in scene.objects:
        add_object(spec, thing)
    for target in scene.targets:
        _add_target(spec, target)
    for camera in scene.cameras:
        _add_camera(spec, camera, scene, profile)
    return spec


def _add_flange_load(spec: mujoco.MjSpec, scene: Scene, profile: RobotProfile) -> None:
    """Gripper, payload and wrench sensor at the tool site."""
    tool = spec.site(profile.tf_prefix + TOOL_SITE)
    load = tool.parent.add_body(name=FLANGE_BODY, pos=tool.pos, quat=tool.quat)
    load.add_site(name=FLANGE_SITE, size=[0.004], group=4)
    payload = load.add_body(name=PAYLOAD_BODY, pos=[0.0, 0.0, PAYLOAD_REACH])
    payload.mass, payload.ipos, payload.inertia, payload.explicitinertial = 1e-6, [0.0] * 3, [1e-9] * 3, True
    if scene.gripper != grippers.NONE:
        spec.attach(mjcf.gripper_spec(scene.gripper), frame=load.add_frame(), prefix=PREFIX)
    for name, kind in (
        (FORCE_SENSOR, mujoco.mjtSensor.mjSENS_FORCE),
        (TORQUE_SENSOR, mujoco.mjtSensor.mjSENS_TORQUE),
    ):
        spec.add_sensor(name=name, type=kind, objtype=mujoco.mjtObj.mjOBJ_SITE, objname=FLANGE_SITE)


def _add_target(spec: mujoco.MjSpec, target: Target) -> None:
    body = spec.worldbody.add_body(name=target.name, mocap=True, pos=list(target.position))
    core = add_material(spec, target.name, target.color, "satin")
    spec.material(core).emission = 0.35
    sphere = mujoco.mjtGeom.mjGEOM_SPHERE
    common = {"type": sphere, "group": VISUAL_GROUP, "contype": 0, "conaffinity": 0}
    body.add_geom(name=target.name, size=[target.radius, 0, 0], material=core, **common)


def _add_camera(spec: mujoco.MjSpec, camera: CameraMount, scene: Scene, profile: RobotProfile) -> None:
    if camera.mount == "world":
        parent = spec.worldbody
    elif camera.mount == "tool":
        parent = spec.body(FLANGE_BODY)
    else:
        parent = spec.body(camera.mount)
        if parent is None:
            links = ", ".join(link.name for link in profile.links)
            raise UserError(
                f"scene '{scene.name}', camera '{camera.name}': unknown mount '{camera.mount}'; "
                f"use world, tool or a link: {links}"
            )
    if camera.look_at is not None:
        optical = optical_looking_at(camera.position, camera.look_at)
    else:
        optical = quat_from_rpy(camera.rpy or (0.0, 0.0, 0.0))
    parent.add_camera(
        name=camera.name,
        pos=list(camera.position),
        quat=product(optical, OPTICAL_TO_MUJOCO),
        fovy=camera.fovy_deg,
        resolution=list(camera.resolution),
    )


def _add_look(spec: mujoco.MjSpec, scene: Scene) -> None:
    look = scene.look
    spec.visual.headlight.ambient = [look.ambient] * 3
    spec.visual.headlight.diffuse = [0.2] * 3
    spec.visual.headlight.specular = [0.05] * 3
    spec.visual.quality.shadowsize = 4096
    spec.visual.map.znear, spec.visual.map.zfar = 0.01, 30.0
    spec.visual.map.shadowclip = 1.5
    spec.stat.extent, spec.stat.center = 1.5, list(scene.robot_position)
    zenith = look.sky.get("zenith", (0.62, 0.7, 0.78, 1.0))
    horizon = look.sky.get("horizon", (0.83, 0.86, 0.88, 1.0))
    spec.visual.rgba.haze = list(horizon)
    spec.visual.map.haze = 0.35
    spec.add_texture(
        name="sky",
        type=mujoco.mjtTexture.mjTEXTURE_SKYBOX,
        builtin=mujoco.mjtBuiltin.mjBUILTIN_GRADIENT,
        rgb1=list(zenith[:3]),
        rgb2=list(horizon[:3]),
        width=256,
        height=1536,
    )
    _add_floor(spec, scene)
    for light in look.lights:
        direction = np.asarray(light.target) - np.asarray(light.position)
        spec.worldbody.add_light(
            name=light.name,
            pos=list(light.position),
            dir=list(direction / np.linalg.norm(direction)),
            type=mujoco.mjtLightType.mjLIGHT_DIRECTIONAL,
            diffuse=[light.intensity] * 3,
            specular=[0.3 * light.intensity] * 3,
            castshadow=light.shadow,
        )


def _add_floor(spec: mujoco.MjSpec, scene: Scene) -> None:
    floor = scene.look.floor
    tile = float(floor.get("tile", 0.5))
    color, line = floor.get("color", (0.6, 0.63, 0.65, 1.0)), floor.get("line", (0.52, 0.55, 0.57, 1.0))
    spec.add_texture(
        name="floor",
        type=mujoco.mjtTexture.mjTEXTURE_2D,
        builtin=mujoco.mjtBuiltin.mjBUILTIN_FLAT,
        mark=mujoco.mjtMark.mjMARK_EDGE,
        rgb1=list(color[:3]),
        rgb2=list(color[:3]),
        markrgb=list(line[:3]),
        width=300,
        height=300,
    )
    material = spec.add_material(
        name="floor_material",
        texrepeat=[1.0 / tile] * 2,
        texuniform=True,
        reflectance=floor.get("reflectance", 0.08),
    )
    material.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = "floor"
    spec.worldbody.add_geom(
        name="floor",
        type=mujoco.mjtGeom.mjGEOM_PLANE,
        size=[0.0, 0.0, 0.1],  # endless, fades into the haze
        material="floor_material",
        group=VISUAL_GROUP,
    )
