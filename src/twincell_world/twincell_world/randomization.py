"""Draws one sample of a scene's randomisation ranges from a seed, and puts one in force in a model."""

from typing import Any

import mujoco
import numpy as np
from twincell_model.rotations import quat_from_rpy

from twincell_world.compose import PAYLOAD_BODY
from twincell_world.fixtures import material_name
from twincell_world.rotations import OPTICAL_TO_MUJOCO, inverse, product, rotate
from twincell_world.scene import Scene

_CAMERAS = 0xCA
PAYLOAD_RADIUS = 0.03
"""[m] Radius of the sphere whose inertia a randomised payload has."""


def draw(scene: Scene, seed: int) -> dict[str, Any]:
    """One sample, the same for the same scene and seed. Plain numbers and lists, ready for JSON.

    Keys are those of the scene's `randomization` block plus `seed`; `objects` holds `position` [m, world frame] and
    `yaw` [rad] per object, `start_joints` one offset [rad] per joint, `cameras` a `position` [m] and `rpy` [rad] per
    camera, in its own optical frame: how far it stands from where its calibration says.
    """
    generator = np.random.default_rng(seed)
    ranges = scene.randomization
    sample: dict[str, Any] = {"seed": int(seed)}
    for name in sorted(ranges):
        value = ranges[name]
        if name == "objects":
            sample[name] = {
                thing: {key: _uniform(generator, value[thing][key]) for key in sorted(value[thing])}
                for thing in sorted(value)
            }
        elif name == "cameras":
            # a sequence of its own: switching it on leaves the other draws of a seed as they are
            own = np.random.default_rng([seed, _CAMERAS])
            sample[name] = {
                camera: {key: _uniform(own, value[camera][key]) for key in sorted(value[camera])}
                for camera in sorted(value)
            }
        elif name == "colors":
            sample[name] = {thing: _uniform(generator, value[thing]) for thing in sorted(value)}
        elif name == "start_joints":
            sample[name] = generator.uniform(value[0], value[1], len(scene.start_joints)).tolist()
        else:
            sample[name] = _uniform(generator, value)
    return sample


def _uniform(generator: np.random.Generator, bounds: list[Any]) -> Any:
    """A number or a list, as the bounds are. Bounds of colours may be in any order."""
    first, second = np.asarray(bounds[0], float), np.asarray(bounds[1], float)
    value = generator.uniform(np.minimum(first, second), np.maximum(first, second), first.shape)
    return np.asarray(value).tolist()


class Randomizer:
    """Changes a compiled model to a sample, starting from the model as it was compiled."""

    _FIELDS = (
        "mat_rgba",
        "light_diffuse",
        "light_pos",
        "light_dir",
        "dof_frictionloss",
        "body_mass",
        "body_inertia",
        "cam_pos",
        "cam_quat",
    )

    def __init__(self, model: mujoco.MjModel, scene: Scene, arm_dofs: slice) -> None:
        self._model, self._scene, self._arm_dofs = model, scene, arm_dofs
        self._nominal = {name: getattr(model, name).copy() for name in self._FIELDS}

    def apply(self, sample: dict[str, Any]) -> None:
        """Put colours, lights, cameras, joint friction and payload of `sample` in force; what it lacks is nominal."""
        model = self._model
        for name, value in self._nominal.items():
            getattr(model, name)[:] = value
        for name, color in sample.get("colors", {}).items():
            model.material(material_name(name)).rgba[:] = color
        model.light_diffuse *= sample.get("light_intensity", 1.0)
        for light in self._scene.look.lights if "light_offset" in sample else ():
            position = np.asarray(light.position) + np.asarray(sample["light_offset"])
            direction = np.asarray(light.target) - position
            model.light(light.name).pos[:] = position
            model.light(light.name).dir[:] = direction / np.linalg.norm(direction)
        model.dof_frictionloss[self._arm_dofs] += sample.get("joint_friction_nm", 0.0)
        for name, offset in sample.get("cameras", {}).items():
            self._shift_camera(model.camera(name), offset)
        payload, mass = model.body(PAYLOAD_BODY), float(sample.get("payload_kg", 0.0))
        payload.mass[:] += mass
        payload.inertia[:] += 0.4 * mass * PAYLOAD_RADIUS**2
        mujoco.mj_setConst(model, mujoco.MjData(model))  # masses may have changed, now or back

    @staticmethod
    def _shift_camera(camera: Any, offset: dict[str, Any]) -> None:
        """Move a camera of the model by an offset given in its optical frame."""
        optical = product(camera.quat, inverse(OPTICAL_TO_MUJOCO))
        camera.pos[:] += rotate(optical, np.asarray(offset.get("position", (0.0, 0.0, 0.0))))
        turn = quat_from_rpy(offset.get("rpy", (0.0, 0.0, 0.0)))
        camera.quat[:] = product(product(optical, turn), OPTICAL_TO_MUJOCO)
