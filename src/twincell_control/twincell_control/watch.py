"""What the controller sees of the arm and of itself, and which of it is a fault. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass

from twincell_contract.reasons import Reason
from twincell_model.safety import SafetyLimits

from .supervisor import READY
from .types import ArmMode, Floats, JointSample

AT_REST = 0.05
"""rad/s of measured speed below which the arm counts as standing; idle sensors report up to 0.01."""


@dataclass(frozen=True, slots=True)
class Sight:
    """The arm and the loop at one tick."""

    measured: JointSample | None
    state_age: float  # s
    arm_mode: int | None
    gap: float  # s by which this tick is late

    @property
    def ready(self) -> bool:
        """Whether the arm follows commands or would."""
        return self.arm_mode in READY


def start_obstacles(sight: Sight, safety: SafetyLimits) -> Reason:
    """Why the arm cannot be taken over now; NONE where it can."""
    reasons = Reason.NONE if sight.ready else Reason.ARM_NOT_READY
    if sight.measured is None or sight.state_age > safety.state_timeout_s:
        return reasons | Reason.STATE_STALE
    if max(map(abs, sight.measured.velocity)) > AT_REST:
        reasons |= Reason.OUTSIDE_LIMITS
    return reasons


def faults(
    sight: Sight, commanded: Floats, at_rest: bool, safety: SafetyLimits, command_timeout: float
) -> Reason:
    """Faults of this tick. What an arm at rest can shrug off is a fault only in motion.

    A pause of this process ages the newest state with it: that is DEADLINE_MISSED, not STATE_STALE.
    `commanded` [rad] and `at_rest` are of the command state; `command_timeout` is the arm's own [s].
    """
    reasons = Reason.NONE
    if sight.state_age - max(sight.gap, 0.0) > safety.state_timeout_s:
        reasons |= Reason.STATE_STALE
    if not sight.ready and not (sight.arm_mode == ArmMode.STOPPING and at_rest):
        reasons |= Reason.ARM_NOT_READY
    if sight.measured is not None:
        off = max(abs(a - b) for a, b in zip(sight.measured.position, commanded, strict=True))
        if off > safety.tracking_tolerance:
            reasons |= Reason.TRACKING
    if sight.gap > command_timeout and not at_rest:
        reasons |= Reason.DEADLINE_MISSED
    return reasons
