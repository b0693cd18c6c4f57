"""Presence, type, QoS and number of publishers, each seen in a graph that is wrong in that one way."""

import pytest
from rclpy.node import Node
from sensor_msgs.msg import JointState
from std_msgs.msg import String
from std_srvs.srv import SetBool, Trigger
from twincell_contract.checks import graph
from twincell_contract.checks.check import Failed
from twincell_contract.checks.observer import Observer
from twincell_contract.contract import SERVICES, TOPICS
from twincell_contract.facts import RobotFacts

from twincell_contract import names, qos

STATES = next(topic for topic in TOPICS if topic.name == names.JOINT_STATES)
COMMANDS = next(topic for topic in TOPICS if topic.name == names.COMMANDS and not topic.published)
STOP = next(service for service in SERVICES if service.name == names.ARM_STOP)


def wait_for(cell: Observer, topic: graph.Topic, count: int) -> None:
    """Discovery of `count` endpoints of the node `arm`; its name comes after its endpoints."""
    assert cell.wait(
        lambda: [info.node_name for info in graph.endpoints(cell, topic)] == count * ["arm"], 5.0
    )


def test_a_right_publisher_passes(arm: Node, facts: RobotFacts, namespace: str) -> None:
    arm.create_publisher(JointState, STATES.name, qos.streaming())
    with Observer(facts, namespace) as cell:
        wait_for(cell, STATES, 1)
        assert "sensor_msgs/msg/JointState, on arm" in graph.topic_is_there(STATES, cell)
        assert graph.qos_is_right(STATES, cell) == "reliable, volatile"
        assert graph.one_publisher(STATES, cell) == "published by arm alone"


def test_a_missing_topic_is_named_with_the_node_that_serves_it(facts: RobotFacts, namespace: str) -> None:
    with (
        Observer(facts, namespace) as cell,
        pytest.raises(Failed, match="Nobody publishes joint_states. Start the arm"),
    ):
        graph.topic_is_there(STATES, cell)


def test_a_wrong_type_is_named(arm: Node, facts: RobotFacts, namespace: str) -> None:
    arm.create_publisher(String, STATES.name, 10)
    with Observer(facts, namespace) as cell:
        wait_for(cell, STATES, 1)
        with pytest.raises(Failed, match="as std_msgs/msg/String; it must be sensor_msgs/msg/JointState"):
            graph.topic_is_there(STATES, cell)


def test_another_definition_of_the_type_is_caught_by_its_hash(
    arm: Node, facts: RobotFacts, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    arm.create_publisher(JointState, STATES.name, qos.streaming())
    monkeypatch.setattr(graph, "built_hash", lambda _: "RIHS01_" + 64 * "0")
    with Observer(facts, namespace) as cell:
        wait_for(cell, STATES, 1)
        with pytest.raises(Failed, match="type hash differs"):
            graph.topic_is_there(STATES, cell)


def test_best_effort_is_caught_and_still_heard(arm: Node, facts: RobotFacts, namespace: str) -> None:
    publisher = arm.create_publisher(JointState, STATES.name, qos.sensor())
    with Observer(facts, namespace) as cell:
        wait_for(cell, STATES, 1)
        with pytest.raises(Failed, match="best effort, volatile; it must be reliable, volatile"):
            graph.qos_is_right(STATES, cell)
        cell.hear_all()
        assert cell.wait(lambda: publisher.get_subscription_count() == 1, 20.0)

        def heard() -> bool:
            publisher.publish(JointState(name=["one"]))  # best effort: one alone may be lost
            return bool(cell.messages(STATES.name))

        assert cell.wait(heard, 20.0)
        assert cell.latest(STATES.name).name == ["one"]


def test_a_latched_subscriber_of_commands_is_caught(arm: Node, facts: RobotFacts, namespace: str) -> None:
    arm.create_subscription(COMMANDS.type, COMMANDS.name, lambda _: None, qos.latched())
    with Observer(facts, namespace) as cell:
        wait_for(cell, COMMANDS, 1)
        with pytest.raises(Failed, match="would not hear volatile publishers"):
            graph.qos_is_right(COMMANDS, cell)


def test_two_publishers_are_caught(arm: Node, facts: RobotFacts, namespace: str) -> None:
    for _ in range(2):
        arm.create_publisher(JointState, STATES.name, qos.streaming())
    with Observer(facts, namespace) as cell:
        wait_for(cell, STATES, 2)
        with pytest.raises(Failed, match="has 2 publishers"):
            graph.one_publisher(STATES, cell)


def test_a_missing_service_is_named_until_it_is_there(arm: Node, facts: RobotFacts, namespace: str) -> None:
    with Observer(facts, namespace) as cell:
        with pytest.raises(Failed, match="Service arm/stop is missing"):
            graph.service_is_there(STOP, cell)
        arm.create_service(Trigger, STOP.name, lambda _, answer: answer)
        assert cell.wait(lambda: f"{namespace}/{STOP.name}" in graph.offered(cell, "service"), 20.0)
        assert graph.service_is_there(STOP, cell) == "std_srvs/srv/Trigger"


def test_a_wrong_service_type_is_named(arm: Node, facts: RobotFacts, namespace: str) -> None:
    arm.create_service(SetBool, STOP.name, lambda _, answer: answer)
    with Observer(facts, namespace) as cell:
        assert cell.wait(lambda: f"{namespace}/{STOP.name}" in graph.offered(cell, "service"), 20.0)
        with pytest.raises(Failed, match="is a std_srvs/srv/SetBool; it must be std_srvs/srv/Trigger"):
            graph.service_is_there(STOP, cell)


def test_an_empty_graph_is_told(facts: RobotFacts, namespace: str) -> None:
    with Observer(facts, namespace) as cell:
        assert graph.discover(cell, 0.3) is False
