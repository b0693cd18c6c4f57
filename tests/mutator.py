"""A node at the wire between a running arm and the checker: it hands one topic on, changed."""

import threading
from collections.abc import Callable
from typing import Any, final

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.signals import SignalHandlerOptions

Change = Callable[[Any], Any]
"""Takes a message and returns what is published instead, None for nothing."""


@final
class Mutator:
    """Republishes `topic` as `broken/<topic>`. Use as a context manager; `remap` is the checker's remapping rule."""

    def __init__(
        self, kind: type[Any], topic: str, change: Change, offered: QoSProfile, namespace: str, domain: int
    ) -> None:
        self.remap = f"{topic}:=broken/{topic}"
        self._context = rclpy.Context()
        rclpy.init(
            args=[], context=self._context, domain_id=domain, signal_handler_options=SignalHandlerOptions.NO
        )
        self._node = Node("broken_arm", namespace=namespace, context=self._context, enable_rosout=False)
        publisher = self._node.create_publisher(kind, f"broken/{topic}", offered)

        def hand_on(message: Any) -> None:
            changed = change(message)
            if changed is not None:
                publisher.publish(changed)

        self._node.create_subscription(kind, topic, hand_on, offered)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self._thread = threading.Thread(target=self._executor.spin, daemon=True)

    def __enter__(self) -> "Mutator":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._executor.shutdown()
        self._thread.join(2.0)
        self._node.destroy_node()
        rclpy.shutdown(context=self._context)
