"""Modes of the controller and what moves it from one to the next. Pure functions over a frozen value.

A fault latches with its reasons and ends in FAULT; a requested stop ends in STOPPED; both need an acknowledged reset.
A lease that ends (expired, released, goal done) ends in HOLD.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from twincell_contract.reasons import Reason

from .types import ArmMode, Mode

READY = (ArmMode.HOLDING, ArmMode.FOLLOWING)
"""Modes of the arm in which it follows commands or would."""

FAULTS = (
    Reason.SEVERAL_PUBLISHERS
    | Reason.STATE_STALE
    | Reason.STATE_INVALID
    | Reason.TRACKING
    | Reason.ARM_NOT_READY
    | Reason.DEADLINE_MISSED
    | Reason.INTERNAL_ERROR
)
"""Reasons that latch."""


@dataclass(frozen=True, slots=True)
class Supervision:
    """Mode, latched reasons, and the mode a running stop ends in."""

    mode: Mode = Mode.STARTING
    latched: Reason = Reason.NONE
    after: Mode = Mode.HOLD


def started(now: Supervision) -> Supervision:
    """The arm is ready, at rest and inside its limits; also after an acknowledged reset."""
    return Supervision(Mode.HOLD)


def owned(now: Supervision) -> Supervision:
    """Somebody acquired the arm."""
    return replace(now, mode=Mode.OWNED)


def waits(now: Supervision, reasons: Reason) -> bool:
    """Whether what was found only means to wait: nobody owns the arm, it holds still, and states are merely late.

    There is nothing to stop, so nothing latches: the controller starts again from the measured pose once states come.
    """
    return now.mode is Mode.HOLD and reasons == Reason.STATE_STALE


def may_own(now: Supervision) -> bool:
    """Whether the arm can be acquired: holding, owned, or on its way to hold."""
    return now.mode in (Mode.HOLD, Mode.OWNED) or (now.mode is Mode.STOPPING and now.after is Mode.HOLD)


def let_go(now: Supervision) -> Supervision:
    """The owner is gone without a fault: come to rest, then hold."""
    return replace(now, mode=Mode.STOPPING, after=Mode.HOLD) if now.mode is Mode.OWNED else now


def stop(now: Supervision) -> Supervision:
    """A stop was asked for."""
    if now.mode is Mode.STOPPING:
        after = now.after if now.after is Mode.FAULT else Mode.STOPPED
        return replace(now, after=after, latched=now.latched | Reason.STOP_REQUESTED)
    if now.mode in (Mode.HOLD, Mode.OWNED):
        return Supervision(Mode.STOPPING, now.latched | Reason.STOP_REQUESTED, Mode.STOPPED)
    return now


def fault(now: Supervision, reasons: Reason) -> Supervision:
    """A fault was found: run the stored stop and latch."""
    if now.mode in (Mode.STARTING, Mode.STOPPED, Mode.FAULT):
        return now
    return Supervision(Mode.STOPPING, now.latched | reasons, Mode.FAULT)


def at_rest(now: Supervision) -> Supervision:
    """The command state stands still."""
    return replace(now, mode=now.after) if now.mode is Mode.STOPPING else now
