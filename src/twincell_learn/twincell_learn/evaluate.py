"""Evaluates policy packages in the fast cell: the node's own episodes, the controller's limits, held-out seeds.

python -m twincell_learn.evaluate reach_ur5e --episodes 1000 --seed 100000
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from twincell_model.errors import UserError
from twincell_model.profile import load_profile
from twincell_policy.action import JointVelocity
from twincell_policy.episode import Episode, PolicyLike
from twincell_policy.manifest import Manifest
from twincell_policy.onnx_policy import OnnxPolicy
from twincell_policy.package import load_package
from twincell_world.tasks import Task, load_task

from twincell_learn.fast_cell import Disturbance, FastCell
from twincell_learn.reach_spec import SCENE

Visit = Callable[[NDArray[np.float64], NDArray[np.float64]], None]
HELD_OUT_SEED = 100_000
"""First seed of evaluations. Training and the choice of the best network use smaller ones only."""
REST = 1e-3
"""rad/s, commanded joint speed at which the arm counts as standing after the episode"""


@dataclass(frozen=True)
class Outcome:
    """One episode. `error` is the world's distance of tool and target after the arm has come to rest [m]."""

    seed: int
    success: bool
    error: float
    duration: float
    reason: str
    chatter: float
    """rad/s, mean size of the joint velocities asked for in the last 0.3 s"""


class FastRunner:
    """Runs episodes of one manifest's policy in a fast cell, as policy/run and cell/end_episode would."""

    def __init__(
        self,
        cell: FastCell,
        manifest: Manifest,
        task: Task,
        visit: Visit | None = None,
    ) -> None:
        """`visit` is told joint positions (dof,) [rad] and target (3,) [m] of every step."""
        self._visit = visit
        self._cell = cell
        self._manifest = manifest
        self._task = task

    def run(self, policy: PolicyLike, seed: int) -> Outcome:
        """One episode: random start and target of `seed`, the policy to its end, then the arm comes to rest."""
        rng = np.random.default_rng(seed)
        cell = self._cell
        cell.reset(rng)
        target = self._task.sample_target(rng)
        cell.show(target)
        told = self._manifest.goal.kind == "position"
        episode = Episode(
            self._manifest,
            policy,
            cell.kinematics,
            target if told else None,
            tolerance_m=self._task.tolerance if told else 0.0,
        )
        asked: list[float] = []
        start = cell.time_s
        while not (step := episode.step(cell.sample(), cell.time_s, cell.view())).done:
            assert isinstance(step.command, JointVelocity)
            if self._visit is not None:
                self._visit(cell.sample().positions, target)
            asked.append(float(np.abs(step.command.velocities).mean()))
            cell.advance(step.command.velocities)
        duration = round(cell.time_s - start, 6)
        cell.advance(np.zeros(self._manifest.dof))
        while cell.command_speed() > REST:
            cell.advance(np.zeros(self._manifest.dof))
        cell.advance(np.zeros(self._manifest.dof))
        error = float(np.linalg.norm(target - cell.tool()))
        recent = asked[-max(1, round(0.3 * self._manifest.rate_hz)) :] or [0.0]
        return Outcome(
            seed, error <= self._task.tolerance, error, duration, step.reason, float(np.mean(recent))
        )


def runner(manifest: Manifest, *, safety: str, disturbance: Disturbance) -> FastRunner:
    """A runner for a reach policy of joint velocities. Raises UserError for other policies."""
    if manifest.action.semantics != "joint_velocity":
        raise UserError(
            f"policy '{manifest.name}', action/semantics: {manifest.action.semantics} is not evaluated here; "
            "use joint_velocity"
        )
    robot = manifest.robots[0]
    profile = load_profile(robot.profile, robot.variants[0] if robot.variants else None)
    task = load_task(manifest.task, profile)
    cell: FastCell
    if manifest.observation.images:
        from twincell_learn.sighted_cell import SightedCell

        cell = SightedCell(profile, manifest, disturbance, safety=safety, scene=SCENE)
    else:
        point = manifest.observation.tool_point
        cell = FastCell(profile, manifest.rate_hz, disturbance, safety=safety, scene=SCENE, tool_point=point)
    return FastRunner(cell, manifest, task)


def wilson(successes: int, count: int) -> tuple[float, float]:
    """95 % Wilson interval of a success rate."""
    z = 1.959964
    share, scale = successes / count, 1.0 + z * z / count
    middle = share + z * z / (2 * count)
    spread = z * math.sqrt(share * (1.0 - share) / count + z * z / (4 * count * count))
    return max((middle - spread) / scale, 0.0), min((middle + spread) / scale, 1.0)


def summary(outcomes: list[Outcome]) -> dict[str, Any]:
    """Figures of many episodes; lengths in mm."""
    errors = np.array([outcome.error for outcome in outcomes]) * 1e3
    successes = sum(outcome.success for outcome in outcomes)
    durations = np.array([outcome.duration for outcome in outcomes])
    return {
        "episodes": len(outcomes),
        "successes": successes,
        "success_rate": round(successes / len(outcomes), 4),
        "ci95": [round(value, 4) for value in wilson(successes, len(outcomes))],
        "median_error_mm": round(float(np.median(errors)), 2),
        "p95_error_mm": round(float(np.quantile(errors, 0.95)), 2),
        "max_error_mm": round(float(errors.max()), 2),
        "median_duration_s": round(float(np.median(durations)), 2),
        "p95_duration_s": round(float(np.quantile(durations, 0.95)), 2),
        "timeouts": sum(outcome.reason.startswith("time-out") for outcome in outcomes),
        "mean_request_at_end_rad_s": round(float(np.mean([outcome.chatter for outcome in outcomes])), 4),
    }


def main(argv: list[str] | None = None) -> int:
    """Console entry."""
    parser = argparse.ArgumentParser(prog="python -m twincell_learn.evaluate", description=__doc__)
    parser.add_argument("policy", help="a package under policies/ or a folder")
    parser.add_argument("--episodes", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=HELD_OUT_SEED, help="episode i has seed + i")
    parser.add_argument("--safety", default="slow", help="safety profile of the controller")
    parser.add_argument(
        "--command-ticks", type=int, default=2, help="largest extra delay of commands, robot ticks"
    )
    parser.add_argument(
        "--state-ticks", type=int, default=2, help="largest extra delay of joint states, robot ticks"
    )
    parser.add_argument("--start-spread", type=float, default=0.1, help="start joints are home +- this [rad]")
    parser.add_argument("--json", type=Path, help="write the figures here")
    args = parser.parse_args(argv)
    try:
        package = load_package(args.policy)
        disturbance = Disturbance(args.start_spread, args.command_ticks, args.state_ticks)
        fast = runner(package.manifest, safety=args.safety, disturbance=disturbance)
        policy = OnnxPolicy(package)
    except UserError as error:
        print(f"evaluate: error: {error}", file=sys.stderr)
        return 2
    began = time.process_time()
    figures = summary([fast.run(policy, args.seed + index) for index in range(args.episodes)])
    figures = {"policy": package.manifest.name, "seed": args.seed, **figures}
    figures["cpu_s"] = round(time.process_time() - began, 1)
    print(json.dumps(figures, indent=2))
    if args.json:
        args.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
