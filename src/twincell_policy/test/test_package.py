"""Finding and loading packages: one sentence for every way in which it fails."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from twincell_model.errors import UserError
from twincell_policy.package import available, find_package, load_package


def test_shipped_packages_load() -> None:
    assert {"reach_ur5", "reach_ur5e", "reach_xarm7"} <= set(available())
    for name in available():
        assert load_package(name).manifest.name == name


def test_a_folder_may_be_named(folder: Path) -> None:
    assert load_package(str(folder)).folder == folder


@pytest.mark.parametrize(
    ("name", "words"), [("nope", "nope"), ("/nonexistent", "/nonexistent"), ("", "no policy")]
)
def test_nothing_there(name: str, words: str) -> None:
    with pytest.raises(UserError, match=words):
        find_package(name)


def test_a_file_and_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="is not a folder"):
        find_package(str(tmp_path / "file"))
    with pytest.raises(UserError, match=r"holds no manifest\.yaml"):
        find_package(str(tmp_path))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [1\nb: 2", "line 2"),
        ("a: \x00", "special characters"),
        ("!!python/object/apply:os.getcwd []", "line 1"),
    ],
)
def test_broken_yaml(folder: Path, text: str, words: str) -> None:
    (folder / "manifest.yaml").write_text(text)
    with pytest.raises(UserError, match=words):
        load_package(str(folder))


def test_binary_manifest(folder: Path) -> None:
    (folder / "manifest.yaml").write_bytes(b"\xff\xfe\x80")
    with pytest.raises(UserError, match="not text in UTF-8"):
        load_package(str(folder))


def test_manifest_that_is_a_folder(folder: Path) -> None:
    (folder / "manifest.yaml").unlink()
    (folder / "manifest.yaml").mkdir()
    with pytest.raises(UserError, match="cannot be read: Is a directory"):
        load_package(str(folder))


def test_missing_model(folder: Path) -> None:
    (folder / "model.onnx").unlink()
    with pytest.raises(UserError, match=r"model/file: .*cannot be read: No such file.*; put the model there"):
        load_package(str(folder))


def test_exchanged_model(folder: Path) -> None:
    with (folder / "model.onnx").open("ab") as file:
        file.write(b"x")
    with pytest.raises(UserError, match="model/sha256"):
        load_package(str(folder))


def test_fault_of_the_manifest(edit: Callable[[str, Any], Path]) -> None:
    with pytest.raises(UserError, match="policy 'reach_ur5e', action/topic: 'twist' does not go with"):
        load_package(str(edit("action/topic", "twist")))
