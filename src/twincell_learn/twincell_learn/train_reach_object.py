"""Trains a policy that reaches a target it only sees, and writes it as a policy package with its model card.

    python -m twincell_learn.train_reach_object --robot xarm7 --seed 0

1. A state policy learns from the differential-kinematics expert (DAgger), told where the target is.
2. Two eyes learn from photographs of its ways where the target is; then, in rounds, from photographs of where the
   seeing policy itself gets to. Whatever it sees, the state policy's network moves the arm.

One CPU core, no GPU; needs MUJOCO_GL (`eval "$(./twincell env)"`).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from twincell_camera.camera_set import load_set
from twincell_model.errors import UserError
from twincell_model.profile import RobotProfile, load_profile
from twincell_policy.manifest import parse_observation
from twincell_policy.manifest_check import TERM_UNITS, term_size
from twincell_policy.onnx_policy import OnnxPolicy
from twincell_policy.package import MODEL_CARD, PolicyPackage
from twincell_world.tasks import load_task

from twincell_learn import reach_spec, settings
from twincell_learn.evaluate import HELD_OUT_SEED, FastRunner, Outcome, Visit, summary
from twincell_learn.export import git_state, write_package
from twincell_learn.fast_cell import Disturbance
from twincell_learn.model_card import model_card
from twincell_learn.photographs import Photographer, Photographs, Place
from twincell_learn.sight import Layout, SeeingNetwork, loss
from twincell_learn.sighted_cell import CAMERA_SET, SightedCell
from twincell_learn.train_reach import EVALUATION_SPREAD, VALIDATION_SEED, Trainer
from twincell_model import paths

Array = NDArray[np.float64]

TASK = "reach_object"
METHOD = (
    "a state policy by DAgger from a differential-kinematics expert; eyes by supervised learning from rendered "
    "photographs, in rounds with photographs of the policy's own ways"
)
PLACES = 6000
"""Places that the state policy visits, from which photographs are drawn."""
_TERMS = (
    "joint_positions",
    "tool_position",
    "exposure_tool_position",
    "exposure_tool_quaternion",
    "previous_action",
)
# Normalisation is chosen, not fitted, as in reach_spec.
_MEAN = {"tool_position": [0.4, 0.0, 0.2], "exposure_tool_position": [0.4, 0.0, 0.2]}
_STD = {"joint_positions": 0.6, "tool_position": 0.25, "exposure_tool_position": 0.25}
_GOAL_SCALE = 0.2
"""[m] reach_spec's spread of goal_error, which the state policy was trained with."""


def contract(profile: RobotProfile, config: dict[str, Any]) -> dict[str, Any]:
    """The fields robot to goal of the manifest."""
    task = load_task(TASK, profile)
    fields = reach_spec.contract(profile, ["joint_positions"], task.tool_point)
    cameras = {spec.name: spec for spec in load_set(CAMERA_SET)}
    shown, images = [], []
    for name, part in config["images"].items():
        color = cameras[name].color
        assert color is not None
        image = color.intrinsics
        keys = ("width", "height", "fx", "fy", "cx", "cy")
        shown.append({"name": name, "color": {key: getattr(image, key) for key in keys}})
        images.append({"camera": name, "input": name, **part, "color": "rgb", "mean": 0.5, "std": 0.25})
        rate_hz = float(cameras[name].rate_hz)
    mean = {**_MEAN, "joint_positions": np.round(profile.home, 6).tolist()}
    fields["observation"].update(
        images=images,
        image_max_age_s=0.15,
        image_skew_s=0.005,
        terms=[
            {
                "name": name,
                "size": (size := term_size(name, profile.dof, profile.dof)),
                "unit": TERM_UNITS[name],
                "mean": mean.get(name, [0.0] * size),
                "std": [_STD.get(name, 1.0)] * size,
            }
            for name in _TERMS
        ],
    )
    fields["goal"].update(kind="seen", **config["goal"])
    return {**fields, "rate_hz": rate_hz, "cameras": shown}


def layout(fields: dict[str, Any]) -> Layout:
    """Where the terms stand in the observation vector."""
    places, start = {}, 0
    terms = fields["observation"]["terms"]
    for term in terms:
        places[term["name"]] = slice(start, start + term["size"])
        start += term["size"]
    mean = torch.tensor([[value for term in terms for value in term["mean"]]])
    std = torch.tensor([[value for term in terms for value in term["std"]]])
    return Layout(**places, mean=mean, std=std)


class ObjectTrainer:
    """One robot, one seed."""

    def __init__(self, profile: RobotProfile, config: dict[str, Any], seed: int) -> None:
        self.profile, self.config, self.seed = profile, config, seed
        self.contract = contract(profile, config)
        self._observation = parse_observation(self.contract["observation"])
        self.hand = Trainer(profile, settings.load(config["hand"]), seed, TASK)
        self._photographer = Photographer(
            profile, self._observation, reach_spec.SCENE, config["photographs"], seed
        )
        self._mounts = self._photographer.mounts(config["usual_m"])
        self.network = SeeingNetwork(
            layout(self.contract),
            self._mounts,
            self.hand.network,
            _GOAL_SCALE,
            self._observation.clip,
            **config["network"],
        )
        anything: Any = self.network  # torch's types do not know this argument; it is twice as fast on a CPU
        anything.to(memory_format=torch.channels_last)
        self._rng = np.random.default_rng(seed)
        self.curve: list[dict[str, Any]] = []
        self._git = git_state()
        self._began = time.process_time()
        self._photographs = 0

    def train(self) -> None:
        """All of it; `network` is what came of it."""
        numbers, fit = self.config["photographs"], self.config["fit"]
        self.hand.train()
        places = self._hand_places()
        shown = self._take(places, numbers["first"])
        self._fit(shown, fit["epochs"])
        self._validate(0)
        for number in range(1, numbers["rounds"] + 1):
            shown = shown.joined(self._take(self._own_places(number), numbers["per_round"]))
            self._fit(shown, fit["later_epochs"])
            self._validate(number)

    def _take(self, places: list[Place], count: int) -> Photographs:
        began = time.process_time()
        taken = self._photographer.take(places, count)
        self._photographs += count
        print({"photographs": count, "cpu_s": round(time.process_time() - began)}, flush=True)
        return taken

    def _hand_places(self) -> list[Place]:
        """Where the state policy gets to."""
        return self.hand.visited(PLACES, self.seed)

    def _own_places(self, number: int) -> list[Place]:
        """Where the seeing policy gets to, in episodes of their own."""
        places: list[Place] = []
        first = 10_000 * (self.seed + 1) + 1000 * number
        self._episodes(
            first, self.config["validation"]["episodes"], lambda q, target: places.append((q, target))
        )
        return places

    def _fit(self, shown: Photographs, epochs: int) -> None:
        fit, network = self.config["fit"], self.network
        network.train()
        network.hand.requires_grad_(False)
        learning = [parameter for parameter in network.parameters() if parameter.requires_grad]
        optimizer = torch.optim.Adam(learning, fit["learning_rate"])
        steps = epochs * (len(shown) // fit["batch"])
        began, value = time.process_time(), 0.0
        for step in range(steps):
            for group in optimizer.param_groups:
                group["lr"] = fit["learning_rate"] * min(1.0, 1.25 * (1.0 - step / steps)) + 1e-6
            index = self._rng.integers(0, len(shown), fit["batch"])
            observation = torch.as_tensor(shown.observation[index])
            pictures = [
                self._picture(shown.pixels[image.camera][index]) for image in self._observation.images
            ]
            there = [torch.as_tensor(shown.place[image.camera][index]) for image in self._observation.images]
            near = torch.exp(-torch.as_tensor(shown.distance[index]) / fit["near_m"])
            wrong = loss(
                network.see(observation, *pictures),
                [place[:, :2] for place in there],
                [
                    torch.log(place[:, 2] / mount.usual_m)
                    for place, mount in zip(there, self._mounts, strict=True)
                ],
                torch.as_tensor(shown.target[index]),
                1.0 + fit["near_weight"] * near,
            )
            optimizer.zero_grad()
            wrong.backward()
            optimizer.step()
            value = 0.99 * value + 0.01 * float(wrong.detach()) if step else float(wrong.detach())
            if step % 250 == 249:
                print({"step": step + 1, "of": steps, "loss": round(value, 3)}, flush=True)
        network.eval()
        self._loss = value
        print({"fit_cpu_s": round(time.process_time() - began)}, flush=True)

    def _picture(self, pixels: NDArray[np.uint8]) -> torch.Tensor:
        """(n, height, width, 3) rgb8 as the network's input, with a little more or less light."""
        light = self.config["fit"]["light"]
        gain = 1.0 + light * self._rng.standard_normal((len(pixels), 1, 1, 1)).astype(np.float32)
        offset = light * self._rng.standard_normal((len(pixels), 1, 1, 1)).astype(np.float32)
        image = self._observation.images[0]
        levels = torch.as_tensor(pixels).permute(0, 3, 1, 2).float() / 255.0
        levels = (levels * torch.as_tensor(gain) + torch.as_tensor(offset)).clamp(0.0, 1.0)
        return ((levels - image.mean) / image.std).contiguous(memory_format=torch.channels_last)

    def _episodes(self, seed: int, count: int, visit: Visit | None = None) -> list[Outcome]:
        """Episodes of the network as it is now, in the fast cell; `visit` gets joints and target of every step."""
        with tempfile.TemporaryDirectory() as folder:
            return evaluate(self.write(Path(folder) / "candidate"), seed, count, self.hand.config, visit)

    def _validate(self, number: int) -> None:
        figures = summary(self._episodes(VALIDATION_SEED, self.config["validation"]["episodes"]))
        row = {
            "round": number,
            "steps": self._photographs,
            "cpu_s": round(time.process_time() - self._began),
            "loss": f"{self._loss:.2f}",
            **figures,
        }
        self.curve.append(row)
        print(row, flush=True)

    def write(self, folder: Path) -> PolicyPackage:
        """The network as it is now, as a package in `folder`."""
        fields = {
            "name": folder.name,
            "version": "1.0.0",
            "description": f"Brings the open gripper of a {self.profile.name} around an object that its cameras see.",
            "task": TASK,
            **self.contract,
            "training": {
                "method": METHOD,
                "git": self._git,
                "seed": self.seed,
                "steps": self.hand.steps,
                "photographs": self._photographs,
                "safety": self.hand.config["safety"],
                "cpu_minutes": round((time.process_time() - self._began) / 60.0, 1),
                "torch": torch.__version__.partition("+")[0],
                "settings": "config/training/reach_object.yaml",
            },
        }
        sample = np.concatenate([term.mean for term in self._observation.terms]) + 0.1
        return write_package(folder, self.network, fields, sample)


def evaluate(
    package: PolicyPackage, seed: int, count: int, hand: dict[str, Any], visit: Visit | None = None
) -> list[Outcome]:
    """Episodes of a written package under the scene's own start poses and the training's delays."""
    manifest = package.manifest
    profile = load_profile(manifest.robots[0].profile, manifest.robots[0].variants[0])
    cell_settings = hand["cell"]
    disturbance = Disturbance(EVALUATION_SPREAD, cell_settings["command_ticks"], cell_settings["state_ticks"])
    cell = SightedCell(profile, manifest, disturbance, safety=hand["safety"], scene=reach_spec.SCENE)
    try:
        runner = FastRunner(cell, manifest, load_task(TASK, profile), visit)
        policy = OnnxPolicy(package)
        return [runner.run(policy, seed + index) for index in range(count)]
    finally:
        cell.close()


def main(argv: list[str] | None = None) -> int:
    """Console entry."""
    parser = argparse.ArgumentParser(prog="python -m twincell_learn.train_reach_object", description=__doc__)
    parser.add_argument("--robot", required=True, help="robot profile")
    parser.add_argument("--variant", help="hardware variant of the profile")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--config", default=TASK, help="settings, a name under config/training or a file")
    parser.add_argument("--episodes", type=int, default=400, help="held-out episodes of the final evaluation")
    parser.add_argument(
        "--out", type=Path, help="folder of the package (default: policies/reach_object_<robot>)"
    )
    args = parser.parse_args(argv)
    try:
        profile = load_profile(args.robot, args.variant)
        trainer = ObjectTrainer(profile, settings.load(args.config, "reach_object"), args.seed)
    except UserError as error:
        print(f"train_reach_object: error: {error}", file=sys.stderr)
        return 2
    trainer.train()
    package = trainer.write(args.out or paths.policies() / f"{TASK}_{profile.name}")
    figures = summary(evaluate(package, HELD_OUT_SEED, args.episodes, trainer.hand.config))
    print({"held out": figures})
    card = model_card(package.manifest, trainer.curve, figures, "train_reach_object")
    (package.folder / MODEL_CARD).write_text(card, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
