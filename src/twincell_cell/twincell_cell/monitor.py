"""What a running cell says about itself, collected for people: `twincell status` and the viewer."""

from __future__ import annotations

import math
from collections import deque
from typing import Any

from rclpy.node import Node
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray
from twincell_runtime.polled import PolledSubscription

from twincell_contract import names, qos
from twincell_msgs.msg import ArmStatus, ControllerStatus

# Longest stretch over which a rate is measured [s]; a second is enough for three digits at 125 Hz.
_WINDOW_S = 1.0
# More than a poll every 0.5 s leaves behind at 500 Hz.
_QUEUE = 500


def mode_names(message: type) -> dict[int, str]:
    """Words for the MODE_ constants of a status message."""
    found = {}
    for name in dir(message):
        if name.startswith("MODE_"):
            found[int(getattr(message, name))] = name.removeprefix("MODE_").lower()
    return found


class Rate:
    """Messages per second from the times of the newest ones."""

    def __init__(self) -> None:
        self._times: deque[int] = deque()

    def add(self, source_ns: int) -> None:
        """Note a message by the time its publisher sent it."""
        self._times.append(source_ns)
        while source_ns - self._times[0] > _WINDOW_S * 1e9:
            self._times.popleft()

    def hertz(self) -> float:
        """The rate, 0.0 with fewer than two messages."""
        if len(self._times) < 2 or self._times[-1] <= self._times[0]:
            return 0.0
        return (len(self._times) - 1) * 1e9 / (self._times[-1] - self._times[0])


class Monitor:
    """Polls a cell's topics. Call `update` at least twice a second, `snapshot` whenever somebody asks."""

    def __init__(self, node: Node) -> None:
        self._arm = PolledSubscription(node, ArmStatus, names.ARM_STATUS, qos.latched())
        self._controller = PolledSubscription(
            node, ControllerStatus, names.CONTROLLER_STATUS, qos.streaming(50)
        )
        self._states = PolledSubscription(node, JointState, names.JOINT_STATES, qos.sensor(_QUEUE))
        self._commands = PolledSubscription(
            node, Float64MultiArray, names.COMMANDS, qos.sensor(_QUEUE), raw=True
        )
        self.arm: ArmStatus | None = None
        self.controller: ControllerStatus | None = None
        self.joints: JointState | None = None
        self._state_rate = Rate()
        self._command_rate = Rate()

    def update(self) -> None:
        """Take what has come in."""
        for arm in self._arm.take_all():
            self.arm = arm.msg
        for controller in self._controller.take_all():
            self.controller = controller.msg
        for state in self._states.take_all():
            self.joints = state.msg
            self._state_rate.add(state.source_ns)
        for command in self._commands.take_all():
            self._command_rate.add(command.source_ns)

    @property
    def complete(self) -> bool:
        """Whether arm, controller and joint states have all been heard."""
        return self.arm is not None and self.controller is not None and self.joints is not None

    def snapshot(self) -> dict[str, Any]:
        """The newest of everything as plain values; None for what has not been heard."""
        arm, controller, joints = self.arm, self.controller, self.joints
        return {
            "arm": arm
            and {
                "robot": arm.robot,
                "variant": arm.variant,
                "backend": arm.backend,
                "mode": mode_names(ArmStatus).get(arm.mode, str(arm.mode)),
                "reason": arm.reason,
                "speed_scaling": arm.speed_scaling,
                "commands_received": arm.commands_received,
                "commands_dropped": arm.commands_dropped,
            },
            "controller": controller
            and {
                "mode": mode_names(ControllerStatus).get(controller.mode, str(controller.mode)),
                "owner": controller.owner,
                "reason": controller.reason,
                "speed_scale": controller.speed_scale,
                "accepted": controller.commands_accepted,
                "rejected": controller.commands_rejected,
            },
            "joints": joints
            and [
                {"name": name, "position": _finite(position), "velocity": _finite(velocity)}
                for name, position, velocity in zip(
                    joints.name, joints.position, joints.velocity, strict=False
                )
            ],
            "rates_hz": {
                names.JOINT_STATES: round(self._state_rate.hertz(), 1),
                names.COMMANDS: round(self._command_rate.hertz(), 1),
            },
        }


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
