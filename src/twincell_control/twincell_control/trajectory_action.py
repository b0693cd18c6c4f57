"""FollowJointTrajectory: goals are checked and followed by the servo process, which applies JTC's rules."""

from __future__ import annotations

import threading
from typing import Any

from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.action.server import ServerGoalHandle
from rclpy.callback_groups import CallbackGroup
from rclpy.node import Node
from trajectory_msgs.msg import JointTrajectoryPoint
from twincell_model.profile import RobotProfile

from control_msgs.action import FollowJointTrajectory
from control_msgs.msg import JointTolerance
from twincell_contract import names
from twincell_msgs.msg import ServoRequest, ServoResponse

from .goals import INVALID_GOAL
from .servo_link import ServoLink, ServoSilent

END_POLL = 0.05
"""s between looks for a cancel request."""


class Running:
    """A goal that the servo follows. `ended` is set with its last response."""

    def __init__(self) -> None:
        self.id = 0
        self.ended = threading.Event()
        self.last: ServoResponse | None = None
        self.progress: ServoResponse | None = None
        self.news = threading.Event()

    def on_event(self, response: ServoResponse) -> None:
        """Take progress or the end."""
        if response.kind == ServoResponse.TRAJECTORY_PROGRESS:
            self.progress = response
        else:
            self.last = response
            self.ended.set()
        self.news.set()


class TrajectoryAction:
    """The action server."""

    def __init__(self, node: Node, servo: ServoLink, profile: RobotProfile, group: CallbackGroup) -> None:
        self._node, self._servo = node, servo
        self._joint_names = list(profile.joint_names)
        self._root = profile.root_frame
        self._accepted: dict[int, Running] = {}
        self._server = ActionServer(
            node,
            FollowJointTrajectory,
            names.FOLLOW_JOINT_TRAJECTORY,
            execute_callback=self._execute,
            goal_callback=self._on_goal,
            cancel_callback=lambda _: CancelResponse.ACCEPT,
            callback_group=group,
        )
        self._closing = threading.Event()

    def close(self) -> None:
        """End running goals."""
        self._closing.set()

    def _on_goal(self, goal: FollowJointTrajectory.Goal) -> GoalResponse:
        """Hand the goal to the servo, which accepts or refuses it by JTC's rules."""
        request, why = self._request(goal)
        if request is not None:
            running = Running()
            try:
                answer = self._servo.ask(request, running.on_event)
                ok, why = bool(answer.ok), answer.reason
            except ServoSilent as silent:
                ok, why = False, str(silent)
            running.id = int(request.id)
            if ok:
                self._accepted[id(goal)] = running  # rclpy hands the same object to _execute
                return GoalResponse.ACCEPT
            self._servo.forget(running.id)
        self._node.get_logger().warning(f"trajectory refused: {why}")
        return GoalResponse.REJECT

    def _request(self, goal: FollowJointTrajectory.Goal) -> tuple[ServoRequest | None, str]:
        trajectory = goal.trajectory
        if len(goal.multi_dof_trajectory.points):
            return None, "multi-DOF trajectories are not supported"
        if any(len(point.effort) for point in trajectory.points):
            return None, "the arm has no effort interface"
        request = ServoRequest(kind=ServoRequest.TRAJECTORY, source="planner", trajectory=trajectory)
        joints = list(trajectory.joint_names)
        for field, tolerances in (
            ("path_tolerance", goal.path_tolerance),
            ("goal_tolerance", goal.goal_tolerance),
        ):
            values = _tolerances(joints, tolerances)
            if isinstance(values, str):
                return None, values
            setattr(request, field, values)
        time = goal.goal_time_tolerance
        request.goal_time_tolerance = max(time.sec + 1e-9 * time.nanosec, 0.0)
        return request, ""

    def _execute(self, handle: ServerGoalHandle) -> Any:
        running = self._accepted.pop(id(handle.request))
        result = FollowJointTrajectory.Result()
        cancelled = False
        shown = None
        while not running.ended.is_set():
            running.news.wait(END_POLL)
            running.news.clear()
            if handle.is_cancel_requested and not cancelled:
                cancelled = True
                self._cancel(running)
            if running.progress is not None and running.progress is not shown:
                shown = running.progress
                handle.publish_feedback(self._feedback(shown))
            if cancelled or self._closing.is_set() or not self._servo.connected():
                break
        self._servo.forget(running.id)
        last = running.last
        if last is not None and last.kind == ServoResponse.TRAJECTORY_DONE:
            handle.succeed()
        elif cancelled:
            result.error_string = "cancelled"
            handle.canceled()
        else:
            result.error_code = last.error_code if last is not None else INVALID_GOAL
            result.error_string = last.reason if last is not None else "the servo process is gone"
            handle.abort()
        return result

    def _cancel(self, running: Running) -> None:
        try:
            self._servo.ask(ServoRequest(kind=ServoRequest.CANCEL, value=float(running.id)))
        except ServoSilent as silent:
            self._node.get_logger().error(f"cancel: {silent}")

    def _feedback(self, progress: ServoResponse) -> Any:
        feedback = FollowJointTrajectory.Feedback(joint_names=self._joint_names)
        feedback.header.stamp = self._node.get_clock().now().to_msg()
        feedback.header.frame_id = self._root
        whole = int(progress.elapsed)
        for point, values in (
            (feedback.desired, progress.desired),
            (feedback.actual, progress.actual),
            (feedback.error, [d - a for d, a in zip(progress.desired, progress.actual, strict=False)]),
        ):
            _fill(point, list(values), whole, progress.elapsed)
        return feedback


def _fill(point: JointTrajectoryPoint, positions: list[float], whole: int, elapsed: float) -> None:
    point.positions = positions
    point.time_from_start.sec = whole
    point.time_from_start.nanosec = int((elapsed - whole) * 1e9)


def _tolerances(joints: list[str], given: list[JointTolerance]) -> list[float] | str:
    """Position tolerances [rad] in the order of `joints`; a sentence where a joint is unknown.

    Zero keeps the default, which is none; -1 erases a tolerance.
    """
    values = dict.fromkeys(joints, 0.0)
    for tolerance in given:
        if tolerance.name not in values:
            return f"a tolerance is given for '{tolerance.name}', which the trajectory does not move"
        if tolerance.position < 0.0 and tolerance.position != -1.0:
            return f"the tolerance of {tolerance.name} is {tolerance.position:g}; only -1 erases one"
        values[tolerance.name] = max(tolerance.position, 0.0)
    return list(values.values())
