"""Times the control loop while the whole cell runs episodes: lateness, command age, gaps, CPU of every process."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from twincell_cell.config import CellConfig
from twincell_cell.demo import EpisodeRunner
from twincell_cell.session import CellSession


@contextmanager
def _fifo_switch(fifo: bool) -> Iterator[None]:
    """Let the cell's processes use SCHED_FIFO, or keep them from it."""
    from twincell_runtime.scheduling import FIFO_SWITCH

    before = os.environ.get(FIFO_SWITCH)
    os.environ[FIFO_SWITCH] = "1" if fifo else "0"
    try:
        yield
    finally:
        if before is None:
            del os.environ[FIFO_SWITCH]
        else:
            os.environ[FIFO_SWITCH] = before


def measure(
    config: CellConfig, policy: str, seconds: float, *, fifo: bool, seed: int, say: Callable[[str], None]
) -> dict[str, Any]:
    """Run episodes for `seconds` in a cell of its own and return its figures, times in ms, CPU in percent of a core."""
    from twincell_model.profile import load_profile
    from twincell_model.safety import load_safety
    from twincell_runtime.steal import StealClock
    from twincell_world.tasks import load_task

    from twincell_cell.judge import JudgeRecorder
    from twincell_cell.timing import TimingRecorder

    profile = load_profile(config.robot, config.variant or None, config.tf_prefix)
    task = load_task(config.task, profile)
    with _fifo_switch(fifo), CellSession(config, "bench") as session:
        session.wait_ready()
        runner = EpisodeRunner(session, policy, task.tolerance, task.timeout)
        runner.episode(0, seed, True)  # the first loads the network: not part of steady running
        judge = JudgeRecorder(session.node, profile, load_safety(config.safety, profile))
        timing = TimingRecorder(session.node)
        assert session.supervisor is not None
        cpu, steal = _cpu_seconds(session.supervisor.pids), StealClock()
        started, stolen = time.monotonic(), steal.milliseconds()
        episodes = successes = 0
        while time.monotonic() - started < seconds:
            episodes += 1
            successes += runner.episode(episodes, seed + episodes, True).success
            say(f"{config.robot}: {time.monotonic() - started:.0f} of {seconds:.0f} s")
        elapsed = time.monotonic() - started
        used = _cpu_seconds(session.supervisor.pids)
        figures = timing.result()
        verdict = judge.result()
        stolen = steal.milliseconds() - stolen
    return {
        "robot": config.robot,
        "rate_hz": profile.rate_hz,
        "seconds": round(elapsed, 1),
        "episodes": episodes,
        "successes": successes,
        "limit_violations": verdict.total,
        "violations": dict(verdict.violations),
        "judged_ticks": verdict.ticks,
        "lost_ticks": verdict.lost_ticks,
        "worst_excess": {kind: round(value, 6) for kind, value in verdict.worst_excess.items()},
        "fifo_asked": fifo,
        **figures,
        "steal_ms": round(stolen, 1),
        "cpu_percent": {name: round(100.0 * (used[name] - cpu[name]) / elapsed, 1) for name in used},
    }


def _cpu_seconds(pids: dict[str, int]) -> dict[str, float]:
    """CPU time of each process since its start, user and system [s]."""
    import psutil

    times = {name: psutil.Process(pid).cpu_times() for name, pid in pids.items()}
    return {name: t.user + t.system for name, t in times.items()}
