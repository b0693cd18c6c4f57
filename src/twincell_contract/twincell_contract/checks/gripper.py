"""Both gripper actions and the gripper stream move the fingers and report their width."""

from collections.abc import Iterator

from action_msgs.msg import GoalStatus
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64

from control_msgs.action import GripperCommand, ParallelGripperCommand

from .. import names
from .behaviour import hold, owning
from .check import Item, require
from .observer import Observer

TOLERANCE_M = 4e-3
RESULT_S = 6.0
TELEOP_GRIPPER = names.source_topic("teleop", "gripper")


def stroke(cell: Observer) -> float:
    """Width of the open gripper [m]."""
    assert cell.facts.gripper_stroke is not None
    return cell.facts.gripper_stroke


def width(cell: Observer) -> float:
    """Width now [m]."""
    return float(cell.next(names.GRIPPER_STATE).position[0])


def reached(cell: Observer, wanted: float, timeout: float = 2.0) -> float:
    """The width once it is close to `wanted`, or after the time-out [m]."""
    cell.wait(lambda: abs(cell.latest(names.GRIPPER_STATE).position[0] - wanted) < TOLERANCE_M, timeout)
    return width(cell)


def parallel(cell: Observer) -> str:
    """gripper_controller/gripper_cmd (ParallelGripperCommand)."""
    hold(cell)
    wanted = 0.4 * stroke(cell)
    joint = cell.latest(names.GRIPPER_STATE).name[0]
    goal = ParallelGripperCommand.Goal(command=JointState(name=[joint], position=[wanted]))
    handle = cell.goal(names.PARALLEL_GRIPPER_ACTION, ParallelGripperCommand, goal)
    require(
        handle.accepted, f"{names.PARALLEL_GRIPPER_ACTION} rejects a width of {wanted:.3f} m for {joint}."
    )
    outcome = cell.result(handle, names.PARALLEL_GRIPPER_ACTION, RESULT_S)
    require(
        outcome.status == GoalStatus.STATUS_SUCCEEDED and outcome.result.reached_goal,
        f"{names.PARALLEL_GRIPPER_ACTION} ended with status {outcome.status}, reached_goal "
        f"{outcome.result.reached_goal}.",
    )
    require(
        len(outcome.result.state.position) == 1
        and abs(outcome.result.state.position[0] - wanted) < TOLERANCE_M,
        f"{names.PARALLEL_GRIPPER_ACTION} reports {list(outcome.result.state.position)}; asked for "
        f"[{wanted:.4f}] m.",
    )
    off = abs(reached(cell, wanted) - wanted)
    require(
        off < TOLERANCE_M,
        f"{names.GRIPPER_STATE} is {off * 1e3:.1f} mm from what the action says it reached.",
    )
    return f"{wanted * 1e3:.0f} mm reached within {off * 1e3:.2f} mm"


def single(cell: Observer) -> str:
    """<robot>_gripper/gripper_action (GripperCommand)."""
    hold(cell)
    name = names.gripper_action(cell.facts.robot)
    wanted = 0.8 * stroke(cell)
    goal = GripperCommand.Goal()
    goal.command.position = wanted
    handle = cell.goal(name, GripperCommand, goal)
    require(handle.accepted, f"{name} rejects a width of {wanted:.3f} m.")
    outcome = cell.result(handle, name, RESULT_S)
    require(
        outcome.status == GoalStatus.STATUS_SUCCEEDED and outcome.result.reached_goal,
        f"{name} ended with status {outcome.status}, reached_goal {outcome.result.reached_goal}.",
    )
    require(
        abs(outcome.result.position - wanted) < TOLERANCE_M,
        f"{name} reports {outcome.result.position:.4f} m; asked for {wanted:.4f} m.",
    )
    off = abs(reached(cell, wanted) - wanted)
    require(
        off < TOLERANCE_M,
        f"{names.GRIPPER_STATE} is {off * 1e3:.1f} mm from what the action says it reached.",
    )
    return f"{wanted * 1e3:.0f} mm reached within {off * 1e3:.2f} mm"


def out_of_range(cell: Observer) -> str:
    """A width beyond the stroke is rejected."""
    hold(cell)
    name = names.gripper_action(cell.facts.robot)
    goal = GripperCommand.Goal()
    goal.command.position = 10.0 * stroke(cell)
    handle = cell.goal(name, GripperCommand, goal)
    if handle.accepted:
        cell.result(handle, name, RESULT_S)
    require(
        not handle.accepted,
        f"{name} accepts a width of {goal.command.position:.2f} m; the stroke is {stroke(cell)} m.",
    )
    return "rejected"


def streamed(cell: Observer) -> str:
    """The owner's gripper stream: opening from 0 to 1."""
    with owning(cell):
        cell.stream(TELEOP_GRIPPER, lambda: Float64(data=0.5), 0.6, 20.0)
        found = reached(cell, 0.5 * stroke(cell), 1.5)
    off = abs(found - 0.5 * stroke(cell))
    require(
        off < TOLERANCE_M,
        f"An opening of 0.5 gives a width of {found * 1e3:.1f} mm; half the stroke is "
        f"{stroke(cell) * 500:.1f} mm.",
    )
    return f"opening 0.5 gives {found * 1e3:.1f} mm"


def not_owner(cell: Observer) -> str:
    """The gripper is behind the lease: without it no source moves a finger, and actions are refused."""
    before = width(cell)
    with owning(cell, "teleop"):
        cell.stream(names.source_topic("policy", "gripper"), lambda: Float64(data=0.0), 0.3, 20.0)
        goal = GripperCommand.Goal()
        goal.command.position = 0.0
        handle = cell.goal(names.gripper_action(cell.facts.robot), GripperCommand, goal)
        require(not handle.accepted, "A gripper action was accepted while teleop owns the arm.")
        cell.pump(0.3)
    off = abs(width(cell) - before)
    require(off < 1e-3, f"The gripper moved by {off * 1e3:.1f} mm for a source that does not own the arm.")
    return "refused; the fingers did not move"


def items(cell: Observer) -> Iterator[Item]:
    """The checks of this file."""
    if cell.facts.gripper_stroke is None:
        return
    yield Item("parallel_gripper_action_moves", parallel)
    yield Item("gripper_action_moves", single)
    yield Item("gripper_action_rejects_beyond_stroke", out_of_range)
    yield Item("gripper_stream_moves", streamed)
    yield Item("gripper_behind_lease", not_owner)
