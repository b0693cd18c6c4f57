"""Networks of a policy that sees: two eyes that say where the target is, and a hand that goes there.

An eye finds the target in its picture and says how far away it takes it to be, and how sure it is of both. Where it is
in the cell follows from the camera's calibration; what the eyes say is weighed by how sure they are. So two directions
give a distance, and the nearer camera counts for more. What goes there is the network of a state policy, which was told
its goal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

PIXELS = 84
"""Side of an eye's picture."""
CELLS = 21
"""Side of the map in which it looks for the target."""
PRIOR_CENTRE = (0.4, 0.0, 0.2)
PRIOR_SPREAD = 0.25
"""[m, root frame] Where the target is taken to be before anything is seen: about the task's region."""
FLOOR_M, FLOOR_RAD = 0.003, 0.004
"""RMS of what a calibration leaves (5 mm and 0.5 deg, uniform): no eye is surer than that."""
DEPTH_RANGE = 1.6
"""The distance is within a factor of exp(+-1.6) of the eye's usual one."""
LOG_RANGE = (-5.0, 1.0)
"""Of the log deviations of direction (half pictures) and log distance."""


@dataclass(frozen=True)
class Mount:
    """A camera's color imager by its calibration, and what of its picture an eye sees."""

    rotation: NDArray[np.float64]
    """(3, 3) of the optical frame in the parent: the root frame, or the tool frame at the tool point"""
    position: NDArray[np.float64]
    """(3,) [m] in the parent"""
    tangent: tuple[float, float]
    """Tangents of half the opening angles of the part that is seen"""
    centre: tuple[float, float]
    """Tangents of the direction to that part's middle"""
    usual_m: float
    """Usual distance of the target"""


@dataclass(frozen=True)
class Glance:
    """What one eye says about n pictures."""

    place: torch.Tensor
    """(n, 2) in the picture, -1 to 1 from left to right and from top to bottom"""
    log_depth: torch.Tensor
    """(n,) log of the distance along the optical axis over the eye's usual one"""
    log_place_error: torch.Tensor
    """(n,)"""
    log_depth_error: torch.Tensor
    """(n,)"""


class Eye(nn.Module):
    """A picture (n, 3, 84, 84) to a glance. Where the target is: the centre of mass of a map of likeness."""

    x: torch.Tensor
    y: torch.Tensor

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(3, channels // 2, 5, stride=2, padding=2),
            nn.ReLU(),
            nn.Conv2d(channels // 2, channels, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.ReLU(),
        )
        self.likeness = nn.Conv2d(channels, 1, 1)
        side = (torch.arange(CELLS) + 0.5) * 2.0 / CELLS - 1.0
        self.register_buffer("x", side.repeat(CELLS)[None])
        self.register_buffer("y", side.repeat_interleave(CELLS)[None])
        self.head = nn.Sequential(
            nn.Linear(6 + channels, hidden),
            nn.ReLU(),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Linear(hidden, 5),
        )

    def forward(self, picture: torch.Tensor) -> Glance:
        maps = self.layers(picture)
        likeness = self.likeness(maps).flatten(1)
        weights = functional.softmax(likeness, dim=1)
        x, y = (weights * self.x).sum(1), (weights * self.y).sum(1)
        wide = (weights * (self.x - x[:, None]) ** 2).sum(1)
        high = (weights * (self.y - y[:, None]) ** 2).sum(1)
        alike = torch.stack([x, y, wide, high, likeness.amax(1) / 10.0, likeness.mean(1) / 10.0], dim=1)
        out = self.head(torch.cat([alike, maps.flatten(2).mean(2)], dim=1))
        place = torch.stack([x, y], dim=1) + 0.2 * torch.tanh(out[:, :2])
        logs = out[:, 3:].clamp(*LOG_RANGE)
        return Glance(place, DEPTH_RANGE * torch.tanh(out[:, 2]), logs[:, 0], logs[:, 1])


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
    """What both eyes say, each by itself and together: where the target is (n, 3) [m, root frame]."""

    scene: Glance
    wrist: Glance
    target: torch.Tensor


class SeeingNetwork(nn.Module):
    """Observation (n, size), scene and wrist picture (n, 3, 84, 84) to an action (n, dof) and the goal (n, 3) [m]."""

    mean: torch.Tensor
    std: torch.Tensor
    prior: torch.Tensor

    def __init__(
        self,
        layout: Layout,
        mounts: Sequence[Mount],
        hand: nn.Module,
        goal_scale: float,
        clip: float,
        channels: int,
        hidden: int,
    ) -> None:
        """`mounts`: of the scene camera in the root frame, of the wrist camera in the tool frame at the tool point.
        `hand` takes joint positions, goal error / `goal_scale` within +-`clip`, and the previous action."""
        super().__init__()
        self._layout = layout
        self.register_buffer("mean", layout.mean)
        self.register_buffer("std", layout.std)
        self.register_buffer("prior", torch.tensor([PRIOR_CENTRE]))
        self._mounts = tuple(mounts)
        for name, mount in zip(("scene", "wrist"), mounts, strict=True):
            self.register_buffer(f"{name}_rotation", torch.tensor(mount.rotation, dtype=torch.float32))
            self.register_buffer(f"{name}_position", torch.tensor(mount.position, dtype=torch.float32)[None])
        self.scene_eye = Eye(channels, hidden)
        self.wrist_eye = Eye(channels, hidden)
        self.hand = hand
        self._goal_scale, self._clip = goal_scale, clip

    def see(self, observation: torch.Tensor, scene: torch.Tensor, wrist: torch.Tensor) -> Sight:
        """Where the target is."""
        values = observation * self.std + self.mean
        tool, turn = (
            values[:, self._layout.exposure_tool_position],
            values[:, self._layout.exposure_tool_quaternion],
        )
        first, second = self.scene_eye(scene), self.wrist_eye(wrist)
        known = torch.eye(3)[None] / PRIOR_SPREAD**2
        information, weighted = known, (known @ self.prior[:, :, None])
        for name, mount, glance in zip(("scene", "wrist"), self._mounts, (first, second), strict=True):
            ray = torch.cat(
                [
                    glance.place[:, :1] * mount.tangent[0] + mount.centre[0],
                    glance.place[:, 1:] * mount.tangent[1] + mount.centre[1],
                    torch.ones_like(glance.place[:, :1]),
                ],
                dim=1,
            )
            depth = mount.usual_m * torch.exp(glance.log_depth)
            place = self.get_buffer(f"{name}_position") + depth[:, None] * (
                ray @ self.get_buffer(f"{name}_rotation").T
            )
            along = ray @ self.get_buffer(f"{name}_rotation").T
            if name == "wrist":
                place, along = tool + rotated(turn, place), rotated(turn, along)
            along = along / torch.sqrt((along**2).sum(1, keepdim=True))
            across_m = depth * 0.5 * sum(mount.tangent) * torch.exp(glance.log_place_error)
            across = 1.0 / (across_m**2 + (FLOOR_M + FLOOR_RAD * depth) ** 2)
            away = 1.0 / ((depth * torch.exp(glance.log_depth_error)) ** 2 + FLOOR_M**2)
            outer = along[:, :, None] * along[:, None, :]
            mine = across[:, None, None] * (torch.eye(3)[None] - outer) + away[:, None, None] * outer
            information = information + mine
            weighted = weighted + mine @ place[:, :, None]
        return Sight(first, second, solved(information, weighted[:, :, 0]))

    def forward(
        self, observation: torch.Tensor, scene: torch.Tensor, wrist: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        goal = self.see(observation, scene, wrist).target
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


def solved(matrix: torch.Tensor, vector: torch.Tensor) -> torch.Tensor:
    """x (n, 3) of matrix (n, 3, 3) x = vector, by Cramer's rule: ONNX has no operator for it."""
    first, second, third = matrix.unbind(2)
    determinant = (first * _cross(second, third)).sum(1)
    parts = [
        (vector * _cross(second, third)).sum(1),
        (first * _cross(vector, third)).sum(1),
        (first * _cross(second, vector)).sum(1),
    ]
    return torch.stack(parts, dim=1) / determinant[:, None]


def _cross(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Cross products of rows (n, 3); torch.linalg.cross has no ONNX operator either."""
    (a0, a1, a2), (b0, b1, b2) = a.unbind(1), b.unbind(1)
    return torch.stack([a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, a0 * b1 - a1 * b0], dim=1)


def glance_loss(glance: Glance, place: torch.Tensor, log_depth: torch.Tensor) -> torch.Tensor:
    """How wrong a glance is (n,), where the target is at `place` (n, 2) and `log_depth` (n,) in its terms.

    The likelihood of Laplace distributions with the deviations it claims. A target that is not in the picture has no
    place: then the eye should say that it does not know.
    """
    visible = (place.abs() < 1.0).all(1) & (log_depth.abs() < DEPTH_RANGE)
    off = (glance.place - place).abs().sum(1)
    found = off * torch.exp(-glance.log_place_error) + 2.0 * glance.log_place_error
    far = (glance.log_depth - log_depth).abs() * torch.exp(-glance.log_depth_error) + glance.log_depth_error
    unsure = (LOG_RANGE[1] - glance.log_place_error) + (LOG_RANGE[1] - glance.log_depth_error)
    return torch.where(visible, found + far, 2.0 * unsure)


def loss(
    sight: Sight,
    places: Sequence[torch.Tensor],
    log_depths: Sequence[torch.Tensor],
    target: torch.Tensor,
    weight: torch.Tensor,
) -> torch.Tensor:
    """How wrong `sight` is: each eye about the picture, both together about `target` (n, 3) [m], in centimetres."""
    eyes = sum(
        glance_loss(glance, place, log_depth)
        for glance, place, log_depth in zip((sight.scene, sight.wrist), places, log_depths, strict=True)
    )
    distance = torch.sqrt(((sight.target - target) ** 2).sum(1) + 1e-6)
    return (weight * (0.3 * eyes + distance / 0.01)).mean()
