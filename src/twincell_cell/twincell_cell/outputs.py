"""Files that a run leaves: checked before the run starts, written whole or not at all."""

from __future__ import annotations

import json
import math
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from twincell_model.errors import UserError


def check_writable(path: str | Path, word: str = "--json") -> Path:
    """Return `path` when a file can be written there later. Raises UserError naming it."""
    target = Path(path)
    if target.is_dir():
        raise UserError(f"{word} '{path}' is a folder; name a file")
    parent = target.parent
    if not parent.is_dir():
        raise UserError(f"{word} '{path}': folder '{parent}' does not exist")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise UserError(f"{word} '{path}': folder '{parent}' is not writable")
    if target.exists() and not os.access(target, os.W_OK):
        raise UserError(f"{word} '{path}' is not writable")
    return target


def write_json(path: str | Path, value: Any) -> None:
    """Write `value` in one step: a reader sees the old file or the new one. NaN becomes null (RFC 8259 has none)."""
    target = Path(path)
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(_finite(value), file, indent=2, allow_nan=False)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(name, 0o666 & ~umask)
        os.replace(name, target)
    except BaseException:  # an interrupt too: no half-written file stays
        Path(name).unlink(missing_ok=True)
        raise


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return value


def run_folder(verb: str) -> Path:
    """A new folder for the logs of a run: `runs/<stamp>-<verb>` beside config/, or a temporary one.

    The variable TWINCELL_RUNS names another parent.
    """
    from twincell_model.paths import root

    parent = Path(os.environ.get("TWINCELL_RUNS") or root() / "runs")
    stamp = time.strftime("%Y%m%d-%H%M%S")
    try:
        parent.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=f"{stamp}-{verb}-", dir=parent))
    except OSError:
        return Path(tempfile.mkdtemp(prefix=f"twincell-{stamp}-{verb}-"))
