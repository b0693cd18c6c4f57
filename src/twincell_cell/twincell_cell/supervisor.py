"""Starts and stops the processes of a graph without `launch`.

Every process gets a process group of its own and a log file. It is killed by the kernel when this process dies
(PR_SET_PDEATHSIG, prctl(2)), so that even `kill -9` leaves no orphan. The kernel ties that to the *thread* that
started it: call `start` from a thread that lives as long as the cell, the main thread.
"""

from __future__ import annotations

import ctypes
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, final

from twincell_cell.graph import NodeSpec

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_LIBC = ctypes.CDLL(None, use_errno=True)

# Signal and the time it gets before the next one [s]; together less than the 5 s within which a cell must end.
LADDER = ((signal.SIGINT, 2.0), (signal.SIGTERM, 1.0), (signal.SIGKILL, 1.0))
_POLL_S = 0.01
_TAIL_LINES = 3
# `node: error: ...` of node_main, and the last line of a traceback.
_ERROR = re.compile(r"(^|\W)error: |^[\w.]+(Error|Exception|Exit)\b")


class CellError(RuntimeError):
    """The cell could not start or did not go on: one sentence for a person. Exit code 1."""


class NodeDied(CellError):
    """A process of the graph ended by itself."""


@final
class Supervisor:
    """The processes of one graph. Use `start`, `check` now and then, `stop`."""

    def __init__(
        self, nodes: Sequence[NodeSpec], log_folder: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self.nodes = tuple(nodes)
        self.log_folder = log_folder
        self._environment = dict(os.environ if environment is None else environment)
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._logs: list[IO[bytes]] = []
        self._stopping = False

    @property
    def pids(self) -> dict[str, int]:
        """Process ids by node name."""
        return {name: process.pid for name, process in self._processes.items()}

    def log_file(self, name: str) -> Path:
        """Where standard output and error of a node go."""
        return self.log_folder / f"{name}.log"

    def start(self) -> None:
        """Start every process at once. On failure none is left. Raises CellError."""
        self.log_folder.mkdir(parents=True, exist_ok=True)
        try:
            for node in self.nodes:
                self._processes[node.name] = self._spawn(node)
        except BaseException:  # an interrupt too: no process stays
            self.stop()
            raise

    def _spawn(self, node: NodeSpec) -> subprocess.Popen[bytes]:
        log = self.log_file(node.name).open("wb")
        self._logs.append(log)
        try:
            return subprocess.Popen(
                [sys.executable, "-m", node.module, *node.ros_arguments()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment,
                start_new_session=True,
                # Safe with threads: between fork and exec it only makes system calls through objects made before.
                preexec_fn=_child_setup(os.getpid(), node.nice),
            )
        except OSError as error:
            raise CellError(f"node '{node.name}' could not be started: {error.strerror}") from error

    def check(self) -> None:
        """Raise NodeDied, with the end of its log, when an essential process has ended and nobody asked it to."""
        if self._stopping:
            return
        for name in (node.name for node in self.nodes if node.essential):
            if self._processes[name].poll() is None:
                continue
            code = self._processes[name].returncode
            raise NodeDied(
                f"node '{name}' {_ending(code)}; its log {self.log_file(name)} ends: {self.tail(name)}"
            )

    def exit_code(self, name: str) -> int | None:
        """How a process ended, None while it runs."""
        return self._processes[name].poll()

    def end(self, name: str, patience: float) -> int:
        """End one process by an interrupt and return its exit code; it is killed after `patience` seconds."""
        process = self._processes[name]
        _signal_group(process, signal.SIGINT)
        _wait_for([process], patience)
        _signal_group(process, signal.SIGKILL)
        return process.wait()

    def tail(self, name: str, lines: int = _TAIL_LINES) -> str:
        """What a node's log says last, in one line: its last error where it names one, else its last lines."""
        try:
            text = self.log_file(name).read_text(errors="replace")
        except OSError:
            return "(no log)"
        kept = [line.strip() for line in text.splitlines() if line.strip()]
        # Libraries may go on talking after the error while the interpreter ends (nanobind's leak reports).
        errors = [line for line in kept if _ERROR.search(line)]
        chosen = errors[-1:] or kept[-lines:]
        return " | ".join(chosen) if chosen else "(empty)"

    def stop(self, ladder: Iterable[tuple[signal.Signals, float]] = LADDER) -> None:
        """End every process group: interrupt, terminate, kill. Returns when all are gone."""
        self._stopping = True
        for number, patience in ladder:
            # The group, not the process: a vendor client in a grandchild has to go too, even after its parent.
            alive = [process for process in self._processes.values() if _group_alive(process)]
            if not alive:
                break
            for process in alive:
                _signal_group(process, number)
            _wait_for(alive, patience)
        for log in self._logs:
            log.close()
        self._logs.clear()

    def __enter__(self) -> Supervisor:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _child_setup(parent: int, nice: int) -> Callable[[], None]:
    def setup() -> None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # the parent died before prctl: nobody would kill us
            os._exit(1)
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a parent in the background may hand down SIG_IGN
        if nice:
            os.nice(nice)

    return setup


def _group_alive(process: subprocess.Popen[bytes]) -> bool:
    process.poll()  # reaps the leader, so that a zombie does not count
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return False
    return True


def _signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return


def _wait_for(processes: Iterable[subprocess.Popen[bytes]], patience: float) -> None:
    """Until the groups are gone, at most `patience` seconds."""
    end = time.monotonic() + patience
    while any(_group_alive(process) for process in processes) and time.monotonic() < end:
        time.sleep(_POLL_S)


def _ending(code: int) -> str:
    if code < 0:
        try:
            return f"was killed by {signal.Signals(-code).name}"
        except ValueError:
            return f"was killed by signal {-code}"
    return f"ended with code {code}"
