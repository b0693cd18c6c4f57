"""Arm, servo and front as real processes, and a client of theirs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import rclpy
from rclpy.action import ActionClient
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from sensor_msgs.msg import JointState

from control_msgs.msg import JointJog
from twincell_contract import names, qos
from twincell_msgs.msg import ControllerStatus

MODULES = {
    "arm": "twincell_arm.node",
    "servo": "twincell_control.servo_node",
    "front": "twincell_control.front_node",
}


PATIENCE_S = 40.0
"""For a busy machine: a node has taken 16 s to start there."""


class Cell:
    """Three processes in a namespace of their own, so that a cell in the same domain is not disturbed."""

    def __init__(self, folder: Path, *parameters: str) -> None:
        namespace = f"/control_test_{os.getpid()}"
        self._folder = folder
        self._arguments = [
            "--ros-args",
            "-r",
            f"__ns:={namespace}",
            *(w for p in parameters for w in ("-p", p)),
        ]
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        for name in MODULES:
            self.start(name)
        self.context = Context()
        rclpy.init(context=self.context)
        self.node = Node("client", namespace=namespace, context=self.context)
        self.executor = SingleThreadedExecutor(context=self.context)
        self.executor.add_node(self.node)
        self.statuses: list[ControllerStatus] = []
        self.states: list[JointState] = []
        self._publishers: dict[str, Any] = {}
        self._clients: dict[str, Any] = {}
        self.node.create_subscription(
            ControllerStatus, names.CONTROLLER_STATUS, self.statuses.append, qos.streaming(100)
        )
        self.node.create_subscription(JointState, names.JOINT_STATES, self.states.append, qos.streaming(100))

    def start(self, name: str) -> None:
        """Start one of the processes."""
        with (self._folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", MODULES[name], *self._arguments],
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def end(self, name: str, number: int = signal.SIGINT) -> int:
        """Signal a process and wait; its exit code."""
        process = self.processes[name]
        process.send_signal(number)
        return process.wait(30.0)

    def close(self) -> None:
        """End everything."""
        for process in self.processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
        for process in self.processes.values():
            try:
                process.wait(10.0)
            except subprocess.TimeoutExpired:
                process.kill()
        self.executor.shutdown()
        self.node.destroy_node()
        self.context.try_shutdown()

    def log(self, name: str) -> str:
        """What a process printed."""
        return (self._folder / f"{name}.log").read_text()

    def spin(self, seconds: float) -> None:
        """Let messages come in."""
        self.wait(lambda: False, seconds)

    def wait(self, condition: Callable[[], bool], seconds: float = PATIENCE_S) -> bool:
        """Spin until the condition holds."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if condition():
                return True
            self.executor.spin_once(timeout_sec=0.01)
        return condition()

    @property
    def status(self) -> ControllerStatus:
        """The newest status."""
        return self.statuses[-1]

    def mode(self, *modes: int, seconds: float = PATIENCE_S) -> bool:
        """Wait for a mode."""
        return self.wait(lambda: bool(self.statuses) and self.status.mode in modes, seconds)

    def call(self, kind: Any, name: str, **fields: Any) -> Any:
        """Call a service."""
        if name not in self._clients:
            self._clients[name] = self.node.create_client(kind, name)
        client = self._clients[name]
        assert client.wait_for_service(PATIENCE_S), name
        future = client.call_async(kind.Request(**fields))
        assert self.wait(future.done), name
        return future.result()

    def send(self, kind: Any, name: str, goal: Any, feedback: list[Any] | None = None) -> Any:
        """Send a goal; its handle."""
        client = ActionClient(self.node, kind, name)
        assert client.wait_for_server(PATIENCE_S), name
        future = client.send_goal_async(
            goal, feedback_callback=None if feedback is None else lambda m: feedback.append(m.feedback)
        )
        assert self.wait(future.done), name
        return future.result()

    def result(self, handle: Any) -> Any:
        """Wait for a goal's end."""
        future = handle.get_result_async()
        assert self.wait(future.done)
        return future.result()

    def publisher(self, kind: Any, topic: str) -> Any:
        """A publisher that the servo process hears, kept. Make it before the lease: finding each other takes time."""
        if topic not in self._publishers:
            self._publishers[topic] = self.node.create_publisher(kind, topic, qos.streaming())
            assert self.wait(lambda: self._publishers[topic].get_subscription_count() > 0), topic
        return self._publishers[topic]

    def stream(self, kind: Any, topic: str, make: Callable[[], Any], seconds: float) -> None:
        """Publish at 50 Hz."""
        publisher = self.publisher(kind, topic)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            publisher.publish(make())
            self.spin(0.02)

    def jog(self, seconds: float, speed: float, source: str = "policy") -> None:
        """Jog all joints."""

        def make() -> JointJog:
            joints = list(self.status.joint_names)
            message = JointJog(joint_names=joints, velocities=[speed] * len(joints))
            message.header.stamp = self.node.get_clock().now().to_msg()
            return message

        self.stream(JointJog, names.source_topic(source, "joint_jog"), make, seconds)
