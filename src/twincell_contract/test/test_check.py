"""A check that fails or breaks down is reported and stops none of the others."""

from typing import Any

from twincell_contract.checks.check import Check, Item, outcome, require


def passes(_: Any) -> str:
    return "measured 3"


def fails(_: Any) -> str:
    require(False, "Too slow. Run it faster.")
    return "never"


def breaks_down(_: Any) -> str:
    raise ZeroDivisionError("oops")


def test_outcomes_keep_their_order_and_names() -> None:
    cell: Any = None
    found = [outcome(item, cell) for item in (Item("a", fails), Item("b", breaks_down), Item("c", passes))]
    assert found == [
        Check("a", False, "Too slow. Run it faster."),
        Check("b", False, "The check broke down: ZeroDivisionError: oops"),
        Check("c", True, "measured 3"),
    ]
