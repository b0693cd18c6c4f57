"""Settings of trainings: YAML under config/training, each with a JSON schema of the same name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twincell_model.errors import UserError

from twincell_model import documents, paths


def load(name: str, schema: str = "reach") -> dict[str, Any]:
    """The settings `name` (under config/training, or a YAML file) of the training `schema`.

    Raises UserError naming the file or field.
    """
    folder = paths.config("training")
    path = Path(name) if name.endswith((".yaml", ".yml")) else folder / f"{name}.yaml"
    if not path.is_file():
        known = sorted(item.stem for item in folder.glob("*.yaml"))
        raise UserError(f"there are no training settings '{name}'; name a file or one of: {', '.join(known)}")
    return documents.read(path, folder / f"{schema}.schema.json", "training")
