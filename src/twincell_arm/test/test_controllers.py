import pytest
from twincell_arm.controllers import (
    BEST_EFFORT,
    FORWARD_POSITION,
    JOINT_STATES,
    STRICT,
    TYPES,
    ControllerTable,
    State,
)
from twincell_model.profile import load_profile


@pytest.fixture
def table():
    return ControllerTable(load_profile("ur5e"))


def test_everything_is_active_at_start_and_forward_position_holds_the_joints(table):
    assert {c.state for c in table.controllers.values()} == {State.ACTIVE}
    assert table.claimed() == set(table.command_interfaces) and len(table.command_interfaces) == 6


def test_strict_switch_is_all_or_nothing(table):
    ok, message = table.switch([], [FORWARD_POSITION, "nonsense"], STRICT)
    assert not ok and "nonsense" in message and table.is_active(FORWARD_POSITION)


@pytest.mark.parametrize("strictness", [0, BEST_EFFORT])
def test_best_effort_does_what_it_can_and_names_the_rest(table, strictness):
    ok, message = table.switch([], [FORWARD_POSITION, "nonsense"], strictness)
    assert ok and "nonsense" in message and not table.is_active(FORWARD_POSITION)
    assert table.claimed() == set()


def test_activating_what_is_active_fails_under_strict_unless_it_is_restarted(table):
    assert not table.switch([FORWARD_POSITION], [], STRICT)[0]
    assert table.switch([FORWARD_POSITION], [FORWARD_POSITION], STRICT)[0]
    assert table.is_active(FORWARD_POSITION)


def test_life_of_a_controller(table):
    assert not table.unload(JOINT_STATES)[0], "active"
    assert not table.cleanup(JOINT_STATES)[0], "active"
    assert table.switch([], [JOINT_STATES], STRICT)[0]
    assert table.cleanup(JOINT_STATES)[0]
    assert not table.switch([JOINT_STATES], [], STRICT)[0], "unconfigured"
    assert table.unload(JOINT_STATES)[0]
    assert not table.unload(JOINT_STATES)[0], "not loaded"
    assert not table.configure(JOINT_STATES)[0], "not loaded"
    assert table.load(JOINT_STATES)[0] and not table.load(JOINT_STATES)[0]
    assert not table.load("unheard_of")[0]
    assert table.configure(JOINT_STATES)[0]
    assert table.switch([JOINT_STATES], [], STRICT)[0] and table.is_active(JOINT_STATES)


def test_reload_asks_for_force_while_something_is_active(table):
    ok, message = table.reload(False)
    assert not ok and FORWARD_POSITION in message
    assert table.reload(True)[0] and not table.controllers
    assert all(table.load(name)[0] for name in TYPES)
