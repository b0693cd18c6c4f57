"""Finds the topics of a cell, subscribes to them raw, and hands the serialized messages to a BagWriter.

Subscriptions are polled from the recorder's loop: an executor that runs five 500 Hz topics costs a third of a core.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

from rclpy.node import Node
from rclpy.qos import (
    DurabilityPolicy,
    HistoryPolicy,
    LivelinessPolicy,
    QoSProfile,
    ReliabilityPolicy,
)
from twincell_runtime.polled import PolledSubscription

from twincell_bag.definitions import DefinitionError, find
from twincell_bag.metadata import TopicInfo, qos_entry
from twincell_bag.writer import PROVENANCE, BagWriter
from twincell_contract import names
from twincell_msgs.msg import WorldState

# Without loss between two polls (facts: images 30, joint states 1000); the middleware allocates as it needs.
IMAGE_DEPTH = 30
STATE_DEPTH = 1000
# Above ROS namespaces, of no use without the nodes that sent them.
_SKIP = ("/parameter_events",)
_IMAGES = ("sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage", "sensor_msgs/msg/PointCloud2")


@dataclass
class _Recorded:
    subscription: PolledSubscription[Any]
    channel: int


class Recorder:
    """Records every visible topic under `namespace` (`/` for all) from `discover` on."""

    def __init__(self, node: Node, writer: BagWriter, namespace: str = "/") -> None:
        self._node = node
        self._writer = writer
        self._prefix = namespace.rstrip("/") + "/"
        self._topics: dict[str, _Recorded] = {}
        self.refused: dict[str, str] = {}
        """Topics that are not recorded, and why."""
        self._world = f"{self._prefix}{names.WORLD_STATE}"
        self._scene_known = False
        self._turn = -1

    @property
    def topics(self) -> tuple[str, ...]:
        """Names of the topics that are recorded."""
        return tuple(self._topics)

    def discover(self) -> list[str]:
        """Subscribe to topics that have come up; their names."""
        found = []
        for name, types in self._node.get_topic_names_and_types():
            if name in self._topics or name in self.refused or not self._wanted(name):
                continue
            publishers = self._node.get_publishers_info_by_topic(name)
            if publishers:  # a subscription alone says nothing about the offered QoS
                try:
                    self._subscribe(name, types, publishers)
                except (DefinitionError, ImportError, AttributeError) as error:
                    self.refused[name] = str(error)
                    continue
                found.append(name)
        return found

    def _wanted(self, name: str) -> bool:
        # rosbag2's rule: a token that begins with an underscore hides a topic (action feedback, internal links).
        hidden = any(token.startswith("_") for token in name.split("/"))
        return not hidden and name not in _SKIP and (name.startswith(self._prefix) or name == "/rosout")

    def _subscribe(self, name: str, types: list[str], publishers: list[Any]) -> None:
        if len(types) != 1:
            raise DefinitionError(f"it has several types: {', '.join(types)}")
        definition = find(types[0])
        offered = str(publishers[0].topic_type_hash)
        if offered.startswith("RIHS01_") and offered != definition.hash:
            raise DefinitionError(
                f"its publisher's {types[0]} is not the one installed here: {offered} there, {definition.hash} here"
            )
        package, kind, short = types[0].split("/")
        message = getattr(importlib.import_module(f"{package}.{kind}"), short)
        depth = IMAGE_DEPTH if types[0] in _IMAGES else STATE_DEPTH
        subscription = PolledSubscription(
            self._node, message, name, matching_qos([p.qos_profile for p in publishers], depth), raw=True
        )
        topic = TopicInfo(name, types[0], definition.hash, [offered_qos(p.qos_profile) for p in publishers])
        self._topics[name] = _Recorded(subscription, self._writer.add_topic(topic, definition))

    def refresh(self) -> None:
        """Look at one topic's publishers, the next at each call: late ones get into metadata.yaml."""
        if not self._topics:
            return
        self._turn = (self._turn + 1) % len(self._topics)
        name = self.topics[self._turn]
        publishers = self._node.get_publishers_info_by_topic(name)
        topic = self._writer.info.topics[self._topics[name].channel - 1]
        if len(publishers) > len(topic.qos):
            topic.qos = [offered_qos(p.qos_profile) for p in publishers]

    def take(self) -> int:
        """Write what has come in; how many messages."""
        count = 0
        for name, topic in self._topics.items():
            for received in topic.subscription.take_all():
                if not self._writer.write(
                    topic.channel, received.received_ns, received.source_ns, received.msg, received.sequence
                ):
                    return count
                count += 1
                if name == self._world and not self._scene_known:
                    self._note_scene(received.msg)
        return count

    def _note_scene(self, data: bytes) -> None:
        from rclpy.serialization import deserialize_message

        state = deserialize_message(data, WorldState)
        self._scene_known = True
        self._writer.note(
            PROVENANCE,
            {"scene": state.scene, "scene_hash": state.scene_hash, "randomization": state.randomization},
        )

    def close(self) -> None:
        """End the subscriptions."""
        for topic in self._topics.values():
            topic.subscription.destroy()


def matching_qos(offered: list[QoSProfile], depth: int) -> QoSProfile:
    """A subscription that all of these publishers serve, and that asks for the most they all give."""
    reliable = all(profile.reliability == ReliabilityPolicy.RELIABLE for profile in offered)
    latched = all(profile.durability == DurabilityPolicy.TRANSIENT_LOCAL for profile in offered)
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=depth,
        reliability=ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT,
        durability=DurabilityPolicy.TRANSIENT_LOCAL if latched else DurabilityPolicy.VOLATILE,
    )


def offered_qos(profile: QoSProfile) -> dict[str, Any]:
    """An offered QoS in rosbag2's words. Discovery tells neither history nor depth: `unknown` and 0, as in rosbag2."""
    return qos_entry(
        HistoryPolicy(profile.history).name.lower(),
        int(profile.depth),
        ReliabilityPolicy(profile.reliability).name.lower(),
        DurabilityPolicy(profile.durability).name.lower(),
        LivelinessPolicy(profile.liveliness).name.lower(),
    )
