"""The gripper of a world: fingers that move at the gripper's speed and close with a force."""

import mujoco

from twincell_model import grippers

PREFIX = "hand_"
"""Prefix of the gripper's names in the model."""


class Fingers:
    """Drives the width between the fingers of a gripper attached with `PREFIX`."""

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData, name: str) -> None:
        self._gripper = grippers.load_gripper(name)
        self.stroke = self._gripper.stroke
        """Width of the open gripper [m]."""
        joints = [model.joint(PREFIX + joint) for joint in (grippers.LEFT_JOINT, grippers.RIGHT_JOINT)]
        self._addresses = [int(joint.qposadr[0]) for joint in joints]
        self._actuator = model.actuator(PREFIX + grippers.ACTUATOR).id
        self._model, self._data = model, data
        self._goal = self._setpoint = self.stroke

    def command(self, opening: float, max_effort: float) -> None:
        """Move to `opening`, 0 closed to 1 open, with at most `max_effort` [N]; 0 = the gripper's default."""
        self._goal = min(max(opening, 0.0), 1.0) * self.stroke
        force = min(max_effort, self._gripper.max_force) if max_effort > 0.0 else self._gripper.default_force
        self._model.actuator_forcerange[self._actuator] = (-force, force)

    def tick(self, seconds: float) -> None:
        """Move the set-point for the next `seconds` at the gripper's largest speed."""
        way = self._gripper.max_speed * seconds
        self._setpoint += min(max(self._goal - self._setpoint, -way), way)
        self._data.ctrl[self._actuator] = self._setpoint

    def reset(self, opening: float) -> None:
        """Stand still at `opening`."""
        self.command(opening, 0.0)
        self._setpoint = self._goal
        self._data.ctrl[self._actuator] = self._goal
        for address in self._addresses:
            self._data.qpos[address] = self._goal / 2.0

    def state(self) -> tuple[float, float, float]:
        """Opening 0-1, width between the fingers [m], effort of the fingers [N]."""
        width = float(sum(self._data.qpos[address] for address in self._addresses))
        return width / self.stroke, width, abs(float(self._data.actuator_force[self._actuator]))
