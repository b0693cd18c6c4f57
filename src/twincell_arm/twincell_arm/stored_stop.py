"""A jerk-limited stop along the arm's own reference, and the smooth way back to a command stream (ruckig)."""

import numpy as np
from numpy.typing import NDArray
from ruckig import ControlInterface, InputParameter, OutputParameter, Result, Ruckig, Synchronization
from twincell_model.profile import RobotProfile

Array = NDArray[np.float64]

JOIN_SPEED = 0.1
"""Share of the arm's velocity at which an offset is closed, on top of the stream's own velocity."""
JOIN_SHARE = 0.5
"""Share of the arm's acceleration used to close an offset; the rest is left to the command stream itself."""


class StoredStop:
    """Brings the reference to rest with the arm's largest deceleration, all joints on one straight path if possible."""

    def __init__(self, profile: RobotProfile, dt: float) -> None:
        self._otg = Ruckig(profile.dof, dt)
        self._in = InputParameter(profile.dof)
        self._out = OutputParameter(profile.dof)
        self._in.control_interface = ControlInterface.Velocity
        self._in.synchronization = Synchronization.Phase
        self._in.target_velocity = [0.0] * profile.dof
        self._in.target_acceleration = [0.0] * profile.dof
        self._in.max_acceleration = profile.max_deceleration.tolist()
        self._in.max_jerk = profile.max_jerk.tolist()
        self._max_velocity = profile.max_velocity
        self._max_acceleration = profile.max_deceleration

    def start(self, q: Array, v: Array, a: Array) -> None:
        """Begin at position `q` [rad], velocity `v` [rad/s] and acceleration `a` [rad/s^2], each (dof,)."""
        self._in.current_position = q.tolist()
        self._in.current_velocity = np.clip(v, -self._max_velocity, self._max_velocity).tolist()
        self._in.current_acceleration = np.clip(a, -self._max_acceleration, self._max_acceleration).tolist()

    def step(self) -> tuple[Array, bool]:
        """The reference one tick later, and whether it is at rest."""
        result = self._otg.update(self._in, self._out)
        self._out.pass_to_input(self._in)
        return np.array(self._out.new_position), result == Result.Finished


class Join:
    """Closes the offset between the reference and a command stream without a jump."""

    def __init__(self, profile: RobotProfile, dt: float) -> None:
        self._otg = Ruckig(profile.dof, dt)
        self._in = InputParameter(profile.dof)
        self._out = OutputParameter(profile.dof)
        zero = [0.0] * profile.dof
        self._in.target_position = zero
        self._in.target_velocity = zero
        self._in.target_acceleration = zero
        self._in.max_velocity = (JOIN_SPEED * profile.max_velocity).tolist()
        self._in.max_acceleration = (JOIN_SHARE * profile.max_acceleration).tolist()
        self._in.max_jerk = profile.max_jerk.tolist()
        self._zero = zero
        self.reset()

    def reset(self) -> None:
        """No offset, no motion."""
        self.velocity = np.zeros(len(self._zero))

    def start(self, offset: Array, v_offset: Array) -> None:
        """Begin with the reference `offset` [rad] ahead of the command, moving `v_offset` [rad/s] against it."""
        self._in.current_position = offset.tolist()
        self._in.current_velocity = v_offset.tolist()
        self._in.current_acceleration = self._zero

    def step(self) -> tuple[Array, bool]:
        """The offset one tick later, and whether it is closed."""
        result = self._otg.update(self._in, self._out)
        self._out.pass_to_input(self._in)
        self.velocity = np.array(self._out.new_velocity)
        return np.array(self._out.new_position), result == Result.Finished
