"""The node graph of a cell as data. launch/cell.launch.py and the supervisor start the same value.

A node is never started again after its death: a controller or an arm that comes back in the middle of a motion
would start from an unknown state. Its death ends the cell, and a person starts the next one. Only the viewer and
the recorder may end alone: a person closes a window, a disk is full.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias

from twincell_model.profile import load_profile
from twincell_world.scene import load_scene

from twincell_cell.config import CellConfig

Value: TypeAlias = bool | int | float | str

SERVO = "controller_servo"
FRONT = "controller"


@dataclass(frozen=True)
class NodeSpec:
    """One process of the graph. `nice` is its niceness in the time-sharing class."""

    name: str
    package: str
    executable: str
    module: str
    params: Mapping[str, Value] = field(default_factory=dict)
    namespace: str = "/"
    remaps: tuple[tuple[str, str], ...] = ()
    nice: int = 0
    params_file: str = ""
    essential: bool = True
    """Its death ends the cell."""

    def ros_arguments(self) -> list[str]:
        """Arguments after `python -m <module>`. The params file comes last, so it wins over the graph."""
        arguments = ["--ros-args", "-r", f"__ns:={self.namespace}"]
        for old, new in self.remaps:
            arguments += ["-r", f"{old}:={new}"]
        for name, value in self.params.items():
            arguments += ["-p", f"{name}:={yaml_value(value)}"]
        if self.params_file:
            arguments += ["--params-file", self.params_file]
        return arguments


def yaml_value(value: Value) -> str:
    """A parameter value as rcl's YAML reader keeps its type: `"1"` stays a string, `1.0` a double."""
    return json.dumps(value)


def build(config: CellConfig) -> tuple[NodeSpec, ...]:
    """All processes of the cell, in an order in which they may be started (they may start together).

    Raises UserError where the robot or scene file is wrong: the scene says which gripper the controller has.
    """
    gripper = _gripper(config)
    common: dict[str, Value] = {
        "robot": config.robot,
        "variant": config.variant,
        "tf_prefix": config.tf_prefix,
        "backend": config.backend,
        "scene": config.scene,
        "safety": config.safety,
        "clock": config.clock,
        "visuals": config.visuals,
        "robot_ip": config.robot_ip,
    }
    if config.clock != "wall":
        common["use_sim_time"] = True

    def node(
        name: str,
        package: str,
        executable: str,
        module: str,
        nice: int = 0,
        essential: bool = True,
        **more: Value,
    ) -> NodeSpec:
        return NodeSpec(
            name=name,
            package=package,
            executable=executable,
            module=module,
            params=MappingProxyType({**common, **more}),
            namespace=config.full_namespace,
            nice=nice,
            params_file=config.params_file,
            essential=essential,
        )

    nodes = [
        node("arm", "twincell_arm", "arm_node", "twincell_arm.node"),
        node(SERVO, "twincell_control", "controller_servo", "twincell_control.servo_node", gripper=gripper),
        node(FRONT, "twincell_control", "controller_front", "twincell_control.front_node", gripper=gripper),
        node(
            "policy",
            "twincell_policy",
            "policy_node",
            "twincell_policy.node",
            cameras=",".join(_cameras(config)),
        ),
        node("cell", "twincell_cell", "cell_node", "twincell_cell.cell_node", nice=5, task=config.task),
    ]
    if config.cameras:
        nodes.append(
            node(
                "camera",
                "twincell_camera",
                "camera_node",
                "twincell_camera.node",
                nice=10,
                cameras=config.cameras,
            )
        )
    if config.record:
        nodes.append(
            node(
                "recorder",
                "twincell_bag",
                "recorder_node",
                "twincell_bag.recorder_node",
                nice=5,
                essential=False,
                folder=config.record,
                provenance=config.provenance,
            )
        )
    if config.viewer != "off":
        nodes.append(
            node(
                "viewer",
                "twincell_cell",
                "viewer_node",
                "twincell_cell.viewer_node",
                nice=10,
                port=config.viewer_port,
                window=config.viewer == "window",
                essential=False,
            )
        )
    return tuple(nodes)


def _cameras(config: CellConfig) -> list[str]:
    """Names of the cameras whose color images a policy may read."""
    if not config.cameras:
        return []
    from twincell_camera.camera_set import load_set

    return [spec.name for spec in load_set(config.cameras) if spec.color is not None]


def _gripper(config: CellConfig) -> str:
    profile = load_profile(config.robot, config.variant or None, config.tf_prefix)
    return load_scene(config.scene, profile).gripper
