"""metadata.yaml as rosbag2 writes it (version 9, the default since Jazzy), and offered QoS in the same words."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

VERSION = 9
FILE = "metadata.yaml"
ROOT = "rosbag2_bagfile_information"


@dataclass
class TopicInfo:
    """One topic of a bag. `qos` holds one dictionary per publisher, with rosbag2's keys."""

    name: str
    type: str
    hash: str
    qos: list[dict[str, Any]] = field(default_factory=list)
    count: int = 0

    @property
    def qos_text(self) -> str:
        """The offered QoS as channel metadata keeps it: a YAML list."""
        return yaml.safe_dump(self.qos, sort_keys=False).strip()


@dataclass
class BagInfo:
    """What metadata.yaml tells. Times in ns since the epoch; 0 messages have start 0 and duration 0."""

    file: str
    start_ns: int = 0
    end_ns: int = 0
    topics: list[TopicInfo] = field(default_factory=list)
    custom: dict[str, str] = field(default_factory=dict)
    ros_distro: str = ""

    @property
    def count(self) -> int:
        """All messages."""
        return sum(topic.count for topic in self.topics)

    def as_dict(self) -> dict[str, Any]:
        """The value under `rosbag2_bagfile_information`."""
        start = {"nanoseconds_since_epoch": self.start_ns}
        duration = {"nanoseconds": self.end_ns - self.start_ns}
        return {
            "version": VERSION,
            "storage_identifier": "mcap",
            "duration": duration,
            "starting_time": start,
            "message_count": self.count,
            "topics_with_message_count": [
                {
                    "topic_metadata": {
                        "name": topic.name,
                        "type": topic.type,
                        "serialization_format": "cdr",
                        "offered_qos_profiles": topic.qos,
                        "type_description_hash": topic.hash,
                    },
                    "message_count": topic.count,
                }
                for topic in self.topics
            ],
            "compression_format": "",
            "compression_mode": "",
            "relative_file_paths": [self.file],
            "files": [
                {
                    "path": self.file,
                    "starting_time": dict(start),
                    "duration": dict(duration),
                    "message_count": self.count,
                }
            ],
            "custom_data": dict(self.custom),
            "ros_distro": self.ros_distro,
        }

    def write(self, folder: Path) -> None:
        """Write metadata.yaml into `folder`."""
        text = yaml.safe_dump({ROOT: self.as_dict()}, sort_keys=False, width=1000)
        (folder / FILE).write_text(text)


def qos_entry(
    history: str, depth: int, reliability: str, durability: str, liveliness: str = "automatic"
) -> dict[str, Any]:
    """One offered QoS with rosbag2's keys; deadlines and lifespans are infinite (its 64-bit maximum)."""

    def infinite() -> dict[str, int]:
        return {"sec": 9223372036, "nsec": 854775807}

    return {
        "history": history,
        "depth": depth,
        "reliability": reliability,
        "durability": durability,
        "deadline": infinite(),
        "lifespan": infinite(),
        "liveliness": liveliness,
        "liveliness_lease_duration": infinite(),
        "avoid_ros_namespace_conventions": False,
    }
