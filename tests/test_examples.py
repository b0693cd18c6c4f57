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


def run(path: Path, session, *words: str) -> tuple[int, str]:
    """Exit code and output of an example; the session watches the cell meanwhile."""
    process = subprocess.Popen(
        [sys.executable, str(path), "--namespace", "examples", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        ended = session.spin_until(lambda: process.poll() is not None, 60.0)
    finally:
        process.kill()
        out = process.communicate()[0]
    assert ended, f"{path.name} did not end within 60 s: {out}"
    return process.returncode, out


@pytest.mark.timeout(400)
def test_every_example_runs(start_cell, recover) -> None:
    session = start_cell(namespace="examples")
    for path in EXAMPLES:
        for _ in range(3):
            recover(session)
            code, out = run(path, session)
            # A busy machine may have stalled the cell for longer than its state time-out: it stopped as it should.
            if code == 0 or not recover(session):
                break
        assert code == 0, f"{path.name}: {out}"
        assert out.strip(), f"{path.name} printed nothing"
