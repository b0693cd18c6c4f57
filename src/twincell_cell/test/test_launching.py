"""The launch file: its arguments as data, and their map to actions, with the real launch where it is installed."""

import ast
import importlib.util
from pathlib import Path

import pytest
from twincell_cell.config import CellConfig
from twincell_cell.launching import ARGUMENTS, config_from_launch, node_arguments
from twincell_model.errors import UserError

from twincell_cell import graph

LAUNCH_FILE = Path(__file__).resolve().parents[3] / "launch" / "cell.launch.py"
DEFAULTS = {argument.name: argument.default for argument in ARGUMENTS}

# Of launch_ros.actions.Node, and of launch.actions.ExecuteLocal that it passes on (launch 3.7, launch_ros 0.28).
NODE_PARAMETERS = {
    "executable",
    "package",
    "name",
    "namespace",
    "exec_name",
    "parameters",
    "remappings",
    "ros_arguments",
    "arguments",
    "prefix",
    "output",
    "sigterm_timeout",
    "sigkill_timeout",
}


def test_defaults_start_the_same_graph_as_the_command_line() -> None:
    config = config_from_launch(DEFAULTS)
    assert graph.build(config) == graph.build(CellConfig(domain=config.domain))


@pytest.mark.parametrize(
    ("argument", "value", "field", "expected"),
    [
        ("robot", "xarm7", "robot", "xarm7"),
        ("ur_type", "ur5", "robot", "ur5"),
        ("tf_prefix", "left_", "tf_prefix", "left_"),
        ("namespace", "left", "full_namespace", "/left"),
        ("robot_ip", "10.0.0.2", "robot_ip", "10.0.0.2"),
        ("safety", "max", "safety", "max"),
        ("launch_rviz", "true", "viewer", "web"),
        ("viewer_port", "0", "viewer_port", 0),
    ],
)
def test_each_argument_reaches_the_cell(argument: str, value: str, field: str, expected: object) -> None:
    assert getattr(config_from_launch({**DEFAULTS, argument: value}), field) == expected


@pytest.mark.parametrize(
    ("argument", "value"),
    [("robot", "kuka"), ("scene", "nowhere.yaml"), ("viewer_port", "web"), ("namespace", "a b")],
)
def test_wrong_values_are_named(argument: str, value: str) -> None:
    with pytest.raises(UserError, match=value):
        config_from_launch({**DEFAULTS, argument: value})


def test_every_argument_says_what_it_is() -> None:
    for argument in ARGUMENTS:
        assert argument.description.endswith("."), argument.name
        assert not argument.choices or argument.default in argument.choices, argument.name


def test_a_node_gets_its_parameters_then_the_file_and_no_name(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("/**: {ros__parameters: {safety: max}}")
    config = CellConfig(params_file=str(file), namespace="left", viewer="web")
    for spec in graph.build(config):
        node = node_arguments(spec)
        assert node["parameters"] == [dict(spec.params), str(file)]
        assert node["namespace"] == "/left"
        assert "name" not in node, "it would rename the second node of a process as well"
        assert set(node) <= NODE_PARAMETERS
        assert (node["prefix"] == f"nice -n {spec.nice}") == bool(spec.nice)


def test_the_launch_file_maps_every_argument_and_node() -> None:
    if importlib.util.find_spec("launch_ros") is None:
        # `launch` is on no package index: without a ROS 2 installation only the file's shape can be looked at.
        tree = ast.parse(LAUNCH_FILE.read_text())
        called = {
            node.func.id
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert {"node_arguments", "config_from_launch", "DeclareLaunchArgument", "Node"} <= called
        return
    from launch import LaunchContext
    from launch.actions import DeclareLaunchArgument, OpaqueFunction
    from launch_ros.actions import Node

    module_spec = importlib.util.spec_from_file_location("cell_launch", LAUNCH_FILE)
    assert module_spec is not None and module_spec.loader is not None
    module = importlib.util.module_from_spec(module_spec)
    module_spec.loader.exec_module(module)
    entities = module.generate_launch_description().entities
    assert [e.name for e in entities if isinstance(e, DeclareLaunchArgument)] == [a.name for a in ARGUMENTS]
    context = LaunchContext()
    for entity in entities:
        if isinstance(entity, DeclareLaunchArgument):
            entity.execute(context)
    (start,) = [e for e in entities if isinstance(e, OpaqueFunction)]
    nodes = [action for action in start.execute(context) or [] if isinstance(action, Node)]
    assert [node.node_executable for node in nodes] == [spec.executable for spec in graph.build(CellConfig())]
