"""What the eyes' words make of a place in the cell, and that they learn (needs the learning extra)."""

import pytest

torch = pytest.importorskip("torch")

import numpy as np  # noqa: E402
from twincell_learn.photographs import Photographer, Photographs  # noqa: E402
from twincell_learn.sight import Eye, Glance, SeeingNetwork, glance_loss, rotated, solved  # noqa: E402
from twincell_learn.train_reach_object import TASK, contract, layout  # noqa: E402
from twincell_model.profile import load_profile  # noqa: E402
from twincell_policy.manifest import parse_observation  # noqa: E402

from twincell_learn import reach_spec, settings  # noqa: E402

SURE, UNSURE = -4.0, 1.0
PROFILE = load_profile("xarm7")
CONFIG = settings.load(TASK, "reach_object")
USUAL = CONFIG["usual_m"]


@pytest.fixture(scope="module")
def taken() -> tuple[Photographs, list]:
    """Photographs around the home pose, and the cameras' mounts."""
    observation = parse_observation(contract(PROFILE, CONFIG)["observation"])
    photographer = Photographer(PROFILE, observation, reach_spec.SCENE, CONFIG["photographs"], 1)
    mounts = photographer.mounts(USUAL)
    shown = photographer.take([(PROFILE.home, np.array([0.45, 0.1, 0.2]))], 24)
    photographer.close()
    return shown, mounts


class Perfect(torch.nn.Module):
    """An eye that says where the target is, as sure as it is told."""

    def __init__(self, place: np.ndarray, usual_m: float, sure: float) -> None:
        super().__init__()
        self._place, self._usual_m, self._sure = torch.as_tensor(place), usual_m, sure

    def forward(self, picture: torch.Tensor) -> Glance:
        log = torch.full((len(picture),), self._sure)
        return Glance(self._place[:, :2], torch.log(self._place[:, 2] / self._usual_m), log, log)


def seen(taken: tuple[Photographs, list], scene: float, wrist: float) -> np.ndarray:
    """Distances (n,) [m] of what both eyes say together from the target."""
    shown, mounts = taken
    network = SeeingNetwork(
        layout(contract(PROFILE, CONFIG)), mounts, torch.nn.Linear(17, 7), 0.2, 5.0, **CONFIG["network"]
    )
    network.scene_eye = Perfect(shown.place["camera"], USUAL["camera"], scene)
    network.wrist_eye = Perfect(shown.place["wrist"], USUAL["wrist"], wrist)
    nothing = torch.zeros(len(shown), 3, 84, 84)
    target = network.see(torch.as_tensor(shown.observation), nothing, nothing).target
    return (target - torch.as_tensor(shown.target)).norm(dim=1).numpy()


def test_the_right_words_give_the_right_place_but_for_the_calibration(taken) -> None:
    # 5 mm and 0.5 deg about every axis: at 1.1 m and 0.2 m.
    assert seen(taken, SURE, SURE).max() < 0.015
    assert seen(taken, UNSURE, SURE).max() < 0.02, "the hand's camera alone"
    assert seen(taken, SURE, UNSURE).max() < 0.04, "the scene camera alone"


def test_who_is_unsure_is_not_listened_to(taken) -> None:
    shown, _ = taken
    prior = np.linalg.norm(shown.target - np.array([0.4, 0.0, 0.2]), axis=1)
    nothing_known = seen(taken, UNSURE, UNSURE)
    assert (nothing_known[prior > 0.1] > 0.03).any(), "then the middle of the region counts"


def test_a_target_outside_the_picture_wants_an_unsure_eye() -> None:
    place, depth = torch.tensor([[1.4, 0.0]]), torch.zeros(1)

    def cost(sure: float) -> float:
        log = torch.tensor([sure])
        return float(glance_loss(Glance(torch.zeros(1, 2), torch.zeros(1), log, log), place, depth))

    assert cost(UNSURE) < cost(0.0) < cost(SURE)


def test_an_eye_learns_to_point() -> None:
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    eye = Eye(16, 32)
    optimizer = torch.optim.Adam(eye.parameters(), 2e-3)

    def pictures(count: int) -> tuple[torch.Tensor, torch.Tensor]:
        spots = rng.integers(10, 74, (count, 2))
        made = 0.2 * torch.as_tensor(rng.standard_normal((count, 3, 84, 84)), dtype=torch.float32)
        for picture, (x, y) in zip(made, spots, strict=True):
            picture[0, y - 4 : y + 4, x - 4 : x + 4] += 2.0
        return made, torch.as_tensor((spots / 42.0) - 1.0, dtype=torch.float32)

    for _ in range(120):
        shown, places = pictures(32)
        glance = eye(shown)
        loss = glance_loss(glance, places, torch.zeros(32)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    shown, places = pictures(64)
    off = (eye(shown).place - places).abs().mean()
    assert float(off) < 0.08, "three pixels of 84"


def test_algebra() -> None:
    torch.manual_seed(1)
    matrix, vector = torch.randn(8, 3, 3) + 3.0 * torch.eye(3), torch.randn(8, 3)
    assert torch.allclose(solved(matrix, vector), torch.linalg.solve(matrix, vector), atol=1e-4)
    half = torch.tensor([[0.0, 0.0, 0.0, 1.0]])
    assert torch.allclose(rotated(half, torch.tensor([[1.0, 2.0, 3.0]])), torch.tensor([[-1.0, -2.0, 3.0]]))
