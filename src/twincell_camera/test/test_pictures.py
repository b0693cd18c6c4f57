"""The pictures of docs/cameras.md can be drawn, and the document shows all of them."""

from pathlib import Path

import numpy as np
from twincell_camera.model import Effect
from twincell_camera.pictures import EFFECTS, colored, draw

ROOT = Path(__file__).parents[3]


def test_pictures_are_drawn_and_shown(tmp_path: Path) -> None:
    written = draw(tmp_path)
    text = (ROOT / "docs" / "cameras.md").read_text()
    for path in written:
        assert path.stat().st_size > 1000
        assert f"images/{path.name}" in text
        assert (ROOT / "docs" / "images" / path.name).is_file()


def test_every_effect_is_in_the_document() -> None:
    text = (ROOT / "docs" / "cameras.md").read_text()
    assert [effect.value for effect in Effect if f"`{effect.value}`" not in text] == []
    assert len(EFFECTS) == 8


def test_colours_tell_near_from_far_and_invalid() -> None:
    near, far, invalid = colored(np.array([[800, 2900, 0]], np.uint16))[0]
    assert near[0] > near[2] and far[2] > far[0] and not invalid.any()
