"""The servo of a real robot controller: transport delay, look-ahead filter, stiff joint servo within effort limits.

What arrives every tick is a joint position. As `servoj` of a UR or `set_servo_angle_j` of an xArm the controller
interpolates to it over one tick, smooths it with a look-ahead filter and tracks the result. The filter is a discrete
double pole, so a ramp is followed without overshoot of its velocity and with a lag of exactly `lookahead_s`. The
tracker is computed torque with an integral: the model's inertia and gravity are known to a real controller too, the
friction is known up to its nominal Coulomb value.
"""

from collections import deque

import mujoco
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

NOMINAL_GAIN = 2000.0
"""servoj's largest gain (ur_description default). At this gain the error poles lie at `NOMINAL_POLE`."""
NOMINAL_POLE = 90.0
"""[rad/s] Triple pole of the tracking error. Stable up to 0.3 / timestep; at 2 ms this leaves a factor of 1.7."""
FRICTION_SPEED = 0.02
"""[rad/s] Speed over which the friction compensation turns on, so that it does not chatter at rest."""
CATCH_UP_SPEED = 1.0
"""[rad/s] Speed at which a joint left behind by a collision or an effort limit returns: it can brake in time."""
MAX_INTEGRAL = 60.0
"""[rad/s^2] Bound of the integral part: enough for a wrist's full static friction, finite during a collision."""


class LookAhead:
    """Delay line, interpolation and look-ahead filter of the command, at the physics step.

    `lag_s` is the time by which the filter's output trails a ramp: delay, half a tick of interpolation and look-ahead.
    """

    def __init__(
        self, dof: int, *, lookahead_s: float, delay_s: float, timestep_s: float, substeps: int
    ) -> None:
        steps = max(lookahead_s / timestep_s, 1.0)
        pole = steps / (
            steps + 2.0
        )  # a double pole p trails a ramp by (1 + p) / (1 - p) = steps + 1, one of them its own
        self._k_position = (1.0 - pole) ** 2
        self._k_step = 1.0 - pole**2
        self._substeps = substeps
        self._timestep = timestep_s
        self._lookahead = lookahead_s
        self._delay = round(delay_s / timestep_s)
        self._line: deque[Array] = deque(maxlen=self._delay + substeps)
        self.position = np.zeros(dof)
        self._step = np.zeros(dof)
        self._last = np.zeros(dof)

    @property
    def lag_s(self) -> float:
        """Trail of the output behind a ramp of commands [s], counted from the end of the command's own tick."""
        return self._lookahead + self._delay * self._timestep

    def reset(self, q: Array) -> None:
        """Start at rest at `q`."""
        self.position[:] = q
        self._step[:] = 0.0
        self._last = q.copy()
        self._line.clear()
        for _ in range(self._delay):
            self._line.append(self._last)

    def command(self, q: Array) -> None:
        """Take the command of the next tick: interpolated from the last one over the tick's physics steps."""
        last, difference = self._last, q - self._last
        for k in range(1, self._substeps):
            self._line.append(last + difference * (k / self._substeps))
        self._last = q.copy()
        self._line.append(self._last)

    def advance(self) -> Array:
        """One physics step. Returns the output's displacement over the step [rad]; `position` is the new output."""
        target = self._line.popleft()
        self._step += self._k_position * (target - self.position) - self._k_step * self._step
        self.position += self._step
        return self._step


class Servo:
    """Tracks commanded joint positions on a MuJoCo model whose arm joints have torque motors."""

    def __init__(
        self,
        model: mujoco.MjModel,
        data: mujoco.MjData,
        joint_names: tuple[str, ...],
        *,
        lookahead_s: float,
        delay_s: float,
        gain: float,
        max_effort: Array,
        substeps: int,
    ) -> None:
        dof = len(joint_names)
        joints = [model.joint(name) for name in joint_names]
        self._motors = slice(model.actuator(joint_names[0]).id, model.actuator(joint_names[0]).id + dof)
        self.dofs = slice(int(joints[0].dofadr[0]), int(joints[0].dofadr[0]) + dof)
        arm_positions = slice(int(joints[0].qposadr[0]), int(joints[0].qposadr[0]) + dof)
        for k, (name, joint) in enumerate(zip(joint_names, joints, strict=True)):
            if joint.dofadr[0] != self.dofs.start + k or model.actuator(name).id != self._motors.start + k:
                raise ValueError(f"joint {name} is not where a serial chain puts it")
        self._model, self._data = model, data
        self.positions = data.qpos[arm_positions]
        self.velocities = data.qvel[self.dofs]
        self._bias = data.qfrc_bias[self.dofs]
        self._passive = data.qfrc_passive[self.dofs]
        self._control = data.ctrl[self._motors]
        self.efforts = data.actuator_force[self._motors]
        self._limit = np.asarray(max_effort, float)
        self._dt = float(model.opt.timestep)
        # implicitfast adds timestep * damping to the inertia it divides by
        self._implicit = self._dt * model.dof_damping[self.dofs]
        self._friction = model.dof_frictionloss[self.dofs].copy()
        self._gain_arguments = (lookahead_s, delay_s, gain)
        self._substeps = substeps
        self._full = np.zeros(model.nv)
        self._acceleration = self._full[self.dofs]
        self._torque_all = np.zeros(model.nv)
        self._torque = self._torque_all[self.dofs]
        self._integral = np.zeros(dof)
        self._v_ref = np.zeros(dof)
        self.configure()

    def configure(self, *, gain_factor: float = 1.0, delay_s: float | None = None) -> None:
        """Set the parameters from the profile's, changed by a randomisation sample. Ends with a reset."""
        lookahead_s, nominal_delay, gain = self._gain_arguments
        pole = NOMINAL_POLE * float(np.sqrt(gain * gain_factor / NOMINAL_GAIN))
        self._largest_error = CATCH_UP_SPEED / pole
        self._kp, self._kd, self._ki_dt = 3.0 * pole**2, 3.0 * pole, pole**3 * self._dt
        self.filter = LookAhead(
            len(self.positions),
            lookahead_s=lookahead_s,
            delay_s=nominal_delay if delay_s is None else delay_s,
            timestep_s=self._dt,
            substeps=self._substeps,
        )
        self.reset()

    def reset(self) -> None:
        """Hold the model's present joint positions, at rest."""
        self.filter.reset(self.positions)
        self._integral[:] = 0.0
        self._v_ref[:] = 0.0

    def tick(self, q: Array) -> None:
        """Follow the command `q` [rad] for one tick: all its physics steps."""
        self.filter.command(q)
        for _ in range(self._substeps):
            mujoco.mj_step1(self._model, self._data)
            self._substep()
            mujoco.mj_step2(self._model, self._data)

    def _substep(self) -> None:
        """Torque for one physics step, from the state at its start."""
        error = self.filter.position - self.positions
        np.minimum(np.maximum(error, -self._largest_error, out=error), self._largest_error, out=error)
        a = self._acceleration
        np.multiply(error, self._kp, out=a)
        a += self._kd * (self._v_ref - self.velocities)
        a += self._integral
        v_next = self.filter.advance() / self._dt
        a += (v_next - self._v_ref) / self._dt
        self._v_ref = v_next
        mujoco.mj_mulM(self._model, self._data, self._torque_all, self._full)
        torque = self._torque + self._implicit * a + self._bias - self._passive
        torque += self._friction * np.tanh(v_next * (1.0 / FRICTION_SPEED))
        np.minimum(np.maximum(torque, -self._limit), self._limit, out=self._control)
        error *= self._ki_dt
        error *= self._control == torque  # no integration against the effort limit
        self._integral += error
        np.minimum(np.maximum(self._integral, -MAX_INTEGRAL), MAX_INTEGRAL, out=self._integral)
