"""Writes docs/contract.md from the contract's tables: `python -m twincell_contract.document [FILE]`."""

import sys
from collections.abc import Iterable
from pathlib import Path

from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

from . import cameras, names
from .contract import ACTIONS, INTERNAL, SERVICES, TOPICS
from .entries import Room, Topic, When, type_name
from .reasons import SENTENCES

HEADER = """# The contract of a cell

Written by `python -m twincell_contract.document` from `src/twincell_contract`; edit the tables there, not this
file. `twincell check --backend mujoco --robot ur5e` tests a running cell against every line.

All names are relative: a namespace makes a second cell on the same host (tf, diagnostics and clock included).
Units are SI (m, rad, s, N, N m), frames follow REP-103 and REP-105. The root frame is `base_link` (UR) or
`link_base` (xArm), the tool frame `tool0` or `link_eef`, each with the `tf_prefix`. The robot's rate is 125 Hz
(ur5), 500 Hz (ur5e) or 250 Hz (xarm7). Chain order is the order of the joints from the base to the tool.
"""

ROOMS = {
    Room.ARM: "Arm: the hardware side",
    Room.CONTROLLER: "Controller: the only one that commands the arm",
    Room.CAMERA: "Camera: once per camera",
    Room.POLICY: "Policy",
    Room.CELL: "Cell: descriptions, transforms and episodes",
    Room.WORLD: "World: the MuJoCo twin",
    Room.ANY: "Every node",
}


def qos_words(profile: QoSProfile) -> str:
    """QoS in two words, as the table shows it."""
    reliable = "reliable" if profile.reliability == ReliabilityPolicy.RELIABLE else "best effort"
    latched = ", latched" if profile.durability == DurabilityPolicy.TRANSIENT_LOCAL else ""
    return f"{reliable}{latched}, depth {profile.depth}"


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    """A Markdown table."""
    return [
        "| " + " | ".join(head) + " |",
        "|" + "---|" * len(head),
        *("| " + " | ".join(row) + " |" for row in rows),
        "",
    ]


def note_with_condition(note: str, when: When) -> str:
    """The note, followed by where the name exists when that is not everywhere."""
    return note if when is When.ALWAYS else f"{note} Exists {when.value}.".strip()


def topic_row(topic: Topic) -> tuple[str, ...]:
    """One row of the topic table."""
    return (
        f"`{topic.name}`",
        "publishes" if topic.published else "subscribes",
        f"`{type_name(topic.type)}`",
        qos_words(topic.qos),
        str(topic.rate) if topic.rate else "",
        "; ".join(part for part in (topic.unit, topic.frame, topic.order) if part),
        note_with_condition(topic.note, topic.when),
    )


def text() -> str:
    """The whole document."""
    lines = [HEADER]
    all_topics = (*TOPICS, *cameras.topics(cameras.ANY_CAMERA, cameras.STREAMS, 0.0))
    all_services = (*SERVICES, *cameras.services(cameras.ANY_CAMERA))
    for room, title in ROOMS.items():
        lines += [f"## {title}", ""]
        topics = [topic for topic in all_topics if topic.room is room]
        if topics:
            head = ("topic", "room", "type", "QoS", "rate", "unit, frame, order", "note")
            lines += table(head, map(topic_row, topics))
        services = [service for service in all_services if service.room is room]
        if services:
            lines += table(
                ("service", "type", "note"),
                (
                    (f"`{s.name}`", f"`{type_name(s.type)}`", note_with_condition(s.note, s.when))
                    for s in services
                ),
            )
        actions = [action for action in ACTIONS if action.room is room]
        if actions:
            lines += table(
                ("action", "type", "note"),
                ((f"`{a.name}`", f"`{type_name(a.type)}`", a.note) for a in actions),
            )
    lines += [
        "## Sources of motion",
        "",
        "Lowest priority first: "
        + ", ".join(f"`{source}`" for source in names.SOURCES)
        + ". A source acquires the arm "
        "(`controller/acquire`) before it streams; one of higher priority takes the arm over without a jump, "
        "one of the "
        "same or lower priority is refused with a sentence that names the owner. The planner comes in "
        "through "
        "`follow_joint_trajectory`, which acquires and releases for it.",
        "",
        "## Reason bits of controller/status",
        "",
        *table(
            ("bit", "name", "meaning"),
            (
                (str(int(bit).bit_length() - 1), f"`{bit.name}`", sentence)
                for bit, sentence in SENTENCES.items()
            ),
        ),
        "## Internal",
        "",
        "Between the two processes of the controller, not for other clients: "
        + ", ".join(f"`{name}`" for name in INTERNAL)
        + ".",
        "",
    ]
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Write the document to the given file, `docs/contract.md` without one."""
    path = Path(arguments[0]) if arguments else Path("docs/contract.md")
    path.write_text(text())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
