"""Start, signals and shutdown of a node process, the same for every node."""

import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Protocol

import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions


class NodeRunner(Protocol):
    """What a process runs: `run` blocks in the main thread until `stop`; `close` frees what it holds."""

    def run(self) -> None: ...

    def stop(self) -> None: ...

    def close(self) -> None: ...


class SpinningThread:
    """An executor in a thread of its own, for the services and actions of a process whose main thread runs a loop."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self._executor = SingleThreadedExecutor()
        for node in nodes:
            self._executor.add_node(node)
        self._thread = threading.Thread(target=self._spin, name="services", daemon=True)

    def start(self) -> None:
        """Start spinning."""
        self._thread.start()

    def _spin(self) -> None:
        with contextlib.suppress(ExternalShutdownException):
            self._executor.spin()

    def close(self) -> None:
        """Stop spinning and wait for the thread."""
        self._executor.shutdown(timeout_sec=1.0)
        self._thread.join(timeout=2.0)


def run(make_runner: Callable[[], NodeRunner], name: str, args: Sequence[str] | None = None) -> int:
    """Run one node process until it ends or is told to (SIGINT, SIGTERM). Returns the exit code.

    Errors a user can mend (ValueError and its subclasses) are one line on standard error and code 2. A signal may
    arrive twice (a terminal's Ctrl-C reaches the whole group, then the launcher repeats it): only the first counts.
    """
    stopping = threading.Event()
    runner: NodeRunner | None = None

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stopping.set()
        if runner is not None:
            runner.stop()

    signal.signal(signal.SIGINT, on_signal)
    signal.signal(signal.SIGTERM, on_signal)
    rclpy.init(
        args=list(args) if args is not None else None,
        signal_handler_options=SignalHandlerOptions.NO,
    )
    code = 0
    try:
        runner = make_runner()
        if not stopping.is_set():
            runner.run()
    except ExternalShutdownException:
        pass
    except ValueError as error:
        print(f"{name}: error: {error}", file=sys.stderr, flush=True)
        code = 2
    finally:
        if runner is not None:
            runner.close()
            runner = (
                None  # the signal handlers keep this variable alive, and native modules report what is left
            )
        rclpy.try_shutdown()
        # The interpreter's end puts Python's handlers back to the default: a repeated Ctrl-C would then kill a process
        # that has already ended cleanly.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    return code
