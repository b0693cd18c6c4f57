"""The tables are consistent with the names, and rates are what DESIGN asks for."""

import pytest
from twincell_contract.contract import ACTIONS, INTERNAL, SERVICES, TOPICS
from twincell_contract.entries import Action, Rate, Room, Service, Topic, type_name

from twincell_contract import names

ENTRIES: tuple[Topic | Service | Action, ...] = (*TOPICS, *SERVICES, *ACTIONS)


def constants() -> set[str]:
    """Every name of names.py that is a topic, service or action."""
    values = {value for key, value in vars(names).items() if key.isupper() and isinstance(value, str)}
    return values - {names.CONTROLLER_MANAGER} - set(INTERNAL)


def test_every_constant_name_is_in_the_contract() -> None:
    assert constants() <= {entry.name for entry in ENTRIES}


def test_names_are_relative() -> None:
    assert [e.name for e in ENTRIES if e.name.startswith(("/", "~"))] == []


def test_no_topic_is_listed_twice_for_one_room() -> None:
    keys = [(topic.name, topic.room, topic.published) for topic in TOPICS]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("robot_rate", [125.0, 250.0, 500.0])
def test_joint_states_and_commands_run_at_the_robots_rate(robot_rate: float) -> None:
    for name in (names.JOINT_STATES, names.COMMANDS):
        rates = [topic.rate.bounds(robot_rate) for topic in TOPICS if topic.name == name and topic.rate]
        assert rates == [pytest.approx((0.95 * robot_rate, 1.05 * robot_rate))]


def test_only_the_controller_publishes_commands() -> None:
    publishers = [topic.room for topic in TOPICS if topic.name == names.COMMANDS and topic.published]
    assert publishers == [Room.CONTROLLER]


def test_action_name_holds_the_robot() -> None:
    gripper = next(action for action in ACTIONS if "<robot>" in action.name)
    assert gripper.name_for("xarm7") == "xarm7_gripper/gripper_action"


def test_rate_words() -> None:
    assert str(Rate(0.95, 1.05, of_robot=True)) == "the robot's rate, within 5 %"
    assert str(Rate(20.0, 125.0)) == "20 to 125 Hz"


def test_type_name_is_the_ros_name() -> None:
    state = next(topic for topic in TOPICS if topic.name == names.JOINT_STATES)
    assert type_name(state.type) == "sensor_msgs/msg/JointState"
