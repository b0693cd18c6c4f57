"""What a cell can be started from, and how a wrong word is told."""

from dataclasses import replace

import pytest
from twincell_cell.config import CellConfig, check, check_place
from twincell_model.errors import UserError


@pytest.mark.parametrize("robot", ["ur5", "ur5e", "xarm7"])
def test_the_defaults_are_startable_for_every_robot(robot: str) -> None:
    config = CellConfig(robot=robot)
    assert check(config) is config


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"robot": "kuka"}, "'kuka'"),
        ({"variant": "mk9"}, "'mk9'"),
        ({"backend": "warp"}, "'warp'"),
        ({"scene": "nowhere.yaml"}, "'nowhere.yaml'"),
        ({"scene": "nowhere"}, "'nowhere'"),
        ({"task": "juggle"}, "'juggle'"),
        ({"safety": "reckless"}, "'reckless'"),
        ({"clock": "moon"}, "'moon'"),
        ({"viewer": "hologram"}, "'hologram'"),
        ({"namespace": "a b"}, "'a b'"),
        ({"namespace": "1st"}, "'1st'"),
        ({"domain": 300}, "300"),
        ({"viewer_port": 70000}, "70000"),
        ({"params_file": "/nonexistent.yaml"}, "'/nonexistent.yaml'"),
        ({"visuals": "oil"}, "'oil'"),
        ({"visuals": "meshes:/nonexistent"}, "/nonexistent"),
        ({"tf_prefix": "left/"}, "'left/'"),
    ],
)
def test_a_wrong_word_is_named_in_one_sentence(change: dict[str, object], word: str) -> None:
    with pytest.raises(UserError) as caught:
        check(replace(CellConfig(), **change))
    assert word in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("namespace", ["", "left", "lab/left", "/lab/left/"])
def test_namespaces(namespace: str) -> None:
    assert check_place(CellConfig(namespace=namespace)).full_namespace == "/" + namespace.strip("/")


def test_a_gl_back_end_that_mujoco_does_not_know_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUJOCO_GL", "nonsense")
    with pytest.raises(UserError, match="MUJOCO_GL is 'nonsense'"):
        check(CellConfig())
