"""Which viewer a cell gets, decided before it starts: MuJoCo's window where there is a display, else a web page."""

from __future__ import annotations

import os
import socket
from dataclasses import replace

from twincell_model.errors import UserError
from twincell_world.gl import gl_backend

from twincell_cell.config import CellConfig

ADDRESS = "127.0.0.1"


def choose(config: CellConfig) -> CellConfig:
    """`config` with the viewer and its port decided. Raises UserError when it could not run.

    Leaves the GL back end that works in MUJOCO_GL, for the processes started later.
    """
    if config.viewer == "off":
        return config
    display = bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    if config.viewer == "window" or (config.viewer == "auto" and display):
        if not display:
            raise UserError(
                "--viewer window needs a display (DISPLAY is not set); use --viewer web or --headless"
            )
        return replace(config, viewer="window")
    port = free_port(config.viewer_port)
    backend = gl_backend()
    if backend is None:
        raise UserError(
            "nothing here can draw the viewer (neither EGL nor OSMesa works); "
            "install libosmesa6 or libegl1, or use --headless"
        )
    os.environ["MUJOCO_GL"] = backend
    return replace(config, viewer="web", viewer_port=port)


def address(config: CellConfig) -> str:
    """Where a person finds the viewer: an address, `window`, or empty without one."""
    if config.viewer == "web":
        return f"http://{ADDRESS}:{config.viewer_port}"
    return "" if config.viewer == "off" else config.viewer


def free_port(port: int) -> int:
    """`port` when it can be listened on, any free one for 0. Raises UserError naming a port that is taken."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except OSError as error:
            raise UserError(
                f"the viewer's port {port} cannot be used ({error.strerror}); choose another with --viewer-port"
            ) from None
        return int(probe.getsockname()[1])
