"""The order of the checks, second attempts, and cells that are not there."""

from collections.abc import Iterator
from typing import Any

import pytest
from twincell_contract.checks import suite
from twincell_contract.checks.check import Check, Failed, Item
from twincell_contract.checks.observer import Observer
from twincell_contract.facts import RobotFacts


@pytest.fixture
def cell(facts: RobotFacts, namespace: str) -> Iterator[Observer]:
    with Observer(facts, namespace) as observer:
        yield observer


def test_nothing_moves_where_the_controller_is_silent(cell: Observer) -> None:
    found = list(suite.act(cell))
    assert len(found) > 40
    assert all(not check.ok and check.detail.startswith("Not tried") for check in found)


def test_names_are_unique_and_there_are_at_least_60(cell: Observer) -> None:
    items = [item.name for group in suite.WATCHING + suite.ACTING for item in group(cell)]
    assert len(items) == len(set(items)) >= 60


def test_a_second_attempt_is_told(cell: Observer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suite, "hold", lambda _: None)
    first = Check("jog", False, "too slow")
    assert suite.second(Item("jog", lambda _: "fast"), cell, first).detail == (
        "fast (second attempt; the first: too slow)"
    )

    def fails(_: Any) -> str:
        raise Failed("too slow again")

    assert suite.second(Item("jog", fails), cell, first) == Check("jog", False, "too slow again")
