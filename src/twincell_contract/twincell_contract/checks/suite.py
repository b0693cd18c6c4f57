"""All checks, in the order in which they are run."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from . import (
    arm_services,
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
from .check import Check, Item, run
from .observer import Observer

Group = Callable[[Observer], Iterable[Item]]

WATCHING: tuple[Group, ...] = (graph.items, streams.items, state.items, frames.items, status.items)
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
)
"""Groups that move the arm by a few centimetres, stop it and reset it."""


def check(cell: Observer, *, only_watch: bool = False) -> Iterator[Check]:
    """Check a cell that graph.discover has found; with `only_watch` nothing is commanded."""
    cell.pump(streams.WINDOW_S)
    for group in WATCHING:
        for result in run(group(cell), cell):
            cell.drain()
            yield result
    for group in () if only_watch else ACTING:
        yield from run((replace(item, attempts=2) for item in group(cell)), cell)
