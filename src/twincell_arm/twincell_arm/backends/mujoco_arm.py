"""The arm of the MuJoCo twin: a `World` behind the `Arm` protocol, with brakes and a protective stop."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from twincell_model.profile import RobotProfile
from twincell_world.scene import load_scene
from twincell_world.world import World

from twincell_arm.arm import ArmError, ArmState, Fault, GripperState

Array = NDArray[np.float64]

PROTECTIVE_ERROR = 0.1
"""[rad] A joint further than this from its servo reference has hit something."""
PROTECTIVE_TIME_S = 0.05
"""[s] How long it must last. e-Series stop within 50 ms of a limit (UR manual, safety function table)."""


class MujocoArm:
    """One arm in a world. `send` is one tick of physics."""

    backend = "mujoco"
    simulated = True

    def __init__(self, world: World) -> None:
        self.world = world
        self.profile = world.profile
        self.wrench_estimated = world.profile.wrench == "estimated"
        self._enabled = False
        self._fault = Fault.NONE
        self._reason = ""
        self._held: Array | None = None
        self._off_track = 0
        self._patience = max(round(PROTECTIVE_TIME_S / world.tick_s), 1)

    @classmethod
    def from_options(cls, profile: RobotProfile, options: dict[str, Any]) -> "MujocoArm":
        """An arm in the scene `options["scene"]`, with the randomisation seed `options["seed"]`.

        Without looks: nothing is rendered in this process. Raises UserError for bad names.
        """
        return cls(
            World(load_scene(options["scene"], profile), profile, seed=options["seed"], visuals="none")
        )

    def connect(self) -> None:
        """The world is always there; the brakes are engaged."""
        self._hold()

    def close(self) -> None:
        """Engage the brakes."""
        self.disable()

    def enable(self) -> None:
        """Release the brakes. Raises ArmError while there is a fault."""
        if self._fault:
            raise ArmError(f"The arm has a fault ({self._reason})")
        self._enabled, self._held = True, None

    def disable(self) -> None:
        """Engage the brakes where the arm is."""
        self._enabled = False
        self._hold()

    def recover(self) -> None:
        """Clear the protective stop and release the brakes."""
        self._fault, self._reason, self._off_track = Fault.NONE, "", 0
        self.enable()

    def moved(self) -> None:
        """The world was reset: brakes hold the new pose."""
        self._off_track = 0
        if self._held is not None:
            self._hold()

    def _hold(self) -> None:
        self._held = self.world.joints()[0]
        self.world.servo.reset()

    def send(self, reference: Array) -> None:
        """Advance the world by one tick towards `reference`, or towards nothing while the brakes are engaged."""
        self.world.command(reference if self._held is None else self._held)
        self.world.step()
        if self._held is None:
            self._watch()

    def _watch(self) -> None:
        error = np.abs(self.world.tracking_error())
        self._off_track = self._off_track + 1 if error.max() > PROTECTIVE_ERROR else 0
        if self._off_track >= self._patience:
            joint = self.profile.joint_names[int(error.argmax())]
            self._fault = Fault.PROTECTIVE_STOP
            self._reason = f"Protective stop: {joint} was kept from following its reference."
            self.disable()

    def read(self) -> ArmState:
        """The measured joints."""
        position, velocity, effort = self.world.joints()
        return ArmState(position, velocity, effort, self._enabled, self._fault, self._reason, 100.0)

    def tool(self) -> tuple[Array, Array]:
        """Pose of the tool frame in the root frame."""
        return self.world.tool()

    def wrench(self) -> Array | None:
        """Force and torque on the flange, in the tool frame."""
        return self.world.wrench()

    def move_gripper(self, width_m: float, max_effort: float) -> None:
        """Move the fingers."""
        stroke = self.world.fingers.stroke if self.world.fingers is not None else 1.0
        self.world.command_gripper(width_m / stroke, max_effort)

    def gripper(self) -> GripperState | None:
        """State of the fingers."""
        if self.world.fingers is None:
            return None
        _, width, effort = self.world.gripper()
        return GripperState(width, effort)
