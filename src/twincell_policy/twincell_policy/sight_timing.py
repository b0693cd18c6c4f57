"""policy/timing: how long images take from exposure to host, and from there to a command."""

from __future__ import annotations

import time

from rclpy.node import Node
from twincell_runtime.loop import RateTimer

from twincell_contract import names, qos
from twincell_msgs.msg import PolicyTiming

_RATE_HZ = 1.0


class SightTiming:
    """Collects the times of a run's steps and publishes them once a second."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._publisher = node.create_publisher(PolicyTiming, names.POLICY_TIMING, qos.streaming())
        self._message = PolicyTiming()
        self._timer = RateTimer(_RATE_HZ)

    def step(self, stamp_ns: int, published_ns: int, inference_s: float) -> None:
        """A command has just been published that was made from images of these times (system time, ns)."""
        message = self._message
        message.exposure_to_image_ms.append((published_ns - stamp_ns) * 1e-6)
        message.image_to_command_ms.append((time.time_ns() - published_ns) * 1e-6)
        message.inference_ms.append(inference_s * 1e3)

    def blind(self) -> None:
        """A step had no new images."""
        self._message.steps_without_images += 1

    def publish(self, policy: str, *, now: bool = False) -> None:
        """Publish once a second, or `now`, what has been collected."""
        message = self._message
        if not (self._timer.due(time.monotonic()) or now) or not (
            message.image_to_command_ms or message.steps_without_images
        ):
            return
        message.policy = policy
        message.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(message)
        self._message = PolicyTiming()
