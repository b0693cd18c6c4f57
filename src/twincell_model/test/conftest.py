"""Fixtures of this package's tests."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from twincell_model import paths

Edit = Callable[[str, Callable[[Any], None]], Path]


@pytest.fixture
def own_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of config/ and an empty models/ that this test may change; twincell reads from there."""
    shutil.copytree(paths.config(), tmp_path / "config")
    (tmp_path / "models").mkdir()
    monkeypatch.setenv("TWINCELL_ROOT", str(tmp_path))
    return tmp_path


@pytest.fixture
def edit(own_root: Path) -> Edit:
    """Changes a YAML file below config/ of `own_root`: edit("robots/ur5e.yaml", change)."""

    def change(file: str, how: Callable[[Any], None]) -> Path:
        path = own_root / "config" / file
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        how(document)
        path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
        return path

    return change
