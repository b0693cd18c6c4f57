"""Each fault is seen on its own, and only when it is one."""

import math
from dataclasses import replace

import pytest
from control_rig import robot_of
from twincell_contract.reasons import Reason
from twincell_control.types import ArmMode, JointSample
from twincell_control.watch import Sight, faults, start_obstacles

SAFETY = robot_of("ur5e", "slow").safety
HERE = (0.1, 0.2)
WELL = Sight(JointSample(HERE, (0.0, 0.0), 5.0), 0.004, ArmMode.FOLLOWING, 0.0)


def found(sight: Sight, at_rest: bool = False) -> Reason:
    """Faults with the command state at HERE."""
    return faults(sight, HERE, at_rest, SAFETY, command_timeout=0.1)


def test_nothing_wrong() -> None:
    assert found(WELL) == Reason.NONE
    assert start_obstacles(WELL, SAFETY) == Reason.NONE


@pytest.mark.parametrize(
    ("sight", "moving", "resting"),
    [
        (replace(WELL, state_age=SAFETY.state_timeout_s + 1e-3), Reason.STATE_STALE, Reason.STATE_STALE),
        (replace(WELL, state_age=SAFETY.state_timeout_s + 0.04, gap=0.08), Reason.NONE, Reason.NONE),
        (
            replace(WELL, state_age=SAFETY.state_timeout_s + 0.15, gap=0.101),
            Reason.STATE_STALE | Reason.DEADLINE_MISSED,
            Reason.STATE_STALE,
        ),
        (replace(WELL, gap=0.101), Reason.DEADLINE_MISSED, Reason.NONE),
        (replace(WELL, arm_mode=ArmMode.STOPPING), Reason.ARM_NOT_READY, Reason.NONE),
        (replace(WELL, arm_mode=ArmMode.DISABLED), Reason.ARM_NOT_READY, Reason.ARM_NOT_READY),
        (replace(WELL, arm_mode=None), Reason.ARM_NOT_READY, Reason.ARM_NOT_READY),
        (
            replace(WELL, measured=JointSample((0.1, 0.201 + SAFETY.tracking_tolerance), (0.0, 0.0), 5.0)),
            Reason.TRACKING,
            Reason.TRACKING,
        ),
    ],
)
def test_faults(sight: Sight, moving: Reason, resting: Reason) -> None:
    assert found(sight) == moving
    assert found(sight, at_rest=True) == resting


def test_start_obstacles() -> None:
    assert start_obstacles(replace(WELL, measured=None, state_age=math.inf), SAFETY) == Reason.STATE_STALE
    assert start_obstacles(replace(WELL, arm_mode=ArmMode.FAULT), SAFETY) == Reason.ARM_NOT_READY
    turning = replace(WELL, measured=JointSample(HERE, (0.0, -0.06), 5.0))
    assert start_obstacles(turning, SAFETY) == Reason.OUTSIDE_LIMITS
