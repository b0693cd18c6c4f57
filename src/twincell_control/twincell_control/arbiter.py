"""Who owns the arm: one lease at a time. Pure functions over a frozen lease."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from twincell_contract.names import SOURCES

LONGEST_LEASE = 60.0
"""s; a longer lease would keep the arm from others after its owner's death."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The present owner, empty where there is none. `expires` is the time at which its silence ends the lease."""

    owner: str = ""
    length: float = 0.0  # s
    expires: float = math.inf

    @property
    def held(self) -> bool:
        """Whether somebody owns the arm."""
        return bool(self.owner)


FREE = Lease()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The lease after a request, whether it was granted and why not."""

    lease: Lease
    granted: bool
    reason: str = ""


def acquire(lease: Lease, source: str, length: float, now: float) -> Verdict:
    """A lease of `length` seconds for `source`. A higher priority takes the arm over, an equal or lower one does not.

    An infinite length never expires by silence: for the planner, whose goal is watched otherwise.
    """
    if source not in SOURCES:
        return Verdict(lease, False, f"unknown source '{source}'; use one of: {', '.join(SOURCES)}")
    if not (length > 0.0 and (length <= LONGEST_LEASE or (source == "planner" and length == math.inf))):
        return Verdict(lease, False, f"a lease of {length:g} s is not between 0 and {LONGEST_LEASE:g} s")
    if lease.held and SOURCES.index(source) <= SOURCES.index(lease.owner):
        return Verdict(lease, False, f"the arm is owned by {lease.owner}")
    return Verdict(Lease(source, length, now + length), True)


def release(lease: Lease, source: str) -> Verdict:
    """Give the arm back; only its owner can."""
    if lease.held and lease.owner == source:
        return Verdict(FREE, True)
    owner = f"owned by {lease.owner}" if lease.held else "not owned"
    return Verdict(lease, False, f"{source} does not own the arm: it is {owner}")


def renew(lease: Lease, now: float) -> Lease:
    """The lease after an accepted command of its owner."""
    return replace(lease, expires=now + lease.length)


def expired(lease: Lease, now: float) -> bool:
    """Whether the owner was silent for the whole lease."""
    return lease.held and now > lease.expires
