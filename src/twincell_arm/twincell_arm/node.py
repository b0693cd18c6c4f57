"""The arm process: lifecycle node `arm` and node `controller_manager` around one loop.

The main thread runs the loop: take commands, advance the arm, publish. Services spin in a second thread and act through
the mailbox, so that only the loop touches the arm. Run as `python -m twincell_arm.node`.
"""

import gc
import sys
import time
from collections.abc import Callable
from typing import Any

from std_msgs.msg import Float64MultiArray
from std_srvs.srv import Trigger
from twincell_model.errors import UserError
from twincell_model.profile import load_profile
from twincell_runtime.loop import RateTimer, Tick
from twincell_runtime.mailbox import Mailbox, MailboxTimeout
from twincell_runtime.params import declare
from twincell_runtime.polled import PolledSubscription, Received
from twincell_world.pacing import LockstepPacing, Pacing, SimPacing, WallPacing
from twincell_world.services import WorldServices

from control_msgs.msg import GripperCommand
from twincell_arm.arm import ArmError, make_arm
from twincell_arm.backends.mujoco_arm import MujocoArm
from twincell_arm.controller_manager import ControllerManager, Hardware, manager_node
from twincell_arm.controllers import FORWARD_POSITION, ControllerTable, State
from twincell_arm.driver import ArmDriver, Mode
from twincell_arm.lifecycle import PARAMS, ArmNode
from twincell_arm.publishers import StatePublishers, StatusPublishers
from twincell_arm.timing import TimingRecorder
from twincell_contract import names, qos
from twincell_runtime import node_main, scheduling

MAX_CATCH_UP_S = 0.02
"""[s] Physics made good after the loop woke up late. A longer stall of the machine stops the world with it."""
GRIPPER_POLL_RATE = 50.0
"""[Hz] How often gripper commands are looked for."""
COMMAND_DEPTH = 50
"""Commands that may wait for the loop: 0.1 s at 500 Hz."""


class ArmRunner:
    """Everything the process runs; see twincell_runtime.node_main."""

    def __init__(self) -> None:
        self._node = node = ArmNode()
        options = declare(node, PARAMS)
        profile = load_profile(options["robot"], options["variant"] or None, options["tf_prefix"])
        arm = make_arm(options["backend"], profile, options)
        self._twin = arm if isinstance(arm, MujocoArm) else None
        self._driver = ArmDriver(arm, even=options["clock"] == "wall")
        self._table = ControllerTable(profile)
        self._mailbox = Mailbox()
        self._looping = False
        self._lifecycle_active = False
        self._pending: list[Received[Float64MultiArray]] = []
        self._arrived = 0
        self._tick_number = 0
        self._states = StatePublishers(node, arm, self._table)
        self._status = StatusPublishers(node, arm)
        self._timing = TimingRecorder(node, "arm", profile.tick_s)
        self._status_timer, self._second_timer = RateTimer(2.0), RateTimer(1.0)
        self._grip_timer = RateTimer(GRIPPER_POLL_RATE)
        self._commands: PolledSubscription[Float64MultiArray] = PolledSubscription(
            node, Float64MultiArray, names.COMMANDS, qos.streaming(COMMAND_DEPTH)
        )
        self._grip: PolledSubscription[GripperCommand] = PolledSubscription(
            node, GripperCommand, names.GRIPPER_COMMAND, qos.streaming()
        )
        self._real_time = options["clock"] == "wall"
        self._pacing = self._make_pacing(options["clock"], options["speed"])
        self._world_services = (
            WorldServices(node, self._twin.world, self._mailbox, self._world_moved) if self._twin else None
        )
        self._max_ticks = max(int(MAX_CATCH_UP_S / profile.tick_s), 1) if options["clock"] == "wall" else 1
        for name, work in (
            (names.ARM_ENABLE, self._driver.enable),
            (names.ARM_DISABLE, self._driver.disable),
            (names.ARM_STOP, self._driver.stop),
            (names.ARM_RECOVER, self._driver.recover),
        ):
            node.create_service(Trigger, name, self._trigger(work))
        self._manager_node = manager_node()
        hardware = Hardware(
            profile.name, f"twincell/{arm.backend}", self._hardware_state, self._set_hardware_state
        )
        self._manager = ControllerManager(
            self._manager_node, self._table, hardware, self._mailbox, profile.rate_hz
        )
        self._services = node_main.SpinningThread([node, self._manager_node])
        node.act = {
            "configure": self._in_loop(self._configure),
            "activate": self._in_loop(self._activate),
            "deactivate": self._in_loop(self._deactivate),
            "cleanup": self._in_loop(self._cleanup),
        }
        if options["autostart"]:
            node.trigger_configure()
            node.trigger_activate()
        node.get_logger().info(
            f"{profile.name} ({profile.variant}), backend {arm.backend}, {profile.rate_hz} Hz, clock {options['clock']}"
        )

    def _make_pacing(self, clock: str, speed: float) -> Pacing:
        node, period = self._node, self._driver.tick_s
        if clock == "wall":
            return WallPacing(node, period, self._tick)
        if self._twin is None:
            raise UserError(f"clock '{clock}' needs the mujoco backend: a real controller runs on wall time")
        world = self._twin.world
        if clock == "sim":
            return SimPacing(node, period, self._tick, lambda: world.time, speed)
        return LockstepPacing(
            node,
            period,
            self._tick,
            lambda: world.time,
            self._poll_commands,
            self._mailbox.run_pending,
            self._repeat,
        )

    # ---- loop ----

    def run(self) -> None:
        """Run the loop in the calling thread."""
        self._services.start()
        scheduling.settle()
        if self._real_time:  # simulated time runs as fast as it can: it would starve the other processes
            scheduling.use_fifo()
        self._looping = True
        self._pacing.run()

    def stop(self) -> None:
        """End the loop."""
        self._pacing.stop()

    def close(self) -> None:
        """Free everything."""
        if self._looping:
            self._services.close()
        if self._driver.connected:
            self._driver.disconnect()
        self._manager_node.destroy_node()
        self._node.destroy_node()
        gc.unfreeze()  # what scheduling.settle froze would outlive the interpreter; native modules call that a leak

    def _poll_commands(self) -> int:
        """Take waiting commands; returns how many have arrived since the start."""
        taken = self._commands.take_all()
        self._pending += taken
        self._arrived += len(taken)
        return self._arrived

    def _tick(self, tick: Tick) -> None:
        self._poll_commands()
        commands, self._pending = self._pending, []
        if self._grip_timer.due(tick.now):
            for grip in self._grip.take_all():
                self._move_gripper(grip.msg)
        driver, pacing = self._driver, self._pacing
        running = self._world_services is None or self._world_services.may_tick()
        driver.allowed = self._lifecycle_active and self._table.is_active(FORWARD_POSITION)
        if running:
            state = driver.tick([c.msg.data for c in commands], min(1 + tick.skipped, self._max_ticks))
            self._tick_number += 1
        else:
            state = driver.state
        stamp = pacing.time_ns()
        pacing.publish_clock()
        if state is not None:
            self._states.publish(self._tick_number if running else tick.index, stamp, state)
        if self._world_services is not None:
            self._world_services.publish_state(tick.index, stamp)
        status = driver.status()
        self._timing.record(tick, commands, time.time_ns(), status.mode is Mode.FOLLOWING, len(driver.queue))
        self._status.publish_status(status, stamp, self._status_timer.due(tick.now))
        if self._second_timer.due(tick.now):
            self._status.publish_diagnostics(status, stamp, self._timing.worst_lateness_ms())
            self._timing.publish(stamp)
        self._mailbox.run_pending()
        if running and driver.allowed:
            pacing.barrier()

    def _repeat(self) -> None:
        """Publish the present tick again."""
        self._pacing.publish_clock()
        if self._driver.state is not None:
            self._states.publish(self._tick_number, self._pacing.time_ns(), self._driver.state)

    def _move_gripper(self, command: GripperCommand) -> None:
        """arm/gripper/command: free width in m, effort in N."""
        try:
            self._driver.move_gripper(command.position, command.max_effort)
        except (ArmError, UserError) as error:
            self._node.get_logger().error(f"gripper: {error}", throttle_duration_sec=1.0)

    # ---- transitions and services, all in the loop thread ----

    def _in_loop(self, work: Callable[[], Any]) -> Callable[[], Any]:
        """`work` through the mailbox once the loop runs, directly before."""
        return lambda: self._mailbox.call(work) if self._looping else work()

    def _trigger(self, work: Callable[[], str]) -> Callable[[Any, Any], Any]:
        in_loop = self._in_loop(work)

        def serve(_: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
            try:
                response.message, response.success = in_loop(), True
            except (ArmError, MailboxTimeout) as error:
                response.message, response.success = str(error), False
            return response

        return serve

    def _configure(self) -> None:
        self._driver.connect()
        self._driver.enable()
        self._manager.publish_activity()

    def _activate(self) -> None:
        self._lifecycle_active = True

    def _deactivate(self) -> None:
        self._lifecycle_active = False

    def _cleanup(self) -> None:
        self._lifecycle_active = False
        if self._driver.connected:
            self._driver.disconnect()
        self._manager.publish_activity()

    def _world_moved(self) -> None:
        if self._twin is not None:
            self._twin.moved()
        if self._driver.connected:
            self._driver.resync()

    def _hardware_state(self) -> State:
        state = self._driver.state
        if state is None:
            return State.UNCONFIGURED
        return State.ACTIVE if state.enabled else State.INACTIVE

    def _set_hardware_state(self, goal: State) -> None:
        if goal is State.ACTIVE:
            if not self._driver.connected:
                self._driver.connect()
            self._driver.enable()
        elif goal is State.INACTIVE:
            if not self._driver.connected:
                self._driver.connect()
            else:
                self._driver.disable()
        elif self._driver.connected:
            self._driver.disconnect()


def main() -> None:
    """Entry point of the process."""
    sys.exit(node_main.run(ArmRunner, "arm"))


if __name__ == "__main__":
    main()
