"""The schema and the consistency of manifests: every fault is told by its field."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from twincell_policy.manifest import parse
from twincell_policy.manifest_check import TERM_UNITS, problems, term_size
from twincell_policy.observation import _TERMS
from twincell_policy.package import read_manifest


def test_shipped_manifest_has_no_problem(document: dict[str, Any]) -> None:
    assert problems(document) == []


@pytest.mark.parametrize(
    ("where", "value", "field"),
    [
        ("rate_hz", None, "rate_hz"),
        ("rate_hz", -5.0, "rate_hz"),
        ("rate_hz", float("nan"), "rate_hz"),
        ("rate_hz", "fast", "rate_hz"),
        ("robot", [], "robot"),
        ("robot/0/profile", None, "robot/0/profile"),
        ("joint_names/1", "shoulder_pan_joint", "joint_names"),
        ("action/semantics", "torque", "action/semantics"),
        ("action/topic", "twist", "action/topic"),
        ("action/unit", "rad", "action/unit"),
        ("action/frame", "base_link", "action/frame"),
        ("action/size", 5, "action/size"),
        ("action/scale", [0.6], "action/scale"),
        ("action/step_s", 0.04, "action/step_s"),
        ("observation/terms/0/name", "joint_torques", "observation/terms/0/name"),
        ("observation/terms/0/name", "goal_error", "observation/terms/1/name"),
        ("observation/terms/0/size", 7, "observation/terms/0/size"),
        ("observation/terms/0/mean", [0.0], "observation/terms/0/mean"),
        ("observation/terms/0/std/2", 0.0, "observation/terms/0/std/2"),
        ("observation/terms/0/unit", "deg", "observation/terms/0/unit"),
        ("parity/observation", [0.0], "parity/observation"),
        ("parity/output", [0.0], "parity/output"),
        ("model/sha256", "abc", "model/sha256"),
        ("model/file", "../model.onnx", "model/file"),
        ("model/file", "model.pkl", "model/file"),
        ("goal/timeout_s", None, "goal/timeout_s"),
        ("training/git", None, "training/git"),
        ("colour", "blue", "manifest"),
    ],
)
def test_fault_is_named_by_its_field(
    edit: Callable[[str, Any], Path], where: str, value: Any, field: str
) -> None:
    found = problems(read_manifest(edit(where, value)))
    assert field in [problem.field for problem in found]
    assert all(problem.message and problem.remedy and "\n" not in str(problem) for problem in found)


@pytest.mark.parametrize("document_", [None, [], "text", 3])
def test_manifest_that_is_no_mapping(document_: Any) -> None:
    assert problems(document_)[0].field == "manifest"


def test_chunks_need_a_step_and_whole_points(document: dict[str, Any]) -> None:
    dof = len(document["joint_names"])
    document["action"] = {
        "semantics": "joint_position_chunk",
        "topic": "trajectory",
        "frame": "joint",
        "unit": "rad",
        "size": 4 * dof,
        "scale": [0.1] * 4 * dof,
        "clip": 1.0,
        "step_s": 0.04,
    }
    document["observation"]["terms"] = document["observation"]["terms"][:2]
    document["parity"]["observation"] = [0.0] * (dof + 3)
    document["parity"]["output"] = [0.0] * 4 * dof
    assert problems(document) == []
    assert parse(document).action.points == 4
    del document["action"]["step_s"]
    assert [problem.field for problem in problems(document)] == ["action/step_s"]


def test_every_term_has_a_unit_a_size_and_a_builder() -> None:
    assert set(TERM_UNITS) == set(_TERMS)
    assert [term_size(name, 7, 5) for name in TERM_UNITS] == [7, 7, 3, 4, 3, 3, 5, 7, 3, 4]
