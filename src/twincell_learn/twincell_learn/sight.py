"""Networks of a policy that sees: two eyes that say where the target is, and a hand that goes there.

Each eye gives a position and how sure it is of it; the wrist's is in the tool frame, so that it needs not know where
the arm is. A small network weighs the two. What goes there is the network of a state policy, which was told its goal.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

REGION_CENTRE = (0.4, 0.0, 0.2)
REGION_SPREAD = 0.25
"""[m] The scene eye's output 0 and 1, in the root frame: about the task's region."""
HAND_SPREAD = 0.15
"""[m] The wrist eye's output 1, in the tool frame, from the tool point."""
LOG_RANGE = 4.0
"""Log deviations (of the spread) are kept within +- this."""


class Eye(nn.Module):
    """An image (n, 3, 84, 84) to a position (n, 3) and its log deviations (n, 3), both in the eye's own unit.

    Where each feature is (spatial softmax) tells the direction, how much of it there is (mean) the distance.
    """

    x: torch.Tensor
    y: torch.Tensor

    def __init__(self, channels: int, extra: int, hidden: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(3, channels // 2, 5, stride=2, padding=2),
            nn.ReLU(),
            nn.Conv2d(channels // 2, channels, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 3, padding=1),
        )
        self.sharpness = nn.Parameter(torch.ones(1, channels, 1))
        side = torch.linspace(-1.0, 1.0, 21)
        self.register_buffer("x", side.repeat(21)[None, None])
        self.register_buffer("y", side.repeat_interleave(21)[None, None])
        self.head = nn.Sequential(
            nn.Linear(3 * channels + extra, hidden),
            nn.ReLU(),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Linear(hidden, 6),
        )

    def forward(self, image: torch.Tensor, extra: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        maps = self.layers(image).flatten(2)
        weights = functional.softmax(maps * self.sharpness, dim=2)
        x, y = (weights * self.x).sum(2), (weights * self.y).sum(2)
        amount = functional.relu(maps).mean(2)
        found = self.head(torch.cat([x, y, amount, extra], dim=1))
        return found[:, :3], found[:, 3:].clamp(-LOG_RANGE, LOG_RANGE)


@dataclass(frozen=True)
class Layout:
    """Where the terms stand in the observation vector, and what undoes their normalisation."""

    joint_positions: slice
    tool_position: slice
    exposure_tool_position: slice
    exposure_tool_quaternion: slice
    previous_action: slice
    mean: torch.Tensor
    std: torch.Tensor


@dataclass(frozen=True)
class Sight:
    """What the eyes see: positions (n, 3) [m] in the root frame and log deviations (n, 3) in the eyes' units."""

    scene: torch.Tensor
    scene_log: torch.Tensor
    wrist_in_tool: torch.Tensor
    """From the tool point, in the tool frame [m]."""
    wrist_log: torch.Tensor
    both: torch.Tensor


class SeeingNetwork(nn.Module):
    """Observation (n, size), scene and wrist image (n, 3, 84, 84) to an action (n, dof) and the goal (n, 3) [m]."""

    mean: torch.Tensor
    std: torch.Tensor
    centre: torch.Tensor

    def __init__(
        self, layout: Layout, hand: nn.Module, goal_scale: float, clip: float, channels: int, hidden: int
    ) -> None:
        """`hand` takes joint positions, goal error / `goal_scale` within +-`clip`, and the previous action."""
        super().__init__()
        self._layout = layout
        self.register_buffer("mean", layout.mean)
        self.register_buffer("std", layout.std)
        self.register_buffer("centre", torch.tensor([REGION_CENTRE]))
        self.scene_eye = Eye(channels, 3, hidden)
        self.wrist_eye = Eye(channels, 0, hidden)
        self.judge = nn.Sequential(nn.Linear(15, 32), nn.ReLU(), nn.Linear(32, 3))
        self.hand = hand
        self._goal_scale, self._clip = goal_scale, clip

    def see(self, observation: torch.Tensor, scene: torch.Tensor, wrist: torch.Tensor) -> Sight:
        """Where the target is."""
        layout = self._layout
        values = observation * self.std + self.mean
        tool, turn = values[:, layout.exposure_tool_position], values[:, layout.exposure_tool_quaternion]
        first, first_log = self.scene_eye(scene, observation[:, layout.exposure_tool_position])
        second, second_log = self.wrist_eye(wrist, observation[:, :0])
        from_scene = self.centre + REGION_SPREAD * first
        in_tool = HAND_SPREAD * second
        from_wrist = tool + rotated(turn, in_tool)
        apart = (from_wrist - from_scene) / HAND_SPREAD
        share = torch.sigmoid(self.judge(torch.cat([first_log, second_log, apart, second, first], dim=1)))
        both = from_scene + share * (from_wrist - from_scene)
        return Sight(from_scene, first_log, in_tool, second_log, both)

    def forward(
        self, observation: torch.Tensor, scene: torch.Tensor, wrist: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        goal = self.see(observation, scene, wrist).both
        layout = self._layout
        values = observation * self.std + self.mean
        error = ((goal - values[:, layout.tool_position]) / self._goal_scale).clamp(-self._clip, self._clip)
        state = [observation[:, layout.joint_positions], error, observation[:, layout.previous_action]]
        return self.hand(torch.cat(state, dim=1)), goal


def rotated(quaternion: torch.Tensor, vector: torch.Tensor) -> torch.Tensor:
    """Vectors (n, 3) turned by unit quaternions (n, 4), w first."""
    w, axis = quaternion[:, :1], quaternion[:, 1:]
    across = _cross(axis, vector)
    return vector + 2.0 * (w * across + _cross(axis, across))


def _cross(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Cross products of rows (n, 3); torch.linalg.cross has no ONNX operator."""
    (a0, a1, a2), (b0, b1, b2) = a.unbind(1), b.unbind(1)
    return torch.stack([a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, a0 * b1 - a1 * b0], dim=1)


def loss(sight: Sight, target: torch.Tensor, in_tool: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """How wrong `sight` is about `target` (n, 3), which is `in_tool` (n, 3) from the tool point in the tool frame [m].

    Each eye is scored by the likelihood of a Laplace distribution with the deviations it claims; what both say by its
    distance in units of a centimetre.
    """

    def unlikely(error: torch.Tensor, log: torch.Tensor, spread: float) -> torch.Tensor:
        return ((error.abs() / spread) * torch.exp(-log) + log).sum(1)

    eyes = unlikely(sight.scene - target, sight.scene_log, REGION_SPREAD)
    eyes = eyes + unlikely(sight.wrist_in_tool - in_tool, sight.wrist_log, HAND_SPREAD)
    distance = torch.sqrt(((sight.both - target) ** 2).sum(1) + 1e-6)
    return (weight * (0.1 * eyes + distance / 0.01)).mean()
