"""Rates and stamps of what the cell publishes."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from .. import names
from ..entries import Topic
from .check import Failed, Item, require
from .observer import Observer, stamp_ns

WINDOW_S = 3.2
"""Recorded time over which rates are measured: three messages of a 1 Hz topic."""
CLOCK_TOLERANCE_S = 1.0
"""Largest difference of a stamp from the system's clock: stamps are system time unless clock:=sim."""


def rate(cell: Observer, name: str) -> float:
    """Rate over the newest WINDOW_S, from the times the middleware gives [Hz].

    Raises Failed without messages.
    """
    cell.drain()
    start = cell.now_ns() - int(WINDOW_S * 1e9)
    times = [received.source_ns for received in cell.messages(name, start)]
    if len(times) < 2:
        raise Failed(f"{len(times)} messages on {name} in {WINDOW_S:g} s. Start the node that publishes it.")
    return (len(times) - 1) / ((times[-1] - times[0]) * 1e-9)


def rate_is_right(topic: Topic, cell: Observer) -> str:
    """Within the contract's range; measured twice before it counts as wrong, for a machine that was busy."""
    assert topic.rate is not None
    low, high = topic.rate.bounds(cell.facts.rate_hz)
    high *= 1.05  # a window's end effects
    if low == 0.0 and not cell.messages(topic.name, cell.now_ns() - int(WINDOW_S * 1e9)):
        return f"silent, as it may be ({topic.rate})"
    measured = 0.0
    for attempt in range(2):
        if attempt:
            cell.pump(WINDOW_S)
        measured = rate(cell, topic.name)
        if low <= measured <= high:
            return f"{measured:.1f} Hz ({topic.rate})"
    raise Failed(
        f"{topic.name} runs at {measured:.1f} Hz; it must run at {low:g} to {high:g} Hz on a "
        f"{cell.facts.robot}. "
        "Publish it from the control loop at the profile's rate, or look at the machine's load."
    )


def state_stamps(cell: Observer) -> Any:
    """Header stamps of the newest joint states (n,) [s], from their first."""
    received = cell.messages(names.JOINT_STATES, cell.now_ns() - int(WINDOW_S * 1e9))
    require(len(received) > 2, "joint_states is silent. Start the arm node.")
    stamps = np.array([stamp_ns(r.msg.header.stamp) for r in received])
    return (stamps - stamps[0]) * 1e-9


def stamps_rise(cell: Observer) -> str:
    """No two joint states with the same or a falling stamp."""
    stamps = state_stamps(cell)
    wrong = int((np.diff(stamps) <= 0.0).sum())
    require(
        wrong == 0,
        f"{wrong} of {len(stamps)} joint states have the stamp of the one before or an earlier one. Stamp "
        "each with the time "
        "of its measurement.",
    )
    return f"{len(stamps)} stamps, each later than the one before"


def stamps_are_spaced(cell: Observer) -> str:
    """The median distance of stamps is the robot's period."""
    period = 1.0 / cell.facts.rate_hz
    median = float(np.median(np.diff(state_stamps(cell))))
    require(
        abs(median - period) <= 0.05 * period,
        f"Joint states are stamped {median * 1e3:.3f} ms apart; the {cell.facts.robot}'s period is "
        f"{period * 1e3:.3f} ms. "
        "Publish one per control tick, stamped when it was measured.",
    )
    return f"median {median * 1e3:.3f} ms, period {period * 1e3:.3f} ms"


def stamps_are_system_time(cell: Observer) -> str:
    """A stamp is the time of the measurement: close to, and not after, the time of publication."""
    newest = cell.messages(names.JOINT_STATES)[-1:]
    require(newest, "joint_states is silent. Start the arm node.")
    age = (newest[0].source_ns - stamp_ns(newest[0].msg.header.stamp)) * 1e-9
    require(
        -0.005 <= age <= CLOCK_TOLERANCE_S,
        f"A joint state was published {age:.3f} s after its stamp. Stamp it with the system's clock at the "
        "measurement.",
    )
    return f"published {age * 1e3:.2f} ms after its stamp"


def items(cell: Observer) -> Iterator[Item]:
    """The checks of this file."""
    for topic in cell.topics():
        if topic.published and topic.rate is not None:
            yield Item(f"rate:{topic.name}", partial(rate_is_right, topic))
    yield Item("joint_states_stamps_rise", stamps_rise)
    yield Item("joint_states_stamps_spaced_by_period", stamps_are_spaced)
    yield Item("joint_states_stamps_are_system_time", stamps_are_system_time)
