"""The MuJoCo model of a parallel gripper, with the frames and names of grippers.py."""

import mujoco
import numpy as np

from twincell_model import appearance, visuals
from twincell_model.grippers import (
    ACTUATOR,
    BASE_LINK,
    LEFT_FINGER,
    LEFT_JOINT,
    RIGHT_FINGER,
    RIGHT_JOINT,
    TCP_FRAME,
    TENDON,
    Gripper,
    base_inertia,
    finger_inertia,
    load_gripper,
)
from twincell_model.groups import COLLISION_GROUP

STIFFNESS = 4000.0
"""[N/m] of the actuator: told to close, it reaches the default force of 40 N on any part wider than 10 mm."""


def gripper_spec(gripper: str | Gripper) -> mujoco.MjSpec:
    """The gripper as an MjSpec to attach at the flange (tool frame).

    Bodies, joints, tendon and actuator carry the names above. The actuator's control is the wanted width between the
    fingers [m], 0 to stroke; its force, at most max_force [N], is that of each finger. Opens at width `stroke`.
    """
    g = load_gripper(gripper) if isinstance(gripper, str) else gripper
    spec = mujoco.MjSpec()
    spec.modelname = g.name
    spec.compiler.degree = False
    spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    base = spec.worldbody.add_body(name=BASE_LINK)
    base.explicitinertial = True
    base.mass, base.ipos, base.inertia = g.base_mass, [0, 0, g.base_com], base_inertia(g)
    base.add_geom(
        name=f"{BASE_LINK}_collision",
        type=mujoco.mjtGeom.mjGEOM_CYLINDER,
        pos=[0, 0, g.base_height / 2],
        size=[g.base_radius, g.base_height / 2, 0],
        group=COLLISION_GROUP,
        rgba=[0.5, 0.7, 0.5, 0.4],
        mass=0.0,
    )
    for link, joint, side in ((LEFT_FINGER, LEFT_JOINT, 1.0), (RIGHT_FINGER, RIGHT_JOINT, -1.0)):
        _add_finger(base, g, link, joint, side)
    base.add_site(name=TCP_FRAME, pos=[0, 0, g.tcp], group=4, size=[0.004, 0, 0])
    spec.add_exclude(name="gripper_fingers_base_left", bodyname1=BASE_LINK, bodyname2=LEFT_FINGER)
    spec.add_exclude(name="gripper_fingers_base_right", bodyname1=BASE_LINK, bodyname2=RIGHT_FINGER)
    coupling = spec.add_equality(
        name="gripper_coupling", type=mujoco.mjtEq.mjEQ_JOINT, name1=LEFT_JOINT, name2=RIGHT_JOINT
    )
    coupling.data[:5] = [0.0, 1.0, 0.0, 0.0, 0.0]
    coupling.solref = [0.005, 1.0]
    tendon = spec.add_tendon(name=TENDON)
    tendon.wrap_joint(LEFT_JOINT, 1.0)
    tendon.wrap_joint(RIGHT_JOINT, 1.0)
    actuator = spec.add_actuator(name=ACTUATOR, target=TENDON, trntype=mujoco.mjtTrn.mjTRN_TENDON)
    actuator.gainprm[0] = STIFFNESS
    actuator.biastype = mujoco.mjtBias.mjBIAS_AFFINE
    actuator.biasprm[:3] = [0.0, -STIFFNESS, -2.0 * np.sqrt(STIFFNESS * g.finger_mass)]
    actuator.ctrllimited = mujoco.mjtLimited.mjLIMITED_TRUE
    actuator.ctrlrange = [0.0, g.stroke]
    actuator.forcelimited = mujoco.mjtLimited.mjLIMITED_TRUE
    actuator.forcerange = [-g.max_force, g.max_force]
    for link, pieces in visuals.gripper_parts(g).items():
        appearance.add(spec, spec.body(link), pieces)
    return spec


def _add_finger(base: mujoco.MjsBody, g: Gripper, link: str, joint: str, side: float) -> None:
    """A finger whose inner face lies in the plane y = 0 when closed; side +1 is towards +y."""
    finger = base.add_body(name=link, pos=[0, 0, g.base_height])
    finger.explicitinertial = True
    finger.mass, finger.ipos = g.finger_mass, [0, side * g.finger_depth / 2, g.finger_length / 2]
    finger.inertia = finger_inertia(g)
    finger.add_joint(
        name=joint,
        type=mujoco.mjtJoint.mjJNT_SLIDE,
        axis=[0, side, 0],
        range=[0.0, g.stroke / 2],
        limited=mujoco.mjtLimited.mjLIMITED_TRUE,
        damping=[5.0, 0, 0],
        armature=0.1,
    )
    finger.add_geom(
        name=f"{link}_pad",
        type=mujoco.mjtGeom.mjGEOM_BOX,
        pos=[0, side * g.finger_depth / 2, g.finger_length / 2],
        size=[g.finger_width / 2, g.finger_depth / 2, g.finger_length / 2],
        group=COLLISION_GROUP,
        rgba=[0.5, 0.7, 0.5, 0.4],
        mass=0.0,
        friction=[g.finger_friction, 0.02, 0.001],
        condim=4,
        solref=[0.01, 1.0],
    )
