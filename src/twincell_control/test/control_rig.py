"""Helpers of the tests: robots with limits and kinematics, and a core with an arm that follows exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from twincell_control.core import ControlCore
from twincell_control.limiter import Limiter
from twincell_control.types import ArmMode, Array, Command, Inputs, JointSample, Mode, Outputs, Request
from twincell_model.kinematics import Kinematics
from twincell_model.profile import RobotProfile, load_profile
from twincell_model.safety import SafetyLimits, load_safety


@dataclass(frozen=True)
class Robot:
    """An arm with limits and kinematics."""

    profile: RobotProfile
    safety: SafetyLimits
    kinematics: Kinematics

    def limiter(self) -> Limiter:
        """A limiter at the arm's rate."""
        return Limiter(self.safety, self.kinematics, self.profile.tick_s)


@lru_cache(maxsize=16)
def robot_of(name: str, safety: str) -> Robot:
    """A robot under a safety profile; built once."""
    profile = load_profile(name)
    return Robot(profile, load_safety(safety, profile), Kinematics(profile))


class Rig:
    """A core and an arm that is always where it was told to be, ticked by hand."""

    def __init__(self, robot: Robot) -> None:
        self.robot = robot
        self.core = ControlCore(robot.profile, robot.safety, robot.kinematics)
        self.now = 100.0
        self.measured: Array = np.array(robot.profile.home)
        self.speed: Array = np.zeros(robot.profile.dof)
        self.arm_mode: int | None = ArmMode.FOLLOWING
        self.state_stops = False
        self.several = False
        self.gap = 0.0
        self.positions: list[tuple[float, ...]] = []
        self.outputs: list[Outputs] = []

    def tick(self, *commands: Command) -> Outputs:
        """One period."""
        self.now += self.core.period
        state = JointSample(tuple(self.measured.tolist()), tuple(self.speed.tolist()), self.now)
        out = self.core.tick(
            self.now,
            Inputs(
                state=None if self.state_stops else state,
                arm_mode=self.arm_mode,
                commands=commands,
                several_publishers=self.several,
                gap=self.gap,
            ),
        )
        if out.position and out.publish:
            new = np.array(out.position)
            self.speed = (new - self.measured) / self.core.period
            self.measured = new
            self.positions.append(out.position)
        self.outputs.append(out)
        return out

    def ticks(self, seconds: float, request: Request | None = None, source: str = "policy") -> Outputs:
        """Tick for a while, with the request sent each tick where one is given."""
        out = self.outputs[-1] if self.outputs else self.tick()
        for _ in range(max(round(seconds / self.core.period), 1)):
            out = self.tick(*([] if request is None else [self.command(request, source)]))
        return out

    def command(self, request: Request, source: str = "policy", stamp: float | None = None) -> Command:
        """A command received now."""
        return Command(source, request, self.now + self.core.period, stamp)

    def held(self) -> Rig:
        """Ticked until it holds."""
        assert self.tick().mode is Mode.HOLD
        return self

    def owned(self, source: str = "policy", lease: float = 0.0) -> Rig:
        """Held, then acquired by `source`."""
        self.held()
        answer = self.core.acquire(source, lease, self.now)
        assert answer.ok, answer.reason
        return self

    def path(self) -> Array:
        """All published positions (ticks, dof)."""
        return np.array(self.positions)


def reachable_targets(robot: Robot, count: int, seed: int, spread: float = 0.8) -> list[Array]:
    """Joint targets around home whose straight way there stays inside all limits."""
    rng, limiter = np.random.default_rng(seed), robot.limiter()
    home, found = np.array(robot.profile.home), []
    while len(found) < count:
        target = home + rng.uniform(-spread, spread, len(home))
        ways: Sequence[Array] = [home + s * (target - home) for s in np.linspace(0.0, 1.0, 20)]
        if not any(limiter.outside(q) for q in ways):
            found.append(target)
    return found
