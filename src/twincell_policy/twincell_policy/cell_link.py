"""The policy node's view of the running cell: polled joint states, arm and controller status, facts for the refusal."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from rclpy.node import Node
from sensor_msgs.msg import JointState
from twincell_model.errors import UserError
from twincell_model.profile import RobotProfile
from twincell_model.safety import SafetyLimits
from twincell_runtime.polled import PolledSubscription

from twincell_contract import names, qos
from twincell_msgs.msg import ArmStatus, ControllerStatus
from twincell_policy.compatibility import CellFacts
from twincell_policy.image_link import ImageLink
from twincell_policy.manifest import SEMANTICS
from twincell_policy.observation import JointSample
from twincell_policy.views import JointHistory

SOURCE = "policy"
"""Name under which the node asks for motion."""

_DISCOVERY_S = 5.0
"""How long a first goal waits for the arm and the controller to appear."""
_POLL_S = 0.02
_HISTORY = 250
"""Joint states of half a second at 500 Hz."""


class CellLink:
    """Reads the cell. All methods belong to the thread that runs episodes."""

    def __init__(
        self,
        node: Node,
        profile: RobotProfile,
        safety: SafetyLimits,
        images: ImageLink,
        *,
        simulated: bool,
    ) -> None:
        """`simulated`: time is that of the newest joint state, not the system's."""
        self._node = node
        self._profile = profile
        self._safety = safety
        self.images = images
        # Only where images are to be seen together with the joint states of their exposure is their past of use.
        depth = _HISTORY if images.cameras else 1
        self._states = PolledSubscription(node, JointState, names.JOINT_STATES, qos.streaming(depth))
        self._history = JointHistory()
        self._arm_status = PolledSubscription(node, ArmStatus, names.ARM_STATUS, qos.latched())
        self._controller = PolledSubscription(
            node, ControllerStatus, names.CONTROLLER_STATUS, qos.streaming(1)
        )
        self._simulated = simulated
        self._state: JointState | None = None
        self._arm: ArmStatus | None = None
        self._order: tuple[tuple[str, ...], list[int]] = ((), [])

    def now_ns(self) -> int:
        """ROS time. A simulated clock's own topic would arrive later than the joint states it belongs to."""
        if not self._simulated:
            return int(self._node.get_clock().now().nanoseconds)
        return 0 if self._state is None else _stamp_ns(self._state)

    def sample(self) -> JointSample | None:
        """The newest joint state in chain order, the last one again where nothing came; None where none ever came."""
        self.take_states()
        return None if self._state is None else self._sample_of(self._state)

    def take_states(self) -> None:
        """Take the joint states that have come in; where there are cameras they are kept for a while."""
        for received in self._states.take_all():
            self._state = received.msg
            if self.images.cameras and (sample := self._sample_of(received.msg)) is not None:
                self._history.add(sample)

    def joints_at(self, stamp_ns: int) -> JointSample | None:
        """The joint state at a moment of the last half second, None where it is not known."""
        return self._history.at(stamp_ns, (self.now_ns() - stamp_ns) * 1e-9)

    def _sample_of(self, state: JointState) -> JointSample | None:
        """A joint state in chain order, None where it lacks joints."""
        order = self._indices(tuple(state.name))
        if not order or len(state.position) < len(state.name) or len(state.velocity) < len(state.name):
            return None
        stamp_ns = _stamp_ns(state)
        return JointSample(
            positions=np.array([state.position[i] for i in order]),
            velocities=np.array([state.velocity[i] for i in order]),
            stamp_ns=stamp_ns,
            age_s=(self.now_ns() - stamp_ns) * 1e-9,
        )

    def _indices(self, present: tuple[str, ...]) -> list[int]:
        """Where the arm's joints are in a message with these names; empty where one is missing."""
        if self._order[0] != present:
            wanted = self._profile.joint_names
            complete = set(wanted) <= set(present)
            self._order = (present, [present.index(name) for name in wanted] if complete else [])
        return self._order[1]

    def controller_status(self) -> ControllerStatus | None:
        """A status that came since the last call, or None."""
        received = self._controller.latest()
        return received.msg if received is not None else None

    def facts(self, going_on: Callable[[], bool]) -> CellFacts:
        """What the running cell is. Waits a little for it to appear; raises UserError naming what is not there."""
        deadline = time.monotonic() + _DISCOVERY_S
        while not self._appeared() and time.monotonic() < deadline and going_on():
            time.sleep(_POLL_S)
        if self._arm is None:
            raise UserError(f"nothing arrives on {names.ARM_STATUS}; start the arm")
        if self._state is None:
            raise UserError(f"nothing arrives on {names.JOINT_STATES}; start or enable the arm")
        own = (self._profile.name, self._profile.variant)
        if (self._arm.robot, self._arm.variant) != own:
            raise UserError(
                f"the policy node is set up for robot {' '.join(own)}, the arm is a {self._arm.robot} "
                f"{self._arm.variant}; start both with the same robot and variant"
            )
        bare = self._profile.bare
        return CellFacts(
            robot=self._arm.robot,
            variant=self._arm.variant,
            joint_names=tuple(bare(name) for name in self._profile.joint_names),
            measured_joint_names=frozenset(
                bare(name) for name in self._state.name if name in self._profile.joint_names
            ),
            rate_hz=self._profile.rate_hz,
            command_timeout_s=self._safety.command_timeout_s,
            root_frame=bare(self._profile.root_frame),
            tool_frame=bare(self._profile.tool_frame),
            cameras=self.images.facts(),
            source_topics=self._source_topics(),
        )

    def _appeared(self) -> bool:
        received = self._arm_status.latest()
        self._arm = received.msg if received is not None else self._arm
        self.sample()
        seen = all(camera is not None for camera in self.images.facts().values())
        return self._arm is not None and self._state is not None and bool(self._source_topics()) and seen

    def _source_topics(self) -> frozenset[str]:
        kinds = (kind for kind, _ in SEMANTICS.values())
        return frozenset(
            kind for kind in kinds if self._node.count_subscribers(names.source_topic(SOURCE, kind)) > 0
        )


def _stamp_ns(state: JointState) -> int:
    return int(state.header.stamp.sec * 1_000_000_000 + state.header.stamp.nanosec)
