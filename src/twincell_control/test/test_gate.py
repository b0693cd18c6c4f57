"""The gate passes a command whole, in the profile's order, or refuses it with its reason."""

import math
from dataclasses import replace

import pytest
from twincell_contract.reasons import Reason
from twincell_control.gate import GateRules, Passed, check
from twincell_control.types import Chunk, Command, Grip, Jog, Pose, Request, TrajectoryPoint, Twist

RULES = GateRules(
    ("a", "b"), frozenset({"base", "tool"}), stale_after=0.1, future_tolerance=0.05, chunk_ahead=1.0
)
NAN, INF = math.nan, math.inf
ZERO = (0.0, 0.0, 0.0)
TWIST = Twist("base", (0.1, 0.0, 0.0), ZERO)
UNIT = (1.0, 0.0, 0.0, 0.0)


def point(time: float, *position: float) -> TrajectoryPoint:
    """A point with positions only."""
    return TrajectoryPoint(time, position)


CHUNK = Chunk(("a", "b"), (point(0.1, 1.0, 2.0), point(0.2, 1.1, 2.1)))


def verdict(request: Request, stamp: float | None = None, now: float = 10.0) -> Passed | Reason:
    """The gate's verdict on a request received now."""
    return check(Command("policy", request, now, stamp), now, RULES)


REFUSED: list[tuple[Request, Reason]] = [
    (Twist("base", (NAN, 0.0, 0.0), ZERO), Reason.COMMAND_NOT_FINITE),
    (Twist("base", ZERO, (0.0, INF, 0.0)), Reason.COMMAND_NOT_FINITE),
    (Twist("nowhere", ZERO, ZERO), Reason.COMMAND_FRAME),
    (Twist("", ZERO, ZERO), Reason.COMMAND_FRAME),
    (Pose("base", (0.0, 0.0, NAN), UNIT), Reason.COMMAND_NOT_FINITE),
    (Pose("base", ZERO, (0.0, 0.0, 0.0, 0.0)), Reason.COMMAND_SHAPE),
    (Pose("base", ZERO, (1.1, 0.0, 0.0, 0.0)), Reason.COMMAND_SHAPE),
    (Pose("nowhere", ZERO, UNIT), Reason.COMMAND_FRAME),
    (Jog(("a", "c"), velocities=(0.1, 0.1)), Reason.COMMAND_JOINT_NAMES),
    (Jog(("a", "a"), velocities=(0.1, 0.1)), Reason.COMMAND_JOINT_NAMES),
    (Jog((), velocities=()), Reason.COMMAND_JOINT_NAMES),
    (Jog(("a", "b"), velocities=(0.1,)), Reason.COMMAND_SHAPE),
    (Jog(("a", "b")), Reason.COMMAND_SHAPE),
    (Jog(("a",), velocities=(0.1,), displacements=(0.1,)), Reason.COMMAND_SHAPE),
    (Jog(("a", "b"), velocities=(0.1, NAN)), Reason.COMMAND_NOT_FINITE),
    (Chunk(("a",), (point(0.1, 1.0),)), Reason.COMMAND_JOINT_NAMES),
    (Chunk(("a", "c"), (point(0.1, 1.0, 2.0),)), Reason.COMMAND_JOINT_NAMES),
    (Chunk(("a", "b"), ()), Reason.COMMAND_SHAPE),
    (Chunk(("a", "b"), (point(0.2, 1.0, 2.0), point(0.1, 1.0, 2.0))), Reason.COMMAND_SHAPE),
    (Chunk(("a", "b"), (point(0.1, 1.0, 2.0), point(0.1, 1.0, 2.0))), Reason.COMMAND_SHAPE),
    (Chunk(("a", "b"), (point(-0.1, 1.0, 2.0),)), Reason.COMMAND_SHAPE),
    (Chunk(("a", "b"), (point(0.1, 1.0),)), Reason.COMMAND_SHAPE),
    (Chunk(("a", "b"), (point(0.1, 1.0, NAN),)), Reason.COMMAND_NOT_FINITE),
    (Chunk(("a", "b"), (TrajectoryPoint(0.1, (1.0, 2.0), (0.1,)),)), Reason.COMMAND_SHAPE),
    (Chunk(("a", "b"), (TrajectoryPoint(0.1, (1.0, 2.0), (), (0.1, 0.1)),)), Reason.COMMAND_SHAPE),
    (Grip(NAN), Reason.COMMAND_NOT_FINITE),
    (Grip(1.1), Reason.COMMAND_SHAPE),
    (Grip(-0.1), Reason.COMMAND_SHAPE),
]


@pytest.mark.parametrize(("request_", "reason"), REFUSED)
def test_refuses(request_: Request, reason: Reason) -> None:
    assert verdict(request_) == reason


@pytest.mark.parametrize(
    "request_",
    [TWIST, replace(TWIST, frame="tool"), Pose("base", ZERO, UNIT), Jog(("b",), (0.1,)), CHUNK, Grip(0.5)],
)
def test_passes(request_: Request) -> None:
    assert isinstance(verdict(request_), Passed)


@pytest.mark.parametrize(
    ("stamp", "reason"),
    [
        (None, Reason.NONE),
        (9.95, Reason.NONE),
        (10.04, Reason.NONE),
        (9.85, Reason.COMMAND_STALE),
        (10.06, Reason.COMMAND_FUTURE),
        (NAN, Reason.COMMAND_NOT_FINITE),
    ],
)
def test_stamp_window(stamp: float | None, reason: Reason) -> None:
    found = verdict(TWIST, stamp)
    assert (Reason.NONE if isinstance(found, Passed) else found) == reason


def test_message_that_waited_is_stale() -> None:
    assert check(Command("policy", TWIST, received=9.8), 10.0, RULES) == Reason.COMMAND_STALE


def test_chunk_may_have_begun_but_not_ended() -> None:
    assert isinstance(verdict(CHUNK, stamp=9.85), Passed)
    assert verdict(CHUNK, stamp=9.75) == Reason.COMMAND_STALE
    assert isinstance(verdict(CHUNK, stamp=10.9), Passed)
    assert verdict(CHUNK, stamp=11.1) == Reason.COMMAND_FUTURE


def test_values_come_in_the_profiles_order() -> None:
    passed = verdict(Chunk(("b", "a"), (TrajectoryPoint(0.1, (2.0, 1.0), (0.2, 0.1), (4.0, 3.0)),)))
    assert isinstance(passed, Passed)
    assert passed.command.request == Chunk(
        ("a", "b"), (TrajectoryPoint(0.1, (1.0, 2.0), (0.1, 0.2), (3.0, 4.0)),)
    )
    jog = verdict(Jog(("b",), velocities=(0.3,)))
    assert isinstance(jog, Passed)
    assert jog.command.request == Jog(("a", "b"), velocities=(0.0, 0.3))


def test_quaternion_is_normalised() -> None:
    passed = verdict(Pose("base", ZERO, (1.0005, 0.0, 0.0, 0.0)))
    assert isinstance(passed, Passed)
    assert isinstance(passed.command.request, Pose)
    assert passed.command.request.orientation == UNIT
