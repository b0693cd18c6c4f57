"""Joins a backend and the follower: who may move the arm, what is counted, which mode is shown. ROS-free."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from twincell_arm.arm import Arm, ArmError, ArmState, Fault
from twincell_arm.command_queue import CommandQueue
from twincell_arm.follower import Follower, Following

Array = NDArray[np.float64]

AT_REST = 0.01
"""[rad/s] Below this the arm counts as standing: brakes may be engaged."""


class Mode(IntEnum):
    """Modes of the arm, numbered as in twincell_msgs/ArmStatus."""

    DISCONNECTED = 0
    DISABLED = 1
    HOLDING = 2
    FOLLOWING = 3
    STOPPING = 4
    FAULT = 5
    ESTOP = 6


_MODE_OF_FOLLOWING = {
    Following.HOLDING: Mode.HOLDING,
    Following.FOLLOWING: Mode.FOLLOWING,
    Following.STOPPING: Mode.STOPPING,
}


@dataclass(frozen=True, slots=True)
class Status:
    """What arm/status shows."""

    mode: Mode
    fault: Fault
    enabled: bool
    program_running: bool
    reason: str
    speed_scaling: float
    received: int
    dropped: int


class ArmDriver:
    """One arm and its reference. Everything is called from the loop thread.

    `allowed` is whether commands may be followed at all (lifecycle active, forward_position_controller active).
    """

    def __init__(self, arm: Arm, *, even: bool = True) -> None:
        """`even` evens out the arrival of commands, for a stream that keeps time by itself."""
        self.arm = arm
        self.tick_s = arm.profile.tick_s
        self.connected = False
        self.allowed = False
        self.received = 0
        self._malformed = 0
        self._halted = False
        self._disabling = False
        self._dof = arm.profile.dof
        self._follower = Follower(arm.profile, self.tick_s)
        self.queue = CommandQueue(self._follower.bridge_ticks, even=even)
        self.state: ArmState | None = None

    def connect(self) -> None:
        """Open the link and hold the arm where it stands."""
        self.arm.connect()
        self.connected = True
        self.resync()

    def disconnect(self) -> None:
        """Close the link."""
        self.arm.close()
        self.connected = False
        self.allowed = False
        self.state = None

    def resync(self) -> None:
        """Hold where the arm is now: after connecting, enabling or a reset of the world."""
        self.state = self.arm.read()
        self._follower.resync(self.state.position)
        self.queue.clear()

    def enable(self) -> str:
        """Release the brakes and let commands through again after a stop. Returns what was done; raises ArmError."""
        state = self._require_state()
        if state.fault:
            raise ArmError(f"The arm has a fault ({state.reason}) Call arm/recover first.")
        if not state.enabled:
            self.arm.enable()
            self.resync()
        self._halted = self._disabling = False
        return "The arm is enabled."

    def disable(self) -> str:
        """Stop, then engage the brakes once the arm is at rest."""
        state = self._require_state()
        self._follower.halt()
        self._disabling = True
        self._engage_at_rest(state)
        return "The brakes engage as soon as the arm is at rest."

    def stop(self) -> str:
        """Run the stored stop and ignore commands until `recover` or `enable`."""
        self._require_state()
        self._follower.halt()
        self._halted = True
        return "The arm is stopping; arm/recover lets it follow commands again."

    def recover(self) -> str:
        """Clear a fault or a stop and hold; commands are followed again."""
        state = self._require_state()
        if state.fault:
            self.arm.recover()
            self.resync()
        self._halted = self._disabling = False
        return "The fault is cleared." if state.fault else "The arm has no fault and follows commands."

    def tick(self, commands: Sequence[Sequence[float]], ticks: int = 1) -> ArmState | None:
        """Advance by `ticks` periods with the commands that came in since the last call. Returns the newest state.

        More than one tick only makes good what the loop missed, and only in a simulation.
        """
        if not self.connected:
            return None
        accepted = [q for q in map(self._parse, commands) if q is not None]
        if self.state is not None and (self.state.fault or not self.state.enabled):
            accepted = []
            self._follower.resync(self.state.position)
        elif self._halted or self._disabling or not self.allowed:
            accepted = []
            self._follower.halt()
        if not (accepted or self._follower.mode is Following.FOLLOWING):
            self.queue.clear()
        # every command is guarded, not only the newest: a wild one must not displace the one before it
        self.queue.add(self._follower.admit(accepted, after=self.queue.newest))
        count = ticks if self.arm.simulated else 1
        for left in reversed(range(count)):
            self.arm.send(self._follower.tick(self.queue.take(left)))
        self.state = self.arm.read()
        if self._disabling:
            self._engage_at_rest(self.state)
        return self.state

    def _engage_at_rest(self, state: ArmState) -> None:
        if self._follower.mode is Following.HOLDING and np.abs(state.velocity).max() < AT_REST:
            self.arm.disable()
            self._disabling = False
            self.state = self.arm.read()

    def move_gripper(self, width_m: float, max_effort: float) -> None:
        """Open or close the gripper to `width_m` between the fingers, with at most `max_effort` [N]; 0 = its own."""
        self._require_state()
        if not (np.isfinite(width_m) and np.isfinite(max_effort)):
            raise ArmError("a gripper command was not finite and was dropped")
        self.arm.move_gripper(width_m, max(max_effort, 0.0))

    def _parse(self, values: Sequence[float]) -> Array | None:
        self.received += 1
        command = np.asarray(values, dtype=float)
        if command.shape != (self._dof,) or not np.isfinite(command).all():
            self._malformed += 1
            return None
        return command

    def _require_state(self) -> ArmState:
        if not self.connected or self.state is None:
            raise ArmError("The arm is not connected: configure the arm node first.")
        return self.state

    def status(self) -> Status:
        """What arm/status shows now."""
        state = self.state
        if state is None:
            return Status(
                Mode.DISCONNECTED, Fault.NONE, False, False, "", 0.0, self.received, self._malformed
            )
        if state.fault is Fault.EMERGENCY_STOP:
            mode = Mode.ESTOP
        elif state.fault:
            mode = Mode.FAULT
        elif not state.enabled:
            mode = Mode.DISABLED
        else:
            mode = _MODE_OF_FOLLOWING[self._follower.mode]
        reason = state.reason
        if not reason and self._halted:
            reason = "Stopped by arm/stop; arm/recover lets the arm follow commands again."
        return Status(
            mode=mode,
            fault=state.fault,
            enabled=state.enabled,
            program_running=state.enabled and not state.fault and self.allowed and not self._halted,
            reason=reason,
            speed_scaling=state.speed_scaling,
            received=self.received,
            dropped=self._malformed + self._follower.dropped,
        )
