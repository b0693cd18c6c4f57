"""What `twincell doctor` looks at: one small function per subject, each yielding findings with a remedy.

Nothing here changes the machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from twincell_cell.doctor import machine, software
from twincell_cell.doctor.finding import FAIL, OK, WARN, Finding

__all__ = ["FAIL", "OK", "WARN", "Finding", "examine"]

CHECKS: tuple[Callable[[], Iterator[Finding]], ...] = (
    software.python,
    software.compiler,
    software.ros,
    software.discovery,
    machine.shared_memory,
    machine.graphics,
    machine.clock,
    machine.kernel,
    machine.latency,
)


def examine(
    robot: str = "", checks: tuple[Callable[[], Iterator[Finding]], ...] = CHECKS
) -> Iterator[Finding]:
    """Every check, in order; one that breaks becomes a finding of its own.

    Raises UserError where there is no robot of the given name.
    """
    if robot:
        yield from software.robot(robot)
    for check in checks:
        try:
            yield from check()
        except Exception as error:  # a doctor goes on with the next organ
            yield Finding(check.__name__, FAIL, f"the check broke: {type(error).__name__}: {error}")
