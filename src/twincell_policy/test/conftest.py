"""A package that a test may break: a copy of a shipped one."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from twincell_policy.manifest import Manifest, parse

from twincell_model import paths

SHIPPED = "reach_ur5e"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped package."""
    return Path(shutil.copytree(paths.policies() / SHIPPED, tmp_path / SHIPPED))


@pytest.fixture
def document() -> dict[str, Any]:
    """The shipped manifest as plain data."""
    text = (paths.policies() / SHIPPED / "manifest.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


@pytest.fixture
def manifest(document: dict[str, Any]) -> Manifest:
    """The shipped manifest."""
    return parse(document)


@pytest.fixture
def edit(folder: Path) -> Callable[[str, Any], Path]:
    """Sets a field (`a/b/0/c`) of the copied manifest to a value, `None` deletes it; returns the folder."""

    def change(where: str, value: Any) -> Path:
        path = folder / "manifest.yaml"
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        _set(data, where, value)
        path.write_text(yaml.safe_dump(data), encoding="utf-8")
        return folder

    return change


def _set(data: Any, where: str, value: Any) -> None:
    """Set or (None) delete the field `a/b/0/c` of plain data."""
    *parents, last = where.split("/")
    for part in parents:
        data = data[int(part) if part.isdigit() else part]
    key = int(last) if last.isdigit() else last
    if value is None:
        del data[key]
    else:
        data[key] = value
