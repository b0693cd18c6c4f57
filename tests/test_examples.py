"""Every example runs against a cell."""

import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[1] / "examples"
EXAMPLES = sorted(FOLDER.glob("[0-9]*.py"))


def test_the_readme_lists_every_example() -> None:
    text = (FOLDER / "README.md").read_text()
    assert EXAMPLES and all(f"| {path.name} |" in text for path in EXAMPLES)


def test_every_example_runs(start_cell) -> None:
    session = start_cell(namespace="examples")
    session.wait_ready()
    for path in EXAMPLES:
        process = subprocess.Popen(
            [sys.executable, str(path), "--namespace", "examples"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if not session.spin_until(lambda process=process: process.poll() is not None, 40.0):
            process.kill()
            pytest.fail(f"{path.name} did not end within 40 s")
        out, _ = process.communicate()
        assert process.returncode == 0, f"{path.name}: {out}"
        assert out.strip(), f"{path.name} printed nothing"
