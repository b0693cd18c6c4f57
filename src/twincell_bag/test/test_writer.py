import os
import subprocess
from pathlib import Path

import pytest
import yaml
from bag_samples import START_NS, make_bag, write_samples
from mcap.reader import make_reader
from rosbags.highlevel import AnyReader
from rosbags.rosbag2 import Reader
from twincell_bag.definitions import find
from twincell_bag.reading import Bag
from twincell_bag.writer import BagWriter, check_folder
from twincell_model.errors import UserError


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 8 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", disk], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting a small disk needs root")
    yield disk
    subprocess.run(["umount", disk], check=True)


@pytest.mark.parametrize("compression", ["none", "lz4", "zstd"])
def test_mcap_library_reads_every_message_in_order_with_index(tmp_path, compression):
    make_bag(tmp_path / "bag", 3000, compression=compression)
    with (tmp_path / "bag" / "bag_0.mcap").open("rb") as stream:
        reader = make_reader(stream, validate_crcs=True)
        assert reader.get_header().profile == "ros2"
        summary = reader.get_summary()
        assert summary.statistics.message_count == 3001 and summary.chunk_indexes
        numbers = [m for _, c, m in reader.iter_messages(topics=["/values"])]
        assert [m.sequence for m in numbers] == list(range(1, 3001))
        assert (
            numbers[7].log_time == START_NS + 14_000_000 and numbers[7].publish_time == START_NS + 13_999_900
        )
        channel = next(c for c in summary.channels.values() if c.topic == "/description")
        assert yaml.safe_load(channel.metadata["offered_qos_profiles"])[0]["durability"] == "transient_local"
        assert channel.metadata["topic_type_hash"] == find("std_msgs/msg/String").hash
        serialized = next(m for m in reader.iter_metadata() if m.name == "rosbag2").metadata[
            "serialized_metadata"
        ]
        assert yaml.safe_load(serialized)["message_count"] == 3001


def test_rosbags_library_reads_every_message_and_the_metadata(tmp_path):
    make_bag(tmp_path / "bag", 500)
    with AnyReader([tmp_path / "bag"]) as reader:
        values = [
            reader.deserialize(data, connection.msgtype).data
            for connection, _, data in reader.messages()
            if connection.topic == "/values"
        ]
    assert values == [float(k) for k in range(500)]
    with Reader(tmp_path / "bag") as bag:
        assert bag.message_count == 501 and bag.ros_distro == "jazzy"
        topic = bag.topics["/description"]
        assert topic.connections[0].digest == find("std_msgs/msg/String").hash
        assert topic.connections[0].ext.offered_qos_profiles[0].durability.name == "TRANSIENT_LOCAL"


def test_metadata_yaml_has_the_keys_of_version_9(tmp_path):
    make_bag(tmp_path / "bag", 10)
    info = yaml.safe_load((tmp_path / "bag" / "metadata.yaml").read_text())["rosbag2_bagfile_information"]
    assert list(info) == [
        "version",
        "storage_identifier",
        "duration",
        "starting_time",
        "message_count",
        "topics_with_message_count",
        "compression_format",
        "compression_mode",
        "relative_file_paths",
        "files",
        "custom_data",
        "ros_distro",
    ]
    assert info["duration"] == {"nanoseconds": 18_000_000} and info["files"][0]["message_count"] == 11
    assert isinstance(info["topics_with_message_count"][0]["topic_metadata"]["offered_qos_profiles"], list)


def test_attachments_and_provenance_come_back(tmp_path):
    with Bag(make_bag(tmp_path / "bag")) as bag:
        assert bag.attachments() == {"config/robots/ur5e.yaml": b"name: ur5e\n"}
        assert bag.notes()["twincell"]["robot"] == "ur5e"
        assert next(bag.messages(["/description"])).decode().data == "a robot"


def test_full_disk_stops_recording_and_the_bag_is_whole(small_disk):
    writer = BagWriter(small_disk / "bag", compression="none")
    write_samples(writer, 200_000)
    assert "is full" in writer.stopped
    writer.close()
    with Bag(small_disk / "bag") as bag:
        assert bag.statistics.message_count == writer.info.count > 10_000
        assert sum(1 for _ in bag.messages()) == writer.info.count
    assert os.statvfs(small_disk).f_bavail > 0


def test_disk_too_full_to_start_is_one_sentence(small_disk):
    (small_disk / "other").write_bytes(bytes(6 << 20))
    with pytest.raises(UserError, match="no space left.*free some space"):
        BagWriter(small_disk / "bag")


def test_recording_stops_before_a_disk_is_full(tmp_path):
    writer = BagWriter(tmp_path / "bag", keep_free=1 << 60)
    writer.flush()
    assert "are free on the disk" in writer.stopped
    writer.close()


def test_folder_that_cannot_be_a_bag_is_named(tmp_path):
    (tmp_path / "file").write_text("x")
    for path, words in (
        (tmp_path / "file", "is a file"),
        (tmp_path, "not empty"),
        (tmp_path / "none" / "bag", "does not exist"),
    ):
        with pytest.raises(UserError, match=words):
            check_folder(path)
    check_folder(tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_read_only_folder_is_named(monkeypatch, tmp_path):
    # Root may write anywhere, so a read-only file system stands in for a read-only folder where there is one.
    place = Path("/proc/self")
    with pytest.raises(UserError, match=r"not writable|cannot be made"):
        BagWriter(place / "bag")
