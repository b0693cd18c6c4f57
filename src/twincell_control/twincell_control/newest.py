"""The newest message of a topic, looked up when somebody asks: no executor wakes up for the others."""

from __future__ import annotations

import threading
import time
from typing import Any

from rclpy.node import Node
from rclpy.qos import QoSProfile
from twincell_runtime.polled import PolledSubscription


class Newest:
    """Callable from any thread."""

    def __init__(self, node: Node, msg_type: type[Any], topic: str, qos: QoSProfile) -> None:
        qos.depth = 1
        self._subscription: PolledSubscription[Any] = PolledSubscription(node, msg_type, topic, qos)
        self._lock = threading.Lock()
        self._message: Any = None
        self._received_ns = 0

    def get(self) -> Any:
        """The newest message, None before the first."""
        with self._lock:
            received = self._subscription.latest()
            if received is not None:
                self._message, self._received_ns = received.msg, received.received_ns
            return self._message

    def fresh(self, within: float) -> bool:
        """Whether the message of the last `get` arrived within so many seconds before now (system time)."""
        return time.time_ns() - self._received_ns <= within * 1e9
