"""`twincell policy check`: shipped packages pass, broken ones fail by the name of the check and the field."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from twincell_model.errors import UserError
from twincell_policy.checker import Check, check_package
from twincell_policy.package import available


def failures(folder: Path) -> list[Check]:
    return [check for check in check_package(str(folder)) if not check.ok]


@pytest.mark.parametrize("name", available())
def test_shipped_package_passes(name: str) -> None:
    checks = check_package(name)
    assert [check for check in checks if not check.ok] == []
    assert [check.name for check in checks][:4] == ["manifest", "name", "model file", "model"]


def test_no_folder() -> None:
    with pytest.raises(UserError, match="/nonexistent"):
        check_package("/nonexistent")


def test_all_faults_of_a_manifest_are_listed(edit: Callable[[str, Any], Path]) -> None:
    edit("action/unit", "rad")
    found = failures(edit("action/topic", "twist"))
    assert [(check.name, check.field) for check in found] == [
        ("manifest", "action/topic"),
        ("manifest", "action/unit"),
    ]


def test_other_folder_name(folder: Path) -> None:
    found = failures(folder.rename(folder.with_name("other")))
    assert [(check.name, check.field) for check in found] == [("name", "name")]


def test_exchanged_model(folder: Path) -> None:
    (folder / "model.onnx").write_bytes(b"x")
    assert [(check.name, check.field) for check in failures(folder)] == [("model file", "model/sha256")]


def test_parity(edit: Callable[[str, Any], Path]) -> None:
    found = failures(edit("parity/output/0", 0.123))
    assert [(check.name, check.field) for check in found] == [("model", "parity/output")]
    assert "differs by" in found[0].detail
    assert found[0].remedy == "export the package again"


def test_unknown_robot(edit: Callable[[str, Any], Path]) -> None:
    found = failures(edit("robot/0/profile", "kuka"))
    assert [(check.name, check.field) for check in found] == [("robot kuka", "robot/0")]
    assert "unknown robot 'kuka'" in found[0].detail


def test_joint_order(edit: Callable[[str, Any], Path], document: dict[str, Any]) -> None:
    found = failures(edit("joint_names", document["joint_names"][::-1]))
    assert [(check.name, check.field) for check in found] == [("robot ur5e base", "joint_names")]


@pytest.mark.parametrize("text", [None, "  \n"])
def test_model_card(folder: Path, text: str | None) -> None:
    card = folder / "MODEL_CARD.md"
    card.unlink() if text is None else card.write_text(text)
    assert [(check.name, check.field) for check in failures(folder)] == [("model card", "MODEL_CARD.md")]
