"""Process `viewer`: shows the cell from world/state, in MuJoCo's window or as a web page."""

from __future__ import annotations

import os
import sys
from typing import Any

from rclpy.node import Node
from twincell_model.errors import UserError
from twincell_model.profile import load_profile
from twincell_runtime.loop import PeriodicLoop, Tick
from twincell_runtime.params import Param, declare
from twincell_runtime.polled import PolledSubscription
from twincell_world.gl import gl_backend
from twincell_world.scene import load_scene

from twincell_cell.monitor import Monitor
from twincell_contract import names, qos
from twincell_msgs.msg import WorldState
from twincell_runtime import node_main

PARAMETERS = (
    Param("robot", "ur5e", "Robot profile, a file under config/robots."),
    Param("variant", "", "Hardware variant of the robot; empty is the profile's own."),
    Param("tf_prefix", "", "Put before every joint and frame name."),
    Param("scene", "reach", "A scene under config/scenes or a YAML file."),
    Param("visuals", "primitives", "primitives, meshes:DIR or menagerie."),
    Param("port", 8650, "Port of the web page on 127.0.0.1; 0 is any free one.", minimum=0, maximum=65535),
    Param("window", False, "MuJoCo's window instead of the web page."),
)

# How often pictures are drawn at most. One costs a software renderer 60 ms; the page asks for 8 a second.
RATE_HZ = 15.0
WIDTH, HEIGHT = 640, 400
# Where the orbit looks, above the robot's root [m]: the middle of a workspace with 0.85 m reach.
_LOOK_HEIGHT = 0.35


class ViewerRunner:
    """Keeps a world in the state the topics tell and draws it."""

    def __init__(self) -> None:
        self._node = Node("viewer")
        values = declare(self._node, PARAMETERS)
        if not values["window"] and "MUJOCO_GL" not in os.environ:
            backend = gl_backend()
            if backend is None:
                raise UserError(
                    "neither EGL nor OSMesa works here; install libosmesa6 or libegl1, or start no viewer"
                )
            os.environ["MUJOCO_GL"] = backend
        # After MUJOCO_GL is known: mujoco reads it when it is imported.
        from twincell_world.world import World

        profile = load_profile(values["robot"], values["variant"] or None, values["tf_prefix"])
        scene = load_scene(values["scene"], profile)
        self._world = World(scene, profile, visuals=values["visuals"])
        self._robot = profile.name
        self._complaint = ""
        self._state = PolledSubscription(self._node, WorldState, names.WORLD_STATE, qos.sensor(1))
        self._monitor = Monitor(self._node)
        self._sample = ""
        self._show: _Window | _Page = (
            _Window(self._world) if values["window"] else _Page(self._world, values["port"], self._snapshot)
        )
        self._node.get_logger().info(self._show.words)
        self._loop = PeriodicLoop(1.0 / RATE_HZ, self._tick, name="viewer")

    def run(self) -> None:
        """Show until `stop` or until the window is closed."""
        self._loop.run()

    def stop(self) -> None:
        """End `run`."""
        self._loop.stop()

    def close(self) -> None:
        """Free the window or the server, and the node."""
        self._show.close()
        self._node.destroy_node()

    def _tick(self, _: Tick) -> None:
        self._monitor.update()
        received = self._state.latest()
        if received is not None:
            self._follow(received.msg)
        if not self._show.draw():
            self._loop.stop()

    def _follow(self, message: WorldState) -> None:
        import json

        import numpy as np
        from twincell_world.world import WorldSnapshot

        if message.scene_hash != self._world.scene_hash:
            self._complaint = (
                f"the cell runs another scene ('{message.scene}') than this viewer was started with"
            )
            return
        self._complaint = ""
        if message.randomization != self._sample:
            self._sample = message.randomization
            self._world.apply_sample(json.loads(message.randomization or "{}"))
        self._world.set_state(
            WorldSnapshot(
                steps=message.step,
                time=message.time,
                qpos=np.array(message.qpos),
                qvel=np.array(message.qvel),
                mocap_pos=np.array(message.mocap_pos).reshape(-1, 3),
                mocap_quat=np.array(message.mocap_quat).reshape(-1, 4),
            )
        )

    def _snapshot(self) -> dict[str, Any]:
        return {**self._monitor.snapshot(), "robot": self._robot, "complaint": self._complaint}


class _Page:
    """The web page: pictures are drawn when a browser asks."""

    def __init__(self, world: Any, port: int, snapshot: Any) -> None:
        import mujoco

        from twincell_cell.web import WebViewer

        self._world = world
        # A 4096 shadow map costs a software renderer 40 of 100 ms.
        world.model.vis.quality.shadowsize = min(world.model.vis.quality.shadowsize, 1024)
        # The scene may ask for a smaller off-screen buffer than the picture.
        world.model.vis.global_.offwidth = max(world.model.vis.global_.offwidth, WIDTH)
        world.model.vis.global_.offheight = max(world.model.vis.global_.offheight, HEIGHT)
        self._renderer = mujoco.Renderer(world.model, HEIGHT, WIDTH)
        self._camera = mujoco.MjvCamera()
        self._camera.type = mujoco.mjtCamera.mjCAMERA_FREE
        root = world.scene.robot_position
        self._camera.lookat[:] = (root[0], root[1], root[2] + _LOOK_HEIGHT)
        self._web = WebViewer(port, self._render, snapshot)
        self.words = f"the cell is shown at http://127.0.0.1:{self._web.port}"

    def draw(self) -> bool:
        """Serve what was asked for."""
        self._web.serve_frames()
        return True

    def close(self) -> None:
        """Stop the server."""
        self._web.close()
        self._renderer.close()

    def _render(self, view: Any) -> Any:
        self._camera.azimuth, self._camera.elevation = view.azimuth, view.elevation
        self._camera.distance = view.distance
        self._renderer.update_scene(self._world.data, self._camera)
        return self._renderer.render()


class _Window:
    """MuJoCo's own passive viewer."""

    words = "the cell is shown in a window"

    def __init__(self, world: Any) -> None:
        import mujoco.viewer

        self._viewer = mujoco.viewer.launch_passive(
            world.model, world.data, show_left_ui=False, show_right_ui=False
        )

    def draw(self) -> bool:
        """Show the newest state; False once a person has closed the window."""
        self._viewer.sync()
        return bool(self._viewer.is_running())

    def close(self) -> None:
        """Close the window."""
        self._viewer.close()


def main() -> int:
    """Entry point of the process."""
    return node_main.run(ViewerRunner, "viewer")


if __name__ == "__main__":
    sys.exit(main())
