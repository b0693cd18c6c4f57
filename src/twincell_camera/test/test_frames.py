"""Frames and extrinsics agree with each other, with REP-103 and with where the pictures are taken from."""

import numpy as np
from twincell_camera.camera_set import CameraSpec, load_set
from twincell_camera.frames import camera_frames, depth_to_color, optical
from twincell_world.rotations import product, rotate


def in_link(spec: CameraSpec, frame: str) -> tuple[np.ndarray, np.ndarray]:
    by_child = {item.child: item for item in camera_frames(spec, "left_")}
    position, quaternion = np.zeros(3), np.array([1.0, 0.0, 0.0, 0.0])
    while frame in by_child:
        item = by_child[frame]
        position = item.position + rotate(item.quaternion, position)
        quaternion, frame = product(item.quaternion, quaternion), item.parent
    assert frame == "left_camera_link"
    return position, quaternion


def test_optical_axes_are_rep_103s(scene_camera: CameraSpec) -> None:
    for stream in ("color", "depth"):
        _, quaternion = in_link(scene_camera, optical("camera", stream, "left_"))
        np.testing.assert_allclose(rotate(quaternion, np.array([0.0, 0.0, 1.0])), [1.0, 0.0, 0.0], atol=1e-12)
        np.testing.assert_allclose(
            rotate(quaternion, np.array([1.0, 0.0, 0.0])), [0.0, -1.0, 0.0], atol=1e-12
        )


def test_extrinsics_take_points_from_depth_to_color(scene_camera: CameraSpec) -> None:
    depth_at, depth_turn = in_link(scene_camera, optical("camera", "depth", "left_"))
    color_at, color_turn = in_link(scene_camera, optical("camera", "color", "left_"))
    point = np.array([0.1, 0.2, 1.0])
    in_body = depth_at + rotate(depth_turn, point)
    back = color_turn * np.array([1.0, -1.0, -1.0, -1.0])
    rotation, translation = depth_to_color(scene_camera)
    np.testing.assert_allclose(rotate(back, in_body - color_at), rotation @ point + translation, atol=1e-12)
    assert color_at[1] > 0.0, "the color imager is on the left, seen from behind"


def test_a_color_only_camera_has_no_depth_frames() -> None:
    wrist = next(spec for spec in load_set("scene_and_wrist") if spec.name == "wrist")
    assert [frame.child for frame in camera_frames(wrist)] == [
        "wrist_color_frame",
        "wrist_color_optical_frame",
    ]
