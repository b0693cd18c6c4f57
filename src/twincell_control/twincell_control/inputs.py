"""What the loop takes from the middleware each tick, on the core's clock."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rclpy.node import Node
from sensor_msgs.msg import JointState
from twincell_runtime.polled import PolledSubscription, Received

from twincell_contract import names, qos
from twincell_msgs.msg import ArmStatus

from .types import Command, JointSample, Request
from .wire import SOURCE_KINDS, JointOrder, stamp_ns

STATE_DEPTH = 10
COMMAND_DEPTH = 20
"""Messages of a source that may wait for the loop: 20 ms of a 1 kHz source."""

_QOS = qos.streaming(COMMAND_DEPTH)


@dataclass(frozen=True, slots=True)
class Times:
    """One instant on both clocks: the core's [s] and ROS time [ns]. `system_ns` is what received times refer to."""

    now: float
    ros_ns: int
    system_ns: int

    def of_stamp(self, stamp: int) -> float:
        """The core's time of a stamp in ROS time [s]."""
        return self.now - 1e-9 * (self.ros_ns - stamp)

    def of_receipt(self, received_ns: int) -> float:
        """The core's time at which a message arrived [s]."""
        return self.now - max(1e-9 * (self.system_ns - received_ns), 0.0)


class Sources:
    """The topics of all streaming sources. `received` counts their messages by source."""

    def __init__(self, node: Node) -> None:
        self._topics = [
            (source, convert, PolledSubscription(node, kind, names.source_topic(source, name), _QOS))
            for source in names.STREAMING_SOURCES
            for name, (kind, convert) in SOURCE_KINDS.items()
        ]
        self._next = 0
        self._crowded: set[str] = set()
        self._pending: list[tuple[str, Callable[[Any], Request], Received[Any]]] = []
        self.received = dict.fromkeys(names.STREAMING_SOURCES, 0)

    def poll(self) -> None:
        """Take what has arrived; `take` returns it."""
        for source, convert, subscription in self._topics:
            message = subscription.take()
            while message is not None:
                self.received[source] += 1
                self._pending.append((source, convert, message))
                message = subscription.take()

    def take(self, times: Times) -> list[Command]:
        """New commands of all sources, oldest first within a topic."""
        self.poll()
        if not self._pending:
            return []
        commands = []
        for source, convert, message in self._pending:
            stamp = stamp_ns(message.msg)
            commands.append(
                Command(
                    source,
                    convert(message.msg),
                    times.of_receipt(message.received_ns),
                    times.of_stamp(stamp) if stamp else None,
                )
            )
        self._pending.clear()
        return commands

    def look(self) -> None:
        """Count the publishers of one topic; call it a few times a second."""
        _, _, subscription = self._topics[self._next]
        self._next = (self._next + 1) % len(self._topics)
        if subscription.publisher_count() > 1:
            self._crowded.add(subscription.topic)
        else:
            self._crowded.discard(subscription.topic)

    def crowded(self, owner: str) -> bool:
        """Whether more than one publisher was seen on a topic of `owner`."""
        return bool(self._crowded) and any(
            source == owner and subscription.topic in self._crowded
            for source, _, subscription in self._topics
        )


class ArmInputs:
    """Joint states and status of the arm."""

    def __init__(self, node: Node, joint_names: tuple[str, ...]) -> None:
        self._states: PolledSubscription[JointState] = PolledSubscription(
            node, JointState, names.JOINT_STATES, qos.streaming(STATE_DEPTH)
        )
        self._status: PolledSubscription[ArmStatus] = PolledSubscription(
            node, ArmStatus, names.ARM_STATUS, qos.latched()
        )
        self._order = JointOrder(joint_names)

    def take_state(self) -> Received[JointState] | None:
        """The newest joint state since the last call."""
        return self._states.latest()

    def sample(self, received: Received[JointState], times: Times) -> JointSample:
        """The state on the core's clock; NaN where joints or values are missing, which the core refuses."""
        picked = self._order.pick(received.msg)
        stamp = times.of_stamp(stamp_ns(received.msg))
        if picked is None:
            return JointSample((math.nan,), (math.nan,), stamp)
        return JointSample(*picked, stamp)

    def mode(self) -> int | None:
        """The arm's mode, where a new status came."""
        received = self._status.latest()
        return None if received is None else int(received.msg.mode)
