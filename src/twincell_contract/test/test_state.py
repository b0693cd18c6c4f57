"""Checks of joint states, tool pose and the rest, each against messages that are wrong in one way."""

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from geometry_msgs.msg import PoseStamped, WrenchStamped
from rclpy.node import Node
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64, Float64MultiArray
from twincell_contract.checks import state, streams
from twincell_contract.checks.check import Failed
from twincell_contract.checks.observer import Observer
from twincell_contract.entries import Rate, Room, Topic
from twincell_contract.facts import RobotFacts

from twincell_contract import names, qos

POSITIONS = [0.3, -1.2]
PERIOD_NS = 8_000_000


class FakeArm:
    """Publishes a joint state, its tool pose and its command at 125 Hz; tests change the messages."""

    def __init__(self, node: Node, facts: RobotFacts) -> None:
        self._node = node
        self.joints = JointState(
            name=list(facts.joint_names), position=list(POSITIONS), velocity=[0.0, 0.0], effort=[0.0, 0.0]
        )
        self.joints.header.frame_id = facts.root_frame
        self.pose = PoseStamped()
        self.pose.header.frame_id = facts.root_frame
        self.pose.pose.position.x, self.pose.pose.position.y = math.cos(POSITIONS[0]), math.sin(POSITIONS[0])
        self.pose.pose.orientation.w = 1.0
        self.command = Float64MultiArray(data=list(POSITIONS))
        self.scaling = Float64(data=100.0)
        self.wrench = WrenchStamped()
        self.wrench.header.frame_id = facts.tool_frame
        self.change: Callable[[], None] = lambda: None
        self._topics = {
            names.JOINT_STATES: self.joints,
            names.TCP_POSE: self.pose,
            names.COMMANDS: self.command,
            names.SPEED_SCALING: self.scaling,
            names.WRENCH: self.wrench,
        }
        self._end = threading.Event()

    @contextmanager
    def running(self) -> Iterator["FakeArm"]:
        """Publish in a thread."""
        publishers = [
            (self._node.create_publisher(type(message), topic, qos.streaming()), message)
            for topic, message in self._topics.items()
        ]

        def publish() -> None:
            """On a schedule that a busy machine delays but does not stretch; stamped as scheduled."""
            due = time.time_ns()
            while not self._end.wait(max(due - time.time_ns(), 0) * 1e-9):
                stamp = self.joints.header.stamp
                stamp.sec, stamp.nanosec = divmod(due, 1_000_000_000)
                self.change()
                for publisher, message in publishers:
                    publisher.publish(message)
                due += PERIOD_NS

        thread = threading.Thread(target=publish)
        thread.start()
        try:
            yield self
        finally:
            self._end.set()
            thread.join()


@pytest.fixture
def fake(arm: Node, facts: RobotFacts) -> Iterator[FakeArm]:
    with FakeArm(arm, facts).running() as running:
        yield running


@pytest.fixture
def cell(fake: FakeArm, facts: RobotFacts, namespace: str) -> Iterator[Observer]:
    with Observer(facts, namespace) as observer:
        assert observer.wait(lambda: bool(observer.messages(names.WRENCH)), 20.0)
        yield observer


ALL = (
    state.joint_names,
    state.joint_order,
    state.lengths,
    state.radians,
    state.within_limits,
    state.at_rest,
    state.state_frame,
    state.tool_frame,
    state.tool_pose,
    state.wrench,
    state.speed_scaling,
)


def failures(cell: Observer) -> dict[str, str]:
    """Checks that fail, with their complaints, on messages published from now on."""
    since = cell.now_ns()
    topics = (names.JOINT_STATES, names.TCP_POSE, names.COMMANDS, names.SPEED_SCALING, names.WRENCH)
    assert cell.wait(lambda: all(cell.messages(topic, since) for topic in topics), 20.0)
    found = {}
    for check in ALL:
        try:
            check(cell)
        except Failed as failure:
            found[check.__name__] = str(failure)
    return found


def test_a_right_arm_passes(cell: Observer) -> None:
    assert failures(cell) == {}


def test_swapped_values(cell: Observer, fake: FakeArm) -> None:
    fake.joints.position = POSITIONS[::-1]
    found = failures(cell)
    assert "in another joint order" in found["joint_order"]
    assert set(found) == {"joint_order", "tool_pose"}


def test_swapped_names_and_values(cell: Observer, fake: FakeArm) -> None:
    fake.joints.name, fake.joints.position = fake.joints.name[::-1], POSITIONS[::-1]
    found = failures(cell)
    assert set(found) == {"joint_order"}
    assert "it must be chain order: one, two" in found["joint_order"]


def test_degrees(cell: Observer, fake: FakeArm) -> None:
    fake.joints.position = [math.degrees(value) for value in POSITIONS]
    found = failures(cell)
    assert "in degrees" in found["radians"]
    assert set(found) == {"radians", "within_limits", "tool_pose"}


@pytest.mark.parametrize(
    ("field", "value", "check", "words"),
    [
        ("name", ["one", "three"], "joint_names", "a ur5 has one, two"),
        ("effort", [0.0], "lengths", "1 values of effort for 2 joints"),
        ("velocity", [math.nan, 0.0], "lengths", "not finite"),
        ("velocity", [0.4, 0.0], "at_rest", "moves at 0.400 rad/s"),
        ("position", [3.2, -1.2], "within_limits", "one is at 3.200 rad, outside its limits"),
    ],
)
def test_one_wrong_field(
    cell: Observer, fake: FakeArm, field: str, value: list, check: str, words: str
) -> None:
    setattr(fake.joints, field, value)
    assert words in failures(cell)[check]


def test_wrong_frames(cell: Observer, fake: FakeArm) -> None:
    for message in (fake.joints, fake.pose, fake.wrench):
        message.header.frame_id = "world"
    found = failures(cell)
    assert set(found) == {"state_frame", "tool_frame", "wrench"}
    assert "must be the root frame 'base_link'" in found["tool_frame"]


def test_millimetres(cell: Observer, fake: FakeArm) -> None:
    fake.pose.pose.position.x *= 1000.0
    assert "from the forward kinematics" in failures(cell)["tool_pose"]


def test_a_fraction_is_no_percentage(cell: Observer, fake: FakeArm) -> None:
    fake.scaling.data = 0.5
    assert "multiply by 100" in failures(cell)["speed_scaling"]


def test_stamps(cell: Observer, fake: FakeArm) -> None:
    assert cell.wait(lambda: len(cell.messages(names.JOINT_STATES)) > 60, 20.0)
    assert "each later than the one before" in streams.stamps_rise(cell)
    assert "period 8.000 ms" in streams.stamps_are_spaced(cell)
    assert "after its stamp" in streams.stamps_are_system_time(cell)


def test_a_stamp_that_stands_still(cell: Observer, fake: FakeArm) -> None:
    sec = fake.joints.header.stamp.sec

    def freeze() -> None:
        fake.joints.header.stamp.sec, fake.joints.header.stamp.nanosec = sec, 0

    fake.change = freeze
    assert cell.wait(
        lambda: bool(cell.messages(names.JOINT_STATES, (sec + 1) * 1_000_000_000 + 200_000_000)), 20.0
    )
    with pytest.raises(Failed, match="have the stamp of the one before"):
        streams.stamps_rise(cell)
    with pytest.raises(Failed, match="after its stamp"):
        streams.stamps_are_system_time(cell)


def test_a_wrong_rate_is_named_with_the_right_one(cell: Observer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fake arm runs at 125 Hz; the check is asked for twenty times as much."""
    monkeypatch.setattr(streams, "WINDOW_S", 1.0)
    topic = Topic(names.JOINT_STATES, JointState, Room.ARM, rate=Rate(19.0, 21.0, of_robot=True))
    with pytest.raises(Failed, match="it must run at 2375 to"):
        streams.rate_is_right(topic, cell)


def test_silence_is_right_only_where_the_contract_allows_it(
    cell: Observer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "WINDOW_S", 0.2)
    quiet = names.POLICY_TIMING
    kind = next(topic for topic in cell.topics() if topic.name == quiet)
    assert streams.rate_is_right(kind, cell) == "silent, as it may be (at most 2.5 Hz)"
    with pytest.raises(Failed, match=f"0 messages on {quiet}"):
        streams.rate_is_right(replace(kind, rate=Rate(0.5, 2.5)), cell)
