"""What a camera costs per stream profile: CPU of one frame, and CPU, rate and latency of the running process."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from twincell_cell.config import CellConfig
from twincell_cell.session import CellSession

SIZES = ("424x240", "640x480", "848x480")
RATES = (15, 30)
EFFECTS = ("none", "configured")
_FRAMES = 60
_WARM_S = 2.0


def measure(config: CellConfig, seconds: float, say: Callable[[str], None]) -> list[dict[str, Any]]:
    """Figures of every profile with color, depth and aligned depth of the scene camera, without and with its noise.

    CPU in percent of a core, times in ms. `seconds` is how long each profile runs in a cell of its own.
    """
    rows = []
    for size in SIZES:
        costs = {effects: frame_cost(config, size, effects, say) for effects in EFFECTS}
        for rate in RATES:
            say(f"{size} at {rate} Hz, with noise")
            rows.append(
                {
                    "profile": f"{size}x{rate}",
                    "streams": ["color", "depth", "aligned"],
                    "frame_cpu_ms": {effects: round(cost, 2) for effects, cost in costs.items()},
                    **running(config, size, rate, seconds),
                }
            )
    return rows


def _camera_set(folder: str, size: str, rate: int) -> str:
    """A camera set file with one profile."""
    path = Path(folder) / "set.yaml"
    path.write_text(
        "description: One profile, to be measured.\n"
        f"cameras: {{camera: {{color: {size}x{rate}, depth: {size}x{rate}, align_depth: true}}}}\n"
    )
    return str(path)


def frame_cost(config: CellConfig, size: str, effects: str, say: Callable[[str], None]) -> float:
    """CPU time of one frame of all streams [ms], the median of some; all threads of the renderer counted."""
    import numpy as np
    from twincell_camera.camera_set import load_set
    from twincell_camera.virtual import CameraRig
    from twincell_model.profile import load_profile
    from twincell_world.scene import load_scene
    from twincell_world.world import World

    say(f"{size}, effects {effects}")
    profile = load_profile(config.robot, config.variant or None)
    world = World(load_scene(config.scene, profile), profile, visuals=config.visuals)
    with tempfile.TemporaryDirectory() as folder:
        cameras = [spec.with_effects(effects) for spec in load_set(_camera_set(folder, size, 30))]
    costs = []
    with CameraRig(world, cameras) as rig:
        for frame in range(_FRAMES):
            world.step()
            start = time.process_time()
            rig.capture(frame)
            costs.append(time.process_time() - start)
    return float(np.median(costs) * 1e3)


def running(config: CellConfig, size: str, rate: int, seconds: float) -> dict[str, Any]:
    """CPU, rate and latency of the camera process while a whole cell runs and one subscriber takes every stream."""
    import numpy as np
    import psutil
    from sensor_msgs.msg import Image
    from twincell_runtime.polled import PolledSubscription
    from twincell_runtime.steal import StealClock

    from twincell_contract import names, qos

    with tempfile.TemporaryDirectory() as folder:
        cell = replace(config, cameras=_camera_set(folder, size, rate))
        with CellSession(cell, "bench") as session:
            session.wait_ready()
            streams = {
                stream: PolledSubscription(
                    session.node, Image, names.camera_image("camera", stream), qos.sensor(5)
                )
                for stream in ("color", "depth", "aligned")
            }
            ages: dict[str, list[float]] = {stream: [] for stream in streams}

            def take() -> None:
                for stream, subscription in streams.items():
                    for received in subscription.take_all():
                        stamp = received.msg.header.stamp
                        ages[stream].append(
                            received.received_ns * 1e-6 - (stamp.sec * 1e3 + stamp.nanosec * 1e-6)
                        )

            session.hooks.append(take)
            session.spin_until(lambda: False, _WARM_S)
            assert session.supervisor is not None
            process = psutil.Process(session.supervisor.pids["camera"])
            for found in ages.values():
                found.clear()
            used, steal, start = sum(process.cpu_times()[:2]), StealClock(), time.monotonic()
            stolen = steal.milliseconds()
            session.spin_until(lambda: False, seconds)
            elapsed = time.monotonic() - start
            used = sum(process.cpu_times()[:2]) - used
            stolen = steal.milliseconds() - stolen
    all_ages = np.array([age for found in ages.values() for age in found] or [np.nan])
    return {
        "rate_hz": {stream: round(len(found) / elapsed, 1) for stream, found in ages.items()},
        "cpu_percent": round(100.0 * used / elapsed, 1),
        "latency_ms": {
            "p50": round(float(np.percentile(all_ages, 50)), 1),
            "p95": round(float(np.percentile(all_ages, 95)), 1),
        },
        "seconds": round(elapsed, 1),
        "steal_ms": round(stolen, 1),
        "load": round(os.getloadavg()[0], 1),
    }
