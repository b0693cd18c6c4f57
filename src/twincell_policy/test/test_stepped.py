"""Steps by the stamps of joint states, and the acknowledgements of a lockstep run."""

from collections.abc import Iterator

import numpy as np
import pytest
import rclpy
from rclpy.node import Node
from twincell_policy.observation import JointSample
from twincell_policy.stepped import Acknowledger, SteppedLoop
from twincell_runtime.loop import Tick
from twincell_runtime.polled import PolledSubscription

from twincell_contract import names, qos
from twincell_msgs.msg import TickAck

MS = 1_000_000


def run(stamps_ms: list[int]) -> tuple[list[tuple[float, int]], list[int]]:
    """Feed a loop of 40 ms joint states with these stamps, then interrupt it: it ticks once more.

    Returns the ticks as (now [ms], skipped) without that last one, and the acknowledged stamps [ms].
    """
    ticks: list[tuple[float, int]] = []
    acknowledged: list[int] = []
    waiting = iter(stamps_ms)
    newest = 0
    over = False

    def sample() -> JointSample:
        nonlocal newest, over
        following = next(waiting, None)
        over = following is None
        newest = newest if following is None else following
        return JointSample(np.zeros(1), np.zeros(1), newest * MS, 0.0)

    def tick(tick: Tick) -> None:
        ticks.append((round(tick.now * 1e3, 6), tick.skipped))
        if over:
            loop.stop()

    loop = SteppedLoop(
        0.04,
        tick,
        sample=sample,
        interrupted=lambda: over,
        done=lambda stamp: acknowledged.append(stamp // MS),
    )
    loop.run()
    assert ticks[-1][0] == stamps_ms[-1], "an interrupted loop ticks without a new joint state"
    return ticks[:-1], acknowledged[:-1]


def test_one_step_per_period_and_every_state_acknowledged() -> None:
    ticks, acknowledged = run(list(range(1000, 1101, 10)))
    assert ticks == [(1000.0, 0), (1040.0, 0), (1080.0, 0)]
    assert acknowledged == list(range(1000, 1101, 10))


def test_missed_periods_are_skipped_and_the_phase_is_kept() -> None:
    ticks, _ = run([1000, 1135, 1155, 1165])
    assert ticks == [(1000.0, 0), (1135.0, 2), (1165.0, 0)]


def test_repeated_states_make_no_step() -> None:
    ticks, acknowledged = run([1000, 1000, 1000, 1040])
    assert ticks == [(1000.0, 0), (1040.0, 0)]
    assert acknowledged == [1000, 1040]


@pytest.fixture
def node() -> Iterator[Node]:
    context = rclpy.Context()
    rclpy.init(args=[], context=context)
    node = Node("policy", namespace="/stepped_test", context=context, enable_rosout=False)
    yield node
    node.destroy_node()
    rclpy.shutdown(context=context)


def test_acknowledgements(node: Node) -> None:
    heard: PolledSubscription[TickAck] = PolledSubscription(
        node, TickAck, names.WORLD_TICK_ACK, qos.streaming(10)
    )
    acknowledger = Acknowledger(node, "policy", 0.002)
    acknowledger.begin()
    acknowledger.sent = 3
    acknowledger.reached(5_004 * MS)
    acknowledger.end()
    messages: list[TickAck] = []
    for _ in range(200):
        messages += [received.msg for received in heard.take_all()]
        if len(messages) >= 3:
            break
        rclpy.spin_once(node, timeout_sec=0.01)
    assert [(message.participant, message.tick, message.sent) for message in messages] == [
        ("policy", 0, 0),
        ("policy", 2502, 3),
        ("policy", 2**63 - 1, 3),
    ]
