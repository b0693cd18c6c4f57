"""The ONNX model: agrees with the manifest, or is refused by field."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from twincell_model.errors import UserError
from twincell_policy.onnx_policy import OnnxPolicy
from twincell_policy.package import load_package


def test_parity_sample_is_reproduced() -> None:
    package = load_package("reach_ur5e")
    output = OnnxPolicy(package).evaluate(package.manifest.parity.observation).action
    assert output.shape == (6,)
    assert np.abs(output - package.manifest.parity.output).max() <= package.manifest.parity.tolerance


def test_the_manifests_normalisation_counts(edit: Callable[[str, Any], Path]) -> None:
    with pytest.raises(UserError, match="parity/output: the model's answer differs by"):
        OnnxPolicy(load_package(str(edit("observation/terms/0/mean/1", 0.0))))


def test_wrong_parity_output(edit: Callable[[str, Any], Path]) -> None:
    with pytest.raises(UserError, match="parity/output"):
        OnnxPolicy(load_package(str(edit("parity/output/0", 0.123))))


@pytest.mark.parametrize("kind", ["input", "output"])
def test_wrong_tensor_name(edit: Callable[[str, Any], Path], kind: str) -> None:
    with pytest.raises(UserError, match=f"model/{kind}: the model has no 'nope'"):
        OnnxPolicy(load_package(str(edit(f"model/{kind}", "nope"))))


def test_not_an_onnx_file(folder: Path, edit: Callable[[str, Any], Path]) -> None:
    (folder / "model.onnx").write_bytes(b"nothing")
    edit("model/sha256", hashlib.sha256(b"nothing").hexdigest())
    with pytest.raises(UserError, match="model/file: is not an ONNX model that can be run"):
        OnnxPolicy(load_package(str(folder)))


def test_wrong_size(edit: Callable[[str, Any], Path], document: dict[str, Any]) -> None:
    edit("observation/terms", document["observation"]["terms"][:2])
    with pytest.raises(UserError, match=r"model/input: 'observation' is tensor\(float\) \[1, 15\]"):
        OnnxPolicy(load_package(str(edit("parity/observation", document["parity"]["observation"][:9]))))
