"""Real-time scheduling: every thread of the process, where it is permitted, and not where it is switched off."""

import os
import subprocess
import sys

import pytest

SCRIPT = """
import os, threading, time
from twincell_runtime import scheduling
early = threading.Thread(target=time.sleep, args=(5,), daemon=True)
early.start()
print(scheduling.use_fifo(20), scheduling.is_fifo())
late = threading.Thread(target=time.sleep, args=(5,), daemon=True)
late.start()
print(*[os.sched_getscheduler(int(tid)) for tid in os.listdir("/proc/self/task")])
"""


def run(**environment: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


def permitted() -> bool:
    probe = "import os; os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))"
    return subprocess.run([sys.executable, "-c", probe], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not permitted(), reason="SCHED_FIFO is not permitted here")
def test_threads_from_before_and_after_run_under_fifo() -> None:
    answer, policies = run(TWINCELL_FIFO="1")
    assert answer == "True True"
    assert policies.split() == [str(os.SCHED_FIFO)] * 3


def test_it_can_be_switched_off() -> None:
    answer, policies = run(TWINCELL_FIFO="0")
    assert answer == "False False"
    assert policies.split() == [str(os.SCHED_OTHER)] * 3


@pytest.mark.skipif(not permitted(), reason="SCHED_FIFO is not permitted here")
def test_memory_is_locked_with_real_time_scheduling() -> None:
    script = (
        "from twincell_runtime.scheduling import use_fifo; use_fifo();"
        "print([l for l in open('/proc/self/status') if l.startswith('VmLck')][0].split()[1])"
    )
    locked = {}
    for fifo in "01":
        done = subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "TWINCELL_FIFO": fifo},
            capture_output=True,
            text=True,
            check=True,
        )
        locked[fifo] = int(done.stdout)  # kB
    assert locked["0"] == 0
    assert locked["1"] > 1000
