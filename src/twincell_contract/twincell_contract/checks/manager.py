"""controller_manager answers as the `ros2 control` command, spawners and UR's controller_stopper expect."""

from collections.abc import Iterator
from typing import Any

from controller_manager_msgs.srv import (
    ConfigureController,
    ListControllers,
    ListControllerTypes,
    ListHardwareComponents,
    ListHardwareInterfaces,
    LoadController,
    SwitchController,
)
from twincell_msgs.msg import ArmStatus

from .. import names
from .behaviour import hold
from .check import Item, require
from .observer import Observer

FORWARD = "forward_position_controller"
EXPECTED = {
    "joint_state_broadcaster": "active",
    FORWARD: "active",
    "speed_scaling_state_broadcaster": "active",
    "force_torque_sensor_broadcaster": "active",
    "tcp_pose_broadcaster": "active",
}
STATES = ("unconfigured", "inactive", "active", "finalized")
ACTIVE_ID = 3
"""lifecycle_msgs/State PRIMARY_STATE_ACTIVE."""


def ask(cell: Observer, verb: str, service: type[Any], **request: Any) -> Any:
    """Call one of the manager's services."""
    return cell.call(f"{names.CONTROLLER_MANAGER}/{verb}", service, service.Request(**request))


def controllers(cell: Observer) -> dict[str, Any]:
    """The listed controllers by name."""
    return {c.name: c for c in ask(cell, "list_controllers", ListControllers).controller}


def list_controllers(cell: Observer) -> str:
    """The broadcasters and the position controller are listed as active."""
    found = controllers(cell)
    for name, state in EXPECTED.items():
        require(name in found, f"list_controllers lacks {name}; it lists {', '.join(found) or 'nothing'}.")
        require(found[name].state == state, f"{name} is {found[name].state}; it must be {state}.")
    odd = [f"{c.name} {c.state}" for c in found.values() if c.state not in STATES]
    require(
        not odd, f"Unknown controller states: {', '.join(odd)}. The command line knows {', '.join(STATES)}."
    )
    untyped = [c.name for c in found.values() if "/" not in c.type]
    require(not untyped, f"Controllers without a type package/Class: {', '.join(untyped)}.")
    return ", ".join(f"{c.name} {c.state}" for c in found.values())


def claimed(cell: Observer) -> str:
    """The position controller claims the position interface of each joint."""
    found = controllers(cell)
    require(FORWARD in found, f"list_controllers lacks {FORWARD}.")
    wanted = {f"{name}/position" for name in cell.facts.joint_names}
    have = set(found[FORWARD].claimed_interfaces)
    require(have == wanted, f"{FORWARD} claims {sorted(have)}; it must claim {sorted(wanted)}.")
    return f"{len(have)} position interfaces"


def types(cell: Observer) -> str:
    """Every listed controller's type is in list_controller_types."""
    answer = ask(cell, "list_controller_types", ListControllerTypes)
    require(
        len(answer.types) == len(answer.base_classes),
        "list_controller_types has another number of base classes.",
    )
    absent = {c.type for c in controllers(cell).values()} - set(answer.types)
    require(not absent, f"list_controller_types lacks {', '.join(sorted(absent))}.")
    return ", ".join(answer.types)


def interfaces(cell: Observer) -> str:
    """Position commands, and position and velocity states, of each joint."""
    answer = ask(cell, "list_hardware_interfaces", ListHardwareInterfaces)
    commands = {i.name: i for i in answer.command_interfaces}
    states = {i.name: i for i in answer.state_interfaces}
    for joint in cell.facts.joint_names:
        name = f"{joint}/position"
        require(name in commands, f"list_hardware_interfaces has no command interface {name}.")
        require(
            commands[name].is_available and commands[name].is_claimed,
            f"Command interface {name} is not available or not claimed although {FORWARD} is active.",
        )
        require(
            commands[name].data_type == "double",
            f"Command interface {name} has data_type '{commands[name].data_type}'.",
        )
        for kind in ("position", "velocity"):
            require(
                f"{joint}/{kind}" in states,
                f"list_hardware_interfaces has no state interface {joint}/{kind}.",
            )
    return f"{len(commands)} command and {len(states)} state interfaces"


def components(cell: Observer) -> str:
    """One active hardware component with its rate."""
    found = ask(cell, "list_hardware_components", ListHardwareComponents).component
    require(found, "list_hardware_components is empty. List the arm.")
    arm = found[0]
    require(
        arm.state.id == ACTIVE_ID and arm.state.label == "active",
        f"Component {arm.name} is {arm.state.label}.",
    )
    require(arm.plugin_name != "" and arm.type != "", f"Component {arm.name} has no type or no plugin_name.")
    require(arm.rw_rate == round(cell.facts.rate_hz), f"Component {arm.name} runs at {arm.rw_rate} Hz.")
    return f"{arm.name} ({arm.plugin_name}) active at {arm.rw_rate} Hz"


def unknown(cell: Observer) -> str:
    """Unknown controllers are refused with a sentence, as the spawner expects."""
    answer = ask(
        cell,
        "switch_controller",
        SwitchController,
        activate_controllers=["no_such_controller"],
        strictness=SwitchController.Request.STRICT,
    )
    require(not answer.ok, "switch_controller STRICT activates a controller that does not exist.")
    require(
        "no_such_controller" in answer.message,
        f"The refusal does not name the controller: '{answer.message}'.",
    )
    require(
        not ask(cell, "load_controller", LoadController, name="no_such_controller").ok,
        "load_controller loads nothing.",
    )
    require(
        not ask(cell, "configure_controller", ConfigureController, name="no_such_controller").ok,
        "configure_controller configures a controller that does not exist.",
    )
    return answer.message


def switch(cell: Observer) -> str:
    """A deactivated position controller ignores commands and the arm holds; activated, it follows again."""
    hold(cell)
    answer = ask(cell, "switch_controller", SwitchController, deactivate_controllers=[FORWARD])
    require(
        answer.ok, f"switch_controller with strictness 0 (the command line's default) fails: {answer.message}"
    )
    try:
        cell.wait(lambda: cell.latest(names.ARM_STATUS).mode == ArmStatus.MODE_HOLDING, 4.0)
        mode = cell.latest(names.ARM_STATUS).mode
        state = controllers(cell)[FORWARD].state
        require(state == "inactive", f"{FORWARD} is {state} after it was deactivated.")
        require(
            mode == ArmStatus.MODE_HOLDING,
            f"The arm is in mode {mode} while {FORWARD} is inactive; it must hold.",
        )
    finally:
        answer = ask(
            cell,
            "switch_controller",
            SwitchController,
            activate_controllers=[FORWARD],
            strictness=SwitchController.Request.STRICT,
        )
    require(answer.ok, f"switch_controller STRICT cannot activate {FORWARD} again: {answer.message}")
    hold(cell)
    following = cell.wait(lambda: cell.latest(names.ARM_STATUS).mode == ArmStatus.MODE_FOLLOWING, 4.0)
    require(following, f"The arm does not follow after {FORWARD} was activated again.")
    return "inactive: the arm holds; active: it follows"


def items(_: Observer) -> Iterator[Item]:
    """The checks of this file."""
    yield Item("manager_lists_controllers", list_controllers)
    yield Item("manager_claimed_interfaces", claimed)
    yield Item("manager_lists_types", types)
    yield Item("manager_lists_interfaces", interfaces)
    yield Item("manager_lists_components", components)
    yield Item("manager_refuses_unknown", unknown)
    yield Item("manager_switches_controller", switch)
