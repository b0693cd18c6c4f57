"""Which off-screen GL back end works on this machine."""

import os
import subprocess
import sys

_BACKENDS = ("egl", "osmesa")
_PROBE = "import mujoco; c = mujoco.GLContext(16, 16); c.make_current(); c.free()"
_PROBE_S = 20.0


def gl_backend() -> str | None:
    """`egl` or `osmesa`, None where neither works; tried in a process of its own, since a bad one may abort it.

    Only the one that MUJOCO_GL names where it names one. mujoco reads the variable when it is first imported.
    """
    chosen = os.environ.get("MUJOCO_GL")
    for name in (chosen,) if chosen in _BACKENDS else _BACKENDS:
        probe = subprocess.run(
            [sys.executable, "-c", _PROBE],
            env={**os.environ, "MUJOCO_GL": str(name)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PROBE_S,
            check=False,
        )
        if probe.returncode == 0:
            return name
    return None
