"""The policy node: the action policy/run drives the arm with a policy package, through the controller's limits.

The main thread runs episodes; a second thread answers the action's goals and cancels. What is slow to load (ONNX
runtime, kinematics) is loaded in a thread at the start, so that the first episode is not late.
"""

from __future__ import annotations

import math
import queue
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import rclpy
from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.action.server import ServerGoalHandle
from rclpy.task import Future
from twincell_model.errors import UserError
from twincell_model.profile import load_profile
from twincell_model.safety import load_safety
from twincell_runtime.params import Param, declare

from twincell_contract import names
from twincell_msgs.action import RunPolicy
from twincell_policy.cell_link import SOURCE, CellLink
from twincell_policy.compatibility import mismatches
from twincell_policy.episode import Episode
from twincell_policy.image_link import ImageLink
from twincell_policy.lease import Lease
from twincell_policy.package import PolicyPackage, find_package, load_package
from twincell_policy.publishers import CommandPublisher
from twincell_policy.run import PolicyRun
from twincell_policy.sight_timing import SightTiming
from twincell_policy.stepped import Acknowledger
from twincell_runtime import node_main

if TYPE_CHECKING:
    from twincell_model.kinematics import Kinematics

    from twincell_policy.onnx_policy import OnnxPolicy

PARAMS = (
    Param("robot", "ur5e", "Robot profile (config/robots)."),
    Param("variant", "", "Hardware variant of the profile; empty: its default."),
    Param("tf_prefix", "", "Prefix of joint and frame names."),
    Param("safety", "slow", "Safety profile the controller runs (config/safety)."),
    Param("clock", "wall", "Clock of the cell.", choices=("wall", "sim", "lockstep")),
    Param("cameras", "", "Names of the cell's cameras, with commas between them."),
    Param("feedback_hz", 5.0, "Rate of the action's feedback.", "Hz", 0.1, 100.0),
)

_FAR_M = 1e3
"""Goals further away are a mistake in units or frames, not a place."""
_ANSWER_S = 0.3
"""Time for the result of a run that a shutdown ended to reach its client."""


@dataclass(frozen=True)
class Job:
    """An accepted goal, and where its result goes."""

    handle: ServerGoalHandle
    done: Future


@dataclass(frozen=True)
class Loaded:
    """A package ready to run, and what it was loaded from."""

    stamp: tuple[int, ...]
    package: PolicyPackage
    policy: OnnxPolicy
    kinematics: Kinematics
    """At the package's tool point."""


class PolicyNode:
    """A NodeRunner: runs one episode after the other in the main thread."""

    def __init__(self) -> None:
        self.node = rclpy.create_node("policy")
        values = declare(self.node, PARAMS)
        self._profile = load_profile(values["robot"], values["variant"] or None, values["tf_prefix"])
        self._safety = load_safety(values["safety"], self._profile)
        cameras = tuple(name.strip() for name in values["cameras"].split(",") if name.strip())
        self._feedback_s = 1.0 / values["feedback_hz"]
        simulated = values["clock"] != "wall"
        self._link = CellLink(
            self.node, self._profile, self._safety, ImageLink(self.node, cameras), simulated=simulated
        )
        self._clock = values["clock"]
        self._sight = SightTiming(self.node)
        self._commands = CommandPublisher(self.node, SOURCE, self._profile)
        self._acknowledger = Acknowledger(self.node, SOURCE, self._profile.tick_s) if simulated else None
        self._lease = Lease(self.node, SOURCE)
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._busy = False
        self._stopping = threading.Event()
        self._loaded: dict[str, Loaded] = {}
        self._loader = ThreadPoolExecutor(1, "loader")
        self._slow_parts = self._loader.submit(_load_slow_parts)
        self._server = ActionServer(
            self.node,
            RunPolicy,
            names.RUN_POLICY,
            execute_callback=self._execute,
            goal_callback=lambda _: GoalResponse.ACCEPT,
            cancel_callback=lambda _: CancelResponse.ACCEPT,
        )
        self._services = node_main.SpinningThread([self.node])

    def run(self) -> None:
        """Run episodes until told to stop."""
        self._services.start()
        while (job := self._jobs.get()) is not None:
            result = self._run_job(job.handle)
            self._busy = False
            job.done.set_result(result)
            if self.node.executor is not None:
                self.node.executor.wake()
            if self._stopping.is_set():
                time.sleep(_ANSWER_S)

    def stop(self) -> None:
        """End the episode that runs, and the node. Safe from signal handlers."""
        self._stopping.set()
        self._jobs.put(None)

    def close(self) -> None:
        """Free threads and handles."""
        self._loader.shutdown(cancel_futures=True)
        self._services.close()
        self._server.destroy()
        self.node.destroy_node()

    async def _execute(self, handle: ServerGoalHandle) -> RunPolicy.Result:
        """Runs in the services' thread: hands the goal to the main thread and waits for its result."""
        if self._stopping.is_set() or self._busy:
            handle.abort()
            state = (
                "shutting down" if self._stopping.is_set() else "running another goal; cancel that one first"
            )
            return RunPolicy.Result(reason=f"the policy node is {state}", error=math.nan)
        self._busy = True
        done = Future(executor=self.node.executor)
        self._jobs.put(Job(handle, done))
        return await done

    def _run_job(self, handle: ServerGoalHandle) -> RunPolicy.Result:
        """One goal from refusal to result; the goal's state is set before the result is returned."""
        try:
            result = self._run_goal(handle, handle.request)
        except UserError as error:
            result = RunPolicy.Result(reason=str(error), error=math.nan)
        if result.success:
            handle.succeed()
        elif handle.is_cancel_requested:
            handle.canceled()
        else:
            handle.abort()
        line = f"{handle.request.policy}: {result.reason}"
        if result.success:  # rclpy lets one line of code log at one severity only
            self.node.get_logger().info(line)
        else:
            self.node.get_logger().warning(line)
        return result

    def _going_on(self) -> bool:
        return not self._stopping.is_set()

    def _run_goal(self, handle: ServerGoalHandle, goal: RunPolicy.Goal) -> RunPolicy.Result:
        """Refuse or run. Raises UserError with the reason of a refusal."""
        loaded = self._load(goal.policy)
        manifest = loaded.package.manifest
        problems = mismatches(manifest, self._link.facts(self._going_on))
        if problems:
            raise UserError(f"policy '{manifest.name}' does not match this cell, {problems[0]}")
        if manifest.observation.images and self._clock != "wall":
            raise UserError(
                f"policy '{manifest.name}' reads images, which come in wall-clock time; start the cell with clock:=wall"
            )
        episode = Episode(
            manifest,
            loaded.policy,
            loaded.kinematics,
            None if manifest.goal.kind == "seen" else self._goal_position(goal),
            tolerance_m=_positive("goal_tolerance", goal.goal_tolerance),
            timeout_s=_positive("timeout", goal.timeout),
        )
        run = PolicyRun(
            self._link,
            self._commands,
            handle,
            loaded.policy,
            episode,
            stopping=self._stopping.is_set,
            feedback_s=self._feedback_s,
            acknowledger=self._acknowledger,
            sight=self._sight,
        )
        if self._acknowledger is not None:
            self._acknowledger.begin()
        refused = self._lease.acquire()
        try:
            if refused:
                raise UserError(refused)
            return run.result()
        finally:
            if self._acknowledger is not None:
                self._acknowledger.end()  # before the release, which waits for the controller's next tick
            if not refused:
                self._give_back()

    def _give_back(self) -> None:
        unreleased = self._lease.release()
        if unreleased:
            self.node.get_logger().info(f"the lease was not given back: {unreleased}")

    def _load(self, name: str) -> Loaded:
        """The package `name`, loaded again where its files changed since the last time."""
        folder = find_package(name)
        stamp = tuple(path.stat().st_mtime_ns for path in sorted(folder.iterdir()))
        loaded = self._loaded.get(str(folder))
        if loaded is None or loaded.stamp != stamp:
            self._slow_parts.result()  # two threads that import the same modules wait for each other
            from twincell_model.kinematics import Kinematics

            from twincell_policy.onnx_policy import OnnxPolicy

            package = load_package(name)
            kinematics = Kinematics(self._profile, package.manifest.observation.tool_point)
            loaded = self._loaded[str(folder)] = Loaded(stamp, package, OnnxPolicy(package), kinematics)
        return loaded

    def _goal_position(self, goal: RunPolicy.Goal) -> np.ndarray[Any, np.dtype[np.float64]]:
        frame = goal.goal.header.frame_id
        if frame not in ("", self._profile.root_frame):
            raise UserError(
                f"goal.header.frame_id is '{frame}'; give the goal in '{self._profile.root_frame}'"
            )
        point = goal.goal.pose.position
        position = np.array([point.x, point.y, point.z])
        if not (np.abs(position) <= _FAR_M).all():
            raise UserError("goal.pose.position is not finite or absurdly far; give it in m")
        low, high = self._safety.box_lower, self._safety.box_upper
        if not ((position >= low) & (position <= high)).all():
            where = ", ".join(f"{value:.3f}" for value in position)
            raise UserError(
                f"goal.pose.position ({where}) lies outside the workspace box of safety profile '{self._safety.name}'; "
                f"stay within {low.round(3).tolist()} to {high.round(3).tolist()} m"
            )
        return position


def _load_slow_parts() -> None:
    """So that the first load of a package finds them imported."""
    import onnxruntime  # noqa: F401
    import twincell_model.kinematics  # noqa: F401


def _positive(name: str, value: float) -> float:
    """A time or distance of a goal; 0 stands for the package's own."""
    if not (math.isfinite(value) and value >= 0.0):
        raise UserError(f"{name} is {value}; give a positive number, or 0 for the package's own")
    return value


def main() -> int:
    """Console entry."""
    return node_main.run(PolicyNode, "policy")


if __name__ == "__main__":
    sys.exit(main())
