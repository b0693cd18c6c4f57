"""What a camera offers on the graph: image topics, extrinsics, frames, device_info, diagnostics."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.node import Node
from rclpy.publisher import Publisher
from sensor_msgs.msg import CameraInfo, Image

from realsense2_camera_msgs.msg import Extrinsics, Metadata
from realsense2_camera_msgs.srv import DeviceInfo
from tf2_msgs.msg import TFMessage
from twincell_camera.camera_set import CameraSpec
from twincell_camera.frames import camera_frames
from twincell_camera.messages import FrameMessages, extrinsics, static_transforms, streams
from twincell_contract import names, qos

if TYPE_CHECKING:
    from twincell_camera.schedule import Exposure


class CameraOutputs:
    """Publishers of one camera and what they have published."""

    def __init__(self, node: Node, spec: CameraSpec, prefix: str) -> None:
        self.name, self._spec = spec.name, spec
        self._images: dict[str, tuple[Publisher, Publisher]] = {}
        for stream, _, _ in streams(spec, prefix):
            self._images[stream] = (
                node.create_publisher(CameraInfo, names.camera_info(spec.name, stream), qos.images()),
                node.create_publisher(Image, names.camera_image(spec.name, stream), qos.images()),
            )
        self._metadata = {
            stream: node.create_publisher(Metadata, names.camera_metadata(spec.name, stream), qos.images())
            for stream in ("color", "depth")
            if stream in self._images
        }
        if spec.color is not None and spec.depth is not None:
            self._extrinsics = node.create_publisher(
                Extrinsics, names.camera_extrinsics(spec.name), qos.latched()
            )
            self._extrinsics.publish(extrinsics(spec))
        node.create_service(DeviceInfo, names.camera_device_info(spec.name), self._device_info)
        self.published = 0
        self._since, self._latency_ns = 0, 0

    def publish(self, exposure: Exposure, messages: FrameMessages, now_ns: int) -> None:
        """Publish one frame: of each stream the calibration, then the image."""
        for stream, (info, image) in self._images.items():
            info.publish(messages.info[stream])
            image.publish(messages.image[stream])
        for stream, publisher in self._metadata.items():
            if publisher.get_subscription_count() > 0:
                publisher.publish(self._describe(exposure, messages.image[stream]))
        self.published += 1
        self._since += 1
        self._latency_ns += now_ns - exposure.stamp_ns

    def _describe(self, exposure: Exposure, image: Image) -> Metadata:
        words = {
            "frame_number": exposure.frame,
            "clock_domain": "system_time",
            "frame_timestamp": exposure.stamp_ns * 1e-6,
            "actual_exposure": self._spec.exposure_us,
            "gain_level": self._spec.gain,
        }
        return Metadata(header=image.header, json_data=json.dumps(words))

    def since_last(self) -> tuple[int, float]:
        """Frames since the last call and their mean latency [ms]."""
        frames, total = self._since, self._latency_ns
        self._since, self._latency_ns = 0, 0
        return frames, total / frames * 1e-6 if frames else 0.0

    def _device_info(self, _: DeviceInfo.Request, response: DeviceInfo.Response) -> DeviceInfo.Response:
        response.device_name = f"virtual {self._spec.model.description}"
        response.serial_number = f"virtual_{self.name}"
        response.sensors = ",".join(
            words
            for words, profile in (("Stereo Module", self._spec.depth), ("RGB Camera", self._spec.color))
            if profile is not None
        )
        return response

    @staticmethod
    def publish_frames(node: Node, specs: Sequence[CameraSpec], prefix: str) -> None:
        """Latch the frames of all cameras on tf_static; the node keeps the publisher."""
        frames = [frame for spec in specs for frame in camera_frames(spec, prefix)]
        publisher = node.create_publisher(TFMessage, names.TF_STATIC, qos.latched())
        publisher.publish(static_transforms(frames, node.get_clock().now().to_msg()))


class Diagnostics:
    """One status per camera, once a second."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._publisher = node.create_publisher(DiagnosticArray, names.DIAGNOSTICS, qos.streaming())

    def publish(self, complaint: str, cameras: Sequence[tuple[CameraOutputs, int]]) -> None:
        """`complaint` is empty while the cameras see; with each camera the exposures it had to leave out."""
        message = DiagnosticArray()
        message.header.stamp = self._node.get_clock().now().to_msg()
        for outputs, skipped in cameras:
            frames, latency = outputs.since_last()
            message.status.append(
                DiagnosticStatus(
                    level=DiagnosticStatus.ERROR if complaint else DiagnosticStatus.OK,
                    name=f"camera: {outputs.name}",
                    message=complaint or f"{frames} frames in the last second",
                    hardware_id=f"virtual_{outputs.name}",
                    values=[
                        KeyValue(key="published", value=str(outputs.published)),
                        KeyValue(key="skipped", value=str(skipped)),
                        KeyValue(key="latency_ms", value=f"{latency:.1f}"),
                    ],
                )
            )
        self._publisher.publish(message)
