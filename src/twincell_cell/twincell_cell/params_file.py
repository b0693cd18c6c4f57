"""Checks a ROS parameter file before anything starts: a name that no node has would be passed over in silence."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from twincell_model.errors import UserError

from twincell_model import documents

DECLARED = {
    "arm": (("twincell_arm.lifecycle", "PARAMS"),),
    "controller_servo": (("twincell_control.parameters", "COMMON"),),
    "controller": (("twincell_control.parameters", "COMMON"), ("twincell_control.parameters", "FRONT")),
    "policy": (("twincell_policy.node", "PARAMS"),),
    "cell": (("twincell_cell.cell_node", "PARAMETERS"),),
    "camera": (("twincell_camera.node", "PARAMETERS"),),
    "recorder": (("twincell_bag.recorder_node", "PARAMETERS"),),
    "viewer": (("twincell_cell.viewer_node", "PARAMETERS"),),
}
"""Where each node's parameters are listed: module and name."""

BARE = ("controller_manager", "robot_state_publisher")
"""Nodes without parameters of their own."""

STANDARD = ("use_sim_time", "start_type_description_service", "qos_overrides")
"""Parameters that every ROS node has; the last one is followed by a dot."""

PARAMETERS = "ros__parameters"


def check(path: str) -> None:
    """Raises UserError in one sentence naming the file and what no node of a cell has, or what cannot be read."""
    where = f"params file '{path}'"
    if not Path(path).is_file():
        raise UserError(f"{where} does not exist or is not a file")
    document = documents.load(Path(path), "params")
    if not isinstance(document, dict):
        raise UserError(f"{where}: it is not a mapping of nodes to their {PARAMETERS}")
    nodes = (*DECLARED, *BARE)
    for name, parameters in _nodes(document, "", where):
        node = name.rpartition("/")[2]
        if node not in ("*", "**") and node not in nodes:
            raise UserError(f"{where}: {documents.unknown('node', node, nodes)}")
        known = _declared(nodes if node in ("*", "**") else (node,))
        for parameter in parameters:
            if parameter not in known and str(parameter).partition(".")[0] not in STANDARD:
                near = difflib.get_close_matches(str(parameter), known, n=1)
                hint = f"; did you mean '{near[0]}'?" if near else ""
                raise UserError(f"{where}: node '{name}' has no parameter '{parameter}'{hint}")


def _nodes(section: dict[Any, Any], prefix: str, where: str) -> Iterator[tuple[str, dict[Any, Any]]]:
    """Full node names, with wildcards as written, and their parameters."""
    for key, value in section.items():
        name = f"{prefix}/{str(key).strip('/')}"
        if not isinstance(value, dict):
            raise UserError(f"{where}, {name}: parameters go under {PARAMETERS}")
        if PARAMETERS not in value:
            yield from _nodes(value, name, where)
        elif isinstance(value[PARAMETERS], dict):
            yield name, value[PARAMETERS]
        else:
            raise UserError(f"{where}, {name}: {PARAMETERS} is not a mapping of names to values")


def _declared(nodes: tuple[str, ...]) -> set[str]:
    lists = (getattr(importlib.import_module(m), a) for node in nodes for m, a in DECLARED.get(node, ()))
    return {parameter.name for parameters in lists for parameter in parameters}
