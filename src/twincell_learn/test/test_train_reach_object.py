"""Training of a policy that sees, end to end, much shortened (needs the learning extra)."""

from pathlib import Path

import pytest
import yaml

from twincell_model import paths

torch = pytest.importorskip("torch")
pytest.importorskip("onnxscript")
pytest.importorskip("gymnasium")

from twincell_policy.checker import check_package  # noqa: E402
from twincell_policy.package import load_package  # noqa: E402

from twincell_learn import train_reach_object  # noqa: E402


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_complete_package_comes_out(tmp_path: Path) -> None:
    hand = yaml.safe_load(paths.config("training", "reach_upright.yaml").read_text(encoding="utf-8"))
    hand["imitation"].update(rounds=1, steps=200, updates=50, final_updates=50)
    hand["validation"]["episodes"] = 1
    (tmp_path / "hand.yaml").write_text(yaml.safe_dump(hand), encoding="utf-8")
    settings = yaml.safe_load(paths.config("training", "reach_object.yaml").read_text(encoding="utf-8"))
    settings["hand"] = str(tmp_path / "hand.yaml")
    settings["photographs"].update(first=160, per_round=40, rounds=1)
    settings["fit"].update(epochs=1, later_epochs=1, batch=32)
    settings["validation"]["episodes"] = 1
    (tmp_path / "short.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    folder = tmp_path / "reach_object_xarm7"
    options = [
        "--robot",
        "xarm7",
        "--config",
        str(tmp_path / "short.yaml"),
        "--episodes",
        "1",
        "--out",
        str(folder),
    ]
    assert train_reach_object.main(options) == 0
    assert [check for check in check_package(str(folder)) if not check.ok] == []
    manifest = load_package(str(folder)).manifest
    assert (manifest.goal.kind, manifest.training["photographs"]) == ("seen", 200)
    card = (folder / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "train_reach_object --robot xarm7 --seed 0" in card and "input `wrist`" in card
    assert str(paths.root()).encode() not in (folder / "model.onnx").read_bytes()
