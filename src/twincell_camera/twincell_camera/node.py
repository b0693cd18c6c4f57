"""The camera process: node `camera` with all virtual cameras of a set, by realsense-ros's names.

The main thread keeps the states of world/state, renders the state of each exposure's time and publishes it after the
device's latency. Parameters and services spin in a second thread. Run as `python -m twincell_camera.node`.
"""

from __future__ import annotations

import os
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rcl_interfaces.msg import SetParametersResult
from rclpy.node import Node
from rclpy.parameter import Parameter
from twincell_model.errors import UserError
from twincell_model.profile import load_profile
from twincell_runtime.loop import RateTimer
from twincell_runtime.node_main import SpinningThread
from twincell_runtime.params import Param, declare
from twincell_runtime.polled import PolledSubscription
from twincell_world.gl import gl_backend
from twincell_world.scene import load_scene

from twincell_camera.camera_set import CONFIGURED, CameraSpec, load_set, parse_effects
from twincell_camera.messages import FrameMessages
from twincell_camera.outputs import CameraOutputs, Diagnostics
from twincell_contract import names, qos
from twincell_msgs.msg import WorldState
from twincell_runtime import node_main, scheduling

if TYPE_CHECKING:
    from twincell_camera.schedule import Exposure, Schedule

PARAMETERS = (
    Param("robot", "ur5e", "Robot profile, a file under config/robots."),
    Param("variant", "", "Hardware variant of the robot; empty is the profile's own."),
    Param("tf_prefix", "", "Put before every frame name."),
    Param("scene", "reach", "A scene under config/scenes or a YAML file."),
    Param("visuals", "primitives", "primitives, meshes:DIR or menagerie."),
    Param("clock", "wall", "Clock of the stamps.", choices=("wall", "sim", "lockstep")),
    Param("cameras", "scene_and_wrist", "A camera set under config/cameras/sets or a YAML file."),
    Param("seed", 0, "Seed of noise, jitter and drop-outs.", minimum=0, maximum=2**32 - 1),
    Param(
        "effects",
        CONFIGURED,
        "Imperfections of all cameras: configured, none, all, or names separated by commas.",
        read_only=False,
    ),
)

WAIT_NS = 10_000_000
"""How long an exposure waits for a state after its time; then the newest one is continued with its velocities, which
at 2 rad/s^2 is wrong by 0.1 mrad."""
LATE_NS = 25_000_000
"""Exposures that have not been drawn by then are left out."""
SILENT_NS = 500_000_000
"""Without a state for so long the cameras are blind, and say so."""
DRAW_NS = 8_000_000
"""About what drawing a frame takes with software GL."""
POLL_S = 0.001
IDLE_S = 0.005


@dataclass
class Running:
    """One camera at work."""

    spec: CameraSpec
    schedule: Schedule
    outputs: CameraOutputs
    free: deque[FrameMessages]
    waiting: deque[tuple[Exposure, FrameMessages]] = field(default_factory=deque)
    """Rendered frames that are still on their way to the host."""


class CameraRunner:
    """Everything the process runs; see twincell_runtime.node_main."""

    def __init__(self) -> None:
        self._node = node = Node("camera")
        self._values = values = declare(node, PARAMETERS)
        self._effects = values["effects"]
        if self._effects != CONFIGURED:
            parse_effects(self._effects)
        if "MUJOCO_GL" not in os.environ:
            backend = gl_backend()
            if backend is None:
                raise UserError(
                    "neither EGL nor OSMesa works here; install libosmesa6 or libegl1, or use no cameras"
                )
            os.environ["MUJOCO_GL"] = backend
        # After MUJOCO_GL is known: mujoco reads it when it is imported.
        from twincell_world.world import World

        from twincell_camera.schedule import Schedule
        from twincell_camera.states import StateBuffer
        from twincell_camera.virtual import CameraRig

        profile = load_profile(values["robot"], values["variant"] or None, values["tf_prefix"])
        self._world = World(load_scene(values["scene"], profile), profile, visuals=values["visuals"])
        self._hash = self._world.scene_hash
        configured = load_set(values["cameras"])
        self._configured = configured
        self._make_rig = CameraRig
        self._rig = CameraRig(self._world, self._specs(), values["seed"])
        self._states = StateBuffer(self._world.model)
        self._sample = ""
        self._wall = values["clock"] == "wall"
        self._cameras = []
        for spec in self._specs():
            slots = 2 + int(spec.rate_hz * (spec.latency_s + 4.0 * spec.model.timing.jitter_s))
            self._cameras.append(
                Running(
                    spec,
                    Schedule(spec, values["seed"]),
                    CameraOutputs(node, spec, values["tf_prefix"]),
                    deque(FrameMessages(spec, values["tf_prefix"]) for _ in range(slots)),
                )
            )
        CameraOutputs.publish_frames(node, configured, values["tf_prefix"])
        self._subscription = PolledSubscription(node, WorldState, names.WORLD_STATE, qos.sensor(50))
        self._diagnostics = Diagnostics(node)
        self._second = RateTimer(1.0)
        self._complaint = "no world/state yet"
        self._stopping = False
        node.add_on_set_parameters_callback(self._on_parameters)
        self._services = SpinningThread([node])

    def _specs(self) -> list[CameraSpec]:
        return [spec.with_effects(self._effects) for spec in self._configured]

    def run(self) -> None:
        """Expose and publish until `stop`."""
        self._services.start()
        scheduling.settle()
        while not self._stopping:
            self._take_states()
            self._apply_effects()
            pause = self._serve()
            if self._second.due(time.monotonic()):
                self._diagnostics.publish(
                    self._complaint, [(camera.outputs, camera.schedule.skipped) for camera in self._cameras]
                )
            if pause > 0.0:
                time.sleep(pause)

    def stop(self) -> None:
        """End `run`."""
        self._stopping = True

    def close(self) -> None:
        """Free the GL context and the node."""
        self._services.close()
        self._rig.close()
        self._node.destroy_node()

    def _now_ns(self) -> int:
        """Time of the stamps' clock; a simulated one stands at the newest state."""
        return time.time_ns() if self._wall else (self._states.newest_ns or 0)

    def _take_states(self) -> None:
        from twincell_world.world import WorldSnapshot

        from twincell_camera.states import TimedState

        for received in self._subscription.take_all():
            message = received.msg
            if message.scene_hash != self._hash:
                self._complaint = (
                    f"the cell runs another scene ('{message.scene}') than the cameras were started with"
                )
                continue
            import numpy as np

            stamp = message.header.stamp.sec * 1_000_000_000 + message.header.stamp.nanosec
            first = self._states.newest_ns is None
            self._states.add(
                TimedState(
                    stamp,
                    WorldSnapshot(
                        steps=message.step,
                        time=message.time,
                        qpos=np.array(message.qpos),
                        qvel=np.array(message.qvel),
                        mocap_pos=np.array(message.mocap_pos).reshape(-1, 3),
                        mocap_quat=np.array(message.mocap_quat).reshape(-1, 4),
                    ),
                    message.randomization,
                )
            )
            self._complaint = ""
            if first:
                for camera in self._cameras:
                    # in simulated time frame k is always exposed at k periods, so that a run can be repeated
                    camera.schedule.start(self._now_ns() if self._wall else 0)
                    camera.schedule.skip_until(self._now_ns())
                    camera.schedule.skipped = 0

    def _serve(self) -> float:
        """Publish what is due and expose one frame; returns how long nothing will be [s].

        What is to be sent within the time that drawing a frame takes goes before frames of later exposures: images of
        one exposure would otherwise come that much apart.
        """
        if self._states.newest_ns is None:
            return IDLE_S
        now = self._now_ns()
        for camera in self._cameras:
            self._send(camera, now)
        coming = [camera.waiting[0][0].publish_ns for camera in self._cameras if camera.waiting]
        first = min(coming, default=now + SILENT_NS)
        pause = min(first - now, int(IDLE_S * 1e9))
        for camera in self._cameras:
            camera.schedule.skip_until(now - LATE_NS)
            stamp = camera.schedule.next_stamp_ns()
            if stamp > now or not camera.free:
                pause = min(pause, max(stamp - now, 0) if camera.free else pause)
            elif self._states.newest_ns < stamp and now - stamp <= WAIT_NS:
                pause = min(pause, int(POLL_S * 1e9))  # its state is on its way
            elif first - now > DRAW_NS or stamp + camera.schedule.latency_ns <= first:
                self._expose(camera)
                return 0.0
        return max(pause * 1e-9, 0.0 if self._wall else POLL_S)

    def _send(self, camera: Running, now: int) -> None:
        """Publish the frames that have reached the host."""
        while camera.waiting and camera.waiting[0][0].publish_ns <= now:
            exposure, messages = camera.waiting.popleft()
            if not exposure.dropped:
                camera.outputs.publish(exposure, messages, now)
            camera.free.append(messages)

    def _expose(self, camera: Running) -> None:
        exposure = camera.schedule.take()
        state = self._states.at(exposure.stamp_ns)
        if state is None:
            camera.schedule.skipped += 1
            if self._now_ns() - (self._states.newest_ns or 0) > SILENT_NS:
                self._complaint = "world/state is silent: nothing to look at"
            return
        if exposure.dropped:
            return  # nobody will see it
        if state.randomization != self._sample:
            import json

            self._sample = state.randomization
            self._world.apply_sample(json.loads(self._sample or "{}"))
        self._world.set_state(state.snapshot)
        messages = camera.free.popleft()
        self._rig.renderer.prepare()
        self._rig.cameras[camera.spec.name].capture(exposure.frame, messages.images)
        messages.stamp(exposure.stamp_ns)
        camera.waiting.append((exposure, messages))

    def _on_parameters(self, parameters: list[Parameter]) -> SetParametersResult:
        for parameter in parameters:
            if parameter.name == "effects":
                try:
                    if parameter.value != CONFIGURED:
                        parse_effects(str(parameter.value))
                except UserError as error:
                    return SetParametersResult(successful=False, reason=str(error))
                self._values["effects"] = parameter.value  # the loop takes it over
        return SetParametersResult(successful=True)

    def _apply_effects(self) -> None:
        """Put a change of the parameter in force between two frames."""
        if self._values["effects"] == self._effects:
            return
        self._effects = self._values["effects"]
        self._rig.close()
        self._rig = self._make_rig(self._world, self._specs(), self._values["seed"])
        for camera, spec in zip(self._cameras, self._specs(), strict=True):
            camera.spec = spec
            camera.schedule.configure(spec)


def main() -> int:
    """Entry point of the process."""
    return node_main.run(CameraRunner, "camera")


if __name__ == "__main__":
    sys.exit(main())
