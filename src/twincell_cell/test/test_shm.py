"""Stale Fast DDS files go, those of the living stay: on made-up files, and on real nodes killed with -9."""

from __future__ import annotations

import fcntl
import mmap
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from twincell_cell import shm

SEGMENT = "fastrtps_0123456789abcdef"

# Publishes its name at 50 Hz. For every line `NAME COUNT` on stdin it waits for that many more messages of NAME.
NODE = """
import collections, sys, threading, time, rclpy
from std_msgs.msg import String
heard = collections.Counter()
def answer():
    for line in sys.stdin:
        name, count = line.split()
        goal = heard[name] + int(count)
        while heard[name] < goal:
            time.sleep(0.01)
        print("heard", flush=True)
rclpy.init()
node = rclpy.create_node(sys.argv[1])
publisher = node.create_publisher(String, "shm_test", 10)
node.create_subscription(String, "shm_test", lambda message: heard.update([message.data]), 10)
node.create_timer(0.02, lambda: publisher.publish(String(data=sys.argv[1])))
threading.Thread(target=answer, daemon=True).start()
print("up", flush=True)
rclpy.spin(node)
"""


def write_old(folder: Path, *names: str) -> None:
    """Makes files as if they were a minute old."""
    for name in names:
        (folder / name).touch()
        os.utime(folder / name, times=(time.time() - 60, time.time() - 60))


def test_segment_of_a_dead_owner_goes(tmp_path: Path) -> None:
    write_old(tmp_path, SEGMENT, f"{SEGMENT}_el", "fastdds_0123456789abcdef", "fastdds_0123456789abcdef_el")
    assert shm.clean_stale_segments(tmp_path) == 4
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("lock", ["_el", "_sl"])
def test_locked_files_stay(tmp_path: Path, lock: str) -> None:
    names = [
        f"fastrtps_port7413{lock}",
        "fastrtps_port7413",
        "sem.fastrtps_port7413_mutex",
        SEGMENT,
        f"{SEGMENT}{lock}",
    ]
    write_old(tmp_path, *names)
    with open(tmp_path / names[0]) as port, open(tmp_path / names[-1]) as segment:
        fcntl.flock(port, fcntl.LOCK_SH)
        fcntl.flock(segment, fcntl.LOCK_EX)
        assert shm.clean_stale_segments(tmp_path) == 0
    assert shm.clean_stale_segments(tmp_path) == len(names)


def test_port_that_a_living_writer_maps_stays(tmp_path: Path) -> None:
    names = ["fastdds_port7411", "fastdds_port7411_el", "sem.fastdds_port7411_mutex"]
    write_old(tmp_path, *names)
    (tmp_path / names[0]).write_bytes(bytes(64))
    os.utime(tmp_path / names[0], times=(0, 0))
    with open(tmp_path / names[0], "r+b") as file, mmap.mmap(file.fileno(), 64):
        assert shm.stale_files(tmp_path) == []
    assert [path.name for path in shm.stale_files(tmp_path)] == sorted(names)


def test_young_and_foreign_files_stay(tmp_path: Path) -> None:
    (tmp_path / f"{SEGMENT}_el").touch()
    write_old(tmp_path, "lttng-ust-wait-6", "sem.mine", "fastrtps_notes", "fastrtps_0123456789abcdefff")
    assert shm.clean_stale_segments(tmp_path) == 0
    assert len(list(tmp_path.iterdir())) == 5


Spawn = Callable[[str], "subprocess.Popen[str]"]


@pytest.fixture
def spawn() -> Iterator[Spawn]:
    """Starts nodes, waits until each is up, and kills what is left at the end."""
    started: list[subprocess.Popen[str]] = []

    def start(name: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", NODE, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        assert process.stdout is not None and process.stdout.readline() == "up\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()
    time.sleep(shm.MIN_AGE + 0.2)
    shm.clean_stale_segments()


def hears(process: subprocess.Popen[str], name: str, messages: int) -> None:
    """Waits until the node has heard `messages` more messages of the named node; the test's time-out bounds it."""
    assert process.stdin is not None and process.stdout is not None
    print(name, messages, file=process.stdin, flush=True)
    assert process.stdout.readline() == "heard\n"


def mapped_by(process: subprocess.Popen[str]) -> set[Path]:
    """Fast DDS files of /dev/shm that the process has mapped."""
    lines = Path(f"/proc/{process.pid}/maps").read_text().splitlines()
    return {Path(line.split()[-1]) for line in lines if "/dev/shm/fast" in line}


@pytest.mark.timeout(240)
@pytest.mark.parametrize("kills", [5, pytest.param(50, marks=pytest.mark.slow)])
def test_killed_nodes_leave_nothing_and_the_living_go_on(spawn: Spawn, kills: int) -> None:
    first, second = spawn("first"), spawn("second")
    hears(second, "first", 5)
    living = mapped_by(first) | mapped_by(second)
    assert living, "the nodes do not use shared memory"

    litter: set[Path] = set()
    for index in range(kills):
        victim = spawn(f"victim{index}")
        litter |= mapped_by(victim) - living
        os.kill(victim.pid, signal.SIGKILL)
        victim.wait()
    time.sleep(shm.MIN_AGE + 0.2)
    assert shm.clean_stale_segments() >= 2 * kills, "a killed node leaves a segment and its lock at least"
    # Ports that the living pair has mapped are kept for the next node; segments are what takes memory.
    left = {path for path in litter if path.exists()}
    assert left <= mapped_by(first) | mapped_by(second)
    assert not [path for path in left if "port" not in path.name]

    newcomer = spawn("newcomer")
    for listener, speaker in ((second, "first"), (first, "second"), (newcomer, "first"), (first, "newcomer")):
        hears(listener, speaker, 50)
