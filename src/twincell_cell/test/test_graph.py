"""The graph as data."""

import dataclasses

import pytest
from twincell_cell.config import CellConfig

from twincell_cell import graph


def test_the_cell_has_its_processes_and_a_viewer_on_demand() -> None:
    names = [node.name for node in graph.build(CellConfig())]
    assert names == ["arm", "controller_servo", "controller", "policy", "cell"]
    assert [node.name for node in graph.build(CellConfig(viewer="web"))] == [*names, "viewer"]
    camera = graph.build(CellConfig(cameras="scene"))[-1]
    assert (camera.name, camera.nice, camera.params["cameras"]) == ("camera", 10, "scene")


def test_choices_reach_every_process() -> None:
    config = CellConfig(robot="xarm7", safety="max", tf_prefix="left_", robot_ip="10.0.0.2")
    for node in graph.build(config):
        assert node.params["robot"] == "xarm7"
        assert node.params["safety"] == "max"
        assert node.params["tf_prefix"] == "left_"
        assert node.params["robot_ip"] == "10.0.0.2"


def test_the_controller_has_the_gripper_of_the_scene() -> None:
    for scene, gripper in (("reach", "two_finger"), ("empty", "none")):
        nodes = {node.name: node for node in graph.build(CellConfig(scene=scene))}
        assert nodes["controller"].params["gripper"] == gripper
        assert nodes["controller_servo"].params["gripper"] == gripper


@pytest.mark.parametrize(("given", "full"), [("", "/"), ("left", "/left"), ("/lab/left/", "/lab/left")])
def test_namespace(given: str, full: str) -> None:
    for node in graph.build(CellConfig(namespace=given)):
        assert node.ros_arguments()[:3] == ["--ros-args", "-r", f"__ns:={full}"]


def test_values_keep_their_type_in_rcl() -> None:
    values = {"a": "1", "b": 1, "c": 1.0, "d": True, "e": "", "f": "x: y"}
    arguments = graph.NodeSpec("n", "p", "e", "m", params=values).ros_arguments()
    assert [word for word in arguments if ":=" in word][1:] == [
        'a:="1"',
        "b:=1",
        "c:=1.0",
        "d:=true",
        'e:=""',
        'f:="x: y"',
    ]


def test_the_params_file_comes_last_and_so_wins() -> None:
    for node in graph.build(CellConfig(params_file="/x/p.yaml")):
        assert node.ros_arguments()[-2:] == ["--params-file", "/x/p.yaml"]


def test_sim_time_is_used_with_a_simulated_clock_only() -> None:
    assert all("use_sim_time" not in node.params for node in graph.build(CellConfig()))
    assert all(node.params["use_sim_time"] is True for node in graph.build(CellConfig(clock="lockstep")))


def test_a_node_cannot_be_changed() -> None:
    node = graph.build(CellConfig())[0]
    with pytest.raises(dataclasses.FrozenInstanceError):
        node.name = "other"  # type: ignore[misc]
    with pytest.raises(TypeError):
        node.params["robot"] = "ur5"  # type: ignore[index]


def test_rendering_gives_way_to_control() -> None:
    nice = {node.name: node.nice for node in graph.build(CellConfig(viewer="web"))}
    assert [node.name for node in graph.build(CellConfig(viewer="web")) if not node.essential] == ["viewer"]
    assert nice["viewer"] == 10 and nice["arm"] == nice["controller_servo"] == 0
