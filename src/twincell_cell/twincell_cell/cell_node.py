"""Process `cell`: the services of an episode (node `cell`) and the frames (node `robot_state_publisher`)."""

from __future__ import annotations

import contextlib
import sys
import threading

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.executors import ExternalShutdownException, MultiThreadedExecutor
from rclpy.node import Node
from twincell_model.grippers import fitted
from twincell_model.profile import load_profile
from twincell_model.safety import load_safety
from twincell_model.urdf import urdf_text
from twincell_runtime.loop import PeriodicLoop, RateTimer, Tick
from twincell_runtime.params import Param, declare
from twincell_world.scene import load_scene
from twincell_world.tasks import load_task

from twincell_cell.config import BACKENDS
from twincell_cell.episodes import EpisodeServices
from twincell_cell.frames import robot_frames, scene_frames
from twincell_cell.state_publisher import RATE_HZ, StatePublisher
from twincell_contract import names, qos
from twincell_runtime import node_main

PARAMETERS = (
    Param("robot", "ur5e", "Robot profile, a file under config/robots."),
    Param("variant", "", "Hardware variant of the robot; empty is the profile's own."),
    Param("tf_prefix", "", "Put before every joint and frame name."),
    Param("backend", "mujoco", "What moves the arm.", choices=BACKENDS),
    Param("scene", "reach", "A scene under config/scenes or a YAML file."),
    Param("safety", "slow", "Limits in force, a file under config/safety: bounds the way home."),
    Param(
        "reset_by",
        "teleport",
        "How cell/reset brings the arm home in a world: at once, or by a slow trajectory as on hardware.",
        choices=("teleport", "move"),
    ),
    Param("task", "reach", "A task under config/tasks or a YAML file: where targets are drawn."),
)

# Joint states older than this are told in diagnostics [s].
_STALE_S = 0.5


class CellRunner:
    """Both nodes: the frames in the main thread's loop, the services in an executor's threads."""

    def __init__(self) -> None:
        self._cell = Node("cell")
        values = declare(self._cell, PARAMETERS)
        profile = load_profile(values["robot"], values["variant"] or None, values["tf_prefix"])
        scene = load_scene(values["scene"], profile)
        task = load_task(values["task"], profile)
        self._publisher = Node("robot_state_publisher")
        frames = [*scene_frames(scene, profile), *robot_frames(profile)]
        self._states = StatePublisher(
            self._publisher, profile, frames, urdf_text(profile, gripper=fitted(scene.gripper))
        )
        safety = load_safety(values["safety"], profile)
        has_world = values["backend"] == "mujoco"
        self._services = EpisodeServices(
            self._cell,
            profile,
            safety,
            task,
            has_world=has_world,
            teleport=has_world and values["reset_by"] == "teleport",
        )
        self._diagnostics = self._cell.create_publisher(DiagnosticArray, names.DIAGNOSTICS, qos.streaming())
        self._loop = PeriodicLoop(1.0 / RATE_HZ, self._tick, name="robot_state_publisher")
        self._second = RateTimer(1.0)
        self._last_state = float("-inf")
        # A service waits for other services: two threads, one that waits and one that brings the answers.
        self._executor = MultiThreadedExecutor(num_threads=2)
        self._executor.add_node(self._cell)
        self._executor.add_node(self._publisher)
        self._thread = threading.Thread(target=self._spin, name="services", daemon=True)

    def run(self) -> None:
        """Serve until `stop`."""
        self._thread.start()
        self._loop.run()

    def stop(self) -> None:
        """End `run`."""
        self._loop.stop()

    def close(self) -> None:
        """Free the nodes."""
        self._services.close()
        self._executor.shutdown(timeout_sec=1.0)
        if self._thread.is_alive():
            self._thread.join(timeout=2.0)
        self._publisher.destroy_node()
        self._cell.destroy_node()

    def _spin(self) -> None:
        with contextlib.suppress(ExternalShutdownException):
            self._executor.spin()

    def _tick(self, tick: Tick) -> None:
        state = self._states.tick()
        if state is not None:
            self._last_state = tick.now
            self._services.joint_state(state)
        if self._second.due(tick.now):
            fresh = tick.now - self._last_state < _STALE_S
            status = DiagnosticStatus(
                level=DiagnosticStatus.OK if fresh else DiagnosticStatus.WARN,
                name="cell",
                message="joint states arrive" if fresh else "no joint states: tf stands still",
                hardware_id=self._services.robot,
            )
            message = DiagnosticArray(status=[status])
            message.header.stamp = self._cell.get_clock().now().to_msg()
            self._diagnostics.publish(message)


def main() -> int:
    """Entry point of the process."""
    return node_main.run(CellRunner, "cell")


if __name__ == "__main__":
    sys.exit(main())
