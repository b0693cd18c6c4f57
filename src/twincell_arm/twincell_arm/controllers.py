"""The controllers and the hardware component that controller_manager shows, with the rules of ros2_control's server.

ROS-free. The state is real: the arm node publishes and follows only what is active here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from twincell_model.profile import RobotProfile


class State(str, Enum):
    """Lifecycle state of a controller or of the hardware component."""

    UNCONFIGURED = "unconfigured"
    INACTIVE = "inactive"
    ACTIVE = "active"


LIFECYCLE_IDS = {State.UNCONFIGURED: 1, State.INACTIVE: 2, State.ACTIVE: 3}
"""lifecycle_msgs/State ids."""

BEST_EFFORT, STRICT, AUTO, FORCE_AUTO = 1, 2, 3, 4
"""Strictness of switch_controller; 0 is the default, best effort."""

JOINT_STATES = "joint_state_broadcaster"
TCP_POSE = "tcp_pose_broadcaster"
WRENCH = "force_torque_sensor_broadcaster"
SPEED_SCALING = "speed_scaling_state_broadcaster"
FORWARD_POSITION = "forward_position_controller"

TYPES = {
    JOINT_STATES: "joint_state_broadcaster/JointStateBroadcaster",
    TCP_POSE: "pose_broadcaster/PoseBroadcaster",
    WRENCH: "force_torque_sensor_broadcaster/ForceTorqueSensorBroadcaster",
    SPEED_SCALING: "ur_controllers/SpeedScalingStateBroadcaster",
    FORWARD_POSITION: "position_controllers/JointGroupPositionController",
}
BASE_CLASS = "controller_interface::ControllerInterface"

WRENCH_INTERFACES = tuple(f"tcp_fts_sensor/{kind}.{axis}" for kind in ("force", "torque") for axis in "xyz")
POSE_INTERFACES = (
    *(f"tcp_pose/position.{axis}" for axis in "xyz"),
    *(f"tcp_pose/orientation.{axis}" for axis in "xyzw"),
)
SPEED_INTERFACE = "speed_scaling/speed_scaling_factor"


@dataclass
class Controller:
    """One loaded controller."""

    name: str
    state: State
    commands: tuple[str, ...]
    states: tuple[str, ...]

    @property
    def type(self) -> str:
        """Plugin name, as ros2_control calls it."""
        return TYPES[self.name]


class ControllerTable:
    """What is loaded, configured and active, and which command interfaces are claimed."""

    def __init__(self, profile: RobotProfile) -> None:
        joints = profile.joint_names
        self.command_interfaces = tuple(f"{joint}/position" for joint in joints)
        self._joint_states = tuple(
            f"{joint}/{kind}" for joint in joints for kind in ("position", "velocity", "effort")
        )
        self.state_interfaces = (*self._joint_states, *WRENCH_INTERFACES, *POSE_INTERFACES, SPEED_INTERFACE)
        self.controllers = {name: self._new(name, State.ACTIVE) for name in TYPES}

    def _new(self, name: str, state: State) -> Controller:
        states = {
            JOINT_STATES: self._joint_states,
            TCP_POSE: POSE_INTERFACES,
            WRENCH: WRENCH_INTERFACES,
            SPEED_SCALING: (SPEED_INTERFACE,),
            FORWARD_POSITION: (),
        }[name]
        commands = self.command_interfaces if name == FORWARD_POSITION else ()
        return Controller(name, state, commands, states)

    def is_active(self, name: str) -> bool:
        """Whether a controller is loaded and active."""
        controller = self.controllers.get(name)
        return controller is not None and controller.state is State.ACTIVE

    def claimed(self) -> set[str]:
        """Command interfaces that active controllers hold."""
        return {name for c in self.controllers.values() if c.state is State.ACTIVE for name in c.commands}

    def load(self, name: str) -> tuple[bool, str]:
        """Load a controller of a known name; it is unconfigured then."""
        if name in self.controllers:
            return False, f"A controller named '{name}' was already loaded."
        if name not in TYPES:
            return False, f"No type is known for a controller named '{name}'; known: {', '.join(TYPES)}."
        self.controllers[name] = self._new(name, State.UNCONFIGURED)
        return True, f"Loaded controller '{name}'."

    def configure(self, name: str) -> tuple[bool, str]:
        """Unconfigured or inactive to inactive."""
        return self._move(name, (State.UNCONFIGURED, State.INACTIVE), State.INACTIVE, "configured")

    def cleanup(self, name: str) -> tuple[bool, str]:
        """Inactive or unconfigured to unconfigured."""
        return self._move(name, (State.UNCONFIGURED, State.INACTIVE), State.UNCONFIGURED, "cleaned up")

    def unload(self, name: str) -> tuple[bool, str]:
        """Forget a controller that is not active."""
        ok, message = self._move(name, (State.UNCONFIGURED, State.INACTIVE), State.UNCONFIGURED, "unloaded")
        if ok:
            del self.controllers[name]
        return ok, message

    def _move(self, name: str, origins: tuple[State, ...], goal: State, verb: str) -> tuple[bool, str]:
        controller = self.controllers.get(name)
        if controller is None:
            return False, f"No controller named '{name}' is loaded."
        if controller.state not in origins:
            return False, f"Controller '{name}' cannot be {verb} from the '{controller.state.value}' state."
        controller.state = goal
        return True, f"Controller '{name}' was {verb}."

    def reload(self, force: bool) -> tuple[bool, str]:
        """Unload every controller. Refused while one is active unless `force` is set."""
        active = [c.name for c in self.controllers.values() if c.state is State.ACTIVE]
        if active and not force:
            return False, f"Controllers are active: {', '.join(active)}. Deactivate them or set force_kill."
        self.controllers.clear()
        return True, "All controllers were unloaded."

    def switch(self, activate: Sequence[str], deactivate: Sequence[str], strictness: int) -> tuple[bool, str]:
        """Deactivate, then activate. STRICT: all or nothing. Best effort: what cannot be done is skipped and named."""
        strict = strictness == STRICT
        skipped: list[str] = []
        leaving = self._able(deactivate, State.ACTIVE, "deactivated", skipped)
        entering = self._able(activate, State.INACTIVE, "activated", skipped, restarting=leaving)
        entering = self._without_conflicts(entering, leaving, skipped)
        if strict and skipped:
            return False, " ".join(skipped)
        for name in leaving:
            self.controllers[name].state = State.INACTIVE
        for name in entering:
            self.controllers[name].state = State.ACTIVE
        return True, " ".join(skipped) or "Successfully switched controllers!"

    def _able(
        self,
        names: Sequence[str],
        needed: State,
        verb: str,
        skipped: list[str],
        restarting: Iterable[str] = (),
    ) -> list[str]:
        able = []
        for name in dict.fromkeys(names):
            controller = self.controllers.get(name)
            if controller is None:
                skipped.append(f"Controller '{name}' is not loaded and cannot be {verb}.")
            elif controller.state is not needed and name not in restarting:
                skipped.append(f"Controller '{name}' is {controller.state.value} and cannot be {verb}.")
            else:
                able.append(name)
        return able

    def _without_conflicts(self, entering: list[str], leaving: list[str], skipped: list[str]) -> list[str]:
        held = {
            interface
            for controller in self.controllers.values()
            if controller.state is State.ACTIVE and controller.name not in leaving
            for interface in controller.commands
        }
        kept = []
        for name in entering:
            wanted = set(self.controllers[name].commands)
            if wanted & held:
                skipped.append(
                    f"Controller '{name}' claims interfaces that are held: {', '.join(sorted(wanted & held))}."
                )
            else:
                held |= wanted
                kept.append(name)
        return kept
