"""Training end to end, much shortened (needs the learning extra)."""

from pathlib import Path

import pytest
import yaml

from twincell_model import paths

torch = pytest.importorskip("torch")
pytest.importorskip("onnxscript")
pytest.importorskip("gymnasium")

from twincell_policy.checker import check_package  # noqa: E402
from twincell_policy.package import load_package  # noqa: E402

from twincell_learn import train_reach  # noqa: E402


@pytest.fixture
def short(tmp_path: Path) -> Path:
    """Settings that take seconds."""
    settings = yaml.safe_load(paths.config("training", "reach.yaml").read_text(encoding="utf-8"))
    settings["imitation"].update(rounds=2, steps=200, updates=100, final_updates=200)
    settings["validation"]["episodes"] = 2
    path = tmp_path / "short.yaml"
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return path


def train(short: Path, out: Path) -> bytes:
    options = ["--robot", "ur5", "--seed", "3", "--episodes", "2", "--config", str(short), "--out", str(out)]
    assert train_reach.main(options) == 0
    return (out / "model.onnx").read_bytes()


def test_a_complete_package_comes_out_and_the_seed_decides_it(short: Path, tmp_path: Path) -> None:
    folder = tmp_path / "reach_ur5"
    first = train(short, folder)
    assert [check for check in check_package(str(folder)) if not check.ok] == []
    manifest = load_package(str(folder)).manifest
    assert str(paths.root()).encode() not in first, "no paths of the machine that trained"
    assert manifest.training["seed"] == 3
    assert manifest.training["steps"] == 400
    card = (folder / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "train_reach --robot ur5 --seed 3" in card
    assert card.count("\n| 1 | 200 |") == 1
    assert train(short, tmp_path / "again" / "reach_ur5") == first


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--robot", "kuka"], "unknown robot 'kuka'"),
        (["--robot", "ur5", "--config", "nope"], "settings 'nope'"),
    ],
)
def test_wrong_words_are_one_line(options: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert train_reach.main(options) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1
