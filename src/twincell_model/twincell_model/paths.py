"""Where configuration, models and policies lie."""

import os
from functools import cache
from pathlib import Path

from twincell_model.errors import UserError


@cache
def _find(environment: str | None) -> Path:
    if environment:
        root = Path(environment).expanduser().resolve()
        if not (root / "config").is_dir():
            raise UserError(
                f"TWINCELL_ROOT is '{environment}', which holds no config folder; set it to the repository"
            )
        return root
    for folder in Path(__file__).resolve().parents:
        if (folder / "config" / "robots").is_dir() and (folder / "models").is_dir():
            return folder
    raise UserError(
        "the folder that holds config/ and models/ was not found; set TWINCELL_ROOT to the repository"
    )


def root() -> Path:
    """The repository: TWINCELL_ROOT, else the first parent folder that holds config/robots and models.

    Raises UserError where there is none.
    """
    return _find(os.environ.get("TWINCELL_ROOT"))


def config(*parts: str) -> Path:
    """A path below config/."""
    return root().joinpath("config", *parts)


def models(*parts: str) -> Path:
    """A path below models/."""
    return root().joinpath("models", *parts)


def policies() -> Path:
    """The folder of the trained policy packages."""
    return root() / "policies"
