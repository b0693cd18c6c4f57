"""Which policy package a demo runs."""

from __future__ import annotations

from dataclasses import replace

from twincell_model.errors import UserError
from twincell_policy.package import available, load_package

from twincell_cell.config import CellConfig, check

TASKS = ("reach_object", "reach")
"""What a robot does where no task is named: the first for which a trained policy exists."""

CAMERA_SET = "color"
"""What a policy sees with where no camera set is named."""


def default_task(robot: str) -> str:
    """The task of the demo for a robot."""
    return next((task for task in TASKS if f"{task}_{robot}" in available()), TASKS[-1])


def with_cameras(config: CellConfig, policy: str) -> CellConfig:
    """`config` with the cameras that the package `policy` needs, where none are named."""
    needs = load_package(policy).manifest.cameras
    return check(replace(config, cameras=CAMERA_SET)) if needs and not config.cameras else config


def choose(name: str, config: CellConfig) -> str:
    """Folder of the package to run: `name` (a package or a folder), else `<task>_<robot>`.

    Raises UserError where there is none or it is broken.
    """
    if not name:
        name = f"{config.task}_{config.robot}"
        if name not in available():
            raise UserError(
                f"there is no trained policy '{name}' for robot '{config.robot}'; "
                f"choose one with --policy: {', '.join(available()) or 'none exist'}"
            )
    return str(load_package(name).folder)
