"""Every topic, service and action of the contract is there, with its type, type hash and QoS."""

import time
from collections.abc import Iterator
from functools import partial

from rclpy.action import get_action_names_and_types
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.topic_endpoint_info import TopicEndpointInfo

from .. import names
from ..contract import ACTIONS
from ..entries import Action, Service, Topic, type_name
from ..hashes import built_hash
from .check import Item, require
from .observer import Observer

DISCOVERY_S = 8.0
"""Longest wait for the graph to become complete."""
EMPTY_S = 3.0
"""Longest wait for the first node of a cell."""


def endpoints(cell: Observer, topic: Topic) -> list[TopicEndpointInfo]:
    """Endpoints of others on the room's side of a topic."""
    look = (
        cell.listener.get_publishers_info_by_topic
        if topic.published
        else cell.listener.get_subscriptions_info_by_topic
    )
    own = {cell.listener.get_name(), cell.asker.get_name()}
    return [info for info in look(topic.name) if info.node_name not in own]


def offered(cell: Observer, kind: str) -> dict[str, list[str]]:
    """Names and types of the services or actions in the graph."""
    if kind == "service":
        return dict(cell.asker.get_service_names_and_types())
    return dict(get_action_names_and_types(cell.asker))


def missing(cell: Observer) -> list[str]:
    """Names of the contract that the graph does not show yet."""
    services, actions = offered(cell, "service"), offered(cell, "action")
    absent = [topic.name for topic in cell.topics() if not endpoints(cell, topic)]
    absent += [s.name for s in cell.services() if cell.asker.resolve_service_name(s.name) not in services]
    absent += [a.name for a in ACTIONS if action_name(cell, a) not in actions]
    return absent


def discover(cell: Observer, timeout: float = DISCOVERY_S) -> bool:
    """Wait until everything of the contract is in the graph, at most `timeout` [s]. False when nothing of it is."""
    start = time.monotonic()
    while missing(cell) and (waited := time.monotonic() - start) < timeout:
        if waited > EMPTY_S and not anything(cell):
            return False
        cell.pump(0.2)
    cell.hear_all()
    return anything(cell)


def anything(cell: Observer) -> bool:
    """Whether somebody serves a topic of the contract."""
    return any(endpoints(cell, topic) for topic in cell.topics())


def action_name(cell: Observer, action: Action) -> str:
    """Absolute name of an action in the observed cell."""
    return cell.asker.resolve_topic_name(action.name_for(cell.facts.robot))


def topic_is_there(topic: Topic, cell: Observer) -> str:
    """Exists with the right type and type hash, with one publisher where the room publishes."""
    verb = "publishes" if topic.published else "subscribes to"
    found = endpoints(cell, topic)
    require(found, f"Nobody {verb} {topic.name}. Start the {topic.room.value} node, or mend its topic names.")
    wanted = type_name(topic.type)
    for info in found:
        node = f"{info.node_namespace.rstrip('/')}/{info.node_name}"
        require(
            info.topic_type == wanted,
            f"{node} {verb} {topic.name} as {info.topic_type}; it must be {wanted}.",
        )
        require(
            str(info.topic_type_hash) in ("INVALID", built_hash(wanted)),
            f"{node} {verb} {topic.name} with another definition of {wanted} (its type hash differs). Build "
            "it from the "
            "definition of this ROS distribution.",
        )
    return f"{len(found)} endpoint(s) of {wanted}, on " + ", ".join(
        sorted({info.node_name for info in found})
    )


def one_publisher(topic: Topic, cell: Observer) -> str:
    """A second publisher of a state or of the command stream means two cells in one namespace."""
    found = endpoints(cell, topic)
    nodes = ", ".join(sorted(info.node_name for info in found))
    require(
        len(found) == 1,
        f"{topic.name} has {len(found)} publishers ({nodes or 'none'}); it must have one. Give each cell "
        "its own namespace.",
    )
    return f"published by {nodes} alone"


def qos_is_right(topic: Topic, cell: Observer) -> str:
    """Publishers offer, and subscribers ask for, the contract's reliability and durability."""
    found = endpoints(cell, topic)
    require(found, f"Nobody serves {topic.name}, so its QoS is unknown. Start the {topic.room.value} node.")
    for info in found:
        offer = info.qos_profile
        if topic.published:
            require(
                offer.reliability == topic.qos.reliability and offer.durability == topic.qos.durability,
                f"{info.node_name} publishes {topic.name} {words(offer)}; it must be {words(topic.qos)}. "
                "Take the QoS from twincell_contract.qos.",
            )
        else:
            require(
                offer.durability == DurabilityPolicy.VOLATILE,
                f"{info.node_name} subscribes to {topic.name} {words(offer)} and would not hear volatile "
                "publishers. "
                "Take the QoS from twincell_contract.qos.",
            )
    return words(topic.qos) if topic.published else "hears reliable, volatile publishers"


def words(profile: QoSProfile) -> str:
    """Reliability and durability in words."""
    reliable = "reliable" if profile.reliability == ReliabilityPolicy.RELIABLE else "best effort"
    latched = "transient local" if profile.durability == DurabilityPolicy.TRANSIENT_LOCAL else "volatile"
    return f"{reliable}, {latched}"


def service_is_there(service: Service, cell: Observer) -> str:
    """Exists with the right type."""
    types = offered(cell, "service").get(cell.asker.resolve_service_name(service.name), [])
    wanted = type_name(service.type)
    require(
        types,
        f"Service {service.name} is missing. Start the {service.room.value} node, or mend its service names.",
    )
    require(types == [wanted], f"Service {service.name} is a {', '.join(types)}; it must be {wanted}.")
    return wanted


def action_is_there(action: Action, cell: Observer) -> str:
    """Exists with the right type."""
    name = action.name_for(cell.facts.robot)
    types = offered(cell, "action").get(action_name(cell, action), [])
    wanted = type_name(action.type)
    require(types, f"Action {name} is missing. Start the {action.room.value} node, or mend its action names.")
    require(types == [wanted], f"Action {name} is a {', '.join(types)}; it must be {wanted}.")
    return wanted


SEVERAL_PUBLISHERS = (names.TF, names.TF_STATIC, names.DIAGNOSTICS)
"""Topics that any node may publish on."""


def items(cell: Observer) -> Iterator[Item]:
    """The checks of this file."""
    for topic in cell.topics():
        side = "topic" if topic.published else "input"
        yield Item(f"{side}:{topic.name}", partial(topic_is_there, topic))
        yield Item(f"{side}_qos:{topic.name}", partial(qos_is_right, topic))
        if topic.published and topic.name not in SEVERAL_PUBLISHERS:
            yield Item(f"one_publisher:{topic.name}", partial(one_publisher, topic))
    for service in cell.services():
        yield Item(f"service:{service.name}", partial(service_is_there, service))
    for action in ACTIONS:
        yield Item(f"action:{action.name_for(cell.facts.robot)}", partial(action_is_there, action))
