"""Command-line options that several verbs share, and number types with errors that name the word."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable

from twincell_model.errors import UserError

from twincell_cell.config import BACKENDS, CLOCKS, MAX_DOMAIN, CellConfig, check

ROBOTS = "ur5, ur5e, xarm7"


def add_cell(parser: argparse.ArgumentParser, viewer: bool = True) -> None:
    """Options that say which cell is meant and how it is run."""
    cell = parser.add_argument_group("the cell")
    cell.add_argument("--robot", default="xarm7", metavar="NAME", help=f"{ROBOTS} (default: %(default)s)")
    cell.add_argument(
        "--variant",
        default="",
        metavar="NAME",
        help="hardware variant of the robot (default: the robot's own)",
    )
    cell.add_argument(
        "--backend",
        default="mujoco",
        metavar="NAME",
        help=f"what moves the arm: {', '.join(BACKENDS)} (default: %(default)s)",
    )
    cell.add_argument(
        "--scene",
        default="reach",
        metavar="NAME|FILE",
        help="a scene under config/scenes or a YAML file (default: %(default)s)",
    )
    cell.add_argument(
        "--safety",
        default="slow",
        metavar="NAME|FILE",
        help="limits in force: slow (0.25 m/s), normal, max, or a YAML file (default: %(default)s)",
    )
    cell.add_argument(
        "--visuals",
        default="primitives",
        metavar="KIND",
        help="primitives, meshes:DIR or menagerie (default: %(default)s)",
    )
    cell.add_argument(
        "--cameras",
        default="",
        metavar="NAME|FILE",
        help="start the cameras of this set under config/cameras/sets, such as scene_and_wrist (default: none, or"
        " what the policy needs)",
    )
    cell.add_argument(
        "--clock",
        default="wall",
        metavar="KIND",
        help=f"{', '.join(CLOCKS)} (default: %(default)s, real time on the system clock)",
    )
    cell.add_argument("--tf-prefix", default="", metavar="TEXT", help="put before every joint and frame name")
    cell.add_argument(
        "--robot-ip", default="", metavar="ADDRESS", help="address of a real arm or an emulator"
    )
    cell.add_argument(
        "--params-file", default="", metavar="FILE", help="ROS parameters that win over everything else"
    )
    add_place(cell)
    if viewer:
        show = parser.add_argument_group("what is shown")
        show.add_argument("--headless", action="store_true", help="start no viewer")
        show.add_argument(
            "--viewer",
            default="auto",
            choices=("auto", "window", "web"),
            help="MuJoCo's window, a web page, or a window where there is a display (default: %(default)s)",
        )
        show.add_argument(
            "--viewer-port",
            type=whole(0, 65535),
            default=8650,
            metavar="PORT",
            help="port of the web page on 127.0.0.1, 0 for any free one (default: %(default)s)",
        )


def add_place(parser: argparse._ActionsContainer) -> None:
    """Options that say where a cell runs: namespace and domain."""
    parser.add_argument(
        "--namespace", default="", metavar="NAME", help="ROS namespace, so that several cells share a host"
    )
    parser.add_argument(
        "--domain",
        type=whole(0, MAX_DOMAIN),
        default=None,
        metavar="N",
        help="ROS domain (default: ROS_DOMAIN_ID, else 0)",
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    """`--json FILE`."""
    parser.add_argument(
        "--json", default="", metavar="FILE", help="also write the result to this file, whole or not at all"
    )


def add_record(parser: argparse.ArgumentParser) -> None:
    """`--record [DIR]`."""
    parser.add_argument(
        "--record",
        nargs="?",
        const="auto",
        default="",
        metavar="DIR",
        help="record every topic into a bag (MCAP, read by rosbag2); without DIR in the folder of the run",
    )


def add_seed(parser: argparse.ArgumentParser) -> None:
    """`--seed N`."""
    parser.add_argument(
        "--seed",
        type=whole(0, 2**32 - 1),
        default=0,
        metavar="N",
        help="the same seed gives the same targets (default: %(default)s)",
    )


def domain(args: argparse.Namespace) -> int:
    """The ROS domain meant by the options or the environment. Raises UserError for a bad variable."""
    if args.domain is not None:
        return int(args.domain)
    text = os.environ.get("ROS_DOMAIN_ID") or "0"
    if not text.isdecimal() or int(text) > MAX_DOMAIN:
        raise UserError(f"the environment variable ROS_DOMAIN_ID is '{text}'; it takes 0 to {MAX_DOMAIN}")
    return int(text)


def cell_config(args: argparse.Namespace, task: str = CellConfig.task) -> CellConfig:
    """The checked cell that the options describe, for a task. Raises UserError naming the wrong word."""
    headless = getattr(args, "headless", True)
    return check(
        CellConfig(
            robot=args.robot,
            variant=args.variant,
            tf_prefix=args.tf_prefix,
            backend=args.backend,
            scene=args.scene,
            task=task,
            safety=args.safety,
            visuals=args.visuals,
            cameras=args.cameras,
            clock=args.clock,
            namespace=args.namespace,
            robot_ip=args.robot_ip,
            params_file=args.params_file,
            domain=domain(args),
            viewer="off" if headless else args.viewer,
            viewer_port=getattr(args, "viewer_port", 0),
        )
    )


def whole(least: int, most: int) -> Callable[[str], int]:
    """Type of an argument that takes whole numbers in a range."""

    def convert(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"'{text}' is not a whole number") from None
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{value} is outside {least} to {most}")
        return value

    return convert


def positive(text: str) -> float:
    """Type of an argument that takes positive finite numbers."""
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number") from None
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return value
