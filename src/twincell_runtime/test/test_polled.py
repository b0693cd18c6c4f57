import time

import pytest
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import QoSProfile
from std_msgs.msg import Float64
from twincell_runtime.params import Param, ParameterError, declare
from twincell_runtime.polled import PolledSubscription


@pytest.fixture
def node():
    context = rclpy.Context()
    rclpy.init(context=context)
    node = rclpy.create_node(
        "polled_test",
        context=context,
        parameter_overrides=[
            rclpy.Parameter("rate", value=900.0),
            rclpy.Parameter("kind", value="odd"),
        ],
    )
    yield node
    node.destroy_node()
    rclpy.shutdown(context=context)


def publish_values(node, topic: str, values: list[float]) -> None:
    """Publish to the subscriptions of the topic; returns when one more, beside them, has heard everything."""
    witness = PolledSubscription(node, Float64, topic, QoSProfile(depth=10))
    publisher = node.create_publisher(Float64, topic, QoSProfile(depth=10))
    listeners = node.count_subscribers(topic)
    wait_for(lambda: publisher.get_subscription_count() == listeners > 1)
    for value in values:
        publisher.publish(Float64(data=value))
    heard: list[float] = []

    def all_heard() -> bool:
        heard.extend(received.msg.data for received in witness.take_all())
        return heard == values

    wait_for(all_heard)
    time.sleep(0.05)
    witness.destroy()


def wait_for(condition, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_executor_never_takes_polled_messages(node):
    subscription = PolledSubscription(node, Float64, "numbers", QoSProfile(depth=10))
    executor = SingleThreadedExecutor(context=node.context)
    executor.add_node(node)
    publish_values(node, "numbers", [1.0, 2.0, 3.0])
    for _ in range(5):
        executor.spin_once(timeout_sec=0.02)
    before = time.time_ns()
    received = subscription.take_all()
    assert [r.msg.data for r in received] == [1.0, 2.0, 3.0]
    assert all(0 <= before - r.source_ns < 5_000_000_000 for r in received)
    executor.shutdown()


def test_latest_drops_older_messages(node):
    subscription = PolledSubscription(node, Float64, "numbers", QoSProfile(depth=10))
    publish_values(node, "numbers", [1.0, 2.0, 3.0])
    newest = subscription.latest()
    assert newest is not None and newest.msg.data == 3.0
    assert subscription.latest() is None


def test_publishers_are_counted(node):
    subscription = PolledSubscription(node, Float64, "numbers", QoSProfile(depth=10))
    assert subscription.publisher_count() == 0
    publish_values(node, "numbers", [1.0])
    assert subscription.publisher_count() == 1


def test_parameter_out_of_range_names_the_parameter(node):
    with pytest.raises(ParameterError, match="rate"):
        declare(
            node,
            [Param("rate", 10.0, "Rate of the loop", "Hz", minimum=1.0, maximum=500.0)],
        )


def test_parameter_outside_its_choices_names_the_choices(node):
    with pytest.raises(ParameterError, match="kind.*wall, sim"):
        declare(node, [Param("kind", "wall", "Clock", choices=("wall", "sim"))])
