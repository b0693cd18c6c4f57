"""The policy node as a process, in a cell that is one small node: an arm that does exactly what is asked for."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
import rclpy
from action_msgs.msg import GoalStatus
from rclpy.action import ActionClient
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from sensor_msgs.msg import JointState
from twincell_model.kinematics import Kinematics
from twincell_model.profile import load_profile

from control_msgs.msg import JointJog
from twincell_contract import names, qos
from twincell_msgs.action import RunPolicy
from twincell_msgs.msg import ArmStatus, ControllerStatus
from twincell_msgs.srv import Acquire, Release

PROFILE = load_profile("ur5e")
RATE_HZ = 100.0
LONG_S = 40.0
"""Patience on a busy machine: a node has taken 16 s to start there."""


class Cell:
    """Arm and controller in one node: joint velocities are integrated as they come."""

    def __init__(self, namespace: str) -> None:
        self.context = rclpy.Context()
        rclpy.init(args=[], context=self.context)
        self.node = Node("cell", namespace=namespace, context=self.context, enable_rosout=False)
        node = self.node
        self.client = ActionClient(node, RunPolicy, names.RUN_POLICY)
        self._states = node.create_publisher(JointState, names.JOINT_STATES, qos.streaming(10))
        self._arm = node.create_publisher(ArmStatus, names.ARM_STATUS, qos.latched())
        self._status = node.create_publisher(ControllerStatus, names.CONTROLLER_STATUS, qos.streaming(10))
        node.create_subscription(JointJog, "policy/joint_jog", self._jog, qos.streaming(10))
        node.create_service(Acquire, names.CONTROLLER_ACQUIRE, self._acquire)
        node.create_service(Release, names.CONTROLLER_RELEASE, self._release)
        node.create_timer(1.0 / RATE_HZ, self._tick)
        node.create_timer(0.02, self._report)
        self.fresh()
        self._executor = SingleThreadedExecutor(context=self.context)
        self._executor.add_node(node)
        self._thread = threading.Thread(target=self._executor.spin, daemon=True)
        self._thread.start()

    def fresh(self, robot: str = "ur5e", variant: str = PROFILE.variant) -> None:
        """At rest at home, free, every joint state published; a new word of the arm about itself."""
        self.q = PROFILE.home.copy()
        self.v = np.zeros(PROFILE.dof)
        self.owner = ""
        self.refusal = ""
        self.silent = False
        self.calls: list[str] = []
        self.jogs: list[JointJog] = []
        self._arm.publish(ArmStatus(robot=robot, variant=variant, mode=ArmStatus.MODE_HOLDING))

    def close(self) -> None:
        self._executor.shutdown(timeout_sec=1.0)
        self._thread.join(2.0)
        rclpy.shutdown(context=self.context)

    def _jog(self, message: JointJog) -> None:
        self.jogs.append(message)
        self.v = np.array(message.velocities)

    def _acquire(self, request: Acquire.Request, answer: Acquire.Response) -> Acquire.Response:
        self.calls.append(f"acquire {request.source}")
        answer.granted, answer.reason = not self.refusal, self.refusal
        self.owner = request.source if answer.granted else self.owner
        return answer

    def _release(self, request: Release.Request, answer: Release.Response) -> Release.Response:
        self.calls.append(f"release {request.source}")
        answer.released = self.owner == request.source
        self.owner, self.v = "", np.zeros(PROFILE.dof)
        return answer

    def _tick(self) -> None:
        self.q = self.q + self.v / RATE_HZ
        if self.silent:
            return
        order = list(range(PROFILE.dof))[::-1]  # the node must go by name
        message = JointState(
            name=[PROFILE.joint_names[i] for i in order],
            position=[float(self.q[i]) for i in order],
            velocity=[float(self.v[i]) for i in order],
        )
        message.header.stamp = self.node.get_clock().now().to_msg()
        self._states.publish(message)

    def _report(self) -> None:
        self._status.publish(ControllerStatus(owner=self.owner, reason="" if self.owner else "testing"))

    def send(self, policy: str = "reach_ur5e", frame: str = "base_link", **goal: Any) -> Any:
        """Send a goal; the handle of the accepted goal."""
        message = RunPolicy.Goal(
            policy=policy, timeout=goal.get("timeout", 0.0), goal_tolerance=goal.get("tolerance", 0.0)
        )
        message.goal.header.frame_id = frame
        point = message.goal.pose.position
        point.x, point.y, point.z = goal.get("position", TARGET)
        return self.wait(self.client.send_goal_async(message))

    def wait(self, future: Any, timeout: float = LONG_S) -> Any:
        assert wait_for(future.done, timeout), "no answer"
        return future.result()

    def result(self, handle: Any) -> Any:
        """Status and result of a goal."""
        answer = self.wait(handle.get_result_async())
        return answer.status, answer.result

    def run(self, **goal: Any) -> Any:
        return self.result(self.send(**goal))

    @contextmanager
    def running(self, **goal: Any) -> Iterator[Any]:
        """A goal whose policy has begun to move the arm."""
        handle = self.send(**goal)
        assert wait_for(lambda: bool(self.v.any()), LONG_S), "the policy did not move the arm"
        yield handle


TARGET = (0.45, -0.15, 0.35)


def wait_for(condition: Callable[[], bool], timeout: float) -> bool:
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def start_node(namespace: str, *parameters: str) -> subprocess.Popen[str]:
    options = [word for parameter in parameters for word in ("-p", parameter)]
    return subprocess.Popen(
        [sys.executable, "-m", "twincell_policy.node", "--ros-args", "-r", f"__ns:={namespace}", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


@contextmanager
def started() -> Iterator[tuple[Cell, subprocess.Popen[str]]]:
    """A cell and its policy node, in a namespace of their own."""
    namespace = f"/policy_{uuid4().hex[:8]}"
    cell, process = Cell(namespace), start_node(namespace)
    try:
        assert cell.client.wait_for_server(LONG_S), "no action server"
        yield cell, process
    finally:
        process.send_signal(signal.SIGINT)
        try:
            print(process.communicate(timeout=LONG_S)[0])
        finally:
            process.kill()
            cell.close()


@pytest.fixture(scope="module")
def shared() -> Iterator[Cell]:
    """One cell and policy node for most tests of this file."""
    with started() as (cell, _):
        yield cell


@pytest.fixture
def cell(shared: Cell) -> Cell:
    shared.fresh()
    return shared


def test_reaches_the_goal_and_gives_the_arm_back(cell: Cell) -> None:
    status, result = cell.run()
    assert (status, result.success, result.reason) == (GoalStatus.STATUS_SUCCEEDED, True, "goal reached")
    distance = np.linalg.norm(Kinematics(PROFILE).pose(cell.q)[0] - TARGET)
    assert distance <= 0.02
    assert result.error == pytest.approx(distance, abs=0.005)
    assert result.steps > 20
    assert cell.calls == ["acquire policy", "release policy"]
    assert list(cell.jogs[0].joint_names) == list(PROFILE.joint_names)
    assert not any(cell.jogs[-1].velocities), "the last word is to stand still"
    gaps = np.diff([jog.header.stamp.sec + jog.header.stamp.nanosec * 1e-9 for jog in cell.jogs])
    assert np.median(gaps) == pytest.approx(0.04, abs=0.004)


def test_cancel(cell: Cell) -> None:
    with cell.running(position=(0.35, 0.5, 0.5)) as handle:
        cell.wait(handle.cancel_goal_async())
    status, result = cell.result(handle)
    assert (status, result.success, result.reason) == (GoalStatus.STATUS_CANCELED, False, "cancelled")
    assert not any(cell.jogs[-1].velocities)
    assert cell.calls[-1] == "release policy"


def test_lost_lease(cell: Cell) -> None:
    with cell.running() as handle:
        cell.owner = "teleop"
    status, result = cell.result(handle)
    assert status == GoalStatus.STATUS_ABORTED
    assert result.reason == "lost the lease, teleop owns the arm now"


def test_refused_lease(cell: Cell) -> None:
    cell.refusal = "the arm is owned by teleop"
    status, result = cell.run()
    assert status == GoalStatus.STATUS_ABORTED
    assert result.reason == "the controller refused the arm: the arm is owned by teleop"
    assert (result.steps, cell.jogs) == (0, [])


def test_states_that_stop_end_the_motion_at_once(cell: Cell) -> None:
    with cell.running() as handle:
        cell.silent = True
        assert wait_for(lambda: not cell.v.any(), 0.9), "still moving without joint states"
    status, result = cell.result(handle)
    assert status == GoalStatus.STATUS_ABORTED
    assert "no usable joint state for 1 s" in result.reason


def test_time_out(cell: Cell) -> None:
    status, result = cell.run(timeout=0.3)
    assert status == GoalStatus.STATUS_ABORTED
    assert result.reason.startswith("time-out after 0.3 s")
    assert result.duration == pytest.approx(0.3, abs=0.1)


def test_second_goal_is_refused_while_one_runs(cell: Cell) -> None:
    with cell.running(tolerance=1e-6) as first:
        status, result = cell.run()
        assert status == GoalStatus.STATUS_ABORTED
        assert "running another goal" in result.reason
        cell.wait(first.cancel_goal_async())
    assert cell.result(first)[1].reason == "cancelled"


@pytest.mark.parametrize(
    ("goal", "words"),
    [
        ({"policy": "nope"}, "policy 'nope' does not exist"),
        ({"frame": "world"}, "goal.header.frame_id is 'world'"),
        ({"position": (5.0, 0.0, 0.3)}, "outside the workspace box"),
        ({"position": (float("nan"), 0.0, 0.3)}, "goal.pose.position is not finite"),
        ({"timeout": -1.0}, "timeout is -1.0"),
        ({"policy": "reach_xarm7"}, "robot/profile: made for xarm7, the cell is a ur5e"),
    ],
)
def test_refusal_names_the_field(cell: Cell, goal: dict[str, Any], words: str) -> None:
    status, result = cell.run(**goal)
    assert status == GoalStatus.STATUS_ABORTED
    assert words in result.reason
    assert (result.steps, cell.calls) == (0, []), "the arm was not touched"


@pytest.mark.parametrize(
    ("where", "value", "field"),
    [
        ("rate_hz", 24.0, "rate_hz"),
        ("cameras", [{"name": "wrist"}], "cameras/0/name"),
        ("robot/0/variants", ["other"], "robot/variants"),
    ],
)
def test_package_that_does_not_match(
    cell: Cell, edit: Callable[[str, Any], Path], where: str, value: Any, field: str
) -> None:
    status, result = cell.run(policy=str(edit(where, value)))
    assert status == GoalStatus.STATUS_ABORTED
    assert f"does not match this cell, {field}: " in result.reason
    assert cell.calls == []


def test_another_arm_than_the_nodes(cell: Cell) -> None:
    cell.fresh(robot="ur5")
    assert "set up for robot ur5e" in cell.run()[1].reason


def test_a_changed_package_is_loaded_again(cell: Cell, edit: Callable[[str, Any], Path]) -> None:
    folder = str(edit("goal/timeout_s", 0.2))
    assert cell.run(policy=folder)[1].reason.startswith("time-out after 0.2 s")
    edit("goal/timeout_s", 0.3)
    assert cell.run(policy=folder)[1].reason.startswith("time-out after 0.3 s")


def test_wrong_parameter_is_one_line() -> None:
    process = start_node("/", "robot:=kuka")
    output, _ = process.communicate(timeout=LONG_S)
    assert process.returncode == 2
    assert output.startswith("policy: error: unknown robot 'kuka'")
    assert "Traceback" not in output


def test_interrupt_ends_the_run_and_gives_the_arm_back() -> None:
    with started() as (cell, process), cell.running(position=(0.35, 0.5, 0.5)) as handle:
        process.send_signal(signal.SIGINT)
        status, result = cell.result(handle)
        assert (status, result.reason) == (GoalStatus.STATUS_ABORTED, "the policy node is shutting down")
        assert cell.calls == ["acquire policy", "release policy"]
        assert process.wait(LONG_S) == 0
