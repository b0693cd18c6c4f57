"""Checks of image streams find what is wrong with one, by name."""

from array import array
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, Image
from twincell_contract.checks import camera
from twincell_contract.checks.check import Failed
from twincell_contract.checks.observer import WHOLE_IMAGES, Observer
from twincell_contract.facts import CameraFacts, RobotFacts, StreamFacts

from twincell_contract import names, qos

STREAM = StreamFacts(8, 4, 10.0, 10.0, 3.5, 1.5, "eye_color_optical_frame")
EYE = CameraFacts("eye", 30.0, {"color": STREAM}, "eye_link", 0.015, 0.05, 0.08, 1 / 32, 0.03, True)


@pytest.fixture
def cell(facts: RobotFacts, arm: Node, namespace: str) -> Iterator[Observer]:
    with Observer(replace(facts, cameras=(EYE,)), namespace) as cell:
        yield cell


@pytest.fixture
def send(arm: Node, cell: Observer) -> Callable[..., None]:
    """Publishes an image and its calibration, `period` after the one before, with changes."""
    image = arm.create_publisher(Image, names.camera_image("eye", "color"), qos.images())
    info = arm.create_publisher(CameraInfo, names.camera_info("eye", "color"), qos.images())
    assert cell.wait(lambda: image.get_subscription_count() and info.get_subscription_count(), 20.0)
    state = {"stamp": cell.now_ns() - 1_000_000_000}

    def send(count: int = 1, period: float = 1 / 30, **changes: object) -> None:
        topic = names.camera_image("eye", "color")
        for _ in range(10 * count):  # best effort: what comes before both sides know each other is lost
            if len(cell.messages(topic)) >= count:
                break
            state["stamp"] += int(period * 1e9)
            picture = Image(width=8, height=4, encoding="rgb8", step=24, data=array("B", bytes(range(96))))
            table = CameraInfo(width=8, height=4, distortion_model="plumb_bob", d=[0.0] * 5)
            table.k, table.r = (
                [10.0, 0.0, 3.5, 0.0, 10.0, 1.5, 0.0, 0.0, 1.0],
                [1.0, 0, 0, 0, 1.0, 0, 0, 0, 1.0],
            )
            table.p = [10.0, 0.0, 3.5, 0.0, 0.0, 10.0, 1.5, 0.0, 0.0, 0.0, 1.0, 0.0]
            for message in (picture, table):
                message.header.frame_id = STREAM.frame
                seconds, nanoseconds = divmod(state["stamp"], 1_000_000_000)
                message.header.stamp.sec, message.header.stamp.nanosec = seconds, nanoseconds
                for name, value in changes.items():
                    if hasattr(message, name):
                        setattr(message, name, value)
            image.publish(picture)
            info.publish(table)
            cell.pump(0.01)
        infos = names.camera_info("eye", "color")
        cell.wait(lambda: len(cell.messages(infos)) >= len(cell.messages(topic)), 10.0)

    return send


def test_a_right_stream_passes(cell: Observer, send: Callable[..., None]) -> None:
    send(20)
    for test in (
        camera.encoding,
        camera.frame_id,
        camera.intrinsics,
        camera.stamps,
        camera.info_goes_with_image,
        camera.not_blank,
    ):
        test(EYE, "color", cell)


@pytest.mark.parametrize(
    ("changes", "test", "complaint"),
    [
        ({"encoding": "bgr8"}, camera.encoding, "is bgr8; it must be rgb8"),
        ({"step": 32}, camera.encoding, "step 32 and 96 bytes"),
        ({"is_bigendian": 1}, camera.encoding, "big-endian"),
        ({"k": [11.0, 0.0, 3.5, 0.0, 10.0, 1.5, 0.0, 0.0, 1.0]}, camera.intrinsics, "K is 1.000 pixels"),
        ({"p": [0.0] * 12}, camera.intrinsics, "P is not"),
        ({"d": [0.1, 0.0, 0.0, 0.0, 0.0]}, camera.intrinsics, "distortion plumb_bob"),
        ({"data": array("B", bytes(96))}, camera.not_blank, "even picture"),
        ({"period": 0.0}, camera.stamps, "have the stamp of the one before"),
        ({"period": 0.045}, camera.stamps, "45.0 ms apart; the period is 33.3 ms"),
    ],
)
def test_what_is_wrong_is_named(
    cell: Observer, send: Callable[..., None], changes: dict, test: Callable[..., str], complaint: str
) -> None:
    send(6, **changes)
    with pytest.raises(Failed, match=complaint):
        test(EYE, "color", cell)


def test_a_missing_frame_is_named(
    cell: Observer, send: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(camera, "transforms", lambda _: {})
    with pytest.raises(Failed, match="tf_static has no frame eye_color_optical_frame"):
        camera.optical_frame(EYE, "color", cell)


def test_old_images_keep_their_header_alone(cell: Observer, send: Callable[..., None]) -> None:
    send(WHOLE_IMAGES + 10)
    kept = cell.messages(names.camera_image("eye", "color"))
    assert len(kept) > WHOLE_IMAGES
    assert [len(item.msg.data) for item in kept[-WHOLE_IMAGES:]] == [96] * WHOLE_IMAGES
    assert not any(len(item.msg.data) for item in kept[:-WHOLE_IMAGES])
