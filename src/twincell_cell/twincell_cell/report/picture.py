"""A picture of the cell, drawn in a process of its own: MuJoCo chooses its GL back end when it is first imported.

`python -m twincell_cell.report.picture` reads the state as JSON and writes a PNG.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from twincell_cell.config import CellConfig
from twincell_cell.session import CellSession

WIDTH, HEIGHT = 960, 600
_DRAW_S = 30.0
_STATE_S = 1.0
# Where the picture looks from in a scene without: over the table at the arm.
_AZIMUTH, _ELEVATION, _DISTANCE, _LOOK_HEIGHT = 125.0, -20.0, 1.9, 0.3
# A scene may have a camera for pictures.
_OVERVIEW = "overview"


def world_state(session: CellSession) -> dict[str, Any] | None:
    """The newest state of the session's world, as `draw` takes it; None when none comes within a second."""
    from twincell_runtime.polled import PolledSubscription

    from twincell_contract import names, qos
    from twincell_msgs.msg import WorldState

    subscription = PolledSubscription(session.node, WorldState, names.WORLD_STATE, qos.sensor(1))
    found: list[WorldState] = []

    def take() -> bool:
        found.extend(received.msg for received in subscription.take_all())
        return bool(found)

    try:
        if not session.spin_until(take, _STATE_S):
            return None
    finally:
        subscription.destroy()
    message = found[-1]
    return {
        "qpos": message.qpos.tolist(),
        "mocap_pos": message.mocap_pos.tolist(),
        "mocap_quat": message.mocap_quat.tolist(),
        "sample": json.loads(message.randomization or "{}"),
    }


def draw(config: CellConfig, state: dict[str, Any]) -> bytes | None:
    """A PNG of the cell in `state` (lists qpos, mocap_pos, mocap_quat; dict sample); None where nothing can draw."""
    from twincell_cell.viewer import gl_backend

    backend = gl_backend()
    if backend is None:
        return None
    words = {
        "robot": config.robot,
        "variant": config.variant,
        "tf_prefix": config.tf_prefix,
        "scene": config.scene,
        "visuals": config.visuals,
        **state,
    }
    try:
        done = subprocess.run(
            [sys.executable, "-m", __name__],
            input=json.dumps(words).encode(),
            env={**os.environ, "MUJOCO_GL": backend, "LP_NUM_THREADS": "1"},
            capture_output=True,
            timeout=_DRAW_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None
    return done.stdout if done.returncode == 0 and done.stdout else None


def main() -> int:
    """Draw what standard input describes."""
    import mujoco
    import numpy as np
    from twincell_model.profile import load_profile
    from twincell_world.scene import load_scene
    from twincell_world.world import World

    from twincell_cell.report.png import encode

    words = json.load(sys.stdin)
    profile = load_profile(words["robot"], words["variant"] or None, words["tf_prefix"])
    world = World(load_scene(words["scene"], profile), profile, visuals=words["visuals"])
    if words.get("sample"):
        world.apply_sample(words["sample"])
    model, data = world.model, world.data
    if words.get("qpos"):
        data.qpos[:] = words["qpos"]
        data.mocap_pos[:] = np.reshape(words["mocap_pos"], (-1, 3))
        data.mocap_quat[:] = np.reshape(words["mocap_quat"], (-1, 4))
    mujoco.mj_forward(model, data)
    model.vis.global_.offwidth = max(model.vis.global_.offwidth, WIDTH)
    model.vis.global_.offheight = max(model.vis.global_.offheight, HEIGHT)
    named = mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_CAMERA, words["tf_prefix"] + _OVERVIEW)
    camera = mujoco.MjvCamera()
    camera.type = mujoco.mjtCamera.mjCAMERA_FREE
    root = world.scene.robot_position
    camera.lookat[:] = (root[0], root[1], root[2] + _LOOK_HEIGHT)
    camera.azimuth, camera.elevation, camera.distance = _AZIMUTH, _ELEVATION, _DISTANCE
    with mujoco.Renderer(model, HEIGHT, WIDTH) as renderer:
        renderer.update_scene(data, camera if named < 0 else named)
        sys.stdout.buffer.write(encode(renderer.render()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
