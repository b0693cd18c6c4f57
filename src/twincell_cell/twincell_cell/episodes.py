"""cell/{reset,start_episode,end_episode}: what an episode is, in the twin and on hardware.

The services block in an executor thread while they wait for others; the loop thread hands in joint states.
"""

from __future__ import annotations

import contextlib
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from geometry_msgs.msg import PoseStamped
from numpy.typing import NDArray
from rclpy.action import ActionClient
from rclpy.callback_groups import MutuallyExclusiveCallbackGroup, ReentrantCallbackGroup
from rclpy.client import Client
from rclpy.node import Node
from sensor_msgs.msg import JointState
from std_srvs.srv import Trigger
from twincell_model.profile import RobotProfile
from twincell_model.rotations import matrix_from_quat
from twincell_model.safety import SafetyLimits
from twincell_runtime.polled import PolledSubscription
from twincell_world.tasks import TARGET_BODY, Task

from control_msgs.action import FollowJointTrajectory
from twincell_cell.frames import chain_pose, robot_frames
from twincell_cell.homing import home_goal
from twincell_cell.state_publisher import joint_angles
from twincell_contract import names, qos
from twincell_msgs.msg import ControllerStatus
from twincell_msgs.srv import EndEpisode, RandomizeWorld, ResetCell, ResetWorld, SetBodyPose, StartEpisode

Array = NDArray[np.float64]

ANSWER_S = 3.0
STOP_S = 5.0
HOLD_S = 5.0
# Joint states of after a teleport that must have come in before the controller starts from them.
FRESH_STATES = 3
RESET_TRIES = 3
_POLL_S = 0.01


class StepFailed(RuntimeError):
    """A step of a service did not work: one sentence."""


@dataclass(frozen=True)
class OpenEpisode:
    """The episode that runs."""

    identifier: str
    target: Array


class EpisodeServices:
    """The three services. `joint_state` is called by another thread for every joint state."""

    def __init__(
        self,
        node: Node,
        profile: RobotProfile,
        safety: SafetyLimits,
        task: Task,
        *,
        has_world: bool,
        teleport: bool,
    ) -> None:
        """`has_world`: show targets in the world. `teleport`: reset the world's arm instead of moving it home."""
        self.robot = profile.name
        self._node = node
        self._profile = profile
        self._task = task
        self._safety = safety
        self._has_world = has_world
        self._teleport = teleport
        self._frames = robot_frames(profile)
        home = dict(zip(profile.joint_names, profile.home, strict=True))
        self._home_tool = chain_pose(self._frames, home, profile.tool_frame)[1]
        self._state: JointState | None = None
        self._states_seen = 0
        self._closed = threading.Event()
        self._episode: OpenEpisode | None = None
        self._status = PolledSubscription(node, ControllerStatus, names.CONTROLLER_STATUS, qos.streaming(50))
        self._mode: int | None = None
        self._mode_reason = ""
        answers = ReentrantCallbackGroup()
        self._clients: dict[str, Client] = {
            name: node.create_client(kind, name, callback_group=answers)
            for kind, name in (
                (Trigger, names.ARM_RECOVER),
                (Trigger, names.CONTROLLER_STOP),
                (Trigger, names.CONTROLLER_RESET),
                (ResetWorld, names.WORLD_RESET),
                (RandomizeWorld, names.WORLD_RANDOMIZE),
                (SetBodyPose, names.WORLD_SET_BODY_POSE),
            )
        }
        self._trajectory = ActionClient(
            node, FollowJointTrajectory, names.FOLLOW_JOINT_TRAJECTORY, callback_group=answers
        )
        one_at_a_time = MutuallyExclusiveCallbackGroup()
        for kind, name, handler in (
            (ResetCell, names.CELL_RESET, self._reset),
            (StartEpisode, names.CELL_START_EPISODE, self._start),
            (EndEpisode, names.CELL_END_EPISODE, self._end),
        ):
            node.create_service(kind, name, handler, callback_group=one_at_a_time)

    def joint_state(self, state: JointState) -> None:
        """The newest joint state, naming every joint."""
        self._state = state
        self._states_seen += 1

    def close(self) -> None:
        """Let a waiting service end at once."""
        self._closed.set()

    def _reset(self, request: ResetCell.Request, response: ResetCell.Response) -> ResetCell.Response:
        """Stop, put the world back, acknowledge: the arm holds the start pose and nobody owns it."""
        self._episode = None
        try:
            self._stop_controller()
            if self._teleport:
                if request.randomize:
                    self._call(names.WORLD_RANDOMIZE, RandomizeWorld.Request(seed=request.seed))
                self._call(names.WORLD_RESET, ResetWorld.Request())
                # An arm that stopped by itself, for a stall of the machine, is put back with its world. A real one
                # waits for a person.
                self._call(names.ARM_RECOVER, Trigger.Request())
            self._acknowledge()
            if not self._teleport:
                self._move_home()
            response.success = True
        except StepFailed as failure:
            response.message = str(failure)
        return response

    def _stop_controller(self) -> None:
        at_rest = (ControllerStatus.MODE_STOPPED, ControllerStatus.MODE_FAULT)
        if self._controller_mode() not in at_rest:
            self._call(names.CONTROLLER_STOP, Trigger.Request())
        self._wait(lambda: self._controller_mode() in at_rest, STOP_S, "the controller did not come to rest")

    def _acknowledge(self) -> None:
        """Let the controller start from where the arm is now.

        On a busy machine its newest joint state may still be one of before the teleport: it then stops at once,
        because the arm is not where it takes it to be. That is acknowledged with the same request, a few times; a
        real arm is never teleported, and its faults are acknowledged once.
        """
        tries = RESET_TRIES if self._teleport else 1
        for _ in range(tries):
            wanted = self._states_seen + FRESH_STATES
            self._wait(partial(self._has_seen, wanted), HOLD_S, "no joint states come in")
            self._call(names.CONTROLLER_RESET, Trigger.Request())
            with contextlib.suppress(StepFailed):
                self._wait_mode(ControllerStatus.MODE_HOLD, HOLD_S / tries)
                return
        self._wait_mode(ControllerStatus.MODE_HOLD, 0.0)

    def _has_seen(self, states: int) -> bool:
        return self._states_seen >= states

    def _move_home(self) -> None:
        goal, seconds = home_goal(self._profile, self._safety, self._angles())
        self._wait(self._trajectory.server_is_ready, ANSWER_S, "the trajectory action is not there")
        sent = self._trajectory.send_goal_async(goal)
        self._wait(sent.done, ANSWER_S, f"the trajectory action did not answer within {ANSWER_S:g} s")
        handle = sent.result()
        if handle is None or not handle.accepted:
            raise StepFailed("the way home was refused")
        done = handle.get_result_async()
        # The controller may slow the trajectory to half its speed before that is called a failure.
        self._wait(done.done, 2.0 * seconds + STOP_S, "the way home took too long")
        result = done.result().result
        if result.error_code != FollowJointTrajectory.Result.SUCCESSFUL:
            raise StepFailed(f"the way home ended early: {result.error_string}")

    def _angles(self) -> Mapping[str, float]:
        """The newest measured angles [rad] by joint."""
        angles = joint_angles(self._state, self._profile.joint_names) if self._state is not None else None
        if angles is None:
            raise StepFailed("no joint states")
        return angles

    def _start(self, request: StartEpisode.Request, response: StartEpisode.Response) -> StartEpisode.Response:
        """Draw a target, show it in the world, open an episode. An episode that was open is given up."""
        position = self._task.sample_target(np.random.default_rng(request.seed))
        target = self._pose(position)
        try:
            if self._has_world:
                self._call(names.WORLD_SET_BODY_POSE, SetBodyPose.Request(body=TARGET_BODY, pose=target))
        except StepFailed as failure:
            response.message = str(failure)
            return response
        self._episode = OpenEpisode(uuid.uuid4().hex, position)
        response.success = True
        response.episode_id = self._episode.identifier
        response.target = target
        return response

    def _end(self, request: EndEpisode.Request, response: EndEpisode.Response) -> EndEpisode.Response:
        """Close the episode and measure how far the task's point of the tool is from the target."""
        response.error = float("nan")
        episode = self._episode
        if episode is None or episode.identifier != request.episode_id:
            response.message = f"no episode '{request.episode_id}' is open"
            return response
        try:
            angles = self._angles()
        except StepFailed as failure:
            response.message = f"the distance is not known: {failure}"
            return response
        tool, turn = chain_pose(self._frames, angles, self._profile.tool_frame)
        tool = tool + matrix_from_quat(turn) @ self._task.tool_point
        self._episode = None
        response.error = float(np.linalg.norm(tool - episode.target))
        response.success = True
        return response

    def _pose(self, position: Array) -> PoseStamped:
        """A target with the tool's orientation at home; only its position is judged."""
        pose = PoseStamped()
        pose.header.stamp = self._node.get_clock().now().to_msg()
        pose.header.frame_id = self._profile.root_frame
        point, turn = pose.pose.position, pose.pose.orientation
        point.x, point.y, point.z = (float(value) for value in position)
        turn.w, turn.x, turn.y, turn.z = (float(value) for value in self._home_tool)
        return pose

    def _controller_mode(self) -> int | None:
        received = self._status.latest()
        if received is not None:
            self._mode, self._mode_reason = received.msg.mode, received.msg.reason
        return self._mode

    def _wait_mode(self, mode: int, seconds: float) -> None:
        try:
            self._wait(lambda: self._controller_mode() == mode, seconds, "")
        except StepFailed:
            reason = self._mode_reason or f"it is in mode {self._mode}"
            raise StepFailed(f"the controller does not hold the arm: {reason}") from None

    def _call(self, name: str, request: Any) -> Any:
        client = self._clients[name]
        self._wait(client.service_is_ready, ANSWER_S, f"service {name} is not there")
        future = client.call_async(request)
        self._wait(future.done, ANSWER_S, f"service {name} did not answer within {ANSWER_S:g} s")
        answer = future.result()
        if not answer.success:
            raise StepFailed(f"{name}: {answer.message}")
        return answer

    def _wait(self, done: Callable[[], Any], seconds: float, complaint: str) -> None:
        end = time.monotonic() + seconds
        while not done():
            if time.monotonic() > end:
                raise StepFailed(complaint)
            if self._closed.wait(_POLL_S):
                raise StepFailed("the cell ends")
