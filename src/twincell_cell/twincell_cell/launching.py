"""Arguments of launch/cell.launch.py as data, and how they become a cell. Free of `launch`, so that it is tested here.

Names are those of ur_robot_driver's ur_control.launch.py where it has the same thing.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from twincell_model.errors import UserError

from twincell_cell import graph
from twincell_cell.config import BACKENDS, CLOCKS, CellConfig, check

_ROBOTS = ("ur5", "ur5e", "xarm7")
_BOOLEANS = ("true", "false")


@dataclass(frozen=True)
class Argument:
    """One launch argument. An empty `choices` takes any text."""

    name: str
    default: str
    description: str
    choices: tuple[str, ...] = ()


ARGUMENTS = (
    Argument("robot", "", "Robot profile; empty: the value of ur_type.", ("", *_ROBOTS)),
    Argument("ur_type", "ur5e", "The UR driver's name for robot.", _ROBOTS),
    Argument("variant", "", "Hardware variant of the robot; empty: the profile's own."),
    Argument("robot_ip", "", "Address of a real arm or an emulator; not used by the mujoco backend."),
    Argument("backend", "mujoco", "What moves the arm.", BACKENDS),
    Argument(
        "use_mock_hardware",
        "false",
        "As in the UR driver: no real arm. Here that is the mujoco backend, whatever backend says.",
        _BOOLEANS,
    ),
    Argument("scene", "reach", "A scene under config/scenes or a YAML file."),
    Argument("task", "reach", "A task under config/tasks or a YAML file."),
    Argument("safety", "slow", "Limits in force: slow (0.25 m/s), normal, max, or a YAML file."),
    Argument("visuals", "primitives", "primitives, meshes:DIR or menagerie."),
    Argument("cameras", "", "A camera set under config/cameras/sets or a YAML file; empty: no cameras."),
    Argument("clock", "wall", "wall: real time on the system clock.", CLOCKS),
    Argument("tf_prefix", "", "Put before every joint and frame name."),
    Argument("namespace", "", "ROS namespace, so that several cells share a host."),
    Argument("params_file", "", "ROS parameter file that wins over the values of this launch."),
    Argument(
        "headless_mode",
        "false",
        "As in the UR driver: a real arm is driven without a program on its pendant. The mujoco backend has none.",
        _BOOLEANS,
    ),
    Argument(
        "launch_rviz", "false", "true: show the cell. There is no RViz here, it starts the viewer.", _BOOLEANS
    ),
    Argument("viewer", "web", "Which viewer: a web page or MuJoCo's window.", ("web", "window")),
    Argument("viewer_port", "8650", "Port of the web page on 127.0.0.1."),
)


def config_from_launch(values: Mapping[str, str]) -> CellConfig:
    """The checked cell for argument values as launch gives them, all text. Raises UserError naming the argument."""
    if not values["viewer_port"].isdecimal():
        raise UserError(f"viewer_port '{values['viewer_port']}' is not a port number")
    return check(
        CellConfig(
            robot=values["robot"] or values["ur_type"],
            variant=values["variant"],
            tf_prefix=values["tf_prefix"],
            backend="mujoco" if values["use_mock_hardware"] == "true" else values["backend"],
            scene=values["scene"],
            task=values["task"],
            safety=values["safety"],
            visuals=values["visuals"],
            cameras=values["cameras"],
            clock=values["clock"],
            namespace=values["namespace"],
            robot_ip=values["robot_ip"],
            params_file=values["params_file"],
            domain=int(os.environ.get("ROS_DOMAIN_ID") or 0),
            viewer=values["viewer"] if values["launch_rviz"] == "true" else "off",
            viewer_port=int(values["viewer_port"]),
        )
    )


def node_arguments(spec: graph.NodeSpec) -> dict[str, Any]:
    """Keyword arguments of launch_ros.actions.Node for one process.

    No `name`: a process may hold several nodes (arm and controller_manager), and a name would rename them all.
    """
    parameters: list[Any] = [dict(spec.params)]
    if spec.params_file:
        parameters.append(spec.params_file)
    return {
        "package": spec.package,
        "executable": spec.executable,
        "namespace": spec.namespace,
        "exec_name": spec.name,
        "parameters": parameters,
        "remappings": list(spec.remaps),
        "prefix": f"nice -n {spec.nice}" if spec.nice else None,
        "output": "both",
        "sigterm_timeout": "2",
        "sigkill_timeout": "2",
    }
