"""Deliberately broken arms: the checker names what is wrong, and nothing that is right.

One cell runs; for each case a node at the wire between its arm and the checker breaks one thing. A UR5 is used because
its 125 Hz leave the processor to the checker.
"""

import math
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any, final

import pytest
import rclpy
from geometry_msgs.msg import PoseStamped
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import JointState
from std_srvs.srv import Trigger
from twincell_cell.commands.check import facts
from twincell_cell.config import CellConfig
from twincell_cell.session import CellSession
from twincell_contract.checks import graph, suite
from twincell_contract.checks.observer import Observer

from twincell_contract import names, qos
from twincell_msgs.msg import ArmStatus

CONFIG = CellConfig(robot="ur5", namespace="broken_arms", domain=int(os.environ.get("ROS_DOMAIN_ID") or 83))
DISCOVERY_S = (3.0, 6.0, 12.0)
"""Of the attempts. Where a topic is missing on purpose, all of it is waited for."""
STALLED = {"controller_status_holds", "diagnostics"}
"""Checks that say that the controller has stopped, as it does when a busy machine stands still for 50 ms."""


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


@pytest.fixture(scope="module")
def cell() -> Iterator[CellSession]:
    """A cell that keeps the contract."""
    with CellSession(CONFIG, "test") as session:
        session.wait_ready()
        yield session


def failed_checks(cell: CellSession, remaps: list[str], expected: Callable[[set[str]], bool]) -> set[str]:
    """Names of the checks that fail when the checker sees the cell through these remaps.

    Looked at three times before it counts as unexpected, for the rates and the discovery on a busy machine.
    """
    failed: set[str] = set()
    for patience in DISCOVERY_S:
        cell.call(Trigger, names.CONTROLLER_RESET)
        with Observer(facts(CONFIG), CONFIG.full_namespace, domain=CONFIG.domain, remaps=remaps) as observer:
            assert graph.discover(observer, patience)
            failed = {
                check.name for check in suite.check(observer, only_watch=True) if not check.ok
            } - STALLED
        if expected(failed):
            break
    return failed


def rotated(message: JointState) -> JointState:
    """Each value under its neighbour's name."""
    for field_name in ("position", "velocity", "effort"):
        values = list(getattr(message, field_name))
        setattr(message, field_name, values[1:] + values[:1])
    return message


def renamed(message: JointState) -> JointState:
    """Names and values agree, but not in chain order."""
    order = sorted(range(len(message.name)), key=lambda k: message.name[k])
    for field_name in ("position", "velocity", "effort"):
        values = getattr(message, field_name)
        setattr(message, field_name, [values[k] for k in order])
    message.name = [message.name[k] for k in order]
    return message


def in_degrees(message: JointState) -> JointState:
    """Degrees instead of radians."""
    message.position = [math.degrees(value) for value in message.position]
    message.velocity = [math.degrees(value) for value in message.velocity]
    return message


def in_frame(frame: str) -> Callable[[Any], Any]:
    """Another frame in the header."""

    def change(message: Any) -> Any:
        message.header.frame_id = frame
        return message

    return change


def every_second() -> Callable[[Any], Any]:
    """Half the rate."""
    keep = cycle((True, False))
    return lambda message: message if next(keep) else None


def as_fraction(message: ArmStatus) -> ArmStatus:
    """A speed scaling that no percentage can be."""
    message.speed_scaling = 250.0
    return message


@dataclass(frozen=True)
class Case:
    """One broken thing, the check that must name it, and others that may fail with it because they look at it too."""

    kind: type[Any]
    topic: str
    change: Callable[[Any], Any]
    caught: str
    with_it: set[str] = field(default_factory=set)
    offered: QoSProfile = field(default_factory=qos.streaming)


KINEMATICS = {
    "tcp_pose_agrees_with_kinematics",
    "tf_agrees_with_kinematics",
    "dynamic_joint_states_agree",
    "commands_shape",
}

CASES = {
    "wrong frame of joint_states": Case(
        JointState, names.JOINT_STATES, in_frame("tool0"), "joint_states_frame"
    ),
    "wrong frame of the tool pose": Case(PoseStamped, names.TCP_POSE, in_frame("world"), "tcp_pose_frame"),
    "values under other joints' names": Case(
        JointState,
        names.JOINT_STATES,
        rotated,
        "joint_states_order",
        KINEMATICS | {"joint_states_within_limits"},
    ),
    "names not in chain order": Case(JointState, names.JOINT_STATES, renamed, "joint_states_order"),
    "half the rate": Case(
        JointState,
        names.JOINT_STATES,
        every_second(),
        f"rate:{names.JOINT_STATES}",
        {"joint_states_stamps_spaced_by_period"},
    ),
    "best effort": Case(
        JointState,
        names.JOINT_STATES,
        lambda message: message,
        f"topic_qos:{names.JOINT_STATES}",
        offered=qos.sensor(),
    ),
    "degrees": Case(
        JointState,
        names.JOINT_STATES,
        in_degrees,
        "joint_states_radians",
        KINEMATICS | {"joint_states_within_limits", "joint_states_at_rest"},
    ),
    "status not latched": Case(
        ArmStatus,
        names.ARM_STATUS,
        lambda message: message,
        f"topic_qos:{names.ARM_STATUS}",
        offered=qos.streaming(),
    ),
    "speed scaling beyond percent": Case(
        ArmStatus, names.ARM_STATUS, as_fraction, "arm_status_ready", offered=qos.latched()
    ),
}


def test_the_unbroken_cell_passes(cell: CellSession) -> None:
    assert failed_checks(cell, [], lambda failed: not failed) == set()


@pytest.mark.parametrize("case", [pytest.param(case, id=word) for word, case in CASES.items()])
def test_a_broken_topic_is_caught_by_name(cell: CellSession, case: Case) -> None:
    def as_expected(failed: set[str]) -> bool:
        return case.caught in failed and failed <= case.with_it | {case.caught}

    with Mutator(
        case.kind, case.topic, case.change, case.offered, CONFIG.full_namespace, CONFIG.domain
    ) as mutator:
        failed = failed_checks(cell, [mutator.remap], as_expected)
    assert case.caught in failed
    assert failed <= case.with_it | {case.caught}


def test_a_missing_service_is_caught_by_name(cell: CellSession) -> None:
    """The checker looks for arm/stop where nobody serves it."""
    expected = {f"service:{names.ARM_STOP}"}
    assert failed_checks(cell, [f"{names.ARM_STOP}:=broken/stop"], expected.__eq__) == expected


def test_a_missing_topic_is_caught_by_name(cell: CellSession) -> None:
    expected = {f"{word}:{names.WRENCH}" for word in ("topic", "topic_qos", "one_publisher", "rate")}
    expected.add("wrench_frame_and_size")
    assert failed_checks(cell, [f"{names.WRENCH}:=broken/wrench"], expected.__eq__) == expected
