"""The lease: who may move the arm, for how long, and how a stop is acknowledged."""

from collections.abc import Iterator

import numpy as np
from std_srvs.srv import Trigger

from twincell_msgs.msg import ControllerStatus
from twincell_msgs.srv import Release

from .. import names
from ..reasons import Reason
from .behaviour import TELL_S, acquire, hold, in_mode, jog, owning, safe_signs, saw, status
from .check import Item, require
from .observer import Observer

TELEOP_JOG = names.source_topic("teleop", "joint_jog")


def owner_is(cell: Observer, owner: str) -> bool:
    """Whether the status comes to name the owner."""
    return cell.wait(lambda: cell.latest(names.CONTROLLER_STATUS).owner == owner, TELL_S)


def granted_and_released(cell: Observer) -> str:
    """A free arm is granted, named in the status, and given back."""
    with owning(cell, "policy"):
        require(
            owner_is(cell, "policy"),
            "controller/acquire granted the arm to policy; controller/status does not name it.",
        )
        in_mode(cell, [ControllerStatus.MODE_OWNED], "The controller should be OWNED", TELL_S)
    require(owner_is(cell, ""), "controller/release answered, but controller/status still names an owner.")
    in_mode(cell, [ControllerStatus.MODE_HOLD], "The controller should hold after the release")
    return "acquire, OWNED by policy, release, HOLD"


def lower_refused(cell: Observer) -> str:
    """A source of lower priority is refused with a sentence that names the owner."""
    with owning(cell, "teleop"):
        answer = acquire(cell, "policy")
        require(
            not answer.granted,
            "The arm was granted to policy while teleop owns it. teleop > planner > policy.",
        )
        require(
            "teleop" in answer.reason,
            f"The refusal does not name the owner: '{answer.reason}'. Say who owns the arm.",
        )
    return answer.reason


def higher_takes_over(cell: Observer) -> str:
    """A source of higher priority takes the arm over, and nothing jumps."""
    with owning(cell, "policy") as start:
        answer = acquire(cell, "teleop")
        require(answer.granted, f"teleop was refused while policy owns the arm: {answer.reason}")
        require(owner_is(cell, "teleop"), "teleop took over; controller/status does not name it.")
        off = np.abs(cell.at_rest() - start).max()
        require(off < 3e-3, f"The arm moved by {off:.4f} rad when teleop took over.")
        cell.call(names.CONTROLLER_RELEASE, Release, Release.Request(source="teleop"))
    return "policy, then teleop, without motion"


def unknown_source(cell: Observer) -> str:
    """A source that does not exist is refused."""
    hold(cell)
    answer = acquire(cell, "nobody")
    require(not answer.granted, "The arm was granted to a source that does not exist.")
    require(answer.reason, "An unknown source was refused without a reason.")
    return answer.reason


def foreign_release(cell: Observer) -> str:
    """Only the owner can release."""
    with owning(cell, "teleop"):
        answer = cell.call(names.CONTROLLER_RELEASE, Release, Release.Request(source="policy"))
        require(not answer.released, "policy could release teleop's lease.")
        require(owner_is(cell, "teleop"), "teleop lost the arm to a release by policy.")
    return answer.reason


def runs_out(cell: Observer) -> str:
    """An owner that sends nothing loses the arm when its lease ends; the controller holds."""
    hold(cell)
    since = cell.now_ns()
    answer = acquire(cell, "teleop", 0.5)
    require(
        answer.granted, f"controller/acquire refuses teleop although nobody owns the arm: {answer.reason}"
    )
    require(
        cell.wait(
            lambda: any(r.msg.owner == "teleop" for r in cell.messages(names.CONTROLLER_STATUS, since)),
            TELL_S,
        ),
        "controller/acquire granted the arm to teleop; controller/status did not name it.",
    )
    require(
        cell.wait(lambda: not cell.latest(names.CONTROLLER_STATUS).owner, 2.0),
        "teleop still owns the arm 2 s after a lease of 0.5 s without commands.",
    )
    seconds = (cell.now_ns() - since) * 1e-9
    require(saw(cell, since, Reason.LEASE_EXPIRED), "No tick carries LEASE_EXPIRED after a lease ran out.")
    in_mode(cell, [ControllerStatus.MODE_HOLD], "The controller should hold after a lease ran out")
    return f"a lease of 0.5 s ended after {seconds:.2f} s"


def stop_and_reset(cell: Observer) -> str:
    """controller/stop stops a motion; only controller/reset allows the next."""
    with owning(cell, "teleop") as start:
        speed = 0.08 * safe_signs(cell, start)
        cell.stream(TELEOP_JOG, lambda: jog(cell, cell.facts.joint_names, speed), 0.3)
        since = cell.now_ns()
        answer = cell.call(names.CONTROLLER_STOP, Trigger)
        require(answer.success, f"controller/stop failed: {answer.message}")
        in_mode(
            cell, [ControllerStatus.MODE_STOPPED], "The controller should be STOPPED after controller/stop"
        )
        seconds = (cell.now_ns() - since) * 1e-9
        require(
            saw(cell, since, Reason.STOP_REQUESTED), "No tick carries STOP_REQUESTED after controller/stop."
        )
        at = cell.at_rest()
        granted = acquire(cell, "teleop").granted
        require(not granted, "The arm was granted in STOPPED. A stop needs controller/reset first.")
        cell.stream(TELEOP_JOG, lambda: jog(cell, cell.facts.joint_names, speed), 0.2)
        off = np.abs(cell.at_rest() - at).max()
        require(off < 3e-3, f"The arm moved by {off:.4f} rad in STOPPED.")
    answer = cell.call(names.CONTROLLER_RESET, Trigger)
    require(answer.success, f"controller/reset failed at rest: {answer.message}")
    in_mode(cell, [ControllerStatus.MODE_HOLD], "The controller should hold after controller/reset")
    require(status(cell).owner == "", "controller/reset left an owner.")
    return f"STOPPED after {seconds:.2f} s; HOLD after the reset"


def items(_: Observer) -> Iterator[Item]:
    """The checks of this file."""
    yield Item("lease_granted_and_released", granted_and_released)
    yield Item("lease_lower_priority_refused", lower_refused)
    yield Item("lease_higher_priority_takes_over", higher_takes_over)
    yield Item("lease_unknown_source_refused", unknown_source)
    yield Item("lease_foreign_release_refused", foreign_release)
    yield Item("lease_runs_out", runs_out)
    yield Item("stop_and_reset", stop_and_reset)
