"""The arm's own services: stop, recover, disable, enable, lifecycle."""

from collections.abc import Iterator

import numpy as np
from lifecycle_msgs.srv import GetState
from std_srvs.srv import Trigger

from twincell_msgs.msg import ArmStatus

from .. import names
from .behaviour import hold, jog, owning, safe_signs
from .check import Item, require
from .observer import Observer

ACTIVE_ID = 3
READY = (ArmStatus.MODE_HOLDING, ArmStatus.MODE_FOLLOWING)
TELEOP_JOG = names.source_topic("teleop", "joint_jog")


def mode_is(cell: Observer, modes: tuple[int, ...], what: str, timeout: float = 3.0) -> ArmStatus:
    """Wait for a mode of the arm. Raises Failed with what should have happened."""
    cell.wait(lambda: cell.latest(names.ARM_STATUS).mode in modes, timeout)
    status: ArmStatus = cell.latest(names.ARM_STATUS)
    require(status.mode in modes, f"{what}; it is in mode {status.mode}: {status.reason}")
    return status


def trigger(cell: Observer, name: str) -> str:
    """Call a Trigger service that must succeed; its message."""
    answer = cell.call(name, Trigger)
    require(answer.success, f"{name} failed: {answer.message}")
    return str(answer.message)


def lifecycle(cell: Observer) -> str:
    """The arm node is a lifecycle node and active."""
    state = cell.call("arm/get_state", GetState).current_state
    require(state.id == ACTIVE_ID, f"The arm node is {state.label}; configure and activate it.")
    return str(state.label)


def stop_and_recover(cell: Observer) -> str:
    """arm/stop stops the arm itself, whatever the controller streams; recovery is asked for."""
    with owning(cell) as start:
        speeds = 0.1 * safe_signs(cell, start)
        cell.stream(TELEOP_JOG, lambda: jog(cell, cell.facts.joint_names, speeds), 0.4)
        at = cell.positions()
        trigger(cell, names.ARM_STOP)
        cell.stream(TELEOP_JOG, lambda: jog(cell, cell.facts.joint_names, speeds), 0.3)
        end = cell.at_rest()
        cell.stream(TELEOP_JOG, lambda: jog(cell, cell.facts.joint_names, speeds), 0.3)
        off = float(np.abs(cell.at_rest() - end).max())
        require(off < 3e-3, f"The arm moved by {off:.4f} rad after arm/stop. It must hold until arm/recover.")
    travel = float(np.abs(end - at).max())
    trigger(cell, names.ARM_RECOVER)
    mode_is(cell, READY, "The arm should be ready after arm/recover")
    hold(cell)
    mode_is(
        cell,
        (ArmStatus.MODE_FOLLOWING,),
        "The arm should follow again after arm/recover and controller/reset",
    )
    return f"at rest after {travel:.4f} rad, holds until arm/recover"


def disable_and_enable(cell: Observer) -> str:
    """A disabled arm has its brakes on and stays where it is; enabled, it holds and follows again."""
    start = hold(cell)
    trigger(cell, names.ARM_DISABLE)
    status = mode_is(cell, (ArmStatus.MODE_DISABLED,), "The arm should be DISABLED after arm/disable")
    require(not status.brakes_released, "The arm is disabled but says that its brakes are released.")
    off = float(np.abs(cell.at_rest() - start).max())
    require(off < 0.02, f"The disabled arm sagged by {off:.3f} rad. Its brakes must hold it.")
    trigger(cell, names.ARM_ENABLE)
    status = mode_is(cell, READY, "The arm should be ready after arm/enable")
    require(status.brakes_released, "The arm is enabled but says that its brakes are engaged.")
    hold(cell)
    mode_is(
        cell, (ArmStatus.MODE_FOLLOWING,), "The arm should follow again after arm/enable and controller/reset"
    )
    return f"disabled and enabled, moved by {off:.4f} rad"


def items(_: Observer) -> Iterator[Item]:
    """The checks of this file."""
    yield Item("arm_lifecycle_active", lifecycle)
    yield Item("arm_stop_and_recover", stop_and_recover)
    yield Item("arm_disable_and_enable", disable_and_enable)
