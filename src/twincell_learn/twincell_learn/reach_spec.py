"""What a reach policy reads, says and is asked for: the parts of its manifest that training needs, per robot."""

from __future__ import annotations

from typing import Any

import numpy as np
from twincell_model.profile import RobotProfile
from twincell_policy.manifest_check import term_size

RATE_HZ = 25.0
"""Divides all three robots' rates (125, 250, 500 Hz): a step is the same number of ticks each time."""
MAX_JOINT_SPEED = 0.6
"""[rad/s] Joint velocity of action 1: the slow profile's 0.25 m/s of the tool at a lever arm of 0.4 m."""

# Normalisation is chosen, not fitted: means at the home pose, spreads of the task's region.
_STD = {
    "joint_positions": 0.6,
    "joint_velocities": 0.3,
    "tool_position": 0.2,
    "goal_position": 0.2,
    "goal_error": 0.2,
    "previous_action": 1.0,
}
_UNITS = {"joint_positions": "rad", "joint_velocities": "rad/s", "previous_action": "1"}


SCENE = "reach"
"""The scene (config/scenes) of all reach tasks."""


def contract(
    profile: RobotProfile, terms: list[str], tool_point: tuple[float, float, float] = (0.0, 0.0, 0.0)
) -> dict[str, Any]:
    """The fields robot to goal of a manifest, for a reach policy that observes `terms`.

    `tool_point` is the point that is brought to the goal, in the tool frame [m].
    """
    dof = profile.dof
    home = {"joint_positions": np.round(profile.home, 6).tolist()}
    sizes = {name: term_size(name, dof, dof) for name in terms}
    return {
        "robot": [{"profile": profile.name, "variants": [profile.variant]}],
        "joint_names": [profile.bare(name) for name in profile.joint_names],
        "rate_hz": RATE_HZ,
        "observation": {
            "frame": profile.bare(profile.root_frame),
            "tool_frame": profile.bare(profile.tool_frame),
            **({"tool_point": list(tool_point)} if any(tool_point) else {}),
            "state_max_age_s": 0.1,
            "clip": 5.0,
            "terms": [
                {
                    "name": name,
                    "size": sizes[name],
                    "unit": _UNITS.get(name, "m"),
                    "mean": home.get(name, [0.0] * sizes[name]),
                    "std": [_STD[name]] * sizes[name],
                }
                for name in terms
            ],
        },
        "action": {
            "semantics": "joint_velocity",
            "topic": "joint_jog",
            "frame": "joint",
            "unit": "rad/s",
            "size": dof,
            "scale": [MAX_JOINT_SPEED] * dof,
            "clip": 1.0,
        },
        "goal": {
            "kind": "position",
            "tolerance_m": 0.02,
            "dwell_s": 0.3,
            "rest_speed_m_s": 0.02,
            "timeout_s": 8.0,
        },
    }
