"""Camera models: real intrinsics, profiles by realsense-ros's words, errors by name."""

import numpy as np
import pytest
from twincell_camera.model import available, load_model
from twincell_model.errors import UserError

D435 = load_model("d435")


def test_every_model_file_loads() -> None:
    assert "d435" in available()
    assert [load_model(name).name for name in available()] == available()


def test_geometry_is_the_data_sheets() -> None:
    assert (D435.baseline_m, D435.color_offset_m) == (0.05, 0.015)
    assert D435.rates_hz == (15, 30)


@pytest.mark.parametrize("size", ["424x240", "640x480", "848x480"])
def test_fields_of_view_are_a_d435s(size: str) -> None:
    color, depth = D435.color[size], D435.depth[size]
    vertical = {
        "color": 42.8,
        "depth": 58.8 if size != "640x480" else 63.9,
    }  # data sheet 42 and 58, cropped to 4:3 65
    for stream, image in (("color", color), ("depth", depth)):
        angle = 2.0 * np.degrees(np.arctan(image.height / 2.0 / image.fy))
        assert angle == pytest.approx(vertical[stream], abs=0.6), stream
        assert abs(image.cx - image.width / 2) < 0.02 * image.width
        assert abs(image.cy - image.height / 2) < 0.02 * image.height


def test_projection_and_matrix_agree() -> None:
    image = D435.color["640x480"]
    points = np.array([[0.0, 0.0, 1.0], [0.3, -0.2, 2.0]])
    pixels = (image.matrix @ (points / points[:, 2:]).T).T[:, :2]
    np.testing.assert_allclose(image.project(points), pixels)


def test_a_profile_is_named_as_realsense_names_it() -> None:
    profile = D435.profile("depth", "848x480x15")
    assert (profile.intrinsics.width, profile.rate_hz, str(profile)) == (848, 15, "848x480x15")


@pytest.mark.parametrize("text", ["1280x720x30", "424x240x60", "424x240", "fast", ""])
def test_an_unknown_profile_is_refused_with_what_exists(text: str) -> None:
    with pytest.raises(UserError, match=r"no color profile '.*'; it has: .*424x240x30"):
        D435.profile("color", text)


def test_an_unknown_model_is_refused_by_name() -> None:
    with pytest.raises(UserError, match="unknown camera model 'd453'; did you mean 'd435'"):
        load_model("d453")
