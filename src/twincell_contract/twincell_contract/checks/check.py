"""A named check, its outcome, and how checks are run."""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .observer import Observer

LOG = logging.getLogger(__name__)


class Failed(Exception):
    """What is wrong and its remedy, in one or two plain sentences."""


@dataclass(frozen=True)
class Check:
    """Outcome of a check."""

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True)
class Item:
    """A check to run. `test` returns what it measured and raises Failed when the cell breaks the contract.

    Behaviour is tried `attempts` times before it counts as wrong: a machine that stood still for a tenth of a second
    stops an arm, as it must.
    """

    name: str
    test: "Callable[[Observer], str]"
    attempts: int = 1


def require(condition: object, complaint: str) -> None:
    """Raise Failed with `complaint` unless `condition` holds."""
    if not condition:
        raise Failed(complaint)


def run(items: "Iterable[Item]", cell: "Observer") -> Iterator[Check]:
    """Run checks one after the other.

    A check that breaks down counts as failed and stops none of the others.
    """
    for item in items:
        yield outcome(item, cell)


def outcome(item: Item, cell: "Observer") -> Check:
    """Run one check."""
    check = attempt(item, cell)
    for _ in range(item.attempts - 1):
        if check.ok:
            break
        LOG.info("%s is tried again: %s", item.name, check.detail)
        check = attempt(item, cell)
    return check


def attempt(item: Item, cell: "Observer") -> Check:
    """Run one check once."""
    try:
        return Check(item.name, True, item.test(cell))
    except Failed as failure:
        return Check(item.name, False, str(failure))
    except Exception as error:  # whatever a broken cell sends must not end the other checks
        LOG.debug("check %s broke down", item.name, exc_info=True)
        return Check(item.name, False, f"The check broke down: {type(error).__name__}: {error}")
