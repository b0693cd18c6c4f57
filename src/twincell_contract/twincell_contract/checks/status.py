"""What the nodes say of themselves: arm and controller status, timing, diagnostics, parameters."""

from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from diagnostic_msgs.msg import DiagnosticStatus
from rcl_interfaces.srv import DescribeParameters, ListParameters

from twincell_msgs.msg import ArmStatus, ControllerStatus

from .. import names
from ..reasons import Reason, describe
from .check import Item, require
from .observer import Observer

TICK_ARRAYS = (
    "tick_stamp_ns",
    "tick_mode",
    "tick_owner",
    "tick_reasons",
    "tick_speed_scale",
    "tick_source_age",
    "tick_state_age",
    "tick_lateness",
    "tick_intervention",
)
STATE_AGE_S = 0.1
"""A controller in HOLD sees joint states younger than this, on a busy machine as well."""
NODES_WITH_PARAMETERS = ("arm", "controller", "policy", "cell")
STANDARD_PARAMETERS = ("use_sim_time", "start_type_description_service", "qos_overrides.")
"""Declared by rclpy itself."""


def arm_identity(cell: Observer) -> str:
    """arm/status names the robot and the back end."""
    status: ArmStatus = cell.latest(names.ARM_STATUS)
    require(
        status.robot == cell.facts.robot,
        f"arm/status says robot '{status.robot}'; the check was asked for '{cell.facts.robot}'. Give the "
        "right --robot.",
    )
    require(
        status.backend == cell.facts.backend,
        f"arm/status says backend '{status.backend}'; the check was asked for '{cell.facts.backend}'. Give "
        "the right --backend.",
    )
    return f"{status.robot} {status.variant} on {status.backend}"


def arm_is_ready(cell: Observer) -> str:
    """The arm follows the controller's stream, without fault."""
    status: ArmStatus = cell.next(names.ARM_STATUS)
    require(
        status.mode in (ArmStatus.MODE_FOLLOWING, ArmStatus.MODE_HOLDING)
        and status.fault == ArmStatus.FAULT_NONE,
        f"The arm is in mode {status.mode} with fault {status.fault}: {status.reason or 'no reason given'} "
        "Call arm/recover and "
        "arm/enable.",
    )
    require(
        status.mode == ArmStatus.MODE_FOLLOWING,
        "The arm holds although the controller should stream its hold pose. Is controller_servo running?",
    )
    require(status.brakes_released, "The arm follows commands but says that its brakes are engaged.")
    require(status.program_running, "The arm follows commands but says that its program is not running.")
    require(status.reason == "", f"The arm gives a reason in normal operation: {status.reason}")
    require(
        0.0 <= status.speed_scaling <= 100.0,
        f"arm/status has speed_scaling {status.speed_scaling}; it must be percent, 0 to 100.",
    )
    return "following, brakes released, no fault"


def arm_counts(cell: Observer) -> str:
    """The arm counts the commands it receives, at the controller's rate, and drops none."""
    received = cell.messages(names.ARM_STATUS, cell.now_ns() - 3_000_000_000)
    require(len(received) >= 2, "arm/status came less than twice in 3 s. Publish it at 2 Hz.")
    first, last = received[0], received[-1]
    seconds = (last.source_ns - first.source_ns) * 1e-9
    counted = last.msg.commands_received - first.msg.commands_received
    dropped = last.msg.commands_dropped - first.msg.commands_dropped
    sent = cell.facts.rate_hz * seconds
    require(
        counted >= 0.5 * sent,
        f"arm/status counts {counted} commands in {seconds:.1f} s; about {sent:.0f} were sent. Count every command.",
    )
    require(dropped == 0, f"The arm dropped {dropped} commands of the controller, although it only holds.")
    return f"{counted} commands in {seconds:.1f} s, none dropped"


def in_words(status: ControllerStatus) -> str:
    """Mode, owner and reason in words."""
    modes = ("STARTING", "HOLD", "OWNED", "STOPPING", "STOPPED", "FAULT")
    mode = modes[status.mode] if status.mode < len(modes) else str(status.mode)
    return f"{mode}, owner '{status.owner}', {status.reason or 'no reason'}"


def controller_holds(cell: Observer) -> str:
    """The controller is up, holds, and nobody owns the arm."""
    status: ControllerStatus = cell.next(names.CONTROLLER_STATUS)
    require(
        status.mode == ControllerStatus.MODE_HOLD and status.owner == "",
        f"The controller is in {in_words(status)}; it must hold without owner. Release the arm, or call "
        "controller/reset.",
    )
    require(
        0.0 <= status.speed_scale <= 1.0,
        f"controller/status has speed_scale {status.speed_scale}; it must be 0 to 1.",
    )
    return in_words(status)


def batches(cell: Observer) -> list[ControllerStatus]:
    """The status batches of the last 3 s. Raises Failed when there are fewer than two."""
    received = cell.messages(names.CONTROLLER_STATUS, cell.now_ns() - 3_000_000_000)
    require(len(received) >= 2, "controller/status is silent. Start the controller.")
    return [r.msg for r in received]


def status_joints(cell: Observer) -> str:
    """controller/status names the joints in chain order."""
    found = list(batches(cell)[-1].joint_names)
    require(
        found == list(cell.facts.joint_names),
        f"controller/status names joints {', '.join(found)}; it must be chain order: "
        f"{', '.join(cell.facts.joint_names)}.",
    )
    return ", ".join(found)


def complete(cell: Observer) -> str:
    """Every array of a batch has one entry per tick."""
    seen = batches(cell)
    for batch in seen:
        ticks = len(batch.tick_stamp_ns)
        require(
            ticks > 0, "A batch of controller/status holds no tick. Put every control tick into one batch."
        )
        for name in TICK_ARRAYS:
            require(
                len(getattr(batch, name)) == ticks,
                f"A batch of controller/status has {len(getattr(batch, name))} entries of {name} for "
                f"{ticks} ticks.",
            )
        require(
            len(batch.tick_position) == ticks * cell.facts.dof,
            f"A batch of controller/status has {len(batch.tick_position)} positions for {ticks} ticks of "
            f"{cell.facts.dof} joints.",
        )
    return f"{sum(len(b.tick_stamp_ns) for b in seen)} ticks in {len(seen)} batches"


def contiguous(cell: Observer) -> str:
    """Sequence numbers of consecutive batches join without a gap."""
    seen = batches(cell)
    for before, after in pairwise(seen):
        expected = before.first_sequence + len(before.tick_stamp_ns)
        require(
            after.first_sequence == expected,
            f"controller/status jumps from sequence {expected} to {after.first_sequence}. Publish every "
            "tick exactly once.",
        )
    return f"sequence {seen[0].first_sequence} to {seen[-1].first_sequence} without a gap"


def tick_times(cell: Observer) -> str:
    """Tick stamps rise by the robot's period."""
    stamps = np.concatenate([b.tick_stamp_ns for b in batches(cell)])
    steps = np.diff(stamps) * 1e-9
    period = 1.0 / cell.facts.rate_hz
    require(
        (steps > 0.0).all(), "Tick stamps of controller/status do not rise. Stamp each tick when it runs."
    )
    require(
        abs(np.median(steps) - period) <= 0.05 * period,
        f"Ticks of controller/status are {np.median(steps) * 1e3:.3f} ms apart; the period is "
        f"{period * 1e3:.3f} ms.",
    )
    return f"median {np.median(steps) * 1e3:.3f} ms"


def reasons_agree(cell: Observer) -> str:
    """The newest tick's bits are the message's bits, all are known, and the words say the same."""
    known = 0
    for bit in Reason:
        known |= int(bit)
    for batch in batches(cell):
        require(
            batch.reasons == batch.tick_reasons[-1],
            f"controller/status has reasons {batch.reasons:#x}, its newest tick "
            f"{batch.tick_reasons[-1]:#x}; they must be equal.",
        )
        require(
            batch.mode == batch.tick_mode[-1],
            f"controller/status has mode {batch.mode}, its newest tick {batch.tick_mode[-1]}; they must be "
            "equal.",
        )
        unknown = int(np.bitwise_or.reduce(np.array(batch.tick_reasons, dtype=np.uint32))) & ~known
        require(
            unknown == 0,
            f"controller/status sets unknown reason bits {unknown:#x}. Use twincell_contract.reasons.Reason.",
        )
        require(
            batch.reasons == 0 or batch.reason != "",
            f"controller/status has reasons {batch.reasons:#x} ({describe(batch.reasons)}) without words.",
        )
    return f"bits and words agree in {len(batches(cell))} batches"


def ages(cell: Observer) -> str:
    """Ages and lateness are finite; joint states reach the controller in time."""
    seen = batches(cell)
    age = np.concatenate([b.tick_state_age for b in seen])
    late = np.concatenate([b.tick_lateness for b in seen])
    require(
        np.isfinite(age).all() and np.isfinite(late).all(),
        "An age or lateness in controller/status is not finite.",
    )
    require(
        (late >= -1e-4).all(),
        "A lateness in controller/status is negative. It is the wake-up after the scheduled time.",
    )
    typical = float(np.median(age))
    require(
        -1e-3 <= typical < STATE_AGE_S,
        f"Joint states are {typical:.3f} s old when the controller uses them; use the newest one each tick.",
    )
    return f"state age {typical * 1e3:.2f} ms, lateness {np.median(late) * 1e3:.3f} ms (medians)"


def stream_is_status(cell: Observer) -> str:
    """The positions in the status are the commands on the wire."""
    until = cell.now_ns()
    cell.wait(lambda: max(cell.latest(names.CONTROLLER_STATUS).tick_stamp_ns, default=0) > until, 2.0)
    rows: set[bytes] = set()
    for received in cell.messages(names.CONTROLLER_STATUS, until - 3_000_000_000):
        batch = received.msg
        positions = np.array(batch.tick_position).reshape(-1, cell.facts.dof)
        rows.update(row.tobytes() for row in positions)
    sent = [
        np.array(r.msg.data).tobytes()
        for r in cell.messages(names.COMMANDS, until - 2_500_000_000)
        if r.source_ns < until
    ]
    require(len(sent) > 10, f"{names.COMMANDS} is silent. The controller streams in every mode.")
    found = sum(row in rows for row in sent)
    require(
        found >= 0.99 * len(sent),
        f"Only {found} of {len(sent)} commands on the wire are in controller/status. Put what was sent into "
        "the batch.",
    )
    return f"{found} of {len(sent)} commands found"


def command_shape(cell: Observer) -> str:
    """One finite value per joint, within limits and near the measured positions."""
    command = np.array(cell.next(names.COMMANDS).data)
    require(
        command.shape == (cell.facts.dof,) and bool(np.isfinite(command).all()),
        f"A command has {command.size} values for {cell.facts.dof} joints, or one that is not finite.",
    )
    inside = (command >= cell.facts.lower - 1e-6) & (command <= cell.facts.upper + 1e-6)
    require(inside.all(), f"A command is outside the joint limits: {command.round(3).tolist()} rad.")
    off = np.abs(command - cell.positions()).max()
    require(
        off < 0.05, f"The arm is {off:.3f} rad from the command it should hold. Check joint order and units."
    )
    return f"{command.size} values, within {off:.4f} rad of the arm"


def timing(name: str, loop: str, cell: Observer) -> str:
    """Timing records hold the loop's period and one lateness per tick."""
    record: Any = cell.latest(name)
    period = 1e3 / cell.facts.rate_hz
    require(record.loop == loop, f"{name} is of loop '{record.loop}'; it must be '{loop}'.")
    require(
        abs(record.period_ms - period) < 1e-3 * period,
        f"{name} says a period of {record.period_ms} ms; the {cell.facts.robot}'s is {period} ms.",
    )
    require(len(record.lateness_ms) > 0, f"{name} holds no lateness. Record one per tick.")
    late = np.median(record.lateness_ms)
    return f"{len(record.lateness_ms)} ticks, median {late:.3f} ms late, FIFO {record.fifo}"


def diagnostics(cell: Observer) -> str:
    """Named statuses, none of them an error."""

    def newest() -> dict[str, Any]:
        return {status.name: status for r in cell.messages(names.DIAGNOSTICS) for status in r.msg.status}

    def errors() -> list[str]:
        return [name for name, status in newest().items() if ord(status.level) >= ord(DiagnosticStatus.ERROR)]

    cell.wait(lambda: newest() and not errors(), 4.0)  # each process says it at 1 Hz
    statuses, bad = newest(), errors()
    require(statuses, "diagnostics is silent. Publish one status per process at 1 Hz.")
    require("" not in statuses, "A diagnostic status has no name. Name it '<node>: <part>' (REP-107).")
    require(
        not bad, f"Diagnostics report an error: {', '.join(bad)}. {statuses[bad[0]].message if bad else ''}"
    )
    return ", ".join(sorted(statuses))


def parameters(node: str, cell: Observer) -> str:
    """Each parameter has a description."""
    listed = cell.call(
        f"{node}/list_parameters", ListParameters, ListParameters.Request(depth=0)
    ).result.names
    own = [name for name in listed if not name.startswith(STANDARD_PARAMETERS)]
    require(
        own, f"Node {node} declares no parameters. Declare robot, backend and the rest with descriptions."
    )
    described = cell.call(
        f"{node}/describe_parameters", DescribeParameters, DescribeParameters.Request(names=own)
    ).descriptors
    bare = [d.name for d in described if not d.description]
    require(not bare, f"Node {node}: parameters without description: {', '.join(bare)}.")
    return f"{len(own)} parameters: {', '.join(own)}"


def items(cell: Observer) -> Iterator[Item]:
    """The checks of this file."""
    yield Item("arm_status_identity", arm_identity)
    yield Item("arm_status_ready", arm_is_ready)
    yield Item("arm_status_counts_commands", arm_counts)
    yield Item("controller_status_holds", controller_holds)
    yield Item("controller_status_joint_names", status_joints)
    yield Item("controller_status_complete", complete)
    yield Item("controller_status_contiguous", contiguous)
    yield Item("controller_status_tick_times", tick_times)
    yield Item("controller_status_reasons", reasons_agree)
    yield Item("controller_status_ages", ages)
    yield Item("controller_status_positions_are_commands", stream_is_status)
    yield Item("commands_shape", command_shape)
    yield Item("arm_timing", partial(timing, names.ARM_TIMING, "arm"))
    yield Item("controller_timing", partial(timing, names.CONTROLLER_TIMING, "controller"))
    yield Item("diagnostics", diagnostics)
    for node in NODES_WITH_PARAMETERS:
        yield Item(f"parameters_described:{node}", partial(parameters, node))
