"""Why the controller limited, refused or stopped: one enum for bits and sentences."""

from enum import IntFlag


class Reason(IntFlag):
    """Reason bits of ControllerStatus. A bit is set in every tick in which the reason was in force."""

    NONE = 0
    LIMIT_POSITION = 1 << 0
    LIMIT_VELOCITY = 1 << 1
    LIMIT_ACCELERATION = 1 << 2
    LIMIT_TCP_SPEED = 1 << 3
    LIMIT_WORKSPACE = 1 << 4
    SINGULARITY = 1 << 5
    COMMAND_NOT_FINITE = 1 << 8
    COMMAND_JOINT_NAMES = 1 << 9
    COMMAND_FRAME = 1 << 10
    COMMAND_STALE = 1 << 11
    COMMAND_FUTURE = 1 << 12
    COMMAND_SHAPE = 1 << 13
    COMMAND_NOT_OWNER = 1 << 14
    SEVERAL_PUBLISHERS = 1 << 15
    SOURCE_SILENT = 1 << 16
    LEASE_EXPIRED = 1 << 17
    STATE_STALE = 1 << 18
    TRACKING = 1 << 19
    ARM_NOT_READY = 1 << 20
    OUTSIDE_LIMITS = 1 << 21
    STOP_REQUESTED = 1 << 22
    DEADLINE_MISSED = 1 << 23
    INTERNAL_ERROR = 1 << 24
    STATE_INVALID = 1 << 25


SENTENCES: dict[Reason, str] = {
    Reason.LIMIT_POSITION: "Slowed for a joint position limit.",
    Reason.LIMIT_VELOCITY: "Slowed to a joint velocity limit.",
    Reason.LIMIT_ACCELERATION: "Held to an acceleration or jerk limit.",
    Reason.LIMIT_TCP_SPEED: "Slowed to the tool speed limit.",
    Reason.LIMIT_WORKSPACE: "Slowed for the workspace box.",
    Reason.SINGULARITY: "Slowed near a singular pose.",
    Reason.COMMAND_NOT_FINITE: "A command held a value that is not finite and was refused.",
    Reason.COMMAND_JOINT_NAMES: "A command named other joints than this arm has and was refused.",
    Reason.COMMAND_FRAME: "A command was given in an unknown frame and was refused.",
    Reason.COMMAND_STALE: "A command was older than allowed and was refused.",
    Reason.COMMAND_FUTURE: "A command was stamped in the future and was refused.",
    Reason.COMMAND_SHAPE: "A command had the wrong length, a non-unit quaternion or times out of order "
    "and was refused.",
    Reason.COMMAND_NOT_OWNER: "A command came from a source that does not own the arm and was refused.",
    Reason.SEVERAL_PUBLISHERS: "More than one publisher on an owned topic: stopped.",
    Reason.SOURCE_SILENT: "The owner sent nothing for longer than allowed: stopped.",
    Reason.LEASE_EXPIRED: "The owner's lease ran out: stopped.",
    Reason.STATE_STALE: "Joint states are too old: stopped.",
    Reason.TRACKING: "The arm is further from the command than allowed: stopped.",
    Reason.ARM_NOT_READY: "The arm is not enabled or reports a fault.",
    Reason.OUTSIDE_LIMITS: "The arm is outside its limits or moving: start refused.",
    Reason.STOP_REQUESTED: "A stop was requested.",
    Reason.DEADLINE_MISSED: "The control loop missed its deadline by too much: stopped.",
    Reason.INTERNAL_ERROR: "An internal error: stopped.",
    Reason.STATE_INVALID: "Joint states were not finite or named other joints: stopped.",
}


def describe(reasons: int) -> str:
    """Sentences for the set bits, lowest bit first."""
    return " ".join(SENTENCES[bit] for bit in Reason if bit and reasons & bit)
