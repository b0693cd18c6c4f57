"""System tests: whole cells in processes of their own. Unit tests live in their package."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from builtin_interfaces.msg import Duration
from rclpy.action import ActionClient
from sensor_msgs.msg import JointState
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectoryPoint
from twincell_cell.config import CellConfig, check
from twincell_cell.session import CellSession
from twincell_contract.reasons import Reason
from twincell_runtime.polled import PolledSubscription

from control_msgs.action import FollowJointTrajectory
from twincell_contract import names, qos
from twincell_msgs.msg import ControllerStatus

StartCell = Callable[..., CellSession]
STALLS = Reason.STATE_STALE | Reason.DEADLINE_MISSED
"""What a cell stops for when a busy machine stands still for longer than its time-outs, as it should."""


def recover(session: CellSession) -> bool:
    """Wait for a cell that can move, after a stall in motion too; whether it had stopped for one. Other faults fail."""
    stalled = False

    def holds() -> bool:
        nonlocal stalled
        status = session.controller_status()
        if status is not None and status.mode == ControllerStatus.MODE_FAULT:
            assert status.reasons & STALLS, status.reason
            stalled = True
            session.call(Trigger, names.CONTROLLER_RESET)  # refused while its cause lasts
        return status is not None and status.mode == ControllerStatus.MODE_HOLD

    session.spin(0.1)  # a status from now on
    assert session.spin_until(holds, 30.0), session.controller_status()
    session.wait_ready()
    return stalled


class Joints:
    """Reads and moves the joints of a running cell."""

    def __init__(self, session: CellSession) -> None:
        self._session = session
        self._states = PolledSubscription(session.node, JointState, names.JOINT_STATES, qos.sensor(1))

    def read(self) -> dict[str, float]:
        """Positions by name, of a state that came in after the call."""
        self._states.latest()
        found: list[JointState] = []

        def take() -> bool:
            found.extend(received.msg for received in self._states.take_all())
            return bool(found)

        assert self._session.spin_until(take, 10.0), "no joint states"
        return dict(zip(found[-1].name, found[-1].position, strict=True))

    def move(self, offset: float) -> int:
        """Move the first joint by `offset` [rad] with the trajectory action; its error code.

        Tried up to three times, each towards the same place, where a stall of the machine stopped the cell.
        """
        now = self.read()
        goal = FollowJointTrajectory.Goal()
        goal.trajectory.joint_names = list(now)
        first, *others = now.values()
        goal.trajectory.points = [
            JointTrajectoryPoint(
                positions=[first + offset, *others],
                velocities=[0.0] * len(now),
                time_from_start=Duration(sec=2),
            )
        ]
        client = ActionClient(self._session.node, FollowJointTrajectory, names.FOLLOW_JOINT_TRAJECTORY)
        assert self._session.spin_until(client.server_is_ready, 20.0)
        code, accepted = 0, False
        for _ in range(3):
            recover(self._session)
            sent = client.send_goal_async(goal)
            assert self._session.spin_until(sent.done, 10.0)
            accepted = sent.result().accepted
            if accepted:
                done = sent.result().get_result_async()
                assert self._session.spin_until(done.done, 20.0)
                code = int(done.result().result.error_code)
                if code == FollowJointTrajectory.Result.SUCCESSFUL or not recover(self._session):
                    break
        assert accepted
        return code


@pytest.fixture
def joints_of() -> type[Joints]:
    """`joints_of(session)`: the joints of a cell."""
    return Joints


@pytest.fixture(name="recover")
def recover_fixture() -> Callable[[CellSession], bool]:
    """`recover(session)`: wait until a cell can move, after a stall too; whether it had stopped for one."""
    return recover


@pytest.fixture
def stalls() -> Reason:
    """Reasons for which a cell stops when a busy machine stands still."""
    return STALLS


@pytest.fixture
def domain() -> int:
    """A ROS domain for the tests: the environment's, or one that a person's cell hardly uses."""
    return int(os.environ.get("ROS_DOMAIN_ID") or 83)


@pytest.fixture
def start_cell(domain: int, tmp_path: Path) -> Iterator[StartCell]:
    """Start cells by fields of CellConfig; all are stopped after the test."""
    with ExitStack() as stack:

        def start(**fields: object) -> CellSession:
            skip = fields.pop("skip", ())
            config = check(CellConfig(**{"robot": "ur5", "domain": domain, **fields}))  # type: ignore[arg-type]
            logs = tmp_path / f"logs{config.namespace}{len(list(tmp_path.iterdir()))}"
            return stack.enter_context(CellSession(config, "test", skip=skip, logs=logs))  # type: ignore[arg-type]

        yield start
