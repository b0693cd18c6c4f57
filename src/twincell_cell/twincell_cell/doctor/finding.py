"""One line of the doctor's report."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass

OK, WARN, FAIL = "OK", "WARN", "FAIL"


@dataclass(frozen=True)
class Finding:
    """OK, WARN (the cell runs, something is slower, coarser or missing) or FAIL (the cell cannot run)."""

    name: str
    level: str
    detail: str
    remedy: str = ""


def run_child(words: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs python with the words; a time-out counts as a failure with its own message."""
    command = [sys.executable, *words]
    try:
        return subprocess.run(
            command, env={**os.environ, **environment}, capture_output=True, text=True, timeout=60
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 124, "", "no answer within 60 s")
