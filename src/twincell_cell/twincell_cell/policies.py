"""Which policy package a demo runs."""

from __future__ import annotations

from twincell_model.errors import UserError
from twincell_policy.package import available, load_package

from twincell_cell.config import CellConfig


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
