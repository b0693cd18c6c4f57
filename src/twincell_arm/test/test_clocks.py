"""The arm process on simulated time: faster than real time, and in lockstep with a controller."""

import os
import random
import signal
import subprocess
import time

import numpy as np
import pytest
import rclpy
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray
from twincell_model.profile import load_profile
from twincell_runtime.polled import PolledSubscription

from twincell_contract import names, qos
from twincell_msgs.msg import TickAck

from .arm_process import launch

PROFILE = load_profile("ur5")
TICKS = 150


class Controller:
    """Answers every tick with a command that is a function of the tick alone."""

    def __init__(self, namespace: str) -> None:
        self.context = rclpy.Context()
        rclpy.init(context=self.context)
        self.node = node = rclpy.create_node("test_controller", namespace=namespace, context=self.context)
        self.states = PolledSubscription(node, JointState, names.JOINT_STATES, qos.streaming(1000))
        self.clock = PolledSubscription(node, Clock, names.CLOCK, qos.sensor(1))
        self.commands = node.create_publisher(Float64MultiArray, names.COMMANDS, qos.streaming())
        self.acks = node.create_publisher(TickAck, names.WORLD_TICK_ACK, qos.streaming(100))

    def wait_heard(self, seconds: float = 40.0) -> None:
        """Wait until the arm listens: what is sent before is lost, and the arm would wait for it."""
        end = time.monotonic() + seconds
        while not (self.commands.get_subscription_count() and self.acks.get_subscription_count()):
            assert time.monotonic() < end, "nobody listens"
            time.sleep(0.01)

    def next_state(self, seconds: float = 40.0) -> tuple[int, JointState]:
        """The next joint state and its tick."""
        end = time.monotonic() + seconds
        while (received := self.states.take()) is None:
            assert time.monotonic() < end, "no joint state"
            time.sleep(1e-4)
        stamp = received.msg.header.stamp
        return round((stamp.sec + 1e-9 * stamp.nanosec) / PROFILE.tick_s), received.msg

    def close(self) -> None:
        self.node.destroy_node()
        rclpy.shutdown(context=self.context)


def end(process: subprocess.Popen) -> None:
    """End the arm in order: taking a node down while a killed peer's messages still come in has crashed Fast DDS."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(20.0)
    finally:
        process.kill()
        process.wait()


def run_lockstep(name: str, delays: random.Random) -> np.ndarray:
    """Positions of TICKS ticks in a run whose controller dawdles at random."""
    namespace = f"{name}_{os.getpid()}"
    process = launch(namespace, "clock:=lockstep")
    controller = Controller(namespace)
    rows: dict[int, list[float]] = {}
    sent = 0
    try:
        controller.wait_heard()
        while len(rows) < TICKS:
            tick, state = controller.next_state()
            if tick in rows:
                continue  # published again for a controller that comes up late
            assert not rows or tick == max(rows) + 1, "the arm went on without an answer"
            rows[tick] = list(state.position)
            if delays.random() < 0.1:
                time.sleep(0.004 * delays.random())
            q = PROFILE.home + 0.2 * (1.0 - np.cos(0.02 * tick))
            controller.commands.publish(Float64MultiArray(data=q.tolist()))
            sent += 1
            controller.acks.publish(TickAck(participant="controller", tick=tick, sent=sent))
    finally:
        end(process)
        controller.close()
    return np.array([rows[tick] for tick in sorted(rows)])


def test_lockstep_gives_the_same_bits_whatever_the_controller_takes():
    first = run_lockstep("lockstep_a", random.Random(1))
    second = run_lockstep("lockstep_b", random.Random(2))
    assert np.abs(first[-1] - first[0]).max() > 0.1, "the arm must move, else this test shows nothing"
    assert np.array_equal(first, second)


def test_simulated_clock_runs_at_its_speed_and_stamps_are_on_it():
    namespace = f"sim_{os.getpid()}"
    process = launch(namespace, "clock:=sim", "speed:=4.0")
    controller = Controller(namespace)
    try:
        last, _ = controller.next_state()
        for _ in range(8):  # a busy machine may stand still in one of these windows
            tick, begin = last, time.monotonic()
            while time.monotonic() - begin < 1.5:
                last, state = controller.next_state()
            speed = (last - tick) * PROFILE.tick_s / (time.monotonic() - begin)
            if speed == pytest.approx(4.0, rel=0.15):
                break
        assert speed == pytest.approx(4.0, rel=0.15)
        clock = controller.clock.latest()
        assert clock is not None
        assert abs(clock.msg.clock.sec + 1e-9 * clock.msg.clock.nanosec - last * PROFILE.tick_s) < 1.0
        assert tuple(state.name) == PROFILE.joint_names
    finally:
        end(process)
        controller.close()
