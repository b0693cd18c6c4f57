"""The recorder process against publishers in this process: counts, QoS, hidden topics, kill -9, bad folders."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image, JointState
from std_msgs.msg import String
from twincell_bag.definitions import DefinitionError, find
from twincell_bag.inspect import check
from twincell_bag.reading import Bag, read_metadata
from twincell_bag.recorder import matching_qos
from twincell_bag.repair import repair
from twincell_runtime.polled import PolledSubscription

from twincell_contract import names, qos

SPACE = "bag_test"


@pytest.fixture
def node():
    context = rclpy.Context()
    rclpy.init(context=context)
    found = rclpy.create_node("talker", namespace=SPACE, context=context)
    yield found
    found.destroy_node()
    rclpy.shutdown(context=context)


@pytest.fixture
def record(tmp_path):
    """Start a recorder; it is killed after the test if it still runs."""
    processes = []

    def start(folder: Path, *words: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "twincell_bag.recorder_node", "--ros-args", "-r", f"__ns:=/{SPACE}"]
        command += ["-p", f"folder:={folder}", *words]
        processes.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def wait_for(publisher, patience: float = 40.0) -> None:
    end = time.monotonic() + patience
    while publisher.get_subscription_count() == 0:
        assert time.monotonic() < end, "the recorder did not subscribe"
        time.sleep(0.02)


def wait_looks(told: PolledSubscription, count: int, patience: float = 60.0) -> None:
    """Wait until the recorder has looked at the publishers of `count` more topics; it says how it goes each time."""
    told.take_all()
    end, seen = time.monotonic() + patience, 0
    while seen < count:
        assert time.monotonic() < end, f"the recorder looked {seen} times in {patience:g} s"
        seen += len(told.take_all())
        time.sleep(0.02)


def talk(publisher, seconds: float, rate: float = 500.0, first: int = 0) -> int:
    """Publish joint states by the clock, numbered from `first`; how many."""
    message = JointState(name=["a", "b"], position=[0.0, 0.0])
    start, sent = time.monotonic(), 0
    while time.monotonic() - start < seconds:
        while sent < (time.monotonic() - start) * rate:
            message.position[0] = float(first + sent)
            publisher.publish(message)
            sent += 1
        time.sleep(0.001)
    return sent


def end(process: subprocess.Popen[str]) -> str:
    process.send_signal(signal.SIGINT)
    errors = process.communicate(timeout=60)[1]
    assert process.returncode == 0, errors
    return errors


def test_counts_equal_what_was_published_with_the_offered_qos(node, record, tmp_path):
    process = record(tmp_path / "bag")
    told = PolledSubscription(node, DiagnosticArray, names.DIAGNOSTICS, qos.streaming(50))
    states = node.create_publisher(JointState, "joint_states", qos.streaming())
    images = node.create_publisher(
        Image, "color", QoSProfile(depth=10, reliability=ReliabilityPolicy.BEST_EFFORT)
    )
    latched = node.create_publisher(String, "description", qos.latched())
    node.create_publisher(String, "_hidden", 10)
    elsewhere = node.create_publisher(String, "/elsewhere/text", 10)
    latched.publish(String(data="said before"))
    wait_for(states), wait_for(images), wait_for(latched)
    image = Image(height=240, width=424, step=1272, encoding="rgb8", data=bytes(240 * 1272))
    pixels = np.frombuffer(image.data, np.uint8)
    sent_images = 0
    sent_states = 0
    for _ in range(20):
        pixels[:] = sent_images
        images.publish(image)
        sent_images += 1
        sent_states += talk(states, 1 / 30, first=sent_states)
    node.create_publisher(JointState, "joint_states", qos.sensor())
    wait_looks(told, 6)  # one topic a second is looked at again; there are five
    assert end(process) == ""
    metadata = {
        t["topic_metadata"]["name"]: t for t in read_metadata(tmp_path / "bag")["topics_with_message_count"]
    }
    offered = metadata[f"/{SPACE}/joint_states"]["topic_metadata"]["offered_qos_profiles"]
    assert sorted(entry["reliability"] for entry in offered) == ["best_effort", "reliable"]
    with Bag(tmp_path / "bag") as bag:
        counts = {topic.name: topic.count for topic in bag.topics}
        qos_of = {topic.name: topic.qos for topic in bag.topics}
        assert counts[f"/{SPACE}/joint_states"] == sent_states > 200
        assert counts[f"/{SPACE}/color"] == sent_images
        assert counts[f"/{SPACE}/description"] == 1
        assert not any("hidden" in name or "elsewhere" in name for name in counts)
        values = [m.decode().position[0] for m in bag.messages([f"/{SPACE}/joint_states"])]
        assert values == [float(k) for k in range(sent_states)]
        assert [m.decode().data[5] for m in bag.messages([f"/{SPACE}/color"])] == list(range(sent_images))
    assert qos_of[f"/{SPACE}/color"][0]["reliability"] == "best_effort"
    assert qos_of[f"/{SPACE}/description"][0]["durability"] == "transient_local"
    results = {item.name: item for item in check(tmp_path / "bag")}
    assert results["published equals recorded"].ok and results["metadata.yaml"].ok
    assert not results["where it comes from"].ok  # nobody told it
    assert elsewhere.get_subscription_count() == 0


def test_kill_9_in_the_middle_loses_a_second_at_most(node, record, tmp_path):
    process = record(tmp_path / "bag")
    states = node.create_publisher(JointState, "joint_states", qos.streaming())
    wait_for(states)
    sent = talk(states, 3.0)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not check(tmp_path / "bag")[0].ok
    assert repair(tmp_path / "bag").changed
    with Bag(tmp_path / "bag") as bag:
        values = [m.decode().position[0] for m in bag.messages([f"/{SPACE}/joint_states"])]
    assert values == [float(k) for k in range(len(values))]
    assert len(values) > sent - 1.5 * 500


@pytest.mark.parametrize(
    ("folder", "words"),
    [
        ("", "'folder' is empty"),
        ("{tmp}/none/bag", "does not exist"),
        ("{tmp}/file", "is a file"),
        ("{tmp}", "not empty"),
    ],
)
def test_a_folder_that_cannot_be_is_one_line(record, tmp_path, folder, words):
    (tmp_path / "file").write_text("x")
    process = record(Path(folder.format(tmp=tmp_path)) if folder else Path("''"))
    errors = process.communicate(timeout=60)[1]
    assert process.returncode == 2
    assert errors.startswith("recorder: error: ") and errors.count("\n") == 1 and words in errors


def test_a_disk_that_fills_up_ends_the_recording_in_words(node, record, tmp_path):
    process = record(tmp_path / "bag", "-p", "keep_free_mb:=1.0e+12")
    errors = process.communicate(timeout=60)[1]
    assert process.returncode == 2
    assert "recording stopped early: less than" in errors and errors.count("\n") == 1
    with Bag(tmp_path / "bag") as bag:
        assert bag.profile == "ros2"


def test_qos_of_mixed_publishers_is_what_all_serve():
    reliable, best_effort = qos.streaming(), qos.sensor()
    assert matching_qos([reliable, best_effort], 5).reliability == ReliabilityPolicy.BEST_EFFORT
    assert matching_qos([qos.latched()], 5).durability == DurabilityPolicy.TRANSIENT_LOCAL
    assert matching_qos([qos.latched(), reliable], 5).durability == DurabilityPolicy.VOLATILE


def test_definitions_have_their_dependencies_and_hash():
    state = find("sensor_msgs/msg/JointState")
    assert "MSG: std_msgs/Header\n" in state.text and "MSG: builtin_interfaces/Time\n" in state.text
    assert state.hash.startswith("RIHS01_") and len(state.hash) == 71
    with pytest.raises(DefinitionError, match="none_msgs/msg/X"):
        find("none_msgs/msg/X")
