"""Messages are what realsense-ros sends, and pixels written into the views are in them."""

import numpy as np
from twincell_camera.camera_set import CameraSpec, load_set
from twincell_camera.messages import FrameMessages, extrinsics


def test_pixels_are_written_in_place(scene_camera: CameraSpec) -> None:
    messages = FrameMessages(scene_camera, "left_")
    assert messages.images.color is not None and messages.images.depth is not None
    messages.images.color[3, 5] = (10, 20, 30)
    messages.images.depth[2, 7] = 0x1234
    color, depth = messages.image["color"], messages.image["depth"]
    assert bytes(color.data[3 * color.step + 15 : 3 * color.step + 18]) == bytes((10, 20, 30))
    assert bytes(depth.data[2 * depth.step + 14 : 2 * depth.step + 16]) == b"\x34\x12"
    assert (color.encoding, color.step, depth.encoding, depth.step) == ("rgb8", 1272, "16UC1", 848)
    assert len(depth.data) == 848 * 240


def test_frames_and_calibration(scene_camera: CameraSpec) -> None:
    assert scene_camera.color is not None
    messages = FrameMessages(scene_camera, "left_")
    assert {stream: message.header.frame_id for stream, message in messages.image.items()} == {
        "color": "left_camera_color_optical_frame",
        "aligned": "left_camera_color_optical_frame",
        "depth": "left_camera_depth_optical_frame",
    }
    info = messages.info["aligned"]
    np.testing.assert_allclose(np.array(info.k).reshape(3, 3), scene_camera.color.intrinsics.matrix)
    np.testing.assert_allclose(np.array(info.p).reshape(3, 4)[:, :3], scene_camera.color.intrinsics.matrix)
    assert (info.distortion_model, list(info.d)) == ("plumb_bob", [0.0] * 5)


def test_one_stamp_for_all(scene_camera: CameraSpec) -> None:
    messages = FrameMessages(scene_camera, "")
    messages.stamp(12_000_000_345)
    stamps = {
        (m.header.stamp.sec, m.header.stamp.nanosec)
        for m in (*messages.image.values(), *messages.info.values())
    }
    assert stamps == {(12, 345)}


def test_a_color_camera_has_one_stream() -> None:
    wrist = next(spec for spec in load_set("scene_and_wrist") if spec.name == "wrist")
    assert list(FrameMessages(wrist, "").image) == ["color"]


def test_extrinsics(scene_camera: CameraSpec) -> None:
    message = extrinsics(scene_camera)
    assert list(message.rotation) == [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
    assert list(message.translation) == [0.015, 0.0, 0.0]
