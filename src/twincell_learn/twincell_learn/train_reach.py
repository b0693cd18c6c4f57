"""Trains a reach policy for one robot and writes it as a policy package with its model card.

    python -m twincell_learn.train_reach --robot ur5e --seed 0

Runs on one CPU core. The same command with the same sources and library versions gives the same network.
"""

from __future__ import annotations

import argparse
import copy
import itertools
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from twincell_model.errors import UserError
from twincell_model.profile import RobotProfile, load_profile
from twincell_policy.manifest import parse_action, parse_observation
from twincell_policy.observation import ObservationPipeline
from twincell_policy.onnx_policy import OnnxPolicy
from twincell_policy.package import MODEL_CARD, PolicyPackage
from twincell_world.tasks import load_task

from twincell_learn import reach_spec, settings
from twincell_learn.evaluate import HELD_OUT_SEED, Outcome, runner, summary
from twincell_learn.expert import ExpertGains, ReachExpert
from twincell_learn.export import git_state, write_package
from twincell_learn.fast_cell import Disturbance, FastCell
from twincell_learn.imitation import ImitationSettings, Imitator
from twincell_learn.model_card import model_card
from twincell_learn.reach_task import ReachTask, Reward
from twincell_model import paths

VALIDATION_SEED = 50_000
"""First seed of the episodes that choose the best network; the final evaluation has larger ones."""
EVALUATION_SPREAD = 0.1
"""rad, start joints of evaluations, on top of the scene's own spread"""
VISIT_NOISE = 0.2
"""Deviation of the actions' noise when places are collected."""
SECONDS_PER_M = 50.0
"""Between networks that succeed equally often, 20 mm of error weigh as much as one second."""
METHOD = "DAgger from a differential-kinematics expert; the best network on validation episodes is kept"


def network(inputs: int, hidden: list[int], outputs: int) -> torch.nn.Sequential:
    """A network with ReLU between its layers and outputs within +-1."""
    sizes = [inputs, *hidden]
    layers: list[torch.nn.Module] = []
    for before, after in itertools.pairwise(sizes):
        layers += [torch.nn.Linear(before, after), torch.nn.ReLU()]
    return torch.nn.Sequential(*layers, torch.nn.Linear(sizes[-1], outputs), torch.nn.Tanh())


class Trainer:
    """One robot, one seed: DAgger, validated as it goes on; the best network is kept."""

    def __init__(
        self, profile: RobotProfile, config: dict[str, Any], seed: int, task_name: str = "reach"
    ) -> None:
        torch.set_num_threads(1)
        torch.manual_seed(seed)
        self.profile = profile
        self.config = config
        self.seed = seed
        self._task_name = task_name
        task = load_task(task_name, profile)
        self.contract = reach_spec.contract(profile, config["terms"], task.tool_point)
        self.curve: list[dict[str, Any]] = []
        self.steps = 0
        self._git = git_state()  # of what runs, whatever is committed meanwhile
        self._began = time.process_time()
        cell = FastCell(
            profile,
            reach_spec.RATE_HZ,
            Disturbance(**config["cell"]),
            safety=config["safety"],
            scene=reach_spec.SCENE,
            tool_point=task.tool_point,
        )
        observation = parse_observation(self.contract["observation"])
        action = parse_action(self.contract["action"], profile.dof)
        self._task = ReachTask(
            cell,
            observation,
            action,
            task.sample_target,
            Reward(**config["reward"]),
            profile.home,
            episode_steps=round(config["episode"]["duration_s"] * reach_spec.RATE_HZ),
            continued=config["episode"]["continued"],
        )
        gains = ExpertGains(**config["expert"])
        self._expert = ReachExpert(cell.kinematics, profile.home, action.scale, gains)
        self.network = network(observation.size, config["network"], action.size)

    def train(self) -> None:
        """All of it; `network` is the best on the validation episodes afterwards."""
        imitator = Imitator(
            self.network, self._task, self._expert, ImitationSettings(**self.config["imitation"]), self.seed
        )
        best: tuple[float, float] | None = None
        weights = self.network.state_dict()
        for index, loss in imitator.rounds():
            self.steps = imitator.steps
            score = self._validate(index + 1, loss)
            if best is None or score > best:
                best, weights = score, copy.deepcopy(self.network.state_dict())
        self.network.load_state_dict(weights)

    def _validate(self, number: int, loss: float) -> tuple[float, float]:
        """Larger is better: the success rate, then how fast and precise. Appends to the curve."""
        with tempfile.TemporaryDirectory() as folder:
            outcomes = self.evaluate(
                self.write(Path(folder) / "candidate"), VALIDATION_SEED, self.config["validation"]["episodes"]
            )
        figures = summary(outcomes)
        done = {"round": number, "steps": self.steps, "cpu_s": round(self.cpu_s()), "loss": f"{loss:.1e}"}
        row = {**done, **figures}
        self.curve.append(row)
        print(row, flush=True)
        cost = np.mean([outcome.duration + SECONDS_PER_M * outcome.error for outcome in outcomes])
        return figures["success_rate"], -float(cost)

    def evaluate(self, package: PolicyPackage, seed: int, episodes: int) -> list[Outcome]:
        """Episodes of a written package under the scene's own start poses and the training's delays."""
        cell = self.config["cell"]
        disturbance = Disturbance(EVALUATION_SPREAD, cell["command_ticks"], cell["state_ticks"])
        fast = runner(package.manifest, safety=self.config["safety"], disturbance=disturbance)
        policy = OnnxPolicy(package)
        return [fast.run(policy, seed + index) for index in range(episodes)]

    def write(self, folder: Path) -> PolicyPackage:
        """The network as it is now, as a package in `folder`."""
        fields = {
            "name": folder.name,
            "version": "1.0.0",
            "description": f"Brings the tool point of a {self.profile.name} to a position, from joint states.",
            "task": self._task_name,
            **self.contract,
            "training": {
                "method": METHOD,
                "git": self._git,
                "seed": self.seed,
                "steps": self.steps,
                "safety": self.config["safety"],
                "cpu_minutes": round(self.cpu_s() / 60.0, 1),
                "torch": torch.__version__.partition("+")[0],
                "settings": "config/training/reach.yaml",
            },
        }
        self._task.reset(seed=0)
        sample = ObservationPipeline(parse_observation(self.contract["observation"])).vector(
            self._task.inputs
        )
        return write_package(folder, self.network, fields, sample)

    def visited(self, steps: int, seed: int) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
        """Joint positions (dof,) [rad] and target (3,) [m] of `steps` steps of the network, acting with some noise."""
        task, rng = self._task, np.random.default_rng([seed, 5])
        observation, _ = task.reset(seed=seed)
        places = []
        for _ in range(steps):
            places.append((task.inputs.joints.positions, task.target))
            with torch.no_grad():
                action = self.network(torch.as_tensor(observation)[None])[0].numpy()
            action = np.clip(action + rng.normal(0.0, VISIT_NOISE, len(action)), -1.0, 1.0)
            observation, _, _, truncated, _ = task.step(action.astype(np.float32))
            if truncated:
                observation, _ = task.reset()
        return places

    def cpu_s(self) -> float:
        """CPU time since the start of the training [s]."""
        return time.process_time() - self._began


def main(argv: list[str] | None = None) -> int:
    """Console entry."""
    parser = argparse.ArgumentParser(prog="python -m twincell_learn.train_reach", description=__doc__)
    parser.add_argument("--robot", required=True, help="robot profile")
    parser.add_argument("--variant", help="hardware variant of the profile")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--config", default="reach", help="settings, a name under config/training or a file")
    parser.add_argument(
        "--episodes", type=int, default=1000, help="held-out episodes of the final evaluation"
    )
    parser.add_argument("--out", type=Path, help="folder of the package (default: policies/reach_<robot>)")
    args = parser.parse_args(argv)
    try:
        profile = load_profile(args.robot, args.variant)
        trainer = Trainer(profile, settings.load(args.config), args.seed)
    except UserError as error:
        print(f"train_reach: error: {error}", file=sys.stderr)
        return 2
    trainer.train()
    package = trainer.write(args.out or paths.policies() / f"reach_{profile.name}")
    figures = summary(trainer.evaluate(package, HELD_OUT_SEED, args.episodes))
    print({"held out": figures})
    card = model_card(package.manifest, trainer.curve, figures)
    (package.folder / MODEL_CARD).write_text(card, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
