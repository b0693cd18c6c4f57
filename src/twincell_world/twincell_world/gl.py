"""Which off-screen GL back end works on this machine."""

import os
import subprocess
import sys

from twincell_model.errors import UserError

_BACKENDS = ("egl", "osmesa")
_ACCEPTED = ("egl", "osmesa", "glfw", "glx", "enable", "enabled", "on", "true", "1", "")
_ACCEPTED_OFF = ("disable", "disabled", "off", "false", "0")
# What mujoco/rendering/classic/gl_context.py takes on Linux; its import fails on any other word.
_PROBE = "import mujoco; c = mujoco.GLContext(16, 16); c.make_current(); c.free()"
_PROBE_S = 60.0  # half a second as a rule; 20 s did not suffice at a load of 15


def check_variable() -> None:
    """Raises UserError where MUJOCO_GL holds a word with which mujoco cannot be imported."""
    chosen = os.environ.get("MUJOCO_GL", "")
    if chosen.lower().strip() not in (*_ACCEPTED, *_ACCEPTED_OFF):
        raise UserError(
            f"the environment variable MUJOCO_GL is '{chosen}'; set it to one of egl, osmesa, glfw, or unset it"
        )


def gl_backend() -> str | None:
    """`egl` or `osmesa`, None where neither works; tried in a process of its own, since a bad one may abort it.

    Only the one that MUJOCO_GL names where it names one. mujoco reads the variable when it is first imported.
    """
    chosen = os.environ.get("MUJOCO_GL")
    for name in (chosen,) if chosen in _BACKENDS else _BACKENDS:
        try:
            probe = subprocess.run(
                [sys.executable, "-c", _PROBE],
                env={**os.environ, "MUJOCO_GL": str(name)},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_PROBE_S,
                check=False,
            )
        except subprocess.TimeoutExpired:  # a driver that hangs does not work either
            continue
        if probe.returncode == 0:
            return name
    return None
