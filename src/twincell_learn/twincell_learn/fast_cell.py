"""A cell without processes: world and controller core in one loop, faster than real time and deterministic."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from twincell_control.core import ControlCore
from twincell_model.errors import UserError
from twincell_model.kinematics import Kinematics
from twincell_model.profile import RobotProfile
from twincell_model.safety import load_safety
from twincell_policy.observation import JointSample
from twincell_policy.views import View
from twincell_world.scene import load_scene
from twincell_world.tasks import TARGET_BODY
from twincell_world.world import World

Array = NDArray[np.float64]

_MAX_SEED = 2**31 - 1


@dataclass(frozen=True)
class Disturbance:
    """What a reset draws beside the scene's own randomisation (servo, friction, payload, start pose)."""

    start_spread: float
    """rad, start joints are home +- this, on top of the scene's"""
    command_ticks: int
    """largest extra delay of the controller's commands on their way to the arm, in ticks of the robot"""
    state_ticks: int
    """largest extra delay of joint states on their way to the policy, in ticks of the robot"""


class FastCell:
    """Advances by periods of the policy. Joint vectors are in the profile's order."""

    def __init__(
        self,
        profile: RobotProfile,
        policy_rate_hz: float,
        disturbance: Disturbance,
        *,
        safety: str,
        scene: str,
        tool_point: ArrayLike = (0.0, 0.0, 0.0),
    ) -> None:
        """`tool_point` (3,) [m] in the tool frame. Raises ValueError where the robot's rate is not a multiple of the
        policy's."""
        self.profile = profile
        self._ticks = self._ticks_per_step(policy_rate_hz)
        self._disturbance = disturbance
        self._world = World(load_scene(scene, profile), profile)
        self._core = ControlCore(profile, load_safety(safety, profile))
        self.kinematics = Kinematics(profile, tool_point)
        self._commands: deque[Array] = deque()
        self._states: deque[tuple[Array, Array, float]] = deque()

    def _ticks_per_step(self, policy_rate_hz: float) -> int:
        ticks = round(self.profile.rate_hz / policy_rate_hz)
        if abs(ticks * policy_rate_hz - self.profile.rate_hz) > 1e-6:
            raise ValueError(
                f"{policy_rate_hz:g} Hz does not divide the {self.profile.rate_hz} Hz of {self.profile.name}"
            )
        return ticks

    def reset(self, rng: np.random.Generator, *, keep_pose: bool = False) -> None:
        """A new sample of all that is random, at rest at a start pose near home; `keep_pose`: where the arm is."""
        here = self._world.joints()[0]
        self._world.randomize(int(rng.integers(_MAX_SEED)))
        if not (keep_pose and self._start(here)):
            self._world.reset()
            spread = self._disturbance.start_spread
            near_home = self._world.joints()[0] + rng.uniform(-spread, spread, self.profile.dof)
            if not self._start(near_home):
                self._start(self.profile.home)
        q, v, _ = self._world.joints()
        delays = rng.integers(0, (self._disturbance.command_ticks + 1, self._disturbance.state_ticks + 1))
        self._commands = deque([q] * int(delays[0]))
        self._states = deque([(q, v, self._world.time)] * (int(delays[1]) + 1), maxlen=int(delays[1]) + 1)

    def _start(self, pose: Array) -> bool:
        """Put arm and controller at rest at `pose` (dof,) [rad]; False where the controller would not start there."""
        try:
            self._core.place(pose)
        except UserError:
            return False
        self._world.reset(pose)
        return True

    def advance(self, velocities: Array) -> None:
        """One period of the policy with this request for joint velocities (dof,) [rad/s]."""
        for _ in range(self._ticks):
            self._tick(velocities)

    def _tick(self, velocities: Array) -> None:
        """One tick of the robot."""
        self._commands.append(self._core.step_joint_velocity(velocities))
        self._world.command(self._commands.popleft())
        self._world.step()
        q, v, _ = self._world.joints()
        self._states.append((q, v, self._world.time))

    def show(self, target: Array) -> None:
        """Put the scene's target at a position (3,) [m] in the root frame."""
        self._world.set_body_pose(TARGET_BODY, target)

    def view(self) -> View | None:
        """What the cameras show the policy now: nothing, there are none."""
        return None

    def sample(self) -> JointSample:
        """The joint state that reaches the policy now."""
        q, v, time_s = self._states[0]
        return JointSample(q, v, round(time_s * 1e9), self._world.time - time_s)

    def tool(self) -> Array:
        """Where the tool point is (3,) [m], in the root frame, at the joint positions that the world has now."""
        return self.kinematics.pose(self._world.joints()[0])[0]

    def command_speed(self) -> float:
        """Largest commanded joint speed [rad/s]."""
        return float(np.abs(self._core.velocity).max())

    @property
    def time_s(self) -> float:
        """Simulated time [s]."""
        return self._world.time
