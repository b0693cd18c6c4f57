"""The camera process over real ROS, fed by a world of the test's own: names, stamps, order, switches, complaints."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import numpy as np
import pytest
import rclpy
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue
from rcl_interfaces.srv import DescribeParameters, SetParameters
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, Image
from twincell_world.world import World

from realsense2_camera_msgs.msg import Extrinsics, Metadata
from realsense2_camera_msgs.srv import DeviceInfo
from twincell_contract import names, qos
from twincell_msgs.msg import WorldState

SPACE = f"/cam{os.getpid()}"
COLOR = names.camera_image("camera", "color")
DEPTH = names.camera_image("camera", "depth")


class Host:
    """A node that plays the world at 50 Hz and keeps what the cameras send."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.context = rclpy.Context()
        rclpy.init(args=[], context=self.context)
        self.node = Node("host", namespace=SPACE, context=self.context, enable_rosout=False)
        self.executor = SingleThreadedExecutor(context=self.context)
        self.executor.add_node(self.node)
        self.states = self.node.create_publisher(WorldState, names.WORLD_STATE, qos.streaming())
        self.hash = world.scene_hash
        self.sample = "{}"
        self.told = 0.0
        self.node.create_timer(0.02, self.publish)
        self.got: dict[str, list] = {}
        for kind, topic, profile in (
            (Image, COLOR, qos.sensor(5)),
            (Image, DEPTH, qos.sensor(5)),
            (Image, names.camera_image("camera", "aligned"), qos.sensor(5)),
            (CameraInfo, names.camera_info("camera", "depth"), qos.streaming(50)),
            (Image, names.camera_image("wrist", "color"), qos.sensor(5)),
            (Extrinsics, names.camera_extrinsics("camera"), qos.latched()),
            (Metadata, names.camera_metadata("camera", "color"), qos.streaming()),
            (DiagnosticArray, names.DIAGNOSTICS, qos.streaming()),
        ):
            self.got[topic] = []
            self.node.create_subscription(kind, topic, self.got[topic].append, profile)

    def publish(self) -> None:
        data = self.world.data
        message = WorldState(
            qpos=data.qpos.tolist(),
            qvel=data.qvel.tolist(),
            mocap_pos=data.mocap_pos.ravel().tolist(),
            mocap_quat=data.mocap_quat.ravel().tolist(),
            scene="reach",
            scene_hash=self.hash,
            randomization=self.sample,
        )
        message.header.stamp = self.node.get_clock().now().to_msg()
        self.states.publish(message)
        self.told = stamp(message)

    def until(self, condition, seconds: float = 40.0) -> bool:
        end = time.monotonic() + seconds
        while not condition() and time.monotonic() < end:
            self.executor.spin_once(timeout_sec=0.05)
        return bool(condition())

    def fresh(self, topic: str, count: int = 1) -> list:
        """`count` messages exposed after a state of the world as it is now, the first few of them left out."""
        now = time.time()
        self.got[topic].clear()
        assert self.until(lambda: self.told > now)
        since = self.told

        def exposed() -> list:
            return [message for message in self.got[topic] if stamp(message) > since][4:]

        assert self.until(lambda: len(exposed()) >= count), f"{topic} is silent"
        return exposed()[:count]

    def set_effects(self, effects: str):
        client = self.node.create_client(SetParameters, "camera/set_parameters")
        assert self.until(client.service_is_ready)
        value = ParameterValue(type=ParameterType.PARAMETER_STRING, string_value=effects)
        future = client.call_async(SetParameters.Request(parameters=[Parameter(name="effects", value=value)]))
        assert self.until(future.done)
        return future.result().results[0]

    def call(self, kind, name: str, request):
        client = self.node.create_client(kind, name)
        assert self.until(client.service_is_ready)
        future = client.call_async(request)
        assert self.until(future.done)
        return future.result()

    def close(self) -> None:
        self.executor.shutdown()
        self.node.destroy_node()
        rclpy.shutdown(context=self.context)


def start(*parameters: str) -> subprocess.Popen:
    words = [w for p in ("robot:=xarm7", *parameters) for w in ("-p", p)]
    return subprocess.Popen(
        [sys.executable, "-m", "twincell_camera.node", "--ros-args", "-r", f"__ns:={SPACE}", *words],
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def host(world: World) -> Iterator[Host]:
    process = start("effects:=none")
    host = Host(world)
    assert host.until(lambda: host.got[names.camera_image("wrist", "color")] and host.got[DEPTH]), (
        "no pictures"
    )
    yield host
    process.send_signal(signal.SIGINT)
    assert process.wait(20.0) == 0, process.stderr.read()
    host.close()


def stamp(message) -> float:
    return message.header.stamp.sec + message.header.stamp.nanosec * 1e-9


def test_streams_of_one_exposure_share_their_stamp(host: Host) -> None:
    images = host.fresh(COLOR, 12)
    assert host.until(lambda: stamp(host.got[names.camera_info("camera", "depth")][-1]) >= stamp(images[-1]))
    infos = {stamp(message) for message in host.got[names.camera_info("camera", "depth")]}
    assert {stamp(message) for message in images} <= infos
    stamps = np.array([stamp(message) for message in images])
    periods = np.diff(stamps) * 30.0
    assert (np.diff(stamps) > 0).all()
    np.testing.assert_allclose(periods, np.rint(periods), atol=0.01, err_msg="exposures lie on the grid")


def test_stamps_are_exposures_in_system_time(host: Host) -> None:
    message = host.fresh(COLOR)[0]
    assert 0.0 < time.time() - stamp(message) < 2.0
    assert (message.header.frame_id, message.encoding) == ("camera_color_optical_frame", "rgb8")


def test_the_picture_follows_the_world_and_its_sample(host: Host) -> None:
    before = np.frombuffer(host.fresh(COLOR)[0].data, np.uint8).astype(int)
    host.world.data.qpos[0] += 0.4
    moved = np.frombuffer(host.fresh(COLOR)[0].data, np.uint8).astype(int)
    assert 0.01 < (np.abs(moved - before) > 8).mean() < 0.5
    host.sample = json.dumps({"light_intensity": 0.5})
    darker = np.frombuffer(host.fresh(COLOR)[0].data, np.uint8)
    assert darker.mean() < 0.9 * moved.mean()
    host.sample = "{}"
    host.world.data.qpos[0] -= 0.4
    host.fresh(COLOR)


def test_effects_switch_while_it_runs(host: Host) -> None:
    first, second = (np.frombuffer(m.data, np.uint16) for m in host.fresh(DEPTH, 2))
    np.testing.assert_array_equal(first, second)
    assert host.set_effects("disparity_noise").successful
    first, second = (np.frombuffer(m.data, np.uint16) for m in host.fresh(DEPTH, 8)[-2:])
    assert (first != second).mean() > 0.5
    refused = host.set_effects("rain")
    assert not refused.successful and "unknown camera effect 'rain'" in refused.reason
    assert host.set_effects("none").successful
    host.fresh(DEPTH, 4)


def test_extrinsics_device_and_metadata(host: Host) -> None:
    assert list(host.got[names.camera_extrinsics("camera")][0].translation) == [0.015, 0.0, 0.0]
    device = host.call(DeviceInfo, names.camera_device_info("wrist"), DeviceInfo.Request())
    assert (device.serial_number, device.sensors) == ("virtual_wrist", "RGB Camera")
    told = json.loads(host.fresh(names.camera_metadata("camera", "color"), 2)[1].json_data)
    assert told["frame_number"] > 0 and told["actual_exposure"] == 8000.0


def test_parameters_are_described(host: Host) -> None:
    request = DescribeParameters.Request(names=["effects", "cameras", "seed"])
    described = host.call(DescribeParameters, "camera/describe_parameters", request).descriptors
    assert all(item.description for item in described)
    assert [item.read_only for item in described] == [False, True, True]
    assert described[2].integer_range[0].to_value == 2**32 - 1


def test_another_scene_is_told_and_nothing_shown(host: Host) -> None:
    good, host.hash = host.hash, "0" * 64
    assert host.until(
        lambda: any(
            status.level == DiagnosticStatus.ERROR and "another scene" in status.message
            for message in host.got[names.DIAGNOSTICS][-3:]
            for status in message.status
            if status.name.startswith("camera")
        )
    )
    for _ in range(20):  # until what was on its way has come
        host.got[COLOR].clear()
        host.until(lambda: False, 0.5)
        if not host.got[COLOR]:
            break
    assert not host.got[COLOR]
    host.hash = good
    assert host.fresh(COLOR)


@pytest.mark.parametrize(
    ("parameter", "complaint"),
    [("cameras:=scen", "unknown camera set 'scen'"), ("effects:=rain", "unknown camera effect 'rain'")],
)
def test_wrong_parameters_are_one_sentence(parameter: str, complaint: str) -> None:
    process = start(parameter)
    error = process.communicate(timeout=60)[1]
    assert process.returncode == 2
    assert [line for line in error.splitlines() if "camera: error: " in line and complaint in line], error
