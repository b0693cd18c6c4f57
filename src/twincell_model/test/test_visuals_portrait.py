"""Pictures: PNG writing and the portraits' content."""

import os
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from twincell_model.visuals import png


def test_png_pixels_survive(tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    png.write(tmp_path / "a.png", pixels)
    data = (tmp_path / "a.png").read_bytes()
    start = data.index(b"IDAT") + 4
    length = int.from_bytes(data[start - 8 : start - 4], "big")
    rows = np.frombuffer(zlib.decompress(data[start : start + length]), np.uint8).reshape(5, 22)
    assert set(rows[:, 0]) == {2}
    assert np.array_equal(np.cumsum(rows[:, 1:].reshape(5, 7, 3), axis=0, dtype=np.uint8), pixels)
    assert data[16:24] == (7).to_bytes(4, "big") + (5).to_bytes(4, "big")


def test_png_refuses_other_arrays() -> None:
    with pytest.raises(ValueError, match="uint8"):
        png.encode(np.zeros((4, 4, 3)))


def test_unknown_robot_is_one_sentence() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "twincell_model.visuals.portrait", "ur9"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        timeout=60,
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "ur9" in done.stderr


@pytest.mark.slow
def test_a_portrait_shows_the_robots_colours(tmp_path: Path) -> None:
    from twincell_model.profile import load_profile
    from twincell_model.visuals import portrait

    picture = portrait.render(load_profile("ur5e")).astype(int)
    assert picture.shape == (portrait.HEIGHT, portrait.WIDTH, 3)
    blue = (picture[..., 2] - picture[..., 0] > 50) & (picture[..., 2] > 120)
    dark = picture.max(axis=2) < 60
    assert 0.01 < blue.mean() < 0.2
    assert 0.01 < dark.mean() < 0.3
