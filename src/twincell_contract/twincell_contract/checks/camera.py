"""Image streams: encodings, frames, calibration, stamps, latency. Nothing is commanded."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from .. import names
from ..facts import CameraFacts
from .check import Failed, Item, require
from .frames import transforms
from .observer import Observer, stamp_ns

ENCODINGS = {"color": ("rgb8", 3), "depth": ("16UC1", 2), "aligned": ("16UC1", 2)}
INTRINSICS_TOLERANCE = 1e-3
"""[pixel]"""
LATENCY_BOUND_S = 0.25
"""A frame older than this on arrival is of no use to a policy."""
GAP_PERIODS = 8.0
"""Longest silence of a stream in periods: a dropped frame or two, and a machine that was busy."""
FRAME_TOLERANCE_M = 1e-4


def image(cell: Observer, camera: CameraFacts, stream: str) -> Any:
    """The newest image of a stream. Raises Failed when none has come."""
    return cell.latest(names.camera_image(camera.name, stream))


def encoding(camera: CameraFacts, stream: str, cell: Observer) -> str:
    """rgb8 or 16UC1, rows without padding, as many bytes as pixels, of the profile's size."""
    message, (wanted, depth) = image(cell, camera, stream), ENCODINGS[stream]
    facts = camera.streams[stream]
    topic = names.camera_image(camera.name, stream)
    require(message.encoding == wanted, f"{topic} is {message.encoding}; it must be {wanted}.")
    require(
        (message.width, message.height) == (facts.width, facts.height),
        f"{topic} is {message.width}x{message.height}; the profile is {facts.width}x{facts.height}.",
    )
    require(
        message.step == message.width * depth and len(message.data) == message.step * message.height,
        f"{topic}: step {message.step} and {len(message.data)} bytes do not fit {message.width}x{message.height}.",
    )
    require(message.is_bigendian == 0, f"{topic} is big-endian; write it in this machine's order.")
    return f"{wanted} {message.width}x{message.height}"


def frame_id(camera: CameraFacts, stream: str, cell: Observer) -> str:
    """Image and calibration are in the stream's optical frame."""
    wanted = camera.streams[stream].frame
    for topic in (names.camera_image(camera.name, stream), names.camera_info(camera.name, stream)):
        found = cell.latest(topic).header.frame_id
        require(found == wanted, f"{topic} is in frame '{found}'; it must be '{wanted}'.")
    return wanted


def intrinsics(camera: CameraFacts, stream: str, cell: Observer) -> str:
    """camera_info holds the profile's K, no distortion, R identity and P = [K | 0]."""
    facts, topic = camera.streams[stream], names.camera_info(camera.name, stream)
    info = cell.latest(topic)
    require(
        (info.width, info.height) == (facts.width, facts.height),
        f"{topic} says {info.width}x{info.height}; the image is {facts.width}x{facts.height}.",
    )
    wanted = np.array([facts.fx, 0.0, facts.cx, 0.0, facts.fy, facts.cy, 0.0, 0.0, 1.0])
    off = float(np.abs(np.asarray(info.k) - wanted).max())
    require(
        off <= INTRINSICS_TOLERANCE,
        f"{topic}: K is {off:.3f} pixels from the profile's. Publish the calibration of the mode in use.",
    )
    require(
        info.distortion_model == "plumb_bob" and list(info.d) == [0.0] * 5,
        f"{topic}: distortion {info.distortion_model} {list(info.d)}; images are rectified: plumb_bob with five zeros.",
    )
    require(np.array_equal(np.asarray(info.r).reshape(3, 3), np.eye(3)), f"{topic}: R is not the identity.")
    projection = np.asarray(info.p).reshape(3, 4)
    require(
        np.array_equal(projection[:, :3], np.asarray(info.k).reshape(3, 3)) and not projection[:, 3].any(),
        f"{topic}: P is not [K | 0].",
    )
    return f"fx {facts.fx:g}, fy {facts.fy:g}, cx {facts.cx:g}, cy {facts.cy:g}"


def recent_stamps(cell: Observer, topic: str, seconds: float = 3.0) -> Any:
    """Stamps of the newest messages of a topic (n,) [ns]. Raises Failed for fewer than three."""
    cell.drain()
    received = cell.messages(topic, cell.now_ns() - int(seconds * 1e9))
    require(
        len(received) > 2, f"{len(received)} messages on {topic} in {seconds:g} s. Is the camera running?"
    )
    return np.array([stamp_ns(item.msg.header.stamp) for item in received])


def stamps(camera: CameraFacts, stream: str, cell: Observer) -> str:
    """Stamps rise, one period apart, without long gaps."""
    topic = names.camera_image(camera.name, stream)
    distances = np.diff(recent_stamps(cell, topic)) * 1e-9
    wrong = int((distances <= 0.0).sum())
    require(wrong == 0, f"{wrong} images of {topic} have the stamp of the one before or an earlier one.")
    period = 1.0 / camera.rate_hz
    off = np.abs(distances / period - np.rint(distances / period)).max() * period
    require(
        float(off) < 0.1 * period and float(np.median(distances)) < 1.5 * period,
        f"{topic} is stamped {float(np.median(distances)) * 1e3:.1f} ms apart; the period is {period * 1e3:.1f} ms. "
        "Stamp with the exposure, and look at the machine's load.",
    )
    require(
        distances.max() <= GAP_PERIODS * period,
        f"{topic} was silent for {distances.max():.2f} s. Look at the camera's diagnostics and the machine's load.",
    )
    return f"{len(distances) + 1} stamps, median {np.median(distances) * 1e3:.1f} ms"


def info_goes_with_image(camera: CameraFacts, stream: str, cell: Observer) -> str:
    """Each image has a camera_info with its stamp."""
    images = recent_stamps(cell, names.camera_image(camera.name, stream))
    infos = set(recent_stamps(cell, names.camera_info(camera.name, stream)).tolist())
    alone = [stamp for stamp in images[1:-1].tolist() if stamp not in infos]
    require(
        len(alone) <= 0.05 * len(images),
        f"{len(alone)} of {len(images)} images of {camera.name} {stream} have no camera_info with their stamp.",
    )
    return f"{len(images)} images with their calibration"


def streams_go_together(camera: CameraFacts, cell: Observer) -> str:
    """Color, depth and aligned depth are exposed together and carry one stamp."""
    seen = [
        set(recent_stamps(cell, names.camera_image(camera.name, stream)).tolist())
        for stream in camera.streams
    ]
    common = set.intersection(*seen)
    most = max(len(stamps) for stamps in seen)
    require(
        len(common) >= 0.85 * (most - 2),
        f"Only {len(common)} of {most} exposures of {camera.name} have all of {', '.join(camera.streams)}.",
    )
    return f"{len(common)} exposures with {', '.join(camera.streams)}"


def latency(camera: CameraFacts, stream: str, cell: Observer) -> str:
    """Published after the exposure, soon, by the clock that joint_states are stamped with."""
    topic = names.camera_image(camera.name, stream)
    recent = cell.messages(topic, cell.now_ns() - 3_000_000_000)
    require(recent, f"{topic} is silent.")
    ages = np.array([item.source_ns - stamp_ns(item.msg.header.stamp) for item in recent]) * 1e-9
    require(
        ages.min() >= 0.0,
        f"An image of {topic} was published {-ages.min() * 1e3:.1f} ms before its exposure.",
    )
    middle = float(np.median(ages))
    require(
        middle <= LATENCY_BOUND_S,
        f"{topic} arrives {middle * 1e3:.0f} ms after its exposure. Stamps must be the exposure in the system's "
        "clock; if they are, the machine is too busy.",
    )
    joints = cell.messages(names.JOINT_STATES)[-1:]
    require(joints, "joint_states is silent.")
    apart = abs(stamp_ns(joints[0].msg.header.stamp) - stamp_ns(recent[-1].msg.header.stamp)) * 1e-9
    require(
        apart < 1.0, f"Stamps of {topic} and joint_states are {apart:.1f} s apart: they are not in one clock."
    )
    return f"median {middle * 1e3:.1f} ms after the exposure"


def extrinsics(camera: CameraFacts, cell: Observer) -> str:
    """extrinsics/depth_to_color is latched and says what tf_static says."""
    message = cell.latest(names.camera_extrinsics(camera.name))
    rotation = np.asarray(message.rotation).reshape(3, 3, order="F")
    require(
        np.abs(rotation - np.eye(3)).max() < 1e-6, "depth_to_color turns; both imagers look the same way."
    )
    wanted = np.array([camera.color_offset_m, 0.0, 0.0])
    off = float(np.abs(np.asarray(message.translation) - wanted).max())
    require(
        off < FRAME_TOLERANCE_M,
        f"depth_to_color is {off * 1e3:.2f} mm from {wanted.tolist()} m. It takes points from depth to color.",
    )
    depth, color = (link_to_optical(cell, camera, stream) for stream in ("depth", "color"))
    by_tf = np.linalg.inv(color) @ depth
    off = float(np.abs(by_tf[:3, 3] - message.translation).max())
    require(
        off < FRAME_TOLERANCE_M,
        f"tf_static and depth_to_color of {camera.name} are {off * 1e3:.2f} mm apart.",
    )
    return f"{message.translation[0] * 1e3:.1f} mm along x"


def link_to_optical(cell: Observer, camera: CameraFacts, stream: str) -> Any:
    """Pose (4, 4) of a stream's optical frame in the camera's link, by tf. Raises Failed for a missing frame."""
    found, frame, result = transforms(cell), camera.streams[stream].frame, np.eye(4)
    for _ in range(8):
        if frame == camera.link_frame:
            return result
        if frame not in found:
            raise Failed(
                f"tf_static has no frame {frame}. The camera node publishes it below {camera.link_frame}."
            )
        frame, moved = found[frame]
        result = moved @ result
    raise Failed(f"tf has no way from {camera.streams[stream].frame} up to {camera.link_frame}.")


def optical_frame(camera: CameraFacts, stream: str, cell: Observer) -> str:
    """tf leads from <camera>_link to the optical frame: z forward, y down; color left of depth; the link is mounted."""
    pose = link_to_optical(cell, camera, stream)
    axes = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
    require(
        np.abs(pose[:3, :3] - axes).max() < 1e-6,
        f"{camera.streams[stream].frame} does not have z forward, x right and y down in {camera.link_frame} (REP-103).",
    )
    left = camera.color_offset_m if stream != "depth" else 0.0
    off = float(np.abs(pose[:3, 3] - [0.0, left, 0.0]).max())
    require(
        off < FRAME_TOLERANCE_M,
        f"{camera.streams[stream].frame} is {off * 1e3:.2f} mm from [0, {left}, 0] m in {camera.link_frame}.",
    )
    require(camera.link_frame in transforms(cell), f"Nobody publishes where {camera.link_frame} is mounted.")
    return f"{camera.link_frame} -> {camera.streams[stream].frame}"


def not_blank(camera: CameraFacts, stream: str, cell: Observer) -> str:
    """A picture has contrast; a depth image has at least a tenth valid pixels, all in range."""
    message = image(cell, camera, stream)
    if stream == "color":
        contrast = float(np.frombuffer(message.data, np.uint8).std())
        require(contrast > 3.0, f"{camera.name} shows an even picture (contrast {contrast:.1f} of 255).")
        return f"contrast {contrast:.0f}"
    mm = np.frombuffer(message.data, np.uint16)
    valid = float((mm > 0).mean())
    require(valid > 0.1, f"Only {valid:.0%} of the pixels of {camera.name} {stream} have a depth.")
    return f"{valid:.0%} valid, {mm[mm > 0].min()} to {mm.max()} mm"


def items(cell: Observer) -> Iterator[Item]:
    """The checks of this file."""
    for camera in cell.facts.cameras:
        for stream in camera.streams:
            of = f"{camera.name}/{stream}"
            for name, test in (
                ("encoding", encoding),
                ("frame", frame_id),
                ("intrinsics", intrinsics),
                ("stamps", stamps),
                ("info_stamps", info_goes_with_image),
                ("latency", latency),
                ("tf", optical_frame),
                ("not_blank", not_blank),
            ):
                yield Item(f"camera_{name}:{of}", partial(test, camera, stream))
        if len(camera.streams) > 1:
            yield Item(f"camera_streams_together:{camera.name}", partial(streams_go_together, camera))
        if {"color", "depth"} <= set(camera.streams):
            yield Item(f"camera_extrinsics:{camera.name}", partial(extrinsics, camera))
