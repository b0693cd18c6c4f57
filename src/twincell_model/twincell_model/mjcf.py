"""The MuJoCo model of an arm, built from its profile.

One body per link of the profile, the same names. Geoms: group 2 visual (no collision), group 3 collision. Site "tool"
at the tool frame, torque motors named like the joints. Names carry the profile's tf_prefix.
"""

import mujoco
import numpy as np

from twincell_model import appearance, rotations
from twincell_model.gripper_mjcf import gripper_spec
from twincell_model.groups import COLLISION_GROUP, VISUAL_GROUP
from twincell_model.profile import RobotProfile
from twincell_model.spec import Inertial, LinkSpec

__all__ = ["COLLISION_GROUP", "TOOL_SITE", "VISUAL_GROUP", "arm_spec", "excluded_pairs", "gripper_spec"]

TOOL_SITE = "tool"
TIMESTEP_S = 0.002


def arm_spec(profile: RobotProfile, visuals: str = "primitives") -> mujoco.MjSpec:
    """The arm as an MjSpec whose root body stands at the world's origin.

    visuals: an option of twincell_model.appearance. Raises UserError where the wanted visuals are not to be had.
    """
    looks = appearance.resolve(profile, visuals)
    spec = mujoco.MjSpec()
    spec.modelname = profile.name
    spec.compiler.degree = False
    spec.compiler.autolimits = True
    spec.option.timestep = TIMESTEP_S
    spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    bodies: dict[str, mujoco.MjsBody] = {}
    joints = {joint.name: joint for joint in profile.joints}
    for link in profile.links:
        parent = spec.worldbody if link.parent is None else bodies[link.parent]
        body = parent.add_body(name=link.name, pos=link.xyz, quat=rotations.quat_from_rpy(link.rpy))
        bodies[link.name] = body
        if link.inertial is not None:
            _add_inertial(body, link.inertial)
        if link.joint is not None:
            joint = joints[link.joint]
            body.add_joint(
                name=joint.name,
                type=mujoco.mjtJoint.mjJNT_HINGE,
                axis=[0, 0, joint.axis_sign],
                range=[joint.lower, joint.upper],
                limited=mujoco.mjtLimited.mjLIMITED_TRUE,
                damping=[joint.damping, 0, 0],
                frictionloss=joint.friction,
                armature=joint.armature,
                actfrcrange=[-joint.max_effort, joint.max_effort],
                actfrclimited=mujoco.mjtLimited.mjLIMITED_TRUE,
            )
        _add_collision(body, link)
        appearance.add(spec, body, looks.get(link.name, ()))
    for joint in profile.joints:
        spec.add_actuator(
            name=joint.name,
            target=joint.name,
            trntype=mujoco.mjtTrn.mjTRN_JOINT,
            ctrlrange=[-joint.max_effort, joint.max_effort],
            ctrllimited=mujoco.mjtLimited.mjLIMITED_TRUE,
        )
    bodies[profile.tool_frame].add_site(
        name=profile.tf_prefix + TOOL_SITE, group=4, size=[0.005, 0.005, 0.005]
    )
    for number, (first, second) in enumerate(excluded_pairs(profile)):
        spec.add_exclude(name=f"{profile.tf_prefix}unchecked_{number}", bodyname1=first, bodyname2=second)
    return spec


def excluded_pairs(profile: RobotProfile) -> list[tuple[str, str]]:
    """Pairs of links whose contact is not looked at: neighbours along the chain and the profile's unchecked pairs.

    MuJoCo leaves out parent and child by itself, except where the parent is fixed to the world.
    """
    solid = {link.name: link for link in profile.links}
    pairs = []
    for link in profile.links:
        parent = link.parent
        while parent is not None and not solid[parent].collision:
            parent = solid[parent].parent
        if link.collision and parent is not None:
            pairs.append((parent, link.name))
    return pairs + list(profile.unchecked_pairs)


def _add_inertial(body: mujoco.MjsBody, inertial: Inertial) -> None:
    ixx, iyy, izz, ixy, ixz, iyz = inertial.inertia
    tensor = np.array([[ixx, ixy, ixz], [ixy, iyy, iyz], [ixz, iyz, izz]])
    turn = rotations.matrix_from_rpy(inertial.rpy)
    tensor = turn @ tensor @ turn.T
    body.explicitinertial = True
    body.mass = inertial.mass
    body.ipos = inertial.com
    body.fullinertia = tensor[[0, 1, 2, 0, 0, 1], [0, 1, 2, 1, 2, 2]]


def _add_collision(body: mujoco.MjsBody, link: LinkSpec) -> None:
    for number, capsule in enumerate(link.collision):
        body.add_geom(
            name=f"{link.name}_collision_{number}",
            type=mujoco.mjtGeom.mjGEOM_CAPSULE,
            fromto=[*capsule.start, *capsule.end],
            size=[capsule.radius, 0, 0],
            group=COLLISION_GROUP,
            rgba=[0.5, 0.7, 0.5, 0.4],
            mass=0.0,
        )
