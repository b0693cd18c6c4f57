"""Both gripper actions, behind the lease: widths in m between the fingers, as ros2_controllers and xarm_ros2 have them.

Goals go to arm/gripper/command and are judged by arm/gripper/state.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.action.server import ServerGoalHandle
from rclpy.callback_groups import CallbackGroup
from rclpy.node import Node
from sensor_msgs.msg import JointState
from twincell_model.grippers import Gripper
from twincell_model.profile import RobotProfile

from control_msgs.action import GripperCommand, ParallelGripperCommand
from control_msgs.msg import GripperCommand as GripperCommandMsg
from twincell_contract import names, qos

from .newest import Newest
from .parameters import NO_GRIPPER

SETTLE = 0.2
"""s that the fingers get to start moving before standing still counts as stalled."""

STROKE_TOLERANCE = 1e-6
"""m beyond the stroke that still count as rounding."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a motion of the gripper ended. `why` is empty where it reached its goal or was cancelled."""

    state: JointState
    reached: bool = False
    stalled: bool = False
    cancelled: bool = False
    why: str = ""


class GripperActions:
    """The two action servers. A new goal of either replaces the one that runs."""

    def __init__(
        self,
        node: Node,
        gripper: Gripper | None,
        profile: RobotProfile,
        options: Mapping[str, Any],
        refusal: Callable[[], str],
        group: CallbackGroup,
    ) -> None:
        """Without a gripper every goal is refused. `refusal` says why none may be taken now, empty where one may."""
        self._node, self._gripper, self._refusal = node, gripper, refusal
        self._tolerance = options["gripper_tolerance"]
        self._still = options["gripper_stall_velocity"]
        self._patience = options["gripper_stall_timeout"]
        self._allow_stalling = options["gripper_allow_stalling"]
        self._period = 1.0 / options["action_monitor_rate"]
        self._state = Newest(node, JointState, names.GRIPPER_STATE, qos.streaming())
        self._newest: ServerGoalHandle | None = None
        self._closing = threading.Event()
        self._commands = node.create_publisher(GripperCommandMsg, names.GRIPPER_COMMAND, qos.streaming())
        self._servers = [
            ActionServer(
                node,
                action,
                name,
                execute_callback=execute,
                goal_callback=check,
                cancel_callback=lambda _: CancelResponse.ACCEPT,
                callback_group=group,
            )
            for action, name, execute, check in (
                (
                    ParallelGripperCommand,
                    names.PARALLEL_GRIPPER_ACTION,
                    self._execute_parallel,
                    self._check_parallel,
                ),
                (
                    GripperCommand,
                    names.gripper_action(profile.name),
                    self._execute_single,
                    self._check_single,
                ),
            )
        ]

    def close(self) -> None:
        """End running goals."""
        self._closing.set()

    def _check_parallel(self, goal: ParallelGripperCommand.Goal) -> GoalResponse:
        command = goal.command
        if len(command.position) != 1 or len(command.name) > 1 or len(command.effort) > 1:
            return self._refuse("one position is needed, and at most one name and effort")
        return self._check(command.position[0], command.effort[0] if len(command.effort) else 0.0)

    def _check_single(self, goal: GripperCommand.Goal) -> GoalResponse:
        return self._check(goal.command.position, goal.command.max_effort)

    def _check(self, width: float, effort: float) -> GoalResponse:
        if self._gripper is None:
            return self._refuse(NO_GRIPPER)
        refused = self._refusal()
        if refused:
            return self._refuse(refused)
        if self._state.get() is None:
            return self._refuse("the gripper does not report: arm/gripper/state is silent")
        if not (math.isfinite(width) and math.isfinite(effort) and effort >= 0.0):
            return self._refuse("position and effort must be finite, effort not negative")
        stroke = self._gripper.stroke
        if not -STROKE_TOLERANCE <= width <= stroke + STROKE_TOLERANCE:
            return self._refuse(f"a width of {width:g} m is outside the stroke of 0 to {stroke:g} m")
        return GoalResponse.ACCEPT

    def _refuse(self, why: str) -> GoalResponse:
        self._node.get_logger().warning(f"gripper goal refused: {why}")
        return GoalResponse.REJECT

    def _execute_parallel(self, handle: ServerGoalHandle) -> Any:
        command = handle.request.command

        def show(state: JointState) -> None:
            handle.publish_feedback(ParallelGripperCommand.Feedback(state=state))

        effort = command.effort[0] if len(command.effort) else 0.0
        outcome = self._move(handle, command.position[0], effort, show)
        self._finish(handle, outcome)
        return ParallelGripperCommand.Result(
            state=outcome.state, stalled=outcome.stalled, reached_goal=outcome.reached
        )

    def _execute_single(self, handle: ServerGoalHandle) -> Any:
        command = handle.request.command

        def show(state: JointState) -> None:
            position, effort = _first(state.position), _first(state.effort)
            handle.publish_feedback(GripperCommand.Feedback(position=position, effort=effort))

        outcome = self._move(handle, command.position, command.max_effort, show)
        self._finish(handle, outcome)
        return GripperCommand.Result(
            position=_first(outcome.state.position),
            effort=_first(outcome.state.effort),
            stalled=outcome.stalled,
            reached_goal=outcome.reached,
        )

    def _finish(self, handle: ServerGoalHandle, outcome: Outcome) -> None:
        if outcome.cancelled:
            handle.canceled()
        elif outcome.reached or (outcome.stalled and self._allow_stalling):
            handle.succeed()
        else:
            self._node.get_logger().info(f"gripper goal aborted: {outcome.why}")
            handle.abort()

    def _move(
        self, handle: ServerGoalHandle, width: float, effort: float, show: Callable[[JointState], None]
    ) -> Outcome:
        """Command the width and wait for the end."""
        self._newest = handle
        self._commands.publish(GripperCommandMsg(position=width, max_effort=effort))
        moving_at = time.monotonic() + SETTLE
        while True:
            time.sleep(self._period)
            state = self._state.get() or JointState()
            now = time.monotonic()
            show(state)
            position, velocity = _first(state.position), _first(state.velocity)
            if self._newest is not handle:
                return Outcome(state, why="replaced by a newer goal")
            if handle.is_cancel_requested:
                self._commands.publish(GripperCommandMsg(position=position, max_effort=effort))
                return Outcome(state, cancelled=True)
            refused = self._refusal()
            if refused or self._closing.is_set():
                return Outcome(state, why=refused or "the controller is shutting down")
            if abs(velocity) > self._still:
                moving_at = now
            if abs(position - width) <= self._tolerance:
                return Outcome(state, reached=True)
            if now - moving_at > self._patience:
                return Outcome(state, stalled=True, why="the fingers stand before the goal")


def _first(values: Any) -> float:
    return float(values[0]) if len(values) else 0.0
