"""Looks into bags: what is in one, and whether it is whole. Free of ROS."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from twincell_model.errors import UserError

from twincell_bag.metadata import VERSION
from twincell_bag.reading import BROKEN, Bag
from twincell_bag.writer import PROVENANCE


@dataclass(frozen=True)
class Check:
    """One named check, what was found, and what to do where it failed."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""


@dataclass
class Sequence:
    """The publisher's own numbers on one topic."""

    count: int = 0
    first: int = 0
    last: int = 0
    one_publisher: bool = True

    def add(self, number: int) -> None:
        """Note the next message. Numbers that do not rise come from several publishers, or from none that counts."""
        if self.count == 0:
            self.first = number
        elif number <= self.last:
            self.one_publisher = False
        self.last = number
        self.count += 1

    @property
    def published(self) -> int:
        """Messages the publisher sent from the first recorded to the last recorded one."""
        return self.last - self.first + 1


@dataclass
class Contents:
    """What was found by reading every message."""

    sequences: dict[str, Sequence] = field(default_factory=dict)
    bytes: dict[str, int] = field(default_factory=dict)
    backwards: dict[str, int] = field(default_factory=dict)
    error: str = ""


def read(bag: Bag) -> Contents:
    """Read every message of `bag` in the order of the file."""
    found = Contents({topic.name: Sequence() for topic in bag.topics})
    newest: dict[str, int] = {}
    try:
        for message in bag.messages(in_order=False):
            name = message.topic
            found.sequences[name].add(message.sequence)
            found.bytes[name] = found.bytes.get(name, 0) + len(message.data)
            if message.publish_ns < newest.get(name, 0):
                found.backwards[name] = found.backwards.get(name, 0) + 1
            newest[name] = message.publish_ns
    except BROKEN as error:
        found.error = str(error) or type(error).__name__
    return found


def check(path: str | Path) -> list[Check]:
    """Is the bag whole, and does it say where it comes from? Raises UserError when there is no bag at all."""
    try:
        bag = Bag(path)
    except UserError as error:
        if "repair" not in str(error):
            raise
        return [Check("index", False, "the file has no end", f"twincell bag repair {path}")]
    with bag:
        checks = [
            Check(
                "index",
                bag.chunks > 0 or bag.statistics.message_count == 0,
                f"{bag.chunks} chunks are indexed, profile '{bag.profile}'",
                "record it again; a file without chunks cannot be searched by time",
            )
        ]
        found = read(bag)
        checks += [_complete(bag, found), _lossless(bag, found), _forwards(bag, found)]
        checks += [_metadata(bag), _types(bag), _qos(bag), _provenance(bag)]
    return checks


def _complete(bag: Bag, found: Contents) -> Check:
    counted = sum(item.count for item in found.sequences.values())
    wrong = [topic.name for topic in bag.topics if topic.count != found.sequences[topic.name].count]
    detail = f"{counted} of {bag.statistics.message_count} messages read"
    if found.error:
        detail += f", then: {found.error}"
    elif wrong:
        detail += f"; counts differ on {', '.join(wrong)}"
    return Check("every message reads", not found.error and not wrong, detail, "twincell bag repair")


def _lossless(bag: Bag, found: Contents) -> Check:
    """Publishers number their messages: a gap is a message that was sent and is not in the bag."""
    lost = []
    counted = 0
    for name, item in found.sequences.items():
        if item.count and item.one_publisher and item.first > 0:
            counted += 1
            if item.published > item.count:
                lost.append(f"{name} {item.published - item.count} of {item.published}")
    detail = (
        f"lost: {'; '.join(lost)}" if lost else f"nothing lost on the {counted} topics that number messages"
    )
    return Check("published equals recorded", not lost, detail, "record fewer images, or to a faster disk")


def _forwards(bag: Bag, found: Contents) -> Check:
    wrong = [name for name in found.backwards if found.sequences[name].one_publisher]
    detail = f"sending times go back on {', '.join(wrong)}" if wrong else "sending times never go back"
    return Check("times", not wrong, detail, "the system clock was set while recording")


def _metadata(bag: Bag) -> Check:
    remedy = "twincell bag repair makes it again where it is missing"
    try:
        info: dict[str, Any] = bag.metadata_yaml()
        counts = {
            item["topic_metadata"]["name"]: item["message_count"]
            for item in info["topics_with_message_count"]
        }
        version, total = info["version"], info["message_count"]
    except (UserError, KeyError, TypeError) as error:
        return Check("metadata.yaml", False, str(error), remedy)
    same = counts == {topic.name: topic.count for topic in bag.topics}
    ok = same and version == VERSION and total == bag.statistics.message_count
    return Check("metadata.yaml", ok, f"version {version}, {total} messages, {len(counts)} topics", remedy)


def _types(bag: Bag) -> Check:
    schemas = bag.definitions()
    bare = [t.name for t in bag.topics if not t.hash.startswith("RIHS01_") or not schemas[t.type].data]
    detail = (
        f"no definition or type hash: {', '.join(bare)}"
        if bare
        else f"{len(schemas)} types with definition and hash"
    )
    return Check("types", not bare, detail, "the bag was not recorded by twincell or rosbag2")


def _qos(bag: Bag) -> Check:
    bare = [topic.name for topic in bag.topics if not topic.qos]
    detail = (
        f"no offered QoS: {', '.join(bare)}" if bare else "every topic has the QoS its publishers offered"
    )
    return Check("offered QoS", not bare, detail, "a player will guess the QoS")


def _provenance(bag: Bag) -> Check:
    note = bag.notes().get(PROVENANCE, {})
    files = bag.attachments()
    missing = [key for key in ("robot", "git_commit", "command") if not note.get(key)]
    missing += [name for name in ("contract.md",) if name not in files]
    if not any(name.startswith("config/") for name in files):
        missing.append("configuration files")
    detail = (
        f"missing: {', '.join(missing)}"
        if missing
        else f"{len(note)} facts and {len(files)} files travel with it"
    )
    return Check(
        "where it comes from", not missing, detail, "record with twincell demo --record or up --record"
    )
