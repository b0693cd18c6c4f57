"""Pictures: PNG writing and the portraits' content."""

import os
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from twincell_model.visuals import png


def decoded(data: bytes) -> np.ndarray:
    """Pixels (height, width, 3) of a PNG of our own: one IDAT, every row coded against the row above."""
    width, height = (int.from_bytes(data[k : k + 4], "big") for k in (16, 20))
    start = data.index(b"IDAT") + 4
    length = int.from_bytes(data[start - 8 : start - 4], "big")
    rows = np.frombuffer(zlib.decompress(data[start : start + length]), np.uint8).reshape(height, -1)
    assert set(rows[:, 0]) == {2}
    return np.cumsum(rows[:, 1:].reshape(height, width, 3), axis=0, dtype=np.uint8)


def portrait(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command, in a process of its own: MuJoCo chooses its GL when it is first imported."""
    return subprocess.run(
        [sys.executable, "-m", "twincell_model.visuals.portrait", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        timeout=60,
    )


def test_png_pixels_survive(tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    png.write(tmp_path / "a.png", pixels)
    assert np.array_equal(decoded((tmp_path / "a.png").read_bytes()), pixels)


def test_png_refuses_other_arrays() -> None:
    with pytest.raises(ValueError, match="uint8"):
        png.encode(np.zeros((4, 4, 3)))


def test_unknown_robot_is_one_sentence() -> None:
    done = portrait("ur9")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "ur9" in done.stderr


@pytest.mark.slow
def test_a_portrait_shows_the_robots_colours(tmp_path: Path) -> None:
    done = portrait("ur5e", "--out", str(tmp_path))
    assert done.returncode == 0, done.stderr
    picture = decoded((tmp_path / "ur5e.png").read_bytes()).astype(int)
    assert picture.shape == (700, 900, 3)
    blue = (picture[..., 2] - picture[..., 0] > 50) & (picture[..., 2] > 120)
    dark = picture.max(axis=2) < 60
    assert 0.01 < blue.mean() < 0.2
    assert 0.01 < dark.mean() < 0.3
