"""The gate: a command passes whole or not at all. Pure functions; what passes is in the profile's joint order."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from twincell_contract.reasons import Reason

from .types import Chunk, Command, Floats, Jog, Pose, TrajectoryPoint, Twist

UNIT_TOLERANCE = 1e-3
"""How far the length of a quaternion may be from 1."""


@dataclass(frozen=True, slots=True)
class GateRules:
    """What commands are checked against."""

    joint_names: tuple[str, ...]
    frames: frozenset[str]
    stale_after: float  # s, age of a stamp
    future_tolerance: float  # s
    chunk_ahead: float  # s, how far ahead a chunk may begin


@dataclass(frozen=True, slots=True)
class Passed:
    """A command that passed."""

    command: Command


def check(command: Command, now: float, rules: GateRules) -> Passed | Reason:
    """The command with values in the profile's joint order, or the reason why it is refused."""
    request = command.request
    window = _stamp(command, now, rules)
    if window:
        return window
    if isinstance(request, Twist):
        refused = _twist(request, rules)
        return refused or Passed(command)
    if isinstance(request, Pose):
        return _pose(command, request, rules)
    if isinstance(request, Jog):
        return _jog(command, request, rules)
    if isinstance(request, Chunk):
        return _chunk(command, request, now, rules)
    if not math.isfinite(request.opening):
        return Reason.COMMAND_NOT_FINITE
    return Passed(command) if 0.0 <= request.opening <= 1.0 else Reason.COMMAND_SHAPE


def _finite(*groups: Iterable[float]) -> bool:
    return all(math.isfinite(x) for group in groups for x in group)


def _stamp(command: Command, now: float, rules: GateRules) -> Reason:
    stamp = command.received if command.stamp is None else command.stamp
    if not math.isfinite(stamp):
        return Reason.COMMAND_NOT_FINITE
    if isinstance(
        command.request, Chunk
    ):  # its stamp is its begin; a past begin is cut, a past end refused below
        return Reason.COMMAND_FUTURE if stamp - now > rules.chunk_ahead else Reason.NONE
    if now - stamp > rules.stale_after:
        return Reason.COMMAND_STALE
    return Reason.COMMAND_FUTURE if stamp - now > rules.future_tolerance else Reason.NONE


def _twist(request: Twist, rules: GateRules) -> Reason:
    if len(request.linear) != 3 or len(request.angular) != 3:
        return Reason.COMMAND_SHAPE
    if not _finite(request.linear, request.angular):
        return Reason.COMMAND_NOT_FINITE
    return Reason.NONE if request.frame in rules.frames else Reason.COMMAND_FRAME


def _pose(command: Command, request: Pose, rules: GateRules) -> Passed | Reason:
    if len(request.position) != 3 or len(request.orientation) != 4:
        return Reason.COMMAND_SHAPE
    if not _finite(request.position, request.orientation):
        return Reason.COMMAND_NOT_FINITE
    if request.frame not in rules.frames:
        return Reason.COMMAND_FRAME
    length = math.sqrt(sum(x * x for x in request.orientation))
    if abs(length - 1.0) > UNIT_TOLERANCE:
        return Reason.COMMAND_SHAPE
    unit = tuple(x / length for x in request.orientation)
    return Passed(replace(command, request=replace(request, orientation=unit)))


def _order(names: Sequence[str], rules: GateRules) -> dict[str, int] | None:
    """Index by name; None where a name is unknown or there twice."""
    index = {name: i for i, name in enumerate(names)}
    known = len(index) == len(names) and all(name in rules.joint_names for name in index)
    return index if known else None


def _jog(command: Command, request: Jog, rules: GateRules) -> Passed | Reason:
    """Joints that are not named stand still; exactly one of velocities and displacements is given."""
    index = _order(request.names, rules)
    if index is None or not index:
        return Reason.COMMAND_JOINT_NAMES
    if bool(request.velocities) == bool(request.displacements):
        return Reason.COMMAND_SHAPE
    values = request.velocities or request.displacements
    if len(values) != len(index):
        return Reason.COMMAND_SHAPE
    if not _finite(values):
        return Reason.COMMAND_NOT_FINITE
    ordered = tuple(float(values[index[n]]) if n in index else 0.0 for n in rules.joint_names)
    if request.velocities:
        jog = Jog(rules.joint_names, velocities=ordered)
    else:
        jog = Jog(rules.joint_names, displacements=ordered)
    return Passed(replace(command, request=jog))


def _chunk(command: Command, request: Chunk, now: float, rules: GateRules) -> Passed | Reason:
    """Names every joint once; times increase strictly from 0; values are there for all joints or for none."""
    index = _order(request.names, rules)
    if index is None or len(index) != len(rules.joint_names):
        return Reason.COMMAND_JOINT_NAMES
    if not request.points:
        return Reason.COMMAND_SHAPE
    order = [index[name] for name in rules.joint_names]
    points: list[TrajectoryPoint] = []
    last = -math.inf
    for point in request.points:
        if not _finite((point.time,), point.position, point.velocity, point.acceleration):
            return Reason.COMMAND_NOT_FINITE
        if point.time < 0.0 or point.time <= last or len(point.position) != len(order):
            return Reason.COMMAND_SHAPE
        if len(point.velocity) not in (0, len(order)) or len(point.acceleration) not in (0, len(order)):
            return Reason.COMMAND_SHAPE
        if point.acceleration and not point.velocity:
            return Reason.COMMAND_SHAPE
        last = point.time
        points.append(
            TrajectoryPoint(
                point.time,
                _pick(point.position, order),
                _pick(point.velocity, order),
                _pick(point.acceleration, order),
            )
        )
    begin = command.received if command.stamp is None else command.stamp
    if begin + last < now:
        return Reason.COMMAND_STALE
    return Passed(replace(command, request=Chunk(rules.joint_names, tuple(points))))


def _pick(values: Floats, order: list[int]) -> Floats:
    return tuple(float(values[i]) for i in order) if values else ()
