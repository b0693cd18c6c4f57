"""Mends a bag whose recorder was killed: everything up to the last whole chunk, with index and metadata.yaml."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml
from mcap.records import Attachment, Channel, Chunk, Footer, McapRecord, Message, Metadata, Schema
from mcap.stream_reader import StreamReader, breakup_chunk
from twincell_model.errors import UserError

from twincell_bag.definitions import TypeDefinition
from twincell_bag.metadata import TopicInfo
from twincell_bag.reading import BROKEN, Bag, find_file
from twincell_bag.writer import PROVENANCE, BagWriter


@dataclass(frozen=True)
class Repair:
    """What a repair did. `changed` is false for a bag that was whole; `lost_bytes` could not be read."""

    changed: bool
    messages: int
    lost_bytes: int


def repair(path: str | Path) -> Repair:
    """Mend the bag at `path` in place. Raises UserError when nothing can be read or written.

    The mended file is written beside the old one and takes its place when it is complete.
    """
    file = find_file(Path(path))
    folder = file.parent
    if _whole(file):
        with Bag(file) as bag:
            return Repair(False, bag.statistics.message_count, 0)
    scratch = folder / f".{file.stem}.repair"
    try:
        used = _rewrite(file, scratch)
        with Bag(scratch) as mended:
            messages = mended.statistics.message_count
        lost = file.stat().st_size - used
        os.replace(find_file(scratch), file)
        text = (scratch / "metadata.yaml").read_text()
        (folder / "metadata.yaml").write_text(text.replace(f"{scratch.name}_0.mcap", file.name))
    except OSError as error:
        raise UserError(
            f"the bag '{path}' cannot be mended: {(error.strerror or str(error)).lower()};"
            f" it takes {file.stat().st_size / 1e6:.0f} MB of free disk beside it"
        ) from None
    finally:
        if scratch.is_dir():
            for item in scratch.iterdir():
                item.unlink()
            scratch.rmdir()
    return Repair(True, messages, lost)


def _whole(file: Path) -> bool:
    try:
        with Bag(file) as bag:
            bag.metadata_yaml()
        return True
    except UserError:
        return False


def _rewrite(file: Path, scratch: Path) -> int:
    """Write what can be read of `file` as a bag at `scratch`; how many bytes of `file` were used."""
    used = 0
    schemas: dict[int, Schema] = {}
    channels: dict[int, int] = {}
    with file.open("rb") as stream:
        writer = BagWriter(scratch)
        try:
            for record, position in _records(file, stream):
                used = position
                if isinstance(record, Schema):
                    schemas[record.id] = record
                elif isinstance(record, Channel):
                    if record.id not in channels:
                        channels[record.id] = _channel(writer, record, schemas[record.schema_id])
                elif isinstance(record, Message):
                    channel = channels[record.channel_id]
                    writer.write(channel, record.log_time, record.publish_time, record.data, record.sequence)
                elif isinstance(record, Attachment):
                    writer.attach(record.name, record.data)
                elif isinstance(record, Metadata) and record.name != "rosbag2":
                    writer.note(record.name, record.metadata)
            if not used:
                raise UserError(f"nothing in '{file}' can be read; it is not an MCAP file or it is empty")
            writer.note(PROVENANCE, {"repaired": f"cut after byte {used} of {file.stat().st_size}"})
            if writer.stopped:
                raise UserError(f"the bag '{file}' cannot be mended: {writer.stopped}")
        finally:
            writer.close()
    return used


def _channel(writer: BagWriter, channel: Channel, schema: Schema) -> int:
    digest = channel.metadata.get("topic_type_hash", "")
    profiles = yaml.safe_load(channel.metadata.get("offered_qos_profiles", "")) or []
    return writer.add_topic(
        TopicInfo(channel.topic, schema.name, digest, profiles),
        TypeDefinition(schema.name, schema.data.decode(), digest),
    )


def _records(file: Path, stream: object) -> Iterator[tuple[McapRecord, int]]:
    """Records up to the first that is not whole, each with the position in the file after it."""
    reader = StreamReader(stream, emit_chunks=True, record_size_limit=file.stat().st_size)  # type: ignore[arg-type]
    iterator = iter(reader.records)
    while True:
        try:
            record = next(iterator)
            parts = breakup_chunk(record, validate_crc=True) if isinstance(record, Chunk) else [record]
        except (StopIteration, *BROKEN):
            return
        position = stream.tell()  # type: ignore[attr-defined]
        for part in parts:
            yield part, position
        if isinstance(record, Footer):
            return
