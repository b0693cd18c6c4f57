"""How late this machine wakes a sleeping 500 Hz loop: `python -m twincell_cell.wakeup SECONDS` prints it as JSON.

A process of its own, so that the scheduling class of the caller stays as it is. TWINCELL_FIFO=0 measures the normal
scheduler.
"""

from __future__ import annotations

import json
import sys

from twincell_runtime.loop import PeriodicLoop, Tick
from twincell_runtime.steal import StealClock

from twincell_cell.statistics import quantile
from twincell_runtime import scheduling

RATE_HZ = 500.0


def measure(seconds: float) -> dict[str, float | bool | None]:
    """Lateness [ms] of an empty loop, share of the time that the hypervisor stole [0-1], whether FIFO was permitted."""
    steal = StealClock()
    lateness: list[float] = []
    ticks = round(seconds * RATE_HZ)

    def tick(tick: Tick) -> None:
        lateness.append(tick.lateness_s * 1e3)
        if len(lateness) >= ticks:
            loop.stop()

    fifo = scheduling.use_fifo()
    loop = PeriodicLoop(1.0 / RATE_HZ, tick, name="wakeup")
    stolen = steal.milliseconds()
    loop.run()
    return {
        "fifo": fifo,
        "p50_ms": quantile(lateness, 0.5),
        "p99_ms": quantile(lateness, 0.99),
        "max_ms": max(lateness),
        "stolen": (steal.milliseconds() - stolen) * 1e-3 / seconds,
    }


if __name__ == "__main__":
    print(json.dumps(measure(float(sys.argv[1]))))
