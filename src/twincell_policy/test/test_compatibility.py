"""A package that does not fit the running cell is refused by the field that does not match."""

from dataclasses import replace
from typing import Any

import pytest
from twincell_policy.compatibility import CellFacts, mismatches
from twincell_policy.manifest import Camera, ImageInput, Manifest, Robot

JOINTS = (
    "shoulder_pan_joint",
    "shoulder_lift_joint",
    "elbow_joint",
    "wrist_1_joint",
    "wrist_2_joint",
    "wrist_3_joint",
)
EYE = Camera("camera", 424, 240, 306.2, 305.3, 209.1, 118.9)
FACTS = CellFacts(
    robot="ur5e",
    variant="base",
    joint_names=JOINTS,
    measured_joint_names=frozenset(JOINTS),
    rate_hz=500.0,
    command_timeout_s=0.1,
    root_frame="base_link",
    tool_frame="tool0",
    cameras={"camera": EYE},
    source_topics=frozenset({"joint_jog", "twist", "trajectory"}),
)


def test_the_right_cell_matches(manifest: Manifest) -> None:
    assert mismatches(manifest, FACTS) == []


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"robot": "ur5"}, "robot/profile", "made for ur5e, the cell is a ur5"),
        ({"variant": "x3"}, "robot/variants", "the cell's variant is x3"),
        ({"joint_names": (*JOINTS[1::-1], *JOINTS[2:])}, "joint_names", "joint 0 is shoulder_pan_joint"),
        (
            {"joint_names": tuple(f"joint{i}" for i in range(1, 8))},
            "joint_names",
            "differ in elbow_joint, joint1",
        ),
        ({"measured_joint_names": frozenset(JOINTS[1:])}, "joint_names", "does not carry shoulder_pan_joint"),
        ({"rate_hz": 240.0}, "rate_hz", "25 Hz does not divide the robot's 240 Hz"),
        ({"rate_hz": 10.0}, "rate_hz", "does not divide"),
        ({"command_timeout_s": 0.04}, "rate_hz", "command time-out of 0.04 s"),
        ({"root_frame": "link_base"}, "observation/frame", "'base_link', the cell has 'link_base'"),
        ({"tool_frame": "link_eef"}, "observation/tool_frame", "'tool0', the cell has 'link_eef'"),
        (
            {"source_topics": frozenset({"twist"})},
            "action/semantics",
            "policy/joint_jog, which no controller",
        ),
    ],
)
def test_mismatch_is_named(manifest: Manifest, change: dict[str, Any], field: str, words: str) -> None:
    found = mismatches(manifest, replace(FACTS, **change))
    assert [problem.field for problem in found][:1] == [field]
    assert words in found[0].message
    assert found[0].remedy


def test_missing_camera(manifest: Manifest) -> None:
    found = mismatches(replace(manifest, cameras=(Camera("camera"), Camera("wrist"))), FACTS)
    assert [problem.field for problem in found] == ["cameras/1/name"]
    assert "needs camera 'wrist', the cell has camera" in found[0].message


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        (
            {"width": 640, "height": 480},
            "cameras/0/color",
            "trained on 424x240 of 'camera', the cell's is 640x480",
        ),
        ({"fx": 330.0}, "cameras/0/color/fx", "trained on 306.2 px of 'camera', the cell's is 330.0 px"),
        ({"cy": 135.0}, "cameras/0/color/cy", "the cell's is 135.0 px"),
    ],
)
def test_another_camera_is_named(manifest: Manifest, change: dict[str, Any], field: str, words: str) -> None:
    facts = replace(FACTS, cameras={"camera": replace(EYE, **change)})
    found = mismatches(replace(manifest, cameras=(EYE,)), facts)
    assert [problem.field for problem in found] == [field]
    assert words in found[0].message


def test_a_camera_of_the_same_model_matches_and_a_silent_one_does_not(manifest: Manifest) -> None:
    needs = replace(manifest, cameras=(EYE,))
    assert mismatches(needs, replace(FACTS, cameras={"camera": replace(EYE, fx=309.0, cx=212.0)})) == []
    silent = mismatches(needs, replace(FACTS, cameras={"camera": None}))
    assert [problem.field for problem in silent] == ["cameras/0/color"]
    assert "has sent no camera_info" in silent[0].message


def test_images_need_not_divide_the_robots_rate(manifest: Manifest) -> None:
    assert [p.field for p in mismatches(replace(manifest, rate_hz=30.0), FACTS)] == ["rate_hz"]
    image = ImageInput("camera", "camera", (0, 0, 240, 240), (84, 84), 3, 0.5, 0.25)
    sees = replace(manifest.observation, images=(image,))
    assert mismatches(replace(manifest, rate_hz=30.0, observation=sees), FACTS) == []


def test_twist_frame(manifest: Manifest) -> None:
    action = replace(manifest.action, semantics="cartesian_twist", topic="twist", frame="tool0")
    assert [problem.field for problem in mismatches(replace(manifest, action=action), FACTS)] == [
        "action/frame"
    ]


def test_a_robot_without_variants_means_every_variant(manifest: Manifest) -> None:
    anywhere = replace(manifest, robots=(Robot("ur5e", ()),))
    assert mismatches(anywhere, replace(FACTS, variant="whatever")) == []
