"""The lockstep barrier and the clocks, against a node of their own."""

import time

import pytest
import rclpy
from twincell_world.pacing import FreeLoop, LockstepPacing, SimPacing, WallPacing

from twincell_contract import names, qos
from twincell_msgs.msg import TickAck


@pytest.fixture
def node():
    context = rclpy.Context()
    rclpy.init(context=context)
    node = rclpy.create_node("pacing_test", namespace=f"pacing_{time.monotonic_ns()}", context=context)
    yield node
    node.destroy_node()
    rclpy.shutdown(context=context)


class Barrier:
    """A LockstepPacing at tick 5 of 10 ms whose arrivals the test sets."""

    def __init__(self, node) -> None:
        self.arrived = 0
        self.repeats = 0
        self.meanwhile = 0
        self.pacing = LockstepPacing(
            node, 0.01, lambda tick: None, lambda: 0.05, lambda: self.arrived, self._idle, self._repeat
        )
        self.acks = node.create_publisher(TickAck, names.WORLD_TICK_ACK, qos.streaming(100))
        end = time.monotonic() + 20.0
        while self.acks.get_subscription_count() == 0:
            assert time.monotonic() < end, "the barrier does not listen"
            time.sleep(0.01)

    def _idle(self) -> None:
        self.meanwhile += 1
        if self.meanwhile == 200:
            self.pacing.stop()

    def _repeat(self) -> None:
        self.repeats += 1

    def closed(self) -> bool:
        """Whether the barrier had to be broken."""
        self.meanwhile = 0
        self.pacing._stopping = False
        self.pacing.barrier()
        return self.meanwhile >= 200

    def ack(self, tick: int, sent: int, participant: str = "controller") -> None:
        self.acks.publish(TickAck(participant=participant, tick=tick, sent=sent))
        time.sleep(0.05)


def test_barrier_opens_only_for_the_tick_and_the_commands_of_the_controller(node):
    barrier = Barrier(node)
    assert barrier.closed()
    barrier.ack(5, 0, participant="camera")
    assert barrier.closed(), "not the controller"
    barrier.ack(4, 0)
    assert barrier.closed(), "an earlier tick"
    barrier.ack(5, 0)
    assert not barrier.closed()
    barrier.ack(5, 1)
    assert barrier.closed(), "a command is still on its way"
    barrier.arrived = 1
    assert not barrier.closed()


def test_clock_is_simulated_time_and_wall_is_system_time(node):
    sim = SimPacing(node, 0.01, lambda tick: None, lambda: 1.25, 1.0)
    assert sim.time_ns() == 1_250_000_000
    wall = WallPacing(node, 0.01, lambda tick: None)
    assert abs(wall.time_ns() - time.time_ns()) < 10**9


def test_free_loop_runs_without_sleeping():
    ticks = []

    def tick(t) -> None:
        ticks.append(t.index)
        if t.index == 999:
            loop.stop()

    loop = FreeLoop(tick)
    begin = time.monotonic()
    loop.run()
    assert ticks == list(range(1000)) and time.monotonic() - begin < 1.0
