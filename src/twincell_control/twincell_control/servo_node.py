"""The servo process: node `controller_servo`. It only servoes; services and actions are in the front process.

Run as `python -m twincell_control.servo_node`. Subscriptions are polled by the loop and no executor runs.
"""

from __future__ import annotations

import gc
import sys

from rclpy.node import Node
from std_msgs.msg import Float64MultiArray
from twincell_model.grippers import fitted
from twincell_model.profile import load_profile
from twincell_model.safety import load_safety
from twincell_runtime.loop import PeriodicLoop, RateTimer, Tick
from twincell_runtime.params import declare

from control_msgs.msg import GripperCommand
from twincell_contract import names, qos
from twincell_runtime import node_main, scheduling

from .core import ControlCore
from .inputs import ArmInputs, Sources, Times
from .parameters import COMMON, NO_GRIPPER
from .reports import StatusBatches, TimingReport
from .requests import RequestServer
from .stepped import SteppedLoop
from .types import Inputs, JointSample, Outputs
from .wire import CommandWriter

LOOK_RATE = 20.0
"""Hz at which one topic's publishers are counted; all ten are seen within half a second."""


class ServoRunner:
    """Everything the process runs; see twincell_runtime.node_main."""

    def __init__(self) -> None:
        self._node = node = Node("controller_servo", start_parameter_services=False)
        options = declare(node, COMMON)
        profile = load_profile(options["robot"], options["variant"] or None, options["tf_prefix"])
        self._core = core = ControlCore(profile, load_safety(options["safety"], profile))
        self._fitted = fitted(options["gripper"])
        self._arm = ArmInputs(node, tuple(profile.joint_names))
        self._sources = Sources(node)
        self._requests = RequestServer(node, core)
        self._status = StatusBatches(node, profile.joint_names, profile.rate_hz)
        self._timing = TimingReport(node, core.period)
        self._second, self._look = RateTimer(1.0), RateTimer(LOOK_RATE)
        self._writer = CommandWriter(profile.dof)
        self._commands = node.create_publisher(Float64MultiArray, names.COMMANDS, qos.streaming())
        self._gripper = node.create_publisher(GripperCommand, names.GRIPPER_COMMAND, qos.streaming())
        self._sent = 0
        self._rival = False  # somebody else publishes commands for the arm
        self._measured: JointSample | None = None
        self._clock = node.get_clock()
        self._loop: PeriodicLoop | SteppedLoop
        if options["clock"] == "wall":
            self._loop = PeriodicLoop(core.period, self._wall_tick, name="controller")
        else:
            self._loop = SteppedLoop(
                node,
                self._arm,
                core.period,
                self._stepped_tick,
                owner=lambda: core.owner,
                sources=self._sources,
                lockstep=options["clock"] == "lockstep",
            )
        node.get_logger().info(
            f"{profile.name} at {profile.rate_hz} Hz, safety '{core.safety.name}', clock {options['clock']}"
        )

    def run(self) -> None:
        """Run the loop in the calling thread."""
        scheduling.settle()
        # Simulated time runs as fast as it can: under SCHED_FIFO it would starve the other processes.
        if isinstance(self._loop, PeriodicLoop):
            scheduling.use_fifo()
        self._loop.run()

    def stop(self) -> None:
        """End the loop."""
        self._loop.stop()

    def close(self) -> None:
        """Free everything."""
        self._node.destroy_node()
        self.__dict__.clear()
        gc.unfreeze()
        gc.collect()  # while ruckig's module lives: at the interpreter's exit it prints every object that is left

    def _wall_tick(self, tick: Tick) -> None:
        system = self._clock.now().nanoseconds
        times = Times(tick.now, system, system)
        received = self._arm.take_state()
        self._tick(tick, times, None if received is None else self._arm.sample(received, times))

    def _stepped_tick(self, tick: Tick, times: Times, state: JointSample) -> int:
        """A tick of simulated time; the number of commands sent since the start."""
        self._tick(tick, times, state)
        return self._sent

    def _tick(self, tick: Tick, times: Times, state: JointSample | None) -> None:
        core = self._core
        if state is not None:
            self._measured = state
        self._requests.serve(times.now, times.of_stamp(0))
        if self._look.due(tick.now):
            self._watch_graph()
        out = core.tick(
            times.now,
            Inputs(
                state=state,
                arm_mode=self._arm.mode(),
                commands=self._sources.take(times),
                several_publishers=self._rival or self._sources.crowded(core.owner),
                gap=tick.lateness_s,
            ),
        )
        if out.publish:
            self._commands.publish(self._writer.write(out.position))
            self._sent += 1
        if out.gripper is not None:
            self._move_gripper(out.gripper)
        self._report(tick, times, out)

    def _move_gripper(self, opening: float) -> None:
        if self._fitted is None:
            self._node.get_logger().warning(
                f"gripper command dropped: {NO_GRIPPER}", throttle_duration_sec=1.0
            )
            return
        self._gripper.publish(GripperCommand(position=opening * self._fitted.stroke, max_effort=0.0))

    def _watch_graph(self) -> None:
        self._sources.look()
        self._rival = self._node.count_publishers(self._commands.topic_name) > 1
        if not self._requests.front_is_there():
            self._core.drop_planner("the front process of the controller is gone")

    def _report(self, tick: Tick, times: Times, out: Outputs) -> None:
        for event in out.events:
            self._requests.publish(event)
        if self._core.last_error:
            self._node.get_logger().error(self._core.last_error)
            self._core.last_error = ""
        self._timing.record(tick)
        measured = () if self._measured is None else self._measured.position
        if self._status.record(times.ros_ns, out, measured, tick.lateness_s):
            self._status.publish(out, self._core.accepted, self._core.rejected)
        if self._second.due(tick.now):
            self._timing.publish(times.ros_ns)


def main() -> None:
    """Entry point of the process."""
    sys.exit(node_main.run(ServoRunner, "controller_servo"))


if __name__ == "__main__":
    main()
