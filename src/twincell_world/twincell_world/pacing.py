"""When the next tick of the robot is due: wall clock, simulated clock at any speed, or lockstep with the controller."""

import time
from collections.abc import Callable
from typing import Protocol

from rclpy.node import Node
from rosgraph_msgs.msg import Clock
from twincell_runtime.loop import PeriodicLoop, Tick
from twincell_runtime.polled import PolledSubscription

from twincell_contract import names, qos
from twincell_msgs.msg import TickAck

CONTROLLER = "controller"
"""The participant whose commands a lockstep tick waits for."""
WARN_AFTER_S = 5.0
"""A lockstep barrier that is closed for so long is reported, then again after as long."""
SETTLE_S = 0.5
"""Time that the first acknowledged commands get to arrive before they are counted as sent to nobody."""
REPEAT_S = 0.1
"""Before the first answer the tick is published again as often: joint states are not latched."""
POLL_S = 5e-5


class Pacing(Protocol):
    """Runs a loop's ticks until `stop`."""

    def run(self) -> None:
        """Run in the calling thread."""

    def stop(self) -> None:
        """End after the present tick, from any thread."""

    def barrier(self) -> None:
        """Wait until every participant has answered the tick just published; returns at once without a barrier."""

    def time_ns(self) -> int:
        """ROS time [ns] for stamps."""

    def publish_clock(self) -> None:
        """Announce the time where it is simulated."""


class WallPacing:
    """One tick per period of the wall clock, stamps in system time."""

    def __init__(self, node: Node, period_s: float, tick: Callable[[Tick], None]) -> None:
        self._loop = PeriodicLoop(period_s, tick, name=node.get_name())
        self.run = self._loop.run
        self.stop = self._loop.stop

    def barrier(self) -> None:
        """No barrier."""

    def time_ns(self) -> int:
        return time.time_ns()  # what a ROS clock on system time reads, at a tenth of the cost

    def publish_clock(self) -> None:
        """The system's clock needs no topic."""


class SimPacing:
    """Simulated time, published on `clock`. `speed` 1 is real time, 4 four times as fast, 0 as fast as possible."""

    def __init__(
        self,
        node: Node,
        period_s: float,
        tick: Callable[[Tick], None],
        sim_time_s: Callable[[], float],
        speed: float,
    ) -> None:
        self._publisher = node.create_publisher(Clock, names.CLOCK, qos.sensor(1))
        self._sim_time_s = sim_time_s
        self._message = Clock()
        self._loop: PeriodicLoop | FreeLoop
        self._loop = (
            PeriodicLoop(period_s / speed, tick, name=node.get_name()) if speed > 0.0 else FreeLoop(tick)
        )
        self.run = self._loop.run
        self.stop = self._loop.stop

    def barrier(self) -> None:
        """No barrier."""

    def time_ns(self) -> int:
        return round(self._sim_time_s() * 1e9)

    def publish_clock(self) -> None:
        now = self.time_ns()
        self._message.clock.sec, self._message.clock.nanosec = divmod(now, 1_000_000_000)
        self._publisher.publish(self._message)


class FreeLoop:
    """Tick after tick without sleeping."""

    def __init__(self, tick: Callable[[Tick], None]) -> None:
        self._tick = tick
        self._stopping = False

    def run(self) -> None:
        """Run in the calling thread until stopped."""
        index = 0
        while not self._stopping:
            self._tick(Tick(index, time.monotonic(), 0.0, 0))
            index += 1

    def stop(self) -> None:
        """End after the present tick."""
        self._stopping = True


class LockstepPacing(SimPacing):
    """Simulated time that advances only when the controller has answered.

    The arm publishes clock and joint states of tick k. It waits until a TickAck of the participant `controller` with
    tick >= k has come and as many commands as that message says were sent have arrived, then computes tick k + 1.
    k is the simulated time, which is the stamp of joint_states, divided by the robot's period.
    """

    def __init__(
        self,
        node: Node,
        period_s: float,
        tick: Callable[[Tick], None],
        sim_time_s: Callable[[], float],
        poll_commands: Callable[[], int],
        meanwhile: Callable[[], object],
        repeat: Callable[[], None],
    ) -> None:
        """`poll_commands` takes waiting commands and returns how many have arrived since the start. `meanwhile` is
        called while waiting (services), `repeat` publishes the tick again for a controller that has just come up."""
        super().__init__(node, period_s, tick, sim_time_s, speed=0.0)
        self._acks: PolledSubscription[TickAck] = PolledSubscription(
            node, TickAck, names.WORLD_TICK_ACK, qos.streaming(100)
        )
        self._period_s = period_s
        self._poll_commands, self._meanwhile, self._repeat = poll_commands, meanwhile, repeat
        self._logger = node.get_logger()
        self._newest: TickAck | None = None
        self._unheard: int | None = None
        self._stopping = False
        end_loop = self._loop.stop

        def stop() -> None:
            self._stopping = True
            end_loop()

        self.stop = stop

    def barrier(self) -> None:
        """Wait for the controller. A closed barrier is reported every few seconds and waits on."""
        tick = round(self._sim_time_s() / self._period_s)
        start = time.monotonic()
        repeated = warned = start
        while not self._stopping:
            for received in self._acks.take_all():
                if received.msg.participant == CONTROLLER:
                    self._newest = received.msg
            arrived = self._poll_commands()
            now = time.monotonic()
            if self._answered(tick, arrived, now - start):
                return
            if now - repeated > (REPEAT_S if self._newest is None else WARN_AFTER_S):
                repeated = now
                self._repeat()
            if now - warned > WARN_AFTER_S:
                warned = now
                self._logger.warning(self._complaint(tick, arrived))
            self._meanwhile()
            time.sleep(POLL_S)

    def _answered(self, tick: int, arrived: int, waited_s: float) -> bool:
        ack = self._newest
        if ack is None or ack.tick < tick:
            return False
        if self._unheard is None:
            if arrived < ack.sent and waited_s < SETTLE_S:
                return False
            # what the controller published before the two had found each other never arrives
            self._unheard = max(int(ack.sent) - arrived, 0)
        return bool(arrived + self._unheard >= ack.sent)

    def _complaint(self, tick: int, arrived: int) -> str:
        if self._newest is None:
            return f"lockstep: no TickAck from '{CONTROLLER}' yet; is it running with clock:=lockstep?"
        if self._newest.tick < tick:
            return f"lockstep: '{CONTROLLER}' has not answered tick {tick}; its newest answer is {self._newest.tick}."
        return f"lockstep: '{CONTROLLER}' sent {self._newest.sent} commands, {arrived} arrived."
