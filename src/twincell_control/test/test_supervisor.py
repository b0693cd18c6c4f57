"""Every way through the modes: faults latch, stops need a reset, lost leases hold."""

import pytest
from twincell_contract.reasons import Reason
from twincell_control.supervisor import Supervision
from twincell_control.types import Mode

from twincell_control import supervisor

HOLD = supervisor.started(Supervision())
OWNED = supervisor.owned(HOLD)


def test_starts_waiting_and_then_holds() -> None:
    assert Supervision().mode is Mode.STARTING
    assert Supervision(Mode.HOLD) == HOLD


@pytest.mark.parametrize("mode", [HOLD, OWNED])
def test_requested_stop_ends_stopped(mode: Supervision) -> None:
    stopping = supervisor.stop(mode)
    assert stopping.mode is Mode.STOPPING
    stopped = supervisor.at_rest(stopping)
    assert stopped.mode is Mode.STOPPED
    assert stopped.latched == Reason.STOP_REQUESTED
    assert supervisor.started(stopped) == HOLD


def test_lost_owner_ends_holding_and_can_be_taken_over_meanwhile() -> None:
    going = supervisor.let_go(OWNED)
    assert going.mode is Mode.STOPPING
    assert supervisor.may_own(going)
    assert supervisor.at_rest(going) == HOLD
    assert supervisor.let_go(HOLD) == HOLD


def test_fault_latches_and_wins() -> None:
    faulted = supervisor.fault(OWNED, Reason.TRACKING)
    assert faulted.mode is Mode.STOPPING
    assert not supervisor.may_own(faulted)
    more = supervisor.fault(supervisor.stop(faulted), Reason.STATE_STALE)
    ended = supervisor.at_rest(more)
    assert ended.mode is Mode.FAULT
    assert ended.latched == Reason.TRACKING | Reason.STATE_STALE | Reason.STOP_REQUESTED
    assert supervisor.fault(ended, Reason.ARM_NOT_READY) == ended


def test_stop_after_a_lost_lease_still_needs_a_reset() -> None:
    stopping = supervisor.stop(supervisor.let_go(OWNED))
    assert supervisor.at_rest(stopping).mode is Mode.STOPPED


@pytest.mark.parametrize("mode", [Mode.STARTING, Mode.STOPPED, Mode.FAULT])
def test_nobody_owns_or_stops_what_stands(mode: Mode) -> None:
    now = Supervision(mode)
    assert not supervisor.may_own(now)
    assert supervisor.stop(now) == now
    assert supervisor.at_rest(now) == now


def test_late_states_latch_only_where_something_could_move() -> None:
    assert supervisor.waits(Supervision(Mode.HOLD), Reason.STATE_STALE)
    assert not supervisor.waits(Supervision(Mode.HOLD), Reason.STATE_STALE | Reason.TRACKING)
    assert not supervisor.waits(Supervision(Mode.HOLD), Reason.NONE)
    for mode in (Mode.OWNED, Mode.STOPPING, Mode.STOPPED, Mode.FAULT):
        assert not supervisor.waits(Supervision(mode), Reason.STATE_STALE)
