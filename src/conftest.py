"""Before any test imports mujoco, which reads MUJOCO_GL then: a back end that draws without a display."""

import os

from twincell_world.gl import gl_backend

if "MUJOCO_GL" not in os.environ:
    found = gl_backend()
    if found is not None:
        os.environ["MUJOCO_GL"] = found
os.environ.setdefault("LP_NUM_THREADS", "1")
