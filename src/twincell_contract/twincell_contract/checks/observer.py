"""A client that watches a cell from outside: recorded topics, service calls and action goals."""

import math
import time
from array import array
from collections import deque
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any, TypeVar, final

import numpy as np
import rclpy
from rclpy.action import ActionClient
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.signals import SignalHandlerOptions
from rclpy.task import Future
from sensor_msgs.msg import Image
from twincell_runtime.polled import PolledSubscription, Received

from .. import cameras, names, qos
from ..contract import SERVICES, TOPICS
from ..entries import Service, Topic, When
from ..facts import Array, RobotFacts
from .check import Failed

QUEUE = 2000
"""Samples a subscription may hold between two polls: 4 s of a 500 Hz stream."""
KEPT = 20_000
"""Samples kept per topic: 40 s of a 500 Hz stream."""
KEPT_IMAGES = 300
"""Images kept per topic: 10 s at 30 Hz."""
WHOLE_IMAGES = 40
"""Of these the newest keep their pixels, the others their header only."""
POLL_S = 0.01
FIND_S = 8.0
"""Longest wait until publisher and subscriber, or client and server, have found each other [s]."""
NO_PIXELS = array("B")
Result = TypeVar("Result")


@final
class Observer:
    """Watches the cell in `namespace`. Use as a context manager.

    Recorded topics live on a node that no executor spins; services and actions on a second one. `remaps` are ROS
    remapping rules such as `joint_states:=other`. Without `domain` ROS_DOMAIN_ID counts.
    """

    def __init__(
        self,
        facts: RobotFacts,
        namespace: str = "",
        *,
        domain: int | None = None,
        remaps: Sequence[str] = (),
    ) -> None:
        self.facts = facts
        self._context = rclpy.Context()
        rclpy.init(
            args=[], context=self._context, domain_id=domain, signal_handler_options=SignalHandlerOptions.NO
        )
        arguments = ["--ros-args", *(word for rule in remaps for word in ("-r", rule))] if remaps else []

        def node(name: str) -> Node:
            return Node(
                name,
                namespace=namespace,
                context=self._context,
                cli_args=arguments,
                start_parameter_services=False,
                enable_rosout=False,
            )

        self.listener = node("twincell_check_listener")
        self.asker = node("twincell_check")
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.asker)
        self._publishers: dict[str, Publisher] = {}
        self._clients: dict[str, Any] = {}
        self._actions: dict[str, ActionClient] = {}
        self._streams: dict[str, tuple[PolledSubscription[Any], deque[Received[Any]]]] = {}
        for topic in self.topics():
            if topic.published and topic.name not in self._streams:
                kept = KEPT_IMAGES if topic.type is Image else KEPT
                self._streams[topic.name] = (self._subscribe(topic, topic.qos), deque(maxlen=kept))

    def __enter__(self) -> "Observer":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave the graph."""
        self._executor.shutdown(timeout_sec=1.0)
        for client in self._actions.values():
            client.destroy()
        self.asker.destroy_node()
        self.listener.destroy_node()
        rclpy.shutdown(context=self._context)

    def _subscribe(self, topic: Topic, offered: QoSProfile) -> PolledSubscription[Any]:
        if topic.type is Image:
            return PolledSubscription(self.listener, topic.type, topic.name, qos.sensor(5))
        profile = QoSProfile(depth=QUEUE, reliability=offered.reliability, durability=offered.durability)
        return PolledSubscription(self.listener, topic.type, topic.name, profile)

    def hear_all(self) -> None:
        """Subscribe anew where a publisher offers less than the contract asks for.

        A publisher with a wrong QoS is then found by the check of its QoS alone.
        """
        for topic in self.topics():
            if not topic.published:
                continue
            offers = [info.qos_profile for info in self.listener.get_publishers_info_by_topic(topic.name)]
            weakest = QoSProfile(
                depth=1,
                reliability=min(
                    (topic.qos, *offers), key=lambda o: o.reliability != ReliabilityPolicy.BEST_EFFORT
                ).reliability,
                durability=min(
                    (topic.qos, *offers), key=lambda o: o.durability != DurabilityPolicy.VOLATILE
                ).durability,
            )
            wanted = (topic.qos.reliability, topic.qos.durability)
            if (weakest.reliability, weakest.durability) != wanted:
                subscription, messages = self._streams[topic.name]
                subscription.destroy()
                self._streams[topic.name] = (self._subscribe(topic, weakest), messages)

    def _applies(self, when: When) -> bool:
        return {
            When.ALWAYS: True,
            When.WORLD: self.facts.has_world,
            When.GRIPPER: self.facts.gripper_stroke is not None,
            When.CAMERA: bool(self.facts.cameras),
        }.get(when, False)

    def topics(self) -> list[Topic]:
        """The contract's topics that exist in this cell."""
        own = [t for c in self.facts.cameras for t in cameras.topics(c.name, c.streams, c.rate_hz)]
        return [topic for topic in (*TOPICS, *own) if self._applies(topic.when)]

    def services(self) -> list[Service]:
        """The contract's services that exist in this cell."""
        own = [service for camera in self.facts.cameras for service in cameras.services(camera.name)]
        return [service for service in (*SERVICES, *own) if self._applies(service.when)]

    # Time and recorded messages

    def drain(self) -> None:
        """Record what has arrived."""
        for subscription, messages in self._streams.values():
            taken = subscription.take_all()
            messages.extend(taken)
            if taken and isinstance(taken[0].msg, Image):
                for old in islice(reversed(messages), WHOLE_IMAGES, WHOLE_IMAGES + len(taken)):
                    old.msg.data = NO_PIXELS

    def pump(self, seconds: float) -> None:
        """Record for so long."""
        self.wait(lambda: False, seconds)

    def wait(self, condition: Callable[[], Result], timeout: float) -> Result:
        """Record until `condition` returns something true, at most `timeout` seconds.

        Returns its last value.
        """
        end = time.monotonic() + timeout
        while True:
            self.drain()
            result = condition()
            if result or time.monotonic() >= end:
                return result
            self._executor.spin_once(timeout_sec=min(POLL_S, max(end - time.monotonic(), 0.0)))

    def now_ns(self) -> int:
        """System time, the clock of stamps and of the middleware's time stamps [ns]."""
        return time.time_ns()

    def messages(self, name: str, since_ns: int = 0) -> list[Received[Any]]:
        """Recorded messages of a topic that were published at or after `since_ns`, oldest first."""
        return [received for received in self._streams[name][1] if received.source_ns >= since_ns]

    def latest(self, name: str, timeout: float = 2.0) -> Any:
        """The newest message of a topic. Raises Failed when none has come."""
        messages = self._streams[name][1]
        self.wait(lambda: len(messages) > 0, timeout)
        if not messages:
            raise Failed(
                f"Nothing was received on {name}. Start the node that publishes it, or mend its QoS."
            )
        return messages[-1].msg

    def next(self, name: str, timeout: float = 2.0) -> Any:
        """A message of a topic published from now on. Raises Failed when none comes."""
        start = self.now_ns()
        messages = self._streams[name][1]
        if not self.wait(lambda: bool(messages) and messages[-1].source_ns >= start, timeout):
            raise Failed(f"Nothing was received on {name} for {timeout:g} s. Is its publisher still running?")
        return messages[-1].msg

    # The arm

    def indices(self, joint_names: Sequence[str]) -> list[int]:
        """Where the robot's joints are in `joint_names`. Raises Failed when one is missing."""
        missing = [name for name in self.facts.joint_names if name not in joint_names]
        if missing:
            raise Failed(
                f"Joints {', '.join(missing)} are missing from {', '.join(joint_names) or 'an empty list'}. "
                "Publish the names of the robot profile, with its tf_prefix."
            )
        return [list(joint_names).index(name) for name in self.facts.joint_names]

    def positions(self) -> Array:
        """Measured joint positions now, chain order [rad]."""
        state = self.next(names.JOINT_STATES)
        return np.array(state.position, dtype=float)[self.indices(state.name)]

    def track(self, since_ns: int, until_ns: int | None = None) -> tuple[Array, Array, Array]:
        """Recorded joint motion: stamps (n,) [s], positions (n, dof) [rad], velocities (n, dof) [rad/s].

        Stamps count from `since_ns`. Raises Failed for fewer than two samples.
        """
        received = [
            r
            for r in self.messages(names.JOINT_STATES, since_ns)
            if until_ns is None or r.source_ns <= until_ns
        ]
        if len(received) < 2:
            raise Failed("joint_states stopped. Is the arm node still running?")
        order = self.indices(received[0].msg.name)
        stamps = np.array([stamp_ns(r.msg.header.stamp) - since_ns for r in received]) * 1e-9
        positions = np.array([r.msg.position for r in received])[:, order]
        velocities = np.array([r.msg.velocity for r in received])[:, order]
        return stamps, positions, velocities

    def at_rest(self, timeout: float = 3.0) -> Array:
        """Wait until the arm stands still and return its positions [rad].

        Raises Failed when it keeps moving.
        """
        end = time.monotonic() + timeout
        before = self.positions()
        while time.monotonic() < end:
            self.pump(0.08)
            now = self.positions()
            if np.abs(now - before).max() < 1e-4:
                return now
            before = now
        raise Failed(f"The arm still moves {timeout:g} s after it should have stopped.")

    # Publishing, calling, asking

    def publish(self, name: str, message: Any) -> None:
        """Publish on a topic of the contract; waits for its subscriber the first time."""
        if name not in self._publishers:
            self._publishers[name] = self.asker.create_publisher(type(message), name, qos.streaming())
            publisher = self._publishers[name]
            if not self.wait(lambda: publisher.get_subscription_count() > 0, FIND_S):
                raise Failed(f"Nobody subscribes to {name}. Start the node that does.")
        self._publishers[name].publish(message)

    def unpublish(self, name: str) -> None:
        """Remove the publisher of a topic, so that the graph shows one fewer."""
        publisher = self._publishers.pop(name, None)
        if publisher is not None:
            self.asker.destroy_publisher(publisher)

    def stream(self, name: str, make: Callable[[], Any], seconds: float, rate_hz: float = 50.0) -> None:
        """Publish `make()` at `rate_hz` for so long, recording meanwhile."""
        start = time.monotonic()
        for k in range(math.ceil(seconds * rate_hz)):
            self.publish(name, make())
            self.pump(max(start + (k + 1) / rate_hz - time.monotonic(), 0.0))

    def done(self, future: Future, what: str, timeout: float = 5.0) -> Any:
        """The result of a future. Raises Failed when it does not come."""
        self.wait(future.done, timeout)
        if not future.done():
            future.cancel()
            raise Failed(
                f"{what} did not answer within {timeout:g} s. Is the node that serves it still running?"
            )
        return future.result()

    def call(self, name: str, service: type[Any], request: Any = None, timeout: float = 5.0) -> Any:
        """Call a service. Raises Failed when it is missing or does not answer."""
        if name not in self._clients:
            self._clients[name] = self.asker.create_client(service, name)
        client = self._clients[name]
        if not self.wait(client.service_is_ready, FIND_S):
            raise Failed(f"Service {name} is missing. Start the node that serves it.")
        return self.done(client.call_async(request or service.Request()), f"Service {name}", timeout)

    def action(self, name: str, action: type[Any]) -> ActionClient:
        """A client of an action. Raises Failed when its server is missing."""
        if name not in self._actions:
            self._actions[name] = ActionClient(self.asker, action, name)
        client = self._actions[name]
        if not self.wait(client.server_is_ready, FIND_S):
            raise Failed(f"Action {name} is missing. Start the node that serves it.")
        return client

    def goal(self, name: str, action: type[Any], goal: Any, feedback: list[Any] | None = None) -> Any:
        """Send a goal and return its handle. Feedback messages are appended to `feedback`."""
        client = self.action(name, action)

        def note(message: Any) -> None:
            if feedback is not None:
                feedback.append(message.feedback)

        return self.done(client.send_goal_async(goal, feedback_callback=note), f"Action {name}")

    def result(self, handle: Any, what: str, timeout: float) -> Any:
        """The result of an accepted goal, with its status."""
        return self.done(handle.get_result_async(), f"The result of {what}", timeout)


def stamp_ns(stamp: Any) -> int:
    """A ROS stamp as ns."""
    return int(stamp.sec) * 1_000_000_000 + int(stamp.nanosec)
