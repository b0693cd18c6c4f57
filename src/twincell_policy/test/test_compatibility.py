"""A package that does not fit the running cell is refused by the field that does not match."""

from dataclasses import replace
from typing import Any

import pytest
from twincell_policy.compatibility import CellFacts, mismatches
from twincell_policy.manifest import Manifest, Robot

JOINTS = (
    "shoulder_pan_joint",
    "shoulder_lift_joint",
    "elbow_joint",
    "wrist_1_joint",
    "wrist_2_joint",
    "wrist_3_joint",
)
FACTS = CellFacts(
    robot="ur5e",
    variant="base",
    joint_names=JOINTS,
    measured_joint_names=frozenset(JOINTS),
    rate_hz=500.0,
    command_timeout_s=0.1,
    root_frame="base_link",
    tool_frame="tool0",
    cameras=("camera",),
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
    found = mismatches(replace(manifest, cameras=("camera", "wrist")), FACTS)
    assert [problem.field for problem in found] == ["cameras/1/name"]
    assert "needs camera 'wrist', the cell has camera" in found[0].message


def test_twist_frame(manifest: Manifest) -> None:
    action = replace(manifest.action, semantics="cartesian_twist", topic="twist", frame="tool0")
    assert [problem.field for problem in mismatches(replace(manifest, action=action), FACTS)] == [
        "action/frame"
    ]


def test_a_robot_without_variants_means_every_variant(manifest: Manifest) -> None:
    anywhere = replace(manifest, robots=(Robot("ur5e", ()),))
    assert mismatches(anywhere, replace(FACTS, variant="whatever")) == []
