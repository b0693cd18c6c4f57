"""world/* services and the world/state publisher of a process that holds a world."""

import json
import math
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
from rclpy.node import Node
from std_srvs.srv import SetBool
from twincell_model.errors import UserError
from twincell_runtime.mailbox import Mailbox, MailboxTimeout

from twincell_contract import names, qos
from twincell_msgs.msg import WorldState
from twincell_msgs.srv import RandomizeWorld, ResetWorld, SetBodyPose, StepWorld
from twincell_world.world import World

MAX_STATE_RATE = 60.0
"""[Hz] Upper bound of world/state."""
STEP_TIMEOUT_S = 30.0
"""Longest wait of world/step for the loop to run its ticks."""


class WorldServices:
    """Serves a world to other nodes. Services run in an executor thread and act through the mailbox, in the loop.

    `on_moved` is called in the loop after the arm has been put elsewhere (reset). The loop asks `may_tick` before each
    tick of the physics and calls `publish_state` after it.
    """

    def __init__(self, node: Node, world: World, mailbox: Mailbox, on_moved: Callable[[], None]) -> None:
        self._world, self._mailbox, self._on_moved = world, mailbox, on_moved
        self._profile = world.profile
        self.paused = False
        self._budget = 0
        self._budget_spent = threading.Event()
        self._every = max(math.ceil(self._profile.rate_hz / MAX_STATE_RATE), 1)
        self._publisher = node.create_publisher(WorldState, names.WORLD_STATE, qos.streaming())
        self._message = WorldState(scene=world.scene.name, scene_hash=world.scene_hash)
        self._message.header.frame_id = "world"
        self._sample: dict[str, Any] | None = None
        for kind, name, callback in (
            (ResetWorld, names.WORLD_RESET, self._reset),
            (RandomizeWorld, names.WORLD_RANDOMIZE, self._randomize),
            (SetBool, names.WORLD_PAUSE, self._pause),
            (StepWorld, names.WORLD_STEP, self._step),
            (SetBodyPose, names.WORLD_SET_BODY_POSE, self._set_body_pose),
        ):
            node.create_service(kind, name, callback)

    def may_tick(self) -> bool:
        """Whether the physics may advance by one tick now. Called by the loop."""
        if not self.paused:
            return True
        if self._budget == 0:
            self._budget_spent.set()  # here, not after the last grant: its tick has been computed by now
            return False
        self._budget -= 1
        return True

    def publish_state(self, tick: int, stamp_ns: int) -> None:
        """Publish world/state every few ticks, at most 60 times a second."""
        if tick % self._every:
            return
        world, message = self._world, self._message
        if world.sample is not self._sample:
            self._sample = world.sample
            message.randomization = json.dumps(world.sample)
        data = world.data
        message.header.stamp.sec, message.header.stamp.nanosec = divmod(stamp_ns, 1_000_000_000)
        message.step, message.time = world.steps, world.time
        message.qpos, message.qvel = data.qpos.tolist(), data.qvel.tolist()
        message.mocap_pos, message.mocap_quat = (
            data.mocap_pos.ravel().tolist(),
            data.mocap_quat.ravel().tolist(),
        )
        self._publisher.publish(message)

    def _answer(self, response: Any, work: Callable[[], str]) -> Any:
        """Run `work` in the loop; what it returns or complains of is the message."""
        try:
            response.message = self._mailbox.call(work)
            response.success = True
        except (UserError, MailboxTimeout) as error:
            response.success, response.message = False, str(error)
        return response

    def _reset(self, request: ResetWorld.Request, response: ResetWorld.Response) -> ResetWorld.Response:
        def work() -> str:
            self._world.reset(self._start_pose(request.joint_names, request.positions))
            self._on_moved()
            return "The world is at its start."

        return self._answer(response, work)

    def _start_pose(self, joint_names: list[str], positions: list[float]) -> np.ndarray | None:
        """Positions in chain order from a request by name, or None for the scene's own."""
        if len(joint_names) != len(positions):
            raise UserError(
                f"world/reset needs one position per joint name: {len(positions)} for {len(joint_names)}"
            )
        if not joint_names:
            return None
        given = dict(zip(joint_names, positions, strict=True))
        if set(given) != set(self._profile.joint_names) or len(given) != len(joint_names):
            raise UserError(
                f"world/reset was given {', '.join(joint_names)}; "
                f"it needs each of the joints {', '.join(self._profile.joint_names)} once"
            )
        return np.array([given[name] for name in self._profile.joint_names])

    def _randomize(
        self, request: RandomizeWorld.Request, response: RandomizeWorld.Response
    ) -> RandomizeWorld.Response:
        def work() -> str:
            response.sample = json.dumps(self._world.randomize(request.seed))
            return "The sample is in force; the start pose counts from the next reset."

        return self._answer(response, work)

    def _pause(self, request: SetBool.Request, response: SetBool.Response) -> SetBool.Response:
        def work() -> str:
            self.paused = request.data
            self._budget = 0
            self._budget_spent.set()
            return "The world stands still." if request.data else "The world runs."

        return self._answer(response, work)

    def _step(self, request: StepWorld.Request, response: StepWorld.Response) -> StepWorld.Response:
        def grant() -> str:
            if not self.paused:
                raise UserError("world/step works only while the world is paused; call world/pause first")
            self._budget = request.steps
            self._budget_spent.clear()
            return f"The world advanced by {request.steps} ticks."

        self._answer(response, grant)
        if response.success and not self._budget_spent.wait(STEP_TIMEOUT_S):
            response.success, response.message = (
                False,
                f"the world did not finish within {STEP_TIMEOUT_S:g} s",
            )
        response.time = self._world.time
        return response

    def _set_body_pose(
        self, request: SetBodyPose.Request, response: SetBodyPose.Response
    ) -> SetBodyPose.Response:
        position, orientation = request.pose.pose.position, request.pose.pose.orientation
        frame_id = request.pose.header.frame_id

        def work() -> str:
            if frame_id not in (self._profile.root_frame, "world"):
                raise UserError(
                    f"world/set_body_pose: unknown frame '{frame_id}'; use {self._profile.root_frame} or world"
                )
            self._world.set_body_pose(
                request.body,
                (position.x, position.y, position.z),
                (orientation.w, orientation.x, orientation.y, orientation.z),
                frame="world" if frame_id == "world" else "root",
            )
            return f"{request.body} was moved."

        return self._answer(response, work)
