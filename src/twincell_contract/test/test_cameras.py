"""The contract's part per camera: realsense-ros's names, and only what the camera has."""

from sensor_msgs.msg import CameraInfo, Image
from twincell_contract.document import text
from twincell_contract.entries import type_name

from twincell_contract import cameras


def test_names_are_realsense_ross() -> None:
    found = {topic.name: topic for topic in cameras.topics("camera", cameras.STREAMS, 30.0)}
    assert {name for name, topic in found.items() if topic.type is Image} == {
        "camera/camera/color/image_raw",
        "camera/camera/depth/image_rect_raw",
        "camera/camera/aligned_depth_to_color/image_raw",
    }
    assert {name for name, topic in found.items() if topic.type is CameraInfo} == {
        "camera/camera/color/camera_info",
        "camera/camera/depth/camera_info",
        "camera/camera/aligned_depth_to_color/camera_info",
    }
    extrinsics = found["camera/camera/extrinsics/depth_to_color"]
    assert type_name(extrinsics.type) == "realsense2_camera_msgs/msg/Extrinsics"
    assert found["camera/camera/depth/image_rect_raw"].frame == "camera_depth_optical_frame"
    assert found["camera/camera/aligned_depth_to_color/image_raw"].frame == "camera_color_optical_frame"


def test_rates_are_the_profiles() -> None:
    image = cameras.topics("wrist", ["color"], 15.0)[0]
    assert image.rate is not None and image.rate.bounds(500.0) == (13.5, 15.75)


def test_a_camera_has_only_its_streams() -> None:
    names = [topic.name for topic in cameras.topics("wrist", ["color"], 30.0)]
    assert names == [
        "camera/wrist/color/image_raw",
        "camera/wrist/color/camera_info",
        "camera/wrist/color/metadata",
    ]


def test_the_document_has_them() -> None:
    written = text()
    for entry in (
        *cameras.topics(cameras.ANY_CAMERA, cameras.STREAMS, 0.0),
        *cameras.services(cameras.ANY_CAMERA),
    ):
        assert f"`{entry.name}`" in written
