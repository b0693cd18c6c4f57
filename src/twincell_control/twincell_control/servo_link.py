"""The front's end of the line to the servo process: requests by id, answers, events of goals."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable

from rclpy.callback_groups import CallbackGroup
from rclpy.node import Node

from twincell_contract import names, qos
from twincell_msgs.msg import ServoRequest, ServoResponse

ANSWER_TIMEOUT = 1.0
"""s for an answer; the servo answers within a tick."""

DISCOVERY_TIMEOUT = 2.0
"""s for the servo process to appear: both start together, and the middleware takes a while to introduce them."""

_LOOK_S = 0.02


class ServoSilent(RuntimeError):
    """The servo process did not answer."""


class ServoLink:
    """Asks the servo process. Callable from any thread while the node is spun by several."""

    def __init__(self, node: Node, group: CallbackGroup) -> None:
        self._publisher = node.create_publisher(ServoRequest, names.SERVO_REQUEST, qos.streaming(50))
        node.create_subscription(
            ServoResponse, names.SERVO_RESPONSE, self._on_response, qos.streaming(50), callback_group=group
        )
        self._ids = itertools.count(1)
        self._lock = threading.Lock()
        self._waiting: dict[int, tuple[threading.Event, list[ServoResponse]]] = {}
        self._goals: dict[int, Callable[[ServoResponse], None]] = {}

    def connected(self) -> bool:
        """Whether the servo process is in the graph."""
        return bool(self._publisher.get_subscription_count())

    def send(self, request: ServoRequest) -> int:
        """Send without waiting; the id of the request."""
        request.id = next(self._ids)
        self._publisher.publish(request)
        return int(request.id)

    def ask(
        self, request: ServoRequest, on_event: Callable[[ServoResponse], None] | None = None
    ) -> ServoResponse:
        """Send and wait for the answer. `on_event` is called with progress and end of a trajectory.

        Raises ServoSilent after ANSWER_TIMEOUT, or DISCOVERY_TIMEOUT where there is no servo process.
        """
        give_up = time.monotonic() + DISCOVERY_TIMEOUT
        while not self.connected():
            if time.monotonic() > give_up:
                raise ServoSilent("the servo process of the controller is not running")
            time.sleep(_LOOK_S)
        arrived: threading.Event = threading.Event()
        answers: list[ServoResponse] = []
        with self._lock:
            request.id = next(self._ids)
            self._waiting[request.id] = (arrived, answers)
            if on_event is not None:
                self._goals[request.id] = on_event
        self._publisher.publish(request)
        try:
            if not arrived.wait(ANSWER_TIMEOUT):
                self.forget(request.id)
                raise ServoSilent(f"the servo process did not answer within {ANSWER_TIMEOUT:g} s")
        finally:
            with self._lock:
                del self._waiting[request.id]
        return answers[0]

    def forget(self, goal: int) -> None:
        """No more events of a goal."""
        with self._lock:
            self._goals.pop(goal, None)

    def _on_response(self, response: ServoResponse) -> None:
        with self._lock:
            waiting = self._waiting.get(response.id)
            on_event = self._goals.get(response.id)
        if response.kind != ServoResponse.ANSWER:
            if on_event is not None:
                on_event(response)
        elif waiting is not None:
            waiting[1].append(response)
            waiting[0].set()
