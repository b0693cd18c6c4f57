"""One owner at a time, by priority, and never by accident."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twincell_contract.names import SOURCES
from twincell_control.arbiter import FREE, LONGEST_LEASE, Lease, acquire, expired, release, renew


def test_free_arm_is_granted_and_expires() -> None:
    verdict = acquire(FREE, "policy", 1.0, now=5.0)
    assert verdict.granted
    assert verdict.lease == Lease("policy", 1.0, 6.0)
    assert not expired(verdict.lease, 6.0)
    assert expired(verdict.lease, 6.01)
    assert not expired(renew(verdict.lease, 5.9), 6.8)


@pytest.mark.parametrize("owner", SOURCES)
@pytest.mark.parametrize("asker", SOURCES)
def test_only_a_higher_priority_takes_over(owner: str, asker: str) -> None:
    lease = acquire(FREE, owner, 1.0, 0.0).lease
    verdict = acquire(lease, asker, 1.0, 0.0)
    assert verdict.granted == (SOURCES.index(asker) > SOURCES.index(owner))
    assert verdict.lease.owner == (asker if verdict.granted else owner)
    if not verdict.granted:
        assert owner in verdict.reason


@pytest.mark.parametrize("length", [0.0, -1.0, math.nan, math.inf, LONGEST_LEASE * 1.01])
def test_lease_has_a_sensible_length(length: float) -> None:
    verdict = acquire(FREE, "policy", length, 0.0)
    assert not verdict.granted
    assert verdict.lease == FREE


def test_planner_may_hold_without_end_and_strangers_not_at_all() -> None:
    assert acquire(FREE, "planner", math.inf, 0.0).granted
    stranger = acquire(FREE, "nobody", 1.0, 0.0)
    assert not stranger.granted
    assert "nobody" in stranger.reason


def test_only_the_owner_releases() -> None:
    lease = acquire(FREE, "policy", 1.0, 0.0).lease
    refused = release(lease, "teleop")
    assert not refused.granted
    assert refused.lease == lease
    assert "policy" in refused.reason
    assert release(lease, "policy").lease == FREE
    assert not release(FREE, "policy").granted


actions = st.tuples(
    st.sampled_from(["acquire", "release", "renew"]), st.sampled_from(SOURCES), st.floats(0.1, 5.0)
)


@given(st.lists(actions, max_size=30))
def test_owner_changes_only_by_grant_or_release(history: list[tuple[str, str, float]]) -> None:
    lease, now = FREE, 0.0
    for action, source, amount in history:
        now += 0.5
        before = lease
        if action == "acquire":
            verdict = acquire(lease, source, amount, now)
            lease = verdict.lease
            assert (lease.owner == source) if verdict.granted else (lease == before)
        elif action == "release":
            verdict = release(lease, source)
            lease = verdict.lease
            assert (lease == FREE) if verdict.granted else (lease == before)
        else:
            lease = renew(lease, now)
            assert lease.owner == before.owner
