"""Requests of the front process, answered by the servo loop. Internal to the controller."""

from __future__ import annotations

import math

from rclpy.node import Node
from twincell_runtime.polled import PolledSubscription

from twincell_contract import names, qos
from twincell_msgs.msg import ServoRequest, ServoResponse

from .core import Answer, ControlCore
from .goals import INVALID_GOAL, Goal
from .types import Event
from .wire import chunk

EVENT_KINDS = {
    "progress": ServoResponse.TRAJECTORY_PROGRESS,
    "done": ServoResponse.TRAJECTORY_DONE,
    "aborted": ServoResponse.TRAJECTORY_ABORTED,
}


class RequestServer:
    """Takes requests between ticks and publishes answers and the planner's progress."""

    def __init__(self, node: Node, core: ControlCore) -> None:
        self._core = core
        self._requests: PolledSubscription[ServoRequest] = PolledSubscription(
            node, ServoRequest, names.SERVO_REQUEST, qos.streaming(50)
        )
        self._responses = node.create_publisher(ServoResponse, names.SERVO_RESPONSE, qos.streaming(50))

    def front_is_there(self) -> bool:
        """Whether the front process is in the graph."""
        return self._requests.publisher_count() > 0

    def serve(self, now: float, ros_offset: float) -> None:
        """Answer what is waiting. `now - ros_offset` is the core's time of ROS time 0 [s]."""
        for received in self._requests.take_all():
            request = received.msg
            answer = self._do(request, now, ros_offset)
            response = ServoResponse(
                id=request.id, kind=ServoResponse.ANSWER, ok=answer.ok, reason=answer.reason
            )
            if not answer.ok and request.kind == ServoRequest.TRAJECTORY:
                response.error_code = INVALID_GOAL
            self._responses.publish(response)

    def _do(self, request: ServoRequest, now: float, ros_offset: float) -> Answer:
        core = self._core
        if request.kind == ServoRequest.ACQUIRE:
            return core.acquire(request.source, request.value, now)
        if request.kind == ServoRequest.RELEASE:
            return core.release(request.source)
        if request.kind == ServoRequest.STOP:
            return core.stop()
        if request.kind == ServoRequest.RESET:
            return core.reset(now)
        if request.kind == ServoRequest.TRAJECTORY:
            stamp = request.trajectory.header.stamp
            begin = stamp.sec + 1e-9 * stamp.nanosec + ros_offset if stamp.sec or stamp.nanosec else now
            goal = Goal(
                id=request.id,
                chunk=chunk(request.trajectory),
                begin=begin,
                path_tolerance=tuple(request.path_tolerance),
                goal_tolerance=tuple(request.goal_tolerance),
                goal_time_tolerance=request.goal_time_tolerance,
            )
            return core.start_goal(goal, now)
        if request.kind == ServoRequest.CANCEL:
            return core.cancel_goal(round(request.value))
        if request.kind == ServoRequest.SPEED_SCALE:
            return core.set_speed_scale(request.value)
        return Answer(False, f"unknown request {request.kind}")

    def publish(self, event: Event) -> None:
        """Publish progress or the end of the planner's goal."""
        self._responses.publish(
            ServoResponse(
                id=event.goal,
                kind=EVENT_KINDS[event.kind],
                ok=event.kind != "aborted",
                error_code=event.error_code,
                reason=event.reason,
                elapsed=event.elapsed if math.isfinite(event.elapsed) else 0.0,
                desired=list(event.desired),
                actual=list(event.actual),
            )
        )
