"""Where configuration and models are found."""

from pathlib import Path

import pytest
from twincell_model.errors import UserError

from twincell_model import paths


def test_found_from_the_package_without_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TWINCELL_ROOT", raising=False)
    assert (paths.root() / "config" / "robots" / "ur5e.yaml").is_file()
    assert paths.config("robots", "ur5e.yaml") == paths.root() / "config/robots/ur5e.yaml"
    assert paths.policies() == paths.root() / "policies"


def test_environment_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config").mkdir()
    monkeypatch.setenv("TWINCELL_ROOT", str(tmp_path))
    assert paths.models("ur5e") == tmp_path / "models" / "ur5e"


def test_wrong_environment_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWINCELL_ROOT", str(tmp_path / "nowhere"))
    with pytest.raises(UserError, match="TWINCELL_ROOT is '.*nowhere'"):
        paths.root()
