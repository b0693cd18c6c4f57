"""What a person chooses about a cell, as one frozen value that is checked before anything starts."""

from __future__ import annotations

import re
from dataclasses import dataclass

from twincell_model.errors import UserError

BACKENDS = ("mujoco",)
"""Arm backends that this version can start."""

CLOCKS = ("wall", "sim", "lockstep")
VIEWERS = ("off", "auto", "window", "web")

# rcl: names of one or more tokens, each a letter or underscore, then letters, digits or underscores.
_NAMESPACE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(/[A-Za-z_][A-Za-z0-9_]*)*")
# Fast DDS computes ports from the domain; 232 is the largest that fits into 16 bits.
MAX_DOMAIN = 232


@dataclass(frozen=True)
class CellConfig:
    """One cell: robot, world and how it is run. Empty strings mean "the default of the robot or none"."""

    robot: str = "ur5e"
    variant: str = ""
    tf_prefix: str = ""
    backend: str = "mujoco"
    scene: str = "reach"
    task: str = "reach"
    safety: str = "slow"
    visuals: str = "primitives"
    cameras: str = ""
    clock: str = "wall"
    namespace: str = ""
    robot_ip: str = ""
    params_file: str = ""
    domain: int = 0
    viewer: str = "off"
    viewer_port: int = 8650
    record: str = ""
    """Folder of a bag that records the cell; empty for none."""
    provenance: str = ""
    """Folder whose files travel in the bag."""

    @property
    def full_namespace(self) -> str:
        """The namespace as ROS writes it: `/` or `/left`."""
        return "/" + self.namespace.strip("/")

    @property
    def has_world(self) -> bool:
        """Whether a MuJoCo world (world/* services) stands behind the arm."""
        return self.backend == "mujoco"


def check(config: CellConfig) -> CellConfig:
    """Return `config` when a cell can be started from it.

    Raises UserError naming the wrong word. Loads the robot, safety, scene and task files, so that a broken one
    is told here and not by a node that dies later.
    """
    _choose("backend", config.backend, BACKENDS)
    _choose("clock", config.clock, CLOCKS)
    _choose("viewer", config.viewer, VIEWERS)
    check_place(config)
    if not 0 <= config.viewer_port <= 65535:
        raise UserError(f"viewer port {config.viewer_port} is outside 0 to 65535")
    from twincell_world.gl import check_variable

    check_variable()
    from twincell_model.profile import load_profile
    from twincell_model.safety import load_safety
    from twincell_world.scene import load_scene
    from twincell_world.tasks import load_task

    profile = load_profile(config.robot, config.variant or None, config.tf_prefix)
    load_safety(config.safety, profile)
    scene = load_scene(config.scene, profile)
    if config.cameras:
        from twincell_camera.camera_set import check_mounts, load_set

        check_mounts(load_set(config.cameras), scene)
    load_task(config.task, profile)
    if config.visuals != CellConfig.visuals:
        from twincell_model.appearance import resolve

        resolve(profile, config.visuals)
    if config.params_file:
        from twincell_cell import params_file

        params_file.check(config.params_file)
    return config


def check_place(config: CellConfig) -> CellConfig:
    """Return `config` when its namespace and domain can exist. Raises UserError naming the wrong one."""
    if config.namespace.strip("/") and not _NAMESPACE.fullmatch(config.namespace.strip("/")):
        raise UserError(
            f"namespace '{config.namespace}' is not a ROS name; use letters, digits, underscores and slashes"
        )
    if not 0 <= config.domain <= MAX_DOMAIN:
        raise UserError(f"domain {config.domain} is outside 0 to {MAX_DOMAIN}")
    return config


def _choose(word: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise UserError(f"unknown {word} '{value}'; choose one of: {', '.join(choices)}")
