"""DAgger (Ross et al. 2011): the policy acts, the expert says what it would have done, the policy learns that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from twincell_learn.expert import ReachExpert
from twincell_learn.reach_task import ReachTask

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ImitationSettings:
    """Numbers of DAgger."""

    rounds: int
    steps: int
    """environment steps per round"""
    updates: int
    """gradient steps after each round but the last"""
    final_updates: int
    """gradient steps after the last round, with a decaying rate"""
    batch: int
    learning_rate: float
    noise: float
    """standard deviation of the noise on a third of the actions, so that the data covers recoveries"""
    near_weight: float
    """extra weight of samples near the target, where a small action error is a large one"""
    near_m: float
    """m, distance over which that weight fades"""


class Imitator:
    """Collects labelled observations and fits a network to them."""

    def __init__(
        self,
        network: torch.nn.Module,
        task: ReachTask,
        expert: ReachExpert,
        settings: ImitationSettings,
        seed: int,
    ) -> None:
        self.steps = 0
        self._network = network
        self._task = task
        self._expert = expert
        self._settings = settings
        self._seed = seed
        self._rng = np.random.default_rng(seed)
        self._observations: list[NDArray[np.float32]] = []
        self._labels: list[Array] = []
        self._weights: list[float] = []

    def rounds(self) -> Iterator[tuple[int, float]]:
        """Runs the rounds one by one; yields each one's index and last loss."""
        settings = self._settings
        optimizer = torch.optim.Adam(self._network.parameters(), settings.learning_rate)
        for index in range(settings.rounds):
            self._collect(index)
            last = index + 1 == settings.rounds
            yield (
                index,
                self._fit(optimizer, settings.final_updates if last else settings.updates, decay=last),
            )

    def _collect(self, index: int) -> None:
        settings, task = self._settings, self._task
        observation, _ = task.reset(seed=self._seed * 1000 + index)
        for step in range(settings.steps):
            label = self._expert.action(task.inputs)
            distance = float(np.linalg.norm(task.inputs.goal_position - task.inputs.tool_position))
            self._observations.append(observation)
            self._labels.append(label)
            self._weights.append(1.0 + settings.near_weight * float(np.exp(-distance / settings.near_m)))
            action = label if index == 0 else self._act(observation)
            if step // 25 % 3 == 0:
                action = np.clip(action + self._rng.normal(0.0, settings.noise, len(action)), -1.0, 1.0)
            observation, _, _, truncated, _ = task.step(action.astype(np.float32))
            if truncated:
                observation, _ = task.reset()
        self.steps += settings.steps

    def _act(self, observation: NDArray[np.float32]) -> Array:
        with torch.no_grad():
            return np.asarray(self._network(torch.as_tensor(observation)[None])[0].numpy(), dtype=np.float64)

    def _fit(self, optimizer: torch.optim.Optimizer, updates: int, *, decay: bool) -> float:
        settings = self._settings
        observations = torch.as_tensor(np.array(self._observations), dtype=torch.float32)
        labels = torch.as_tensor(np.array(self._labels), dtype=torch.float32)
        weights = torch.as_tensor(np.array(self._weights), dtype=torch.float32)[:, None]
        value = 0.0
        for update in range(updates):
            if decay:
                for group in optimizer.param_groups:
                    group["lr"] = settings.learning_rate * (1.0 - update / updates) + 1e-6
            batch = torch.as_tensor(self._rng.integers(0, len(observations), settings.batch))
            error = self._network(observations[batch]) - labels[batch]
            loss = (weights[batch] * error**2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            value = float(loss.detach())
        return value
