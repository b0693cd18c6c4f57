"""A named check and its outcome."""

import logging
from collections.abc import Callable
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
    """A check to run. `test` returns what it measured and raises Failed when the cell breaks the contract."""

    name: str
    test: "Callable[[Observer], str]"


def require(condition: object, complaint: str) -> None:
    """Raise Failed with `complaint` unless `condition` holds."""
    if not condition:
        raise Failed(complaint)


def outcome(item: Item, cell: "Observer") -> Check:
    """Run a check. One that breaks down counts as failed and stops none of the others."""
    try:
        return Check(item.name, True, item.test(cell))
    except Failed as failure:
        return Check(item.name, False, str(failure))
    except Exception as error:  # whatever a broken cell sends must not end the other checks
        LOG.debug("check %s broke down", item.name, exc_info=True)
        return Check(item.name, False, f"The check broke down: {type(error).__name__}: {error}")
