"""`twincell check`: what the checker is told about a robot, and what it says without a cell."""

import argparse
from uuid import uuid4

import numpy as np
import pytest
from twincell_cell.commands import check
from twincell_cell.config import CellConfig
from twincell_cell.supervisor import CellError

from twincell_cell import options


@pytest.mark.parametrize(
    ("robot", "rate", "dof", "root", "tool"),
    [
        ("ur5", 125.0, 6, "base_link", "tool0"),
        ("ur5e", 500.0, 6, "base_link", "tool0"),
        ("xarm7", 250.0, 7, "link_base", "link_eef"),
    ],
)
def test_facts_are_the_profiles(robot: str, rate: float, dof: int, root: str, tool: str) -> None:
    facts = check.facts(CellConfig(robot=robot))
    assert (facts.robot, facts.rate_hz, facts.dof) == (robot, rate, dof)
    assert (facts.root_frame, facts.tool_frame, facts.has_world) == (root, tool, True)
    assert facts.gripper_stroke == pytest.approx(0.085)
    position, quaternion = facts.pose(np.zeros(dof))
    assert position.shape == (3,)
    assert np.linalg.norm(quaternion) == pytest.approx(1.0)


def test_names_carry_the_prefix() -> None:
    facts = check.facts(CellConfig(robot="ur5e", tf_prefix="left_"))
    assert facts.joint_names[0] == "left_shoulder_pan_joint"
    assert facts.tool_frame == "left_tool0"


def test_a_scene_without_gripper_has_none() -> None:
    assert check.facts(CellConfig(scene="empty")).gripper_stroke is None


def test_attach_without_a_cell_is_one_sentence() -> None:
    parser = argparse.ArgumentParser()
    check.add_arguments(parser)
    namespace = f"nobody_{uuid4().hex[:6]}"
    args = parser.parse_args(["--attach", "--namespace", namespace])
    with pytest.raises(CellError, match=f"no cell runs in namespace '/{namespace}'"):
        check.run(args)


def test_watch_is_offered_and_the_viewer_is_not() -> None:
    parser = argparse.ArgumentParser()
    check.add_arguments(parser)
    args = parser.parse_args(["--watch"])
    assert args.watch
    assert options.cell_config(args).viewer == "off"
