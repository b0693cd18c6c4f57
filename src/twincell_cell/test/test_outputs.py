"""Result files: checked before, written whole."""

import json
import os
from pathlib import Path

import pytest
from twincell_model.errors import UserError

from twincell_cell import outputs


def test_a_missing_folder_is_named_before_the_run(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nowhere"):
        outputs.check_writable(tmp_path / "nowhere" / "out.json")


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is a folder"):
        outputs.check_writable(tmp_path)


def test_nothing_is_written_by_the_check(tmp_path: Path) -> None:
    assert outputs.check_writable(tmp_path / "out.json") == tmp_path / "out.json"
    assert list(tmp_path.iterdir()) == []


def test_json_is_standard_json(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    outputs.write_json(path, {"a": float("nan"), "b": [1.5, float("inf")], "c": (1, 2)})
    assert json.loads(path.read_text()) == {"a": None, "b": [1.5, None], "c": [1, 2]}
    assert path.stat().st_mode & 0o777 == 0o666 & ~_umask()


def test_a_failure_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    path.write_text("old")
    with pytest.raises(TypeError):
        outputs.write_json(path, {"a": object()})
    assert path.read_text() == "old"
    assert [item.name for item in tmp_path.iterdir()] == ["out.json"]


def test_run_folders_are_new_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWINCELL_RUNS", str(tmp_path / "runs"))
    first, second = outputs.run_folder("demo"), outputs.run_folder("demo")
    assert first != second and first.is_dir() and first.parent == tmp_path / "runs"


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
