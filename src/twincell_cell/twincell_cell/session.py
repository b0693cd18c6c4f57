"""A running cell with a ROS node of one's own in it: what demo, check, bench and the tests stand on."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, final

from twincell_cell import graph
from twincell_cell.config import CellConfig
from twincell_cell.lock import CellLock
from twincell_cell.outputs import run_folder
from twincell_cell.supervisor import CellError, Supervisor

if TYPE_CHECKING:
    from twincell_msgs.msg import ArmStatus, ControllerStatus

READY_S = 30.0
_SPIN_S = 0.02


@final
class CellSession:
    """Starts the graph of `config`, talks to it from the node `session`, and stops it.

    with CellSession(config, "demo") as session:
        session.wait_ready()
        session.call(Trigger, names.CONTROLLER_STOP)

    All work is done in the calling thread by `spin`; functions in `hooks` run in every round, which is where a
    judge takes its messages. `spin` raises NodeDied as soon as a process of the cell has ended.
    """

    def __init__(
        self, config: CellConfig, verb: str = "cell", *, skip: tuple[str, ...] = (), logs: Path | None = None
    ) -> None:
        self.config = config
        self.hooks: list[Callable[[], None]] = []
        self._verb = verb
        self._skip = skip
        self._logs = logs
        self._clients: dict[str, Any] = {}
        self._lock: CellLock | None = None
        self.supervisor: Supervisor | None = None
        self.node: Any = None
        self._arm_status: ArmStatus | None = None
        self._controller_status: ControllerStatus | None = None

    def __enter__(self) -> CellSession:
        from twincell_cell import shm

        lock = CellLock(
            self.config.domain, self.config.namespace, {"verb": self._verb, "robot": self.config.robot}
        )
        lock.acquire()
        self._lock = lock
        try:
            shm.clean_stale_segments()
            if self._logs is None:
                self._logs = run_folder(self._verb)
            nodes = [node for node in graph.build(self.config) if node.name not in self._skip]
            self.supervisor = Supervisor(nodes, self._logs, environment(self.config, self._logs))
            self.supervisor.start()
            self._join()
        except BaseException:  # an interrupt too: no process stays
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _join(self) -> None:
        os.environ.update(environment(self.config, self.logs))
        import rclpy
        from rclpy.executors import SingleThreadedExecutor
        from rclpy.signals import SignalHandlerOptions
        from twincell_runtime.polled import PolledSubscription

        from twincell_contract import names, qos
        from twincell_msgs.msg import ArmStatus, ControllerStatus

        # A context of its own, so that two sessions and pytest live in one process. Signals stay Python's.
        self._context = rclpy.Context()
        rclpy.init(
            args=[],
            context=self._context,
            domain_id=self.config.domain,
            signal_handler_options=SignalHandlerOptions.NO,
        )
        self.node = rclpy.create_node(
            "session", namespace=self.config.full_namespace, context=self._context, use_global_arguments=False
        )
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self._arm = PolledSubscription(self.node, ArmStatus, names.ARM_STATUS, qos.latched())
        self._controller = PolledSubscription(
            self.node, ControllerStatus, names.CONTROLLER_STATUS, qos.streaming(50)
        )

    @property
    def logs(self) -> Path:
        """Folder of the logs of this run."""
        if self._logs is None:
            raise CellError("the cell has not been started")
        return self._logs

    def arm_status(self) -> ArmStatus | None:
        """The newest ArmStatus, None before the first."""
        received = self._arm.latest()
        if received is not None:
            self._arm_status = received.msg
        return self._arm_status

    def controller_status(self) -> ControllerStatus | None:
        """The newest ControllerStatus, None before the first."""
        received = self._controller.latest()
        if received is not None:
            self._controller_status = received.msg
        return self._controller_status

    def spin(self, seconds: float = _SPIN_S) -> None:
        """One round: ROS callbacks for at most `seconds`, the hooks, and a look at the processes."""
        self._executor.spin_once(timeout_sec=seconds)
        for hook in self.hooks:
            hook()
        if self.supervisor is not None:
            self.supervisor.check()

    def spin_until(self, done: Callable[[], Any], timeout: float) -> bool:
        """Spin until `done()` is true; False when `timeout` seconds did not suffice."""
        end = time.monotonic() + timeout
        while not done():
            if time.monotonic() >= end:
                return False
            self.spin()
        return True

    def wait_ready(self, timeout: float = READY_S) -> None:
        """Wait until the arm can follow, the controller holds it and the services answer. Raises CellError."""
        from twincell_contract import names
        from twincell_msgs.msg import ArmStatus, ControllerStatus

        ready_arm = (ArmStatus.MODE_HOLDING, ArmStatus.MODE_FOLLOWING)

        def holds() -> bool:
            arm, controller = self.arm_status(), self.controller_status()
            if arm is None or arm.mode not in ready_arm or controller is None:
                return False
            return bool(controller.mode == ControllerStatus.MODE_HOLD)

        if not self.spin_until(holds, timeout):
            raise CellError(f"the cell was not ready within {timeout:g} s: {self._why()} (logs: {self.logs})")
        if "cell" not in self._skip:
            from twincell_msgs.srv import EndEpisode, ResetCell, StartEpisode

            for service, name in (
                (ResetCell, names.CELL_RESET),
                (StartEpisode, names.CELL_START_EPISODE),
                (EndEpisode, names.CELL_END_EPISODE),
            ):
                self._client(service, name, timeout)

    def _why(self) -> str:
        arm, controller = self.arm_status(), self.controller_status()
        if arm is None:
            return "the arm has not reported its status"
        if controller is None:
            return "the controller has not reported its status"
        return arm.reason or controller.reason or f"arm mode {arm.mode}, controller mode {controller.mode}"

    def call(self, service: Any, name: str, request: Any = None, timeout: float = 10.0) -> Any:
        """Call a service of the cell and return its answer. Raises CellError without one in time."""
        future = self._client(service, name, timeout).call_async(request or service.Request())
        if not self.spin_until(future.done, timeout):
            raise CellError(f"service {name} did not answer within {timeout:g} s")
        return future.result()

    def _client(self, service: Any, name: str, timeout: float) -> Any:
        client = self._clients.get(name)
        if client is None:
            client = self._clients[name] = self.node.create_client(service, name)
        if not self.spin_until(client.service_is_ready, timeout):
            raise CellError(f"service {name} did not appear within {timeout:g} s")
        return client

    def close(self) -> None:
        """Stop everything; safe to call twice. A second Ctrl-C does not cut it short: it takes less than 5 s."""
        main = threading.current_thread() is threading.main_thread()
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP) if main else ()
        kept = [(number, signal.signal(number, signal.SIG_IGN)) for number in numbers]
        try:
            if self.supervisor is not None:
                self.supervisor.stop()
            if self.node is not None:
                self._executor.shutdown()
                self.node.destroy_node()
                self._context.try_shutdown()
                self.node = None
            if self._lock is not None:
                self._lock.release()
                self._lock = None
        finally:
            for number, handler in kept:
                signal.signal(number, handler)

    def note(self, **words: Any) -> None:
        """Add to what `twincell status` reads about this cell."""
        if self._lock is not None:
            self._lock.write({"pid": os.getpid(), "verb": self._verb, "robot": self.config.robot, **words})


def environment(config: CellConfig, logs: Path) -> dict[str, str]:
    """Environment of the cell's processes: domain, logs, and one thread each for the number crunchers."""
    # Thread pools of 2 cores' worth of BLAS and llvmpipe threads would pre-empt the loops (facts: LP_NUM_THREADS).
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "LP_NUM_THREADS")
    settings = dict(os.environ)
    settings.update({name: settings.get(name, "1") for name in threads})
    settings["ROS_DOMAIN_ID"] = str(config.domain)
    settings["ROS_LOG_DIR"] = str(logs)
    settings["PYTHONUNBUFFERED"] = "1"
    settings.setdefault("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    return settings
