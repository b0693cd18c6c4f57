"""A parameter file is checked as a whole before anything starts."""

from pathlib import Path

import pytest
from twincell_cell.params_file import DECLARED, check
from twincell_model.errors import UserError

GOOD = """
/**:
  ros__parameters: {safety: normal, use_sim_time: false}
controller:
  ros__parameters: {speed_scale: 0.5, "qos_overrides./x.depth": 3}
left:
  controller_servo:
    ros__parameters: {gripper: none}
"""


def written(folder: Path, text: str) -> str:
    path = folder / "p.yaml"
    path.write_text(text)
    return str(path)


def test_nodes_parameters_wildcards_and_namespaces_pass(tmp_path: Path) -> None:
    check(written(tmp_path, GOOD))


@pytest.mark.parametrize("node", DECLARED)
def test_every_node_lists_its_parameters(tmp_path: Path, node: str) -> None:
    with pytest.raises(UserError, match="has no parameter 'no_such'"):
        check(written(tmp_path, f"{node}: {{ros__parameters: {{no_such: 1}}}}"))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("{{{", "line 1"),
        ("- 1", "not a mapping of nodes"),
        ("", "not a mapping of nodes"),
        ("controler: {ros__parameters: {robot: ur5}}", "did you mean 'controller'"),
        ("controller: {speed_scale: 0.5}", "parameters go under ros__parameters"),
        ("controller: {ros__parameters: 3}", "ros__parameters is not a mapping"),
        ("controller_servo: {ros__parameters: {speed_scale: 0.5}}", "no parameter 'speed_scale'"),
        ("/**: {ros__parameters: {saftey: max}}", "did you mean 'safety'"),
    ],
)
def test_what_is_wrong_is_named_in_one_sentence(tmp_path: Path, text: str, word: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(UserError) as caught:
        check(path)
    assert word in str(caught.value) and path in str(caught.value) and "\n" not in str(caught.value)
