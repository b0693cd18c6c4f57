"""Steps of the policy in simulated time: by the stamps of joint states, in lockstep with an acknowledgement.

Lockstep: before each tick k the controller waits for a TickAck of the participant that owns the arm, with
the number of messages it has sent (twincell_control/stepped.py). The policy acknowledges every joint state
while it runs; before it asks for the arm it acknowledges tick 0, so that it is waited for from the grant on, and after
its last step the end of time, so that nobody waits for it.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from rclpy.node import Node
from twincell_runtime.loop import Tick

from twincell_contract import names, qos
from twincell_msgs.msg import TickAck
from twincell_policy.observation import JointSample

_POLL_S = 5e-5
_END_OF_TIME = 2**63 - 1


class Acknowledger:
    """Says on world/tick_ack how far the policy is. `sent` counts its messages to the controller."""

    def __init__(self, node: Node, source: str, tick_s: float) -> None:
        self.sent = 0
        self._source = source
        self._tick_s = tick_s
        self._publisher = node.create_publisher(TickAck, names.WORLD_TICK_ACK, qos.streaming(100))

    def begin(self) -> None:
        """The policy is about to own the arm."""
        self._publish(0)

    def reached(self, stamp_ns: int) -> None:
        """The policy has done its work for the joint state with this stamp."""
        self._publish(round(stamp_ns * 1e-9 / self._tick_s))

    def end(self) -> None:
        """The policy does not take part any more."""
        self._publish(_END_OF_TIME)

    def _publish(self, tick: int) -> None:
        self._publisher.publish(TickAck(participant=self._source, tick=tick, sent=self.sent))


class SteppedLoop:
    """Calls `tick` every `period_s` of the joint states' stamps; its `now` is the stamp. Has PeriodicLoop's methods."""

    def __init__(
        self,
        period_s: float,
        tick: Callable[[Tick], None],
        *,
        sample: Callable[[], JointSample | None],
        interrupted: Callable[[], bool],
        done: Callable[[int], None],
    ) -> None:
        """`interrupted` tells to tick without waiting for a joint state; `done` gets the stamp of every joint state
        once its work is over."""
        self._period_ns = round(period_s * 1e9)
        self._tick = tick
        self._sample = sample
        self._interrupted = interrupted
        self._done = done
        self._stopping = False

    def stop(self) -> None:
        """End after the present tick."""
        self._stopping = True

    def run(self) -> None:
        """Run in the calling thread until stopped."""
        index, newest_ns, due_ns = 0, 0, 0
        while not self._stopping:
            joints = self._sample()
            fresh = joints is not None and joints.stamp_ns > newest_ns
            if not fresh and not self._interrupted():
                time.sleep(_POLL_S)
                continue
            newest_ns = joints.stamp_ns if joints is not None else newest_ns
            if newest_ns >= due_ns or self._interrupted():
                late_ns = newest_ns - due_ns if index else 0
                skipped = max(late_ns // self._period_ns, 0)
                self._tick(Tick(index, newest_ns * 1e-9, late_ns * 1e-9, skipped))
                due_ns = (due_ns + skipped * self._period_ns if index else newest_ns) + self._period_ns
                index += 1
            self._done(newest_ns)
