"""Killed nodes: the death is told, nothing is left behind, the next start is clean."""

import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from twincell_cell.supervisor import NodeDied

from twincell_cell import shm

NODES = ("arm", "controller_servo", "controller", "policy", "cell")


def mapped_segments(pid: int) -> set[Path]:
    """Segments of Fast DDS that a process has mapped, its own among them. Ports are shared and no litter."""
    found = re.findall(r"/dev/shm/fast(?:rtps|dds)_[0-9a-f]{16}\b", Path(f"/proc/{pid}/maps").read_text())
    return {Path(name) for name in found}


def check_litter(start_cell, cells: int) -> None:
    """Kill two random nodes of each of `cells` cells: what that leaves is gone after one more start."""
    rng = random.Random(cells)
    seen: set[Path] = set()
    for _ in range(cells):
        session = start_cell(namespace="killed")
        # Only a node that has joined DDS has anything to leave behind.
        assert session.spin_until(lambda s=session: len(s.node.get_node_names()) > len(NODES), 40.0)
        pids = session.supervisor.pids
        victims = rng.sample(NODES, 2)
        for name in victims:
            seen |= mapped_segments(pids[name])
            os.kill(pids[name], signal.SIGKILL)
        with pytest.raises(NodeDied, match="was killed by SIGKILL"):
            session.spin_until(lambda: False, 10.0)
        session.close()
    left = {path for path in seen if path.exists()}
    assert left, "a killed process leaves its segment: without one this test shows nothing"
    time.sleep(shm.MIN_AGE + 0.1)
    start_cell(namespace="killed").close()
    assert {path for path in seen if path.exists()} == set()


def test_ten_kills_leave_no_litter_after_the_next_start(start_cell) -> None:
    check_litter(start_cell, 5)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_fifty_kills_leave_no_litter_after_the_next_start(start_cell) -> None:
    check_litter(start_cell, 25)


def test_killing_the_command_leaves_no_process(domain: int, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "twincell_cell", "up", "--robot", "ur5", "--headless"]
    command += ["--namespace", "orphans", "--domain", str(domain)]
    environment = {**os.environ, "TWINCELL_RUNS": str(tmp_path)}
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert parent.stdout is not None
    try:
        for line in parent.stdout:
            if "holds its pose" in line:
                break
        children = children_of(parent.pid)
        assert len(children) == len(NODES)
        parent.kill()
        parent.wait()
        end = time.monotonic() + 10.0
        while any(alive(pid) for pid in children) and time.monotonic() < end:
            time.sleep(0.02)
        assert not any(alive(pid) for pid in children)
    finally:
        parent.kill()
        parent.stdout.close()


def test_ctrl_c_ends_the_command_within_five_seconds(domain: int, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "twincell_cell", "up", "--robot", "ur5", "--headless"]
    command += ["--namespace", "interrupted", "--domain", str(domain)]
    environment = {**os.environ, "TWINCELL_RUNS": str(tmp_path)}
    pipe = subprocess.PIPE
    parent = subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=environment)
    assert parent.stdout is not None
    for line in parent.stdout:
        if "holds its pose" in line:
            break
    children = children_of(parent.pid)
    begin = time.monotonic()
    parent.send_signal(signal.SIGINT)
    parent.send_signal(signal.SIGINT)  # impatience must not cut the clean-up short
    _, err = parent.communicate(timeout=10.0)
    assert time.monotonic() - begin < 5.0
    assert parent.returncode == 130 and err == ""
    assert len(children) == len(NODES) and not any(alive(pid) for pid in children)


def children_of(pid: int) -> list[int]:
    """Process ids of a process's children."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in text.split()]


def alive(pid: int) -> bool:
    """Whether a process exists and is not a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
