"""Writes one bag: a folder with an MCAP file (profile ros2, chunked, indexed) and metadata.yaml."""

from __future__ import annotations

import mimetypes
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, cast

import yaml
from mcap.writer import CompressionType, Writer
from twincell_model.errors import UserError

from twincell_bag.definitions import TypeDefinition
from twincell_bag.disk import RESERVE, RecordingFile, free_bytes
from twincell_bag.metadata import BagInfo, TopicInfo

CHUNK_BYTES = 1 << 20
"""A chunk is what a killed recorder can lose."""
COMPRESSION = {"none": CompressionType.NONE, "lz4": CompressionType.LZ4, "zstd": CompressionType.ZSTD}
PROVENANCE = "twincell"
"""Name of the metadata record that says where a bag comes from."""


class BagWriter:
    """A bag that is being written. Not thread-safe.

    `stopped` says why nothing more is taken in (the disk is full); `close` is still owed and still works.
    """

    def __init__(
        self,
        folder: Path,
        *,
        compression: str = "lz4",
        reserve: int = RESERVE,
        keep_free: int = 0,
        ros_distro: str = "",
    ) -> None:
        """Make `folder`, which must not exist or be empty. Raises UserError naming it when that cannot be.

        `keep_free`: recording stops when the disk has fewer free bytes than this.
        """
        self.folder = folder
        self.info = BagInfo(f"{folder.name}_0.mcap", ros_distro=ros_distro)
        self.stopped = ""
        self._keep_free = keep_free
        self._schemas: dict[str, int] = {}
        self._closed = False
        make_folder(folder)
        try:
            self._file = RecordingFile(folder / self.info.file, reserve)
        except OSError as error:
            (folder / self.info.file).unlink(missing_ok=True)
            raise UserError(
                f"the bag '{folder}' cannot be written: {(error.strerror or str(error)).lower()}; "
                "free some space or name another folder"
            ) from None
        self._writer = Writer(
            cast(IO[bytes], self._file), chunk_size=CHUNK_BYTES, compression=COMPRESSION[compression]
        )
        self._writer.start(profile="ros2", library="twincell")

    def attach(self, name: str, data: bytes) -> None:
        """Put a file into the bag."""
        media = mimetypes.guess_type(name)[0] or "text/plain"
        self._writer.add_attachment(0, time.time_ns(), name, media, data)

    def note(self, name: str, values: Mapping[str, str]) -> None:
        """Put a metadata record into the bag. Those of PROVENANCE are also custom data in metadata.yaml."""
        self._writer.add_metadata(name, dict(values))
        if name == PROVENANCE:
            self.info.custom.update(values)

    def add_topic(self, topic: TopicInfo, definition: TypeDefinition) -> int:
        """Register a topic; the number is for `write`. `topic.count` is counted on."""
        schema = self._schemas.get(definition.name)
        if schema is None:
            schema = self._writer.register_schema(definition.name, "ros2msg", definition.text.encode())
            self._schemas[definition.name] = schema
        self.info.topics.append(topic)
        return self._writer.register_channel(
            topic.name,
            "cdr",
            schema,
            {"offered_qos_profiles": topic.qos_text, "topic_type_hash": topic.hash},
        )

    def write(self, channel: int, log_ns: int, publish_ns: int, data: bytes, sequence: int = 0) -> bool:
        """Write one serialized message; False once recording has stopped, and the message is not in the bag.

        `log_ns`: when it was received, `publish_ns`: when it was sent. Raises OSError on errors of the disk.
        """
        if self.stopped:
            return False
        self._writer.add_message(channel, log_ns, data, publish_ns, sequence & 0xFFFFFFFF)
        info = self.info
        info.topics[channel - 1].count += 1
        info.start_ns = min(info.start_ns or log_ns, log_ns)
        info.end_ns = max(info.end_ns, log_ns)
        self.stopped = self._file.full
        return True

    def flush(self) -> None:
        """Hand what was written to the system, so that a killed recorder loses only what came after.

        Recording stops when less than `keep_free` is left.
        """
        self._writer.flush()
        self.stopped = self._file.full
        if not self.stopped and free_bytes(self.folder) < self._keep_free:
            self.stopped = (
                f"less than {self._keep_free / 1e6:g} MB are free on the disk that holds '{self.folder}'"
            )

    @property
    def size(self) -> int:
        """Bytes written so far, the open chunk not counted."""
        return self._file.tell()

    def close(self) -> None:
        """Write the index and metadata.yaml. Safe to call twice."""
        if self._closed:
            return
        self._closed = True
        serialized = yaml.safe_dump(self.info.as_dict(), sort_keys=False, width=1000)
        self._writer.add_metadata("rosbag2", {"serialized_metadata": serialized})
        self._writer.finish()
        self._file.close()
        self.info.write(self.folder)


def make_folder(folder: Path) -> None:
    """Make the folder of a bag. Raises UserError naming it and the remedy."""
    check_folder(folder)
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise UserError(
            f"the bag '{folder}' cannot be made: {(error.strerror or str(error)).lower()}"
        ) from None


def check_folder(folder: Path, word: str = "bag") -> None:
    """Check that a bag can be made at `folder`, without making it. Raises UserError naming it and the remedy."""
    if folder.is_dir():
        if any(folder.iterdir()):
            raise UserError(f"{word} '{folder}' exists and is not empty; name a new folder")
        place = folder
    elif folder.exists():
        raise UserError(f"{word} '{folder}' is a file; name a new folder")
    else:
        place = folder.absolute().parent
        if not place.is_dir():
            raise UserError(f"{word} '{folder}': folder '{place}' does not exist; make it first")
    if not os.access(place, os.W_OK | os.X_OK):
        raise UserError(f"{word} '{folder}': folder '{place}' is not writable; name another folder")
