"""Read a bag back without ROS: topics, raw messages, attachments and metadata. `decode` needs the message packages."""

from __future__ import annotations

import importlib
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, final

import yaml
import zstandard
from mcap.exceptions import McapError
from mcap.reader import make_reader
from mcap.records import Schema, Statistics
from twincell_model.errors import UserError

from twincell_bag.metadata import FILE, ROOT, TopicInfo

# What mcap raises on files that were cut or damaged.
BROKEN = (
    McapError,
    ValueError,
    KeyError,
    EOFError,
    OSError,
    RuntimeError,
    struct.error,
    zstandard.ZstdError,
)


@dataclass(frozen=True)
class Message:
    """One message: serialized (CDR), with the times of receiving and sending in ns since the epoch."""

    topic: str
    type: str
    log_ns: int
    publish_ns: int
    sequence: int
    data: bytes

    def decode(self) -> Any:
        """The ROS message object. Needs rclpy and the message's package."""
        from rclpy.serialization import deserialize_message

        package, kind, short = self.type.split("/")
        return deserialize_message(self.data, getattr(importlib.import_module(f"{package}.{kind}"), short))


@final
class Bag:
    """An open bag: its folder, or the .mcap file itself.

    with Bag("runs/mine/bag") as bag:
        for message in bag.messages(["/joint_states"]):
            print(message.log_ns, message.decode().position)
    """

    def __init__(self, path: str | Path) -> None:
        """Raises UserError when there is no bag or it was cut short."""
        self.path = Path(path)
        self.file = find_file(self.path)
        self._stream = self.file.open("rb")
        try:
            self._reader = make_reader(self._stream, validate_crcs=True)
            summary = self._reader.get_summary()
            self.profile = self._reader.get_header().profile
            if summary is None or summary.statistics is None:
                raise ValueError("no summary")
        except BROKEN:
            self._stream.close()
            raise UserError(
                f"the bag '{path}' has no end, its recorder was killed; mend it with: twincell bag repair {path}"
            ) from None
        self.statistics: Statistics = summary.statistics
        self.chunks = len(summary.chunk_indexes)
        self._schemas = summary.schemas
        self.topics = [
            TopicInfo(
                channel.topic,
                summary.schemas[channel.schema_id].name,
                channel.metadata.get("topic_type_hash", ""),
                yaml.safe_load(channel.metadata.get("offered_qos_profiles", "")) or [],
                self.statistics.channel_message_counts.get(channel.id, 0),
            )
            for channel in summary.channels.values()
        ]

    def __enter__(self) -> Bag:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()

    @property
    def duration_s(self) -> float:
        """From the first to the last message received [s]."""
        return (self.statistics.message_end_time - self.statistics.message_start_time) * 1e-9

    def messages(self, topics: Sequence[str] | None = None, *, in_order: bool = True) -> Iterator[Message]:
        """The messages of these topics (all without), by the time they were received."""
        for schema, channel, message in self._reader.iter_messages(topics=topics, log_time_order=in_order):
            name = schema.name if schema is not None else ""
            yield Message(
                channel.topic, name, message.log_time, message.publish_time, message.sequence, message.data
            )

    def definitions(self) -> dict[str, Schema]:
        """Schemas by type name."""
        return {schema.name: schema for schema in self._schemas.values()}

    def attachments(self) -> dict[str, bytes]:
        """Files in the bag by name."""
        return {item.name: item.data for item in self._reader.iter_attachments()}

    def notes(self) -> dict[str, dict[str, str]]:
        """Metadata records by name; records of the same name are merged, later ones win."""
        found: dict[str, dict[str, str]] = {}
        for item in self._reader.iter_metadata():
            found.setdefault(item.name, {}).update(item.metadata)
        return found

    def metadata_yaml(self) -> dict[str, Any]:
        """What metadata.yaml says. Raises UserError when it is missing or broken."""
        return read_metadata(self.file.parent)


def read_metadata(folder: Path) -> dict[str, Any]:
    """The value under `rosbag2_bagfile_information`. Raises UserError naming the file."""
    path = folder / FILE
    try:
        document = yaml.safe_load(path.read_text())
        return dict(document[ROOT])
    except FileNotFoundError:
        raise UserError(f"'{path}' is missing; make it with: twincell bag repair {folder}") from None
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise UserError(f"'{path}' cannot be read: {error}") from None


def find_file(path: Path) -> Path:
    """The .mcap file of a bag. Raises UserError when there is none or there are several."""
    if path.is_file():
        return path
    if not path.is_dir():
        raise UserError(f"there is no bag '{path}'")
    files = sorted(path.glob("*.mcap"))
    if len(files) != 1:
        what = "no .mcap file" if not files else f"{len(files)} .mcap files; name one of them"
        raise UserError(f"the folder '{path}' holds {what}")
    return files[0]
