"""Small bags for the tests, made of real message types without a running cell."""

from pathlib import Path

from rclpy.serialization import serialize_message
from std_msgs.msg import Float64, String
from twincell_bag.definitions import find
from twincell_bag.metadata import TopicInfo, qos_entry
from twincell_bag.writer import BagWriter

RELIABLE = qos_entry("unknown", 0, "reliable", "volatile")
LATCHED = qos_entry("unknown", 0, "reliable", "transient_local")
START_NS = 1_700_000_000_000_000_000


def write_samples(writer: BagWriter, count: int) -> None:
    """One latched text and `count` numbers at 500 Hz; the numbers are 0, 1, 2 ..."""
    text, number = find("std_msgs/msg/String"), find("std_msgs/msg/Float64")
    description = writer.add_topic(TopicInfo("/description", text.name, text.hash, [LATCHED]), text)
    values = writer.add_topic(TopicInfo("/values", number.name, number.hash, [RELIABLE]), number)
    writer.write(description, START_NS, START_NS - 5, serialize_message(String(data="a robot")), 1)
    for index in range(count):
        stamp = START_NS + index * 2_000_000
        if not writer.write(
            values, stamp, stamp - 100, serialize_message(Float64(data=float(index))), index + 1
        ):
            break


def make_bag(folder: Path, count: int = 1000, **options: object) -> Path:
    """A whole bag at `folder`."""
    writer = BagWriter(folder, ros_distro="jazzy", **options)  # type: ignore[arg-type]
    writer.note("twincell", {"robot": "ur5e", "git_commit": "0" * 40})
    writer.attach("config/robots/ur5e.yaml", b"name: ur5e\n")
    write_samples(writer, count)
    writer.close()
    return folder
