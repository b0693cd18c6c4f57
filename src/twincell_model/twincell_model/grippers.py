"""Parallel two-finger grippers, from config/grippers/<name>.yaml, and their MuJoCo model.

Frames: z out of the flange, the fingers move along y. A finger's joint is half the width between the fingers.
"""

from dataclasses import dataclass

import mujoco
import numpy as np

from twincell_model import appearance, documents, paths, visuals
from twincell_model.errors import UserError
from twincell_model.groups import COLLISION_GROUP

BASE_LINK = "gripper_base"
LEFT_FINGER, RIGHT_FINGER = "gripper_left_finger", "gripper_right_finger"
LEFT_JOINT, RIGHT_JOINT = "gripper_left_finger_joint", "gripper_right_finger_joint"
TCP_FRAME = "gripper_tcp"
ACTUATOR = "gripper"
TENDON = "gripper_width"
STIFFNESS = 4000.0
"""[N/m] of the actuator: told to close, it reaches the default force of 40 N on any part wider than 10 mm."""


@dataclass(frozen=True)
class Gripper:
    """A parallel gripper. SI units."""

    name: str
    description: str
    stroke: float
    max_force: float
    default_force: float
    max_speed: float
    tcp: float
    base_mass: float
    base_com: float
    base_radius: float
    base_height: float
    finger_mass: float
    finger_width: float
    finger_depth: float
    finger_length: float
    finger_friction: float

    @property
    def mass(self) -> float:
        """Mass of the whole gripper [kg]."""
        return self.base_mass + 2.0 * self.finger_mass


def available() -> list[str]:
    """Names of the grippers under config/grippers, sorted."""
    return sorted(path.stem for path in paths.config("grippers").glob("*.yaml"))


def load_gripper(name: str) -> Gripper:
    """The gripper called `name`. Raises UserError naming the gripper, file or field that is wrong."""
    if name not in available():
        raise documents.unknown("gripper", name, available())
    path = paths.config("grippers", f"{name}.yaml")
    raw = documents.read(path, path.with_name("gripper.schema.json"), "gripper")
    if raw["name"] != name:
        raise UserError(f"gripper file '{path}', field name: '{raw['name']}' is not the file's name '{name}'")
    if raw["default_force"] > raw["max_force"]:
        raise UserError(f"gripper file '{path}', field default_force: larger than max_force")
    values = {key: float(value) for key, value in raw.items() if isinstance(value, int | float)}
    values |= {
        f"{part}_{key}": float(value) for part in ("base", "finger") for key, value in raw[part].items()
    }
    return Gripper(name, raw["description"], **values)


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


def base_inertia(g: Gripper) -> tuple[float, float, float]:
    """Principal inertia of the housing as a solid upright cylinder [kg m^2]."""
    across = g.base_mass * (3.0 * g.base_radius**2 + g.base_height**2) / 12.0
    return across, across, g.base_mass * g.base_radius**2 / 2.0


def finger_inertia(g: Gripper) -> tuple[float, float, float]:
    """Principal inertia of a finger as a solid box [kg m^2]: width x, depth y, length z."""
    x2, y2, z2 = g.finger_width**2, g.finger_depth**2, g.finger_length**2
    m = g.finger_mass / 12.0
    return m * (y2 + z2), m * (x2 + z2), m * (x2 + y2)


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
