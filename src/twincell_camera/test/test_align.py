"""Aligned depth: points of known walls land where their 3-D position projects to, and the nearest one stays."""

from dataclasses import replace

import numpy as np
import pytest
from twincell_camera.align import Aligner
from twincell_camera.camera_set import CameraSpec


def align(camera: CameraSpec, metres: np.ndarray) -> np.ndarray:
    assert camera.color is not None and camera.depth is not None
    size, color = camera.depth.intrinsics, camera.color.intrinsics
    mm = np.rint(1000.0 * metres).astype(np.uint16)
    disparity = (size.fx * camera.model.baseline_m / np.maximum(metres, 1e-6)).astype(np.float32)
    out = np.full((color.height, color.width), 7, np.uint16)
    Aligner(camera).align(mm, disparity, out)
    return out


def expected_column(camera: CameraSpec, column: float, metres: float) -> float:
    """Through 3-D: the point in the depth frame, shifted into the color frame, projected."""
    assert camera.color is not None and camera.depth is not None
    depth, color = camera.depth.intrinsics, camera.color.intrinsics
    x = (column - depth.cx) / depth.fx * metres + camera.model.color_offset_m
    return float(color.project(np.array([[x, 0.0, metres]]))[0, 0])


@pytest.mark.parametrize("size", ["424x240", "640x480", "848x480"])
@pytest.mark.parametrize("metres", [0.5, 1.0, 3.0])
def test_a_wall_stays_a_wall_without_cracks(scene_camera: CameraSpec, size: str, metres: float) -> None:
    model = scene_camera.model
    camera = replace(
        scene_camera, color=model.profile("color", f"{size}x30"), depth=model.profile("depth", f"{size}x30")
    )
    assert camera.depth is not None
    out = align(camera, np.full((camera.depth.intrinsics.height, camera.depth.intrinsics.width), metres))
    assert (out == round(1000 * metres)).all()


@pytest.mark.parametrize("metres", [0.5, 0.8, 2.0])
def test_an_edge_lands_where_it_projects_to(scene_camera: CameraSpec, metres: float) -> None:
    assert scene_camera.depth is not None
    truth = np.full((scene_camera.depth.intrinsics.height, scene_camera.depth.intrinsics.width), 4.0)
    truth[:, 190:230] = metres
    row = align(scene_camera, truth)[120]
    columns = np.flatnonzero(row == round(1000 * metres))
    assert columns.min() == pytest.approx(expected_column(scene_camera, 189.5, metres) + 0.5, abs=1.0)
    assert columns.max() == pytest.approx(expected_column(scene_camera, 229.5, metres) - 0.5, abs=1.5)
    assert (np.diff(columns) == 1).all(), "nothing behind shines through"


def test_rows_land_where_they_project_to(scene_camera: CameraSpec) -> None:
    assert scene_camera.depth is not None and scene_camera.color is not None
    depth, color = scene_camera.depth.intrinsics, scene_camera.color.intrinsics
    truth = np.full((depth.height, depth.width), 2.0)
    truth[100:] = 1.0
    column = align(scene_camera, truth)[:, 200]
    edge = (99.5 - depth.cy) / depth.fy * color.fy + color.cy
    assert np.flatnonzero(column == 1000).min() == pytest.approx(edge + 0.5, abs=1.0)


def test_invalid_depth_covers_nothing(scene_camera: CameraSpec) -> None:
    assert scene_camera.depth is not None
    size = scene_camera.depth.intrinsics
    assert not align(scene_camera, np.zeros((size.height, size.width))).any()
    truth = np.full((size.height, size.width), 2.0)
    truth[:, 200:203] = 0.0
    hole = np.flatnonzero(align(scene_camera, truth)[120] == 0)
    assert 2 <= len(hole) <= 6
    assert hole.mean() == pytest.approx(expected_column(scene_camera, 201.0, 2.0), abs=1.5)
