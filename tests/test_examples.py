"""Every example runs against a cell."""

import subprocess
import sys
from pathlib import Path

import pytest

from twincell_msgs.msg import ControllerStatus

FOLDER = Path(__file__).resolve().parents[1] / "examples"
EXAMPLES = sorted(FOLDER.glob("[0-9]*.py"))


def test_the_readme_lists_every_example() -> None:
    text = (FOLDER / "README.md").read_text()
    assert EXAMPLES and all(f"| {path.name} |" in text for path in EXAMPLES)


def run(path: Path, session) -> tuple[int, str]:
    """Exit code and output of an example; the session watches the cell meanwhile."""
    process = subprocess.Popen(
        [sys.executable, str(path), "--namespace", "examples"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if not session.spin_until(lambda: process.poll() is not None, 40.0):
        process.kill()
        pytest.fail(f"{path.name} did not end within 40 s")
    return process.returncode, process.communicate()[0]


def test_every_example_runs(start_cell) -> None:
    session = start_cell(namespace="examples")
    for path in EXAMPLES:
        session.wait_ready()
        code, out = run(path, session)
        status = session.controller_status()
        if code != 0 and status is not None and status.mode == ControllerStatus.MODE_FAULT:
            # A busy machine stalled the cell for longer than its state time-out, and it stopped as it should.
            session.wait_ready()
            code, out = run(path, session)
        assert code == 0, f"{path.name}: {out}"
        assert out.strip(), f"{path.name} printed nothing"
