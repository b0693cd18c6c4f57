"""`twincell policy`: the table, the JSON and the exit codes."""

import json
import shutil
from pathlib import Path

import pytest
from twincell_cell.cli import main

from twincell_model import paths


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(paths.policies() / "reach_ur5e", tmp_path / "reach_ur5e"))


def test_list_names_every_package(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "list"]) == 0
    text = capsys.readouterr().out
    assert all(name in text for name in ("reach_ur5 ", "reach_ur5e", "reach_xarm7", "25 Hz"))


def test_good_package(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "check", str(folder), "--json", str(tmp_path / "r.json")]) == 0
    report = json.loads((tmp_path / "r.json").read_text())
    assert (report["failed"], report["passed"]) == (0, len(report["checks"]))
    assert "FAILED" not in capsys.readouterr().out


def test_broken_package(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "model.onnx").unlink()
    assert main(["policy", "check", str(folder), "--json", str(tmp_path / "r.json")]) == 1
    report = json.loads((tmp_path / "r.json").read_text())
    assert [check["field"] for check in report["checks"] if not check["ok"]] == ["model/file"]
    assert "FAILED" in capsys.readouterr().out


@pytest.mark.parametrize("word", ["/nonexistent", "nosuch"])
def test_nothing_there(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "check", word]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("twincell: error: ")
    assert word in captured.err
    assert captured.err.count("\n") == 1
    assert captured.out == ""


def test_unreadable_manifest(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "manifest.yaml").write_bytes(b"\xff\xfe")
    assert main(["policy", "check", str(folder)]) == 2
    assert "manifest.yaml" in capsys.readouterr().err
