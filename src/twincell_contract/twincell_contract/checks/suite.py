"""All checks, in the order in which they are run."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

from .. import names
from . import (
    arm_services,
    camera,
    camera_truth,
    frames,
    graph,
    gripper,
    guard,
    lease,
    manager,
    motion,
    state,
    status,
    streams,
    trajectories,
    world,
)
from .behaviour import hold
from .check import Check, Failed, Item, outcome
from .observer import Observer

Group = Callable[[Observer], Iterable[Item]]

WATCHING: tuple[Group, ...] = (
    graph.items,
    streams.items,
    state.items,
    frames.items,
    status.items,
    camera.items,
)
"""Groups that only listen and ask; nothing moves."""

ACTING: tuple[Group, ...] = (
    guard.items,
    lease.items,
    motion.items,
    trajectories.items,
    gripper.items,
    manager.items,
    arm_services.items,
    world.items,
    camera_truth.items,
)
"""Groups that move the arm by a few centimetres, stop it and reset it."""

NEEDED = (names.JOINT_STATES, names.ARM_STATUS, names.CONTROLLER_STATUS)
SILENT_NS = 3_000_000_000


def check(cell: Observer, *, only_watch: bool = False) -> Iterator[Check]:
    """Check a cell that graph.discover has found; with `only_watch` nothing is commanded.

    Else what fails is tried again after the controller was brought back to HOLD: a machine that stands still for a
    tenth of a second stops an arm, as it must.
    """
    cell.pump(streams.WINDOW_S)
    for group in WATCHING:
        for item in group(cell):
            result = outcome(item, cell)
            if not (result.ok or only_watch or group is graph.items):
                result = second(item, cell, result)
            cell.drain()
            yield result
    if not only_watch:
        yield from act(cell)


def act(cell: Observer) -> Iterator[Check]:
    """The groups that move the arm; not tried where a stream is silent that they all need."""
    since = cell.now_ns() - SILENT_NS
    silent = [name for name in NEEDED if not cell.messages(name, since)]
    for group in ACTING:
        for item in group(cell):
            if silent:
                yield Check(item.name, False, f"Not tried, because {' and '.join(silent)} is silent.")
                continue
            result = outcome(item, cell)
            yield result if result.ok else second(item, cell, result)


def second(item: Item, cell: Observer, first: Check) -> Check:
    """The outcome of a second attempt; says so when it succeeds."""
    with suppress(Failed):
        hold(cell)
    again = outcome(item, cell)
    if again.ok:
        return Check(again.name, True, f"{again.detail} (second attempt; the first: {first.detail})")
    return again
