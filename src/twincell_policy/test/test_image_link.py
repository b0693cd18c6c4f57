"""The policy node's eyes, over the middleware: sets of images, what is known of the cameras, what is refused."""

import time
from array import array
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
import rclpy
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, Image
from twincell_model.errors import UserError
from twincell_policy.image_link import ImageLink, ImageSet
from twincell_policy.manifest import Camera

from twincell_contract import names, qos

CAMERAS = ("camera", "wrist")
PATIENCE_S = 20.0


class Rig:
    """Publishers of two cameras, and the link that reads them."""

    def __init__(self, node: Node) -> None:
        self.images = {
            name: node.create_publisher(Image, names.camera_image(name, "color"), qos.images())
            for name in CAMERAS
        }
        self.infos = {
            name: node.create_publisher(CameraInfo, names.camera_info(name, "color"), qos.images())
            for name in CAMERAS
        }
        self.link = ImageLink(node, CAMERAS)
        publishers = (*self.images.values(), *self.infos.values())
        wait_for(lambda: all(publisher.get_subscription_count() for publisher in publishers))

    def send(self, camera: str, stamp_ns: int, level: int, encoding: str = "rgb8") -> None:
        message = Image(height=2, width=4, encoding=encoding, step=12, data=array("B", [level] * 24))
        message.header.stamp.sec, message.header.stamp.nanosec = divmod(stamp_ns, 1_000_000_000)
        self.images[camera].publish(message)

    def taken(self) -> ImageSet:
        found: list[ImageSet] = []

        def take() -> bool:
            found.extend(item for item in [self.link.take()] if item is not None)
            return bool(found)

        wait_for(take)
        return found[0]


def wait_for(done: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not done():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.005)


@pytest.fixture
def rig() -> Iterator[Rig]:
    context = rclpy.Context()
    rclpy.init(args=[], context=context)
    node = Node("eyes", namespace=f"eyes_{uuid4().hex[:8]}", context=context, enable_rosout=False)
    yield Rig(node)
    node.destroy_node()
    rclpy.shutdown(context=context)


def test_images_of_one_exposure_make_a_set(rig: Rig) -> None:
    rig.link.watch(CAMERAS, 0.005)
    before = time.time_ns()
    rig.send("camera", 7_000_000_000, 10)
    rig.send("wrist", 7_002_000_000, 20)
    found = rig.taken()
    assert found.stamp_ns == 7_000_000_000
    assert {name: int(image[0, 0, 0]) for name, image in found.images.items()} == {"camera": 10, "wrist": 20}
    assert before <= found.published_ns <= time.time_ns(), "the middleware's time of the first of them"
    assert rig.link.take() is None
    rig.send("camera", 7_033_000_000, 30)
    rig.send("wrist", 7_033_000_000, 40)
    assert int(rig.taken().images["wrist"][1, 3, 2]) == 40


def test_what_came_before_a_run_is_not_looked_at(rig: Rig) -> None:
    rig.link.watch(CAMERAS, 0.005)
    for camera in CAMERAS:
        rig.send(camera, 7_000_000_000, 10)
    rig.taken()
    rig.send("camera", 7_033_000_000, 10)
    time.sleep(0.2)
    rig.link.watch(CAMERAS, 0.005)
    rig.send("wrist", 7_033_000_000, 10)
    time.sleep(0.2)
    assert rig.link.take() is None


def test_intrinsics_are_known_once_a_camera_has_sent_them(rig: Rig) -> None:
    assert rig.link.facts() == {"camera": None, "wrist": None}
    k = [306.0, 0.0, 209.0, 0.0, 305.0, 119.0, 0.0, 0.0, 1.0]
    rig.infos["camera"].publish(CameraInfo(width=424, height=240, k=k))
    wait_for(lambda: rig.link.facts()["camera"] is not None)
    assert rig.link.facts() == {
        "camera": Camera("camera", 424, 240, 306.0, 305.0, 209.0, 119.0),
        "wrist": None,
    }


def test_images_that_cannot_be_read_are_told_with_their_camera(rig: Rig) -> None:
    rig.link.watch(("wrist",), 0.005)
    rig.send("wrist", 7_000_000_000, 10, encoding="mono8")
    with pytest.raises(UserError, match="camera 'wrist': the encoding of a color image is 'mono8'"):
        rig.taken()
