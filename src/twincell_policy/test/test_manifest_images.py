"""Manifests of policies that read images: every fault is told by its field."""

import copy
from typing import Any

import pytest
from twincell_policy.manifest import Camera, parse
from twincell_policy.manifest_check import problems

COLOR = {"width": 424, "height": 240, "fx": 306.2, "fy": 305.3, "cx": 209.1, "cy": 118.9}
IMAGE = {
    "camera": "camera",
    "input": "scene",
    "crop": [52, 0, 320, 240],
    "size": [84, 84],
    "mean": 0.5,
    "std": 0.25,
}


@pytest.fixture
def seeing(document: dict[str, Any]) -> dict[str, Any]:
    """The shipped manifest as that of a policy that sees its goal."""
    found = copy.deepcopy(document)
    found["cameras"] = [{"name": "camera", "color": dict(COLOR)}]
    observation = found["observation"]
    observation.update(
        images=[copy.deepcopy(IMAGE)], image_max_age_s=0.15, image_skew_s=0.005, tool_point=[0, 0, 0.15]
    )
    observation["terms"] = [observation["terms"][0]]
    observation["terms"].append(
        {"name": "exposure_tool_position", "size": 3, "unit": "m", "mean": [0.0] * 3, "std": [1.0] * 3}
    )
    found["parity"]["observation"] = [0.0] * 9
    found["goal"]["kind"] = "seen"
    found["model"]["goal_output"] = "goal"
    return found


def test_a_whole_one_has_no_problem_and_is_read(seeing: dict[str, Any]) -> None:
    assert problems(seeing) == []
    manifest = parse(seeing)
    assert manifest.cameras == (Camera("camera", **COLOR),)
    (image,) = manifest.observation.images
    assert (image.camera, image.input, image.crop, image.size) == (
        "camera",
        "scene",
        (52, 0, 320, 240),
        (84, 84),
    )
    assert image.channels == 3
    assert manifest.observation.tool_point == (0.0, 0.0, 0.15)
    assert (manifest.goal.kind, manifest.model.goal_output) == ("seen", "goal")


@pytest.mark.parametrize(
    ("where", "value", "field"),
    [
        ("observation/images/0/camera", "ceiling", "observation/images/0/camera"),
        ("cameras/0/color", None, "observation/images/0/camera"),
        ("cameras/0/color/fx", -1.0, "cameras/0/color/fx"),
        ("observation/images/0/crop", [200, 0, 320, 240], "observation/images/0/crop"),
        ("observation/images/0/crop", [0, 0, 320], "observation/images/0/crop"),
        ("observation/images/0/size", [400, 84], "observation/images/0/size"),
        ("observation/images/0/std", 0.0, "observation/images/0/std"),
        ("observation/images/0/color", "sepia", "observation/images/0/color"),
        ("observation/image_max_age_s", None, "observation/image_max_age_s"),
        ("observation/image_skew_s", None, "observation/image_skew_s"),
        ("observation/images", None, "goal/kind"),
        ("observation/images", None, "observation/terms/1/name"),
        ("observation/images", None, "observation/image_skew_s"),
        ("observation/tool_point", [0, 0], "observation/tool_point"),
        ("observation/terms/0/name", "goal_error", "observation/terms/0/name"),
        ("model/goal_output", None, "model/goal_output"),
        ("goal/kind", "position", "model/goal_output"),
        ("goal/kind", "guessed", "goal/kind"),
    ],
)
def test_fault_is_named_by_its_field(seeing: dict[str, Any], where: str, value: Any, field: str) -> None:
    *parents, last = where.split("/")
    place: Any = seeing
    for part in parents:
        place = place[int(part) if part.isdigit() else part]
    if value is None:
        del place[last]
    else:
        place[last] = value
    found = problems(seeing)
    assert field in [problem.field for problem in found], found
    assert all(problem.message and problem.remedy and "\n" not in str(problem) for problem in found)


def test_two_images_of_one_camera_are_one_too_many(seeing: dict[str, Any]) -> None:
    seeing["observation"]["images"].append({**IMAGE, "input": "other"})
    assert [problem.field for problem in problems(seeing)] == ["observation/images/1/camera"]
