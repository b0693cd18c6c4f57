"""The part of the contract that a cell has once per camera: realsense-ros's names below `camera/<camera>`."""

from collections.abc import Collection
from typing import Any

from sensor_msgs.msg import CameraInfo, Image

from realsense2_camera_msgs.msg import Extrinsics, Metadata
from realsense2_camera_msgs.srv import DeviceInfo

from . import names, qos
from .entries import Rate, Room, Service, Topic, When

STREAMS = ("color", "depth", "aligned")
ANY_CAMERA = "<camera>"

_UNITS = {
    "color": "rgb8",
    "depth": "16UC1, mm along the optical axis, 0 invalid",
    "aligned": "16UC1, mm along the optical axis, 0 invalid",
}
_FRAMES = {
    "color": "<camera>_color_optical_frame",
    "depth": "<camera>_depth_optical_frame",
    "aligned": "<camera>_color_optical_frame",
}
_NOTES = {
    "color": "Stamped with the exposure, in the clock of joint_states. Subscribe best effort.",
    "depth": "In the left depth imager's pixels.",
    "aligned": "The depth image in the color image's pixels.",
}


def topics(camera: str, streams: Collection[str], rate_hz: float) -> tuple[Topic, ...]:
    """Topics of one camera. `rate_hz` is that of its profiles, 0 where any will do."""
    rate = Rate(0.9 * rate_hz, 1.05 * rate_hz) if rate_hz else None
    common: dict[str, Any] = {"room": Room.CAMERA, "qos": qos.images(), "when": When.CAMERA}
    found: list[Topic] = []
    for stream in STREAMS:
        if stream not in streams:
            continue
        frame = _FRAMES[stream].replace(ANY_CAMERA, camera)
        found += [
            Topic(
                names.camera_image(camera, stream),
                Image,
                rate=rate,
                frame=frame,
                unit=_UNITS[stream],
                note=_NOTES[stream],
                **common,
            ),
            Topic(
                names.camera_info(camera, stream),
                CameraInfo,
                rate=rate,
                frame=frame,
                unit="pixel",
                note="One per image, with its stamp.",
                **common,
            ),
        ]
        if stream != "aligned":
            found.append(
                Topic(
                    names.camera_metadata(camera, stream),
                    Metadata,
                    frame=frame,
                    note="JSON: frame number, exposure, gain. Sent while somebody subscribes.",
                    **common,
                )
            )
    if "color" in streams and "depth" in streams:
        found.append(
            Topic(
                names.camera_extrinsics(camera),
                Extrinsics,
                Room.CAMERA,
                qos=qos.latched(),
                unit="m",
                note="Depth to color, between the optical frames.",
                when=When.CAMERA,
            )
        )
    return tuple(found)


def services(camera: str) -> tuple[Service, ...]:
    """Services of one camera."""
    return (
        Service(
            names.camera_device_info(camera),
            DeviceInfo,
            Room.CAMERA,
            "What the device is.",
            when=When.CAMERA,
        ),
    )
