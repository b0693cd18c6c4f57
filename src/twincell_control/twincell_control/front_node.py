"""The front process of the controller: node `controller` with its services, actions, parameters and diagnostics.

It asks the servo process and never blocks it. Run as `python -m twincell_control.front_node`.
"""

from __future__ import annotations

import contextlib
import sys
import threading

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rcl_interfaces.msg import SetParametersResult
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.executors import ExternalShutdownException, MultiThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from std_srvs.srv import Trigger
from twincell_model.grippers import fitted
from twincell_model.profile import load_profile
from twincell_model.safety import load_safety
from twincell_runtime.params import declare

from twincell_contract import names, qos
from twincell_msgs.msg import ControllerStatus, LoopTiming, ServoRequest
from twincell_msgs.srv import Acquire, Release
from twincell_runtime import node_main

from .gripper_actions import GripperActions
from .newest import Newest
from .parameters import COMMON, FRONT
from .servo_link import ServoLink, ServoSilent
from .trajectory_action import TrajectoryAction
from .types import Mode

STATUS_TIMEOUT = 0.5
"""s without a status batch after which the servo process counts as silent."""

LEVELS = {
    Mode.FAULT: DiagnosticStatus.ERROR,
    Mode.HOLD: DiagnosticStatus.OK,
    Mode.OWNED: DiagnosticStatus.OK,
}
"""Diagnostic levels of modes; the others are warnings."""

WAKE = 0.2
"""s between looks for the end: an executor that is shut down while it waits does not always wake up."""

THREADS = 8
"""Two trajectory goals, two gripper goals and a few services may wait at the same time."""


class FrontRunner:
    """Everything the process runs; see twincell_runtime.node_main."""

    def __init__(self) -> None:
        self._node = node = Node("controller")
        options = declare(node, COMMON + FRONT)
        profile = load_profile(options["robot"], options["variant"] or None, options["tf_prefix"])
        safety = load_safety(options["safety"], profile)
        group = ReentrantCallbackGroup()
        self._servo = ServoLink(node, group)
        self._status = Newest(node, ControllerStatus, names.CONTROLLER_STATUS, qos.streaming())
        self._timing = Newest(node, LoopTiming, names.CONTROLLER_TIMING, qos.streaming())
        self._hardware = profile.name
        self._safety = safety.name
        node.create_service(Acquire, names.CONTROLLER_ACQUIRE, self._acquire, callback_group=group)
        node.create_service(Release, names.CONTROLLER_RELEASE, self._release, callback_group=group)
        node.create_service(Trigger, names.CONTROLLER_STOP, self._stop, callback_group=group)
        node.create_service(Trigger, names.CONTROLLER_RESET, self._reset, callback_group=group)
        self._trajectories = TrajectoryAction(node, self._servo, profile, group)
        self._grippers = GripperActions(
            node, fitted(options["gripper"]), profile, options, self._gripper_refusal, group
        )
        self._diagnostics = node.create_publisher(DiagnosticArray, names.DIAGNOSTICS, qos.streaming())
        node.create_timer(1.0, self._diagnose, callback_group=group)
        if options["speed_scale"] != 1.0:
            self._servo.send(ServoRequest(kind=ServoRequest.SPEED_SCALE, value=options["speed_scale"]))
        node.add_on_set_parameters_callback(self._on_parameters)
        self._executor = MultiThreadedExecutor(num_threads=THREADS)
        self._executor.add_node(node)
        self._stopping = threading.Event()
        self._spinner = threading.Thread(target=self._spin, name="executor", daemon=True)

    def run(self) -> None:
        """Serve until stopped."""
        self._spinner.start()
        self._stopping.wait()

    def _spin(self) -> None:
        with contextlib.suppress(ExternalShutdownException):
            while not self._stopping.is_set():
                self._executor.spin_once(timeout_sec=WAKE)
        self._stopping.set()

    def stop(self) -> None:
        """End serving; safe in a signal handler."""
        self._stopping.set()

    def close(self) -> None:
        """Free everything."""
        self._trajectories.close()
        self._grippers.close()
        self._stopping.set()
        if self._spinner.is_alive():
            self._spinner.join(timeout=2.0)
        self._executor.shutdown(timeout_sec=0.0)
        self._node.destroy_node()

    def _ask(self, request: ServoRequest) -> tuple[bool, str]:
        try:
            answer = self._servo.ask(request)
        except ServoSilent as silent:
            return False, str(silent)
        return bool(answer.ok), str(answer.reason)

    def _acquire(self, request: Acquire.Request, response: Acquire.Response) -> Acquire.Response:
        response.granted, response.reason = self._ask(
            ServoRequest(kind=ServoRequest.ACQUIRE, source=request.source, value=request.lease)
        )
        return response

    def _release(self, request: Release.Request, response: Release.Response) -> Release.Response:
        response.released, response.reason = self._ask(
            ServoRequest(kind=ServoRequest.RELEASE, source=request.source)
        )
        return response

    def _stop(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        response.success, response.message = self._ask(ServoRequest(kind=ServoRequest.STOP))
        return response

    def _reset(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        response.success, response.message = self._ask(ServoRequest(kind=ServoRequest.RESET))
        return response

    def _on_parameters(self, parameters: list[Parameter]) -> SetParametersResult:
        for parameter in parameters:
            if parameter.name == "speed_scale":
                scale = float(parameter.value)
                self._servo.send(ServoRequest(kind=ServoRequest.SPEED_SCALE, value=scale))
        return SetParametersResult(successful=True)

    def _gripper_refusal(self) -> str:
        """Why a gripper goal is refused now: the actions share the planner's lease. Empty where it is not."""
        status = self._fresh_status()
        if status is None:
            return "the servo process of the controller is silent"
        if status.owner not in ("", "planner"):
            return f"the arm is owned by {status.owner}; release it first"
        if status.mode not in (Mode.HOLD, Mode.OWNED, Mode.STOPPING):
            return f"the controller is in {Mode(status.mode).name}; call controller/reset"
        return ""

    def _fresh_status(self) -> ControllerStatus | None:
        status: ControllerStatus | None = self._status.get()
        return status if self._status.fresh(STATUS_TIMEOUT) else None

    def _diagnose(self) -> None:
        now = self._node.get_clock().now().to_msg()
        entry = DiagnosticStatus(name="controller: servo", hardware_id=self._hardware)
        status, timing = self._fresh_status(), self._timing.get()
        if status is None:
            entry.level, entry.message = DiagnosticStatus.ERROR, "The servo process is silent; is it running?"
        else:
            mode = Mode(status.mode)
            entry.level = LEVELS.get(mode, DiagnosticStatus.WARN)
            entry.message = status.reason or mode.name
            values = {
                "mode": mode.name,
                "owner": status.owner,
                "safety": self._safety,
                "commands_accepted": str(status.commands_accepted),
                "commands_rejected": str(status.commands_rejected),
            }
            if timing is not None and len(timing.lateness_ms):
                values["worst_lateness_ms"] = f"{max(timing.lateness_ms):.3f}"
                values["fifo"] = str(timing.fifo).lower()
            entry.values = [KeyValue(key=key, value=value) for key, value in values.items()]
        array = DiagnosticArray(status=[entry])
        array.header.stamp = now
        self._diagnostics.publish(array)


def main() -> None:
    """Entry point of the process."""
    sys.exit(node_main.run(FrontRunner, "controller"))


if __name__ == "__main__":
    main()
