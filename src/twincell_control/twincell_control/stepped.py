"""Ticks of simulated time: one per joint state of the arm, in lockstep with an acknowledgement.

Lockstep: the arm publishes clock and joint states of tick k (its stamp divided by the period) and waits for a TickAck
of the participant `controller` and for as many commands as it says were sent. The controller in turn waits for the
owner, where that has ever sent an acknowledgement itself: a TickAck of the participant with the owner's name, with
tick >= k and the number of messages it has sent on its source topics. So every motion follows from the seed alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from rclpy.node import Node
from twincell_runtime.loop import Tick
from twincell_runtime.polled import PolledSubscription

from twincell_contract import names, qos
from twincell_msgs.msg import TickAck

from .inputs import ArmInputs, Sources, Times
from .types import JointSample
from .wire import stamp_ns

POLL = 5e-5
"""s between looks for a new joint state."""

OWNER_TIMEOUT = 5.0
"""s of wall time after which an owner that does not acknowledge is not waited for any more."""

SteppedTick = Callable[[Tick, Times, JointSample], int]
"""Runs a tick and returns the number of commands sent since the start."""


class SteppedLoop:
    """Runs `tick` for every joint state with a newer stamp."""

    def __init__(
        self,
        node: Node,
        arm: ArmInputs,
        period: float,
        tick: SteppedTick,
        *,
        owner: Callable[[], str],
        sources: Sources,
        lockstep: bool,
    ) -> None:
        self._arm, self._period, self._tick = arm, period, tick
        self._owner, self._sources = owner, sources
        self._logger = node.get_logger()
        self._lockstep = lockstep
        self._acks = PolledSubscription(node, TickAck, names.WORLD_TICK_ACK, qos.streaming(100))
        self._publisher = node.create_publisher(TickAck, names.WORLD_TICK_ACK, qos.streaming(100))
        self._heard: dict[str, TickAck] = {}
        self._bases: dict[str, int] = {}
        self._stopping = False

    def stop(self) -> None:
        """End after the present tick."""
        self._stopping = True

    def run(self) -> None:
        """Run in the calling thread until stopped."""
        index, newest, sent = 0, -1, 0
        while not self._stopping:
            received = self._arm.take_state()
            if received is None:
                time.sleep(POLL)
                continue
            stamp = stamp_ns(received.msg)
            number = round(1e-9 * stamp / self._period)
            if stamp <= newest:  # the arm repeats a tick for a controller it has not heard yet
                self._acknowledge(number, sent)
                continue
            if self._lockstep:
                self._await_owner(number)
            times = Times(1e-9 * stamp, stamp, time.time_ns())
            steps = 1 if newest < 0 else max(round(1e-9 * (stamp - newest) / self._period), 1)
            state = self._arm.sample(received, times)
            sent = self._tick(Tick(index, times.now, (steps - 1) * self._period, steps - 1), times, state)
            self._acknowledge(number, sent)
            newest = stamp
            index += 1

    def _acknowledge(self, number: int, sent: int) -> None:
        if self._lockstep:
            self._publisher.publish(TickAck(participant="controller", tick=number, sent=sent))

    def _await_owner(self, number: int) -> None:
        """Wait until the owner has done its part of the tick and its messages have arrived."""
        until = time.monotonic() + OWNER_TIMEOUT
        while not self._stopping:
            for received in self._acks.take_all():
                self._heard[received.msg.participant] = received.msg
            owner = self._owner()
            ack = self._heard.get(owner)
            if ack is None or (ack.tick >= number and self._arrived(ack)):
                return
            self._sources.poll()
            if time.monotonic() > until:
                self._logger.warning(
                    f"lockstep: {owner} has not acknowledged tick {number}; going on without it"
                )
                del self._heard[owner]
                return
            time.sleep(POLL)

    def _arrived(self, ack: TickAck) -> bool:
        """Whether all messages have arrived that the owner says it has sent since its first acknowledgement."""
        heard = self._sources.received[ack.participant]
        base = self._bases.setdefault(ack.participant, int(ack.sent) - heard)
        return heard + base >= ack.sent
