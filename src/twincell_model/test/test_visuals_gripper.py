"""The gripper's looks agree with its kinematics."""

import numpy as np
import pytest
from twincell_model.visuals import gripper as look
from twincell_model.visuals.meshes import is_watertight, volume
from twincell_model.visuals.part import Mesh, VisualPart

from twincell_model import grippers, visuals

SIZE = grippers.load_gripper("two_finger")
PARTS = visuals.gripper_parts(SIZE)


def points(parts: list[VisualPart]) -> np.ndarray:
    return np.concatenate([p.vertices for p in parts if p.vertices is not None])


def test_links_are_those_of_the_model() -> None:
    assert set(PARTS) == {grippers.BASE_LINK, grippers.LEFT_FINGER, grippers.RIGHT_FINGER}


@pytest.mark.parametrize("part", [p for look in PARTS.values() for p in look], ids=lambda p: p.name)
def test_every_part_is_closed_and_looks_outward(part: VisualPart) -> None:
    assert part.vertices is not None
    assert part.faces is not None
    mesh = Mesh(part.vertices, part.faces)
    assert is_watertight(mesh)
    assert volume(mesh) > 0


def test_closed_fingers_touch_and_do_not_cross() -> None:
    left, right = points(PARTS[look.LEFT]), points(PARTS[look.RIGHT])
    assert left[:, 1].min() == pytest.approx(0.0, abs=1e-4)
    assert right[:, 1].max() == pytest.approx(0.0, abs=1e-4)
    pad = next(p for p in PARTS[look.LEFT] if p.name.endswith("_pad"))
    assert points([pad])[:, 1].min() == pytest.approx(0.0, abs=1e-9)


def test_fingers_are_mirror_images_of_the_given_size() -> None:
    left, right = points(PARTS[look.LEFT]), points(PARTS[look.RIGHT])
    assert np.sort(left[:, 1]) == pytest.approx(np.sort(-right[:, 1]))
    assert left[:, 2].max() == pytest.approx(SIZE.finger_length)
    assert left[:, 1].max() <= SIZE.finger_depth + 0.001


def test_fingers_stand_on_the_housing_at_any_opening() -> None:
    housing, finger = points(PARTS[look.BASE]), points(PARTS[look.LEFT])
    assert finger[:, 2].min() + SIZE.base_height < housing[:, 2].max() + 1e-4
    assert housing[:, 1].max() >= finger[:, 1].max() + SIZE.stroke / 2 - 0.001
    assert housing[:, 2].min() == pytest.approx(0.0)


def test_body_is_dark_and_fingers_are_metal() -> None:
    colours = {p.name: p.rgba for parts in PARTS.values() for p in parts}
    assert max(colours["gripper_housing"][:3]) < 0.2
    assert min(colours[f"{look.LEFT}_blade"][:3]) > 0.6
    assert sum(p.triangles for parts in PARTS.values() for p in parts) < 6000
