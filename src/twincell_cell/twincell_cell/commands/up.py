"""Start a cell and keep it running until Ctrl-C.

The cell holds its pose until something asks for motion: a policy, a trajectory from MoveIt or `ros2 action`, teleop.
Names, types and units are in docs/contract.md; every motion is bounded by the safety limits.
"""

from __future__ import annotations

import argparse

from twincell_cell import options
from twincell_cell.config import CellConfig

NAME = "up"
HELP = "start a cell with a viewer and keep it running until Ctrl-C"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument(
        "--without-policy",
        action="store_true",
        help="leave out the node that runs policy packages, for a policy node of your own: a source's topics may have"
        " one publisher",
    )
    options.add_record(parser)
    options.add_cell(parser)


def run(args: argparse.Namespace) -> int:
    """Start, tell what to try, wait."""
    from twincell_cell import recording, viewer
    from twincell_cell.session import CellSession

    config = viewer.choose(options.cell_config(args))
    config, logs = recording.prepare(config, args.record, "up")
    skip = ("policy",) if args.without_policy else ()
    with CellSession(config, "up", skip=skip, logs=logs) as session:
        print(f"Starting {config.robot} on {config.backend} (logs: {session.logs})", flush=True)
        session.wait_ready()
        session.note(backend=config.backend, scene=config.scene, viewer=viewer.address(config))
        print(_next_steps(config), flush=True)
        while True:
            session.spin(0.2)


def _next_steps(config: CellConfig) -> str:
    from twincell_cell import viewer
    from twincell_contract import names

    place = "" if config.namespace == "" else f" --namespace {config.namespace}"
    space = config.full_namespace.rstrip("/")
    lines = [
        f"{config.robot} holds its pose in namespace '{config.full_namespace}' of domain {config.domain};"
        f" safety '{config.safety}'.",
    ]
    if config.record:
        lines.append(f"  its bag       {config.record}")
    if config.viewer == "web":
        lines.append(f"  see it        {viewer.address(config)}")
    lines += [
        f"  what it does  twincell status{place}",
        f"  move it       ros2 action send_goal {space}/{names.FOLLOW_JOINT_TRAJECTORY} ...",
        f"  stop it       ros2 service call {space}/{names.CONTROLLER_STOP} std_srvs/srv/Trigger",
        "Ctrl-C ends the cell.",
    ]
    return "\n".join(lines)
