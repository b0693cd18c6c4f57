"""System tests: whole cells in processes of their own. Unit tests live in their package."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from builtin_interfaces.msg import Duration
from rclpy.action import ActionClient
from sensor_msgs.msg import JointState
from trajectory_msgs.msg import JointTrajectoryPoint
from twincell_cell.config import CellConfig, check
from twincell_cell.session import CellSession
from twincell_runtime.polled import PolledSubscription

from control_msgs.action import FollowJointTrajectory
from twincell_contract import names, qos

StartCell = Callable[..., CellSession]


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

        assert self._session.spin_until(take, 3.0), "no joint states"
        return dict(zip(found[-1].name, found[-1].position, strict=True))

    def move(self, offset: float) -> int:
        """Move the first joint by `offset` [rad] with the trajectory action; its error code.

        A busy machine may stall a cell for longer than its state time-out, which stops it: tried up to three times.
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
        assert self._session.spin_until(client.server_is_ready, 5.0)
        for _ in range(3):
            self._session.wait_ready()
            sent = client.send_goal_async(goal)
            assert self._session.spin_until(sent.done, 5.0)
            if sent.result().accepted:
                break
        assert sent.result().accepted
        done = sent.result().get_result_async()
        assert self._session.spin_until(done.done, 10.0)
        return int(done.result().result.error_code)


@pytest.fixture
def joints_of() -> type[Joints]:
    """`joints_of(session)`: the joints of a cell."""
    return Joints


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
