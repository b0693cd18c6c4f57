"""The expert that policies learn from."""

from dataclasses import replace

import numpy as np
import pytest
from twincell_learn.expert import ExpertGains, ReachExpert
from twincell_model.kinematics import Kinematics
from twincell_model.profile import load_profile
from twincell_model.rotations import matrix_from_quat
from twincell_policy.observation import JointSample, ObservationInputs

GAINS = ExpertGains(approach=3.0, speed=0.24, damping=0.05, posture=0.6, posture_range=0.05)
SCALE = 0.6


@pytest.mark.parametrize("robot", ["ur5", "ur5e", "xarm7"])
def test_tool_goes_straight_to_the_target_and_stops(robot: str) -> None:
    profile = load_profile(robot)
    kinematics = Kinematics(profile)
    expert = ReachExpert(kinematics, profile.home, np.full(profile.dof, SCALE), GAINS)
    q = profile.home + 0.1
    start = kinematics.pose(q)[0]
    target = start + np.array([-0.1, 0.15, -0.1])
    line = (target - start) / np.linalg.norm(target - start)
    sideways = 0.0
    for _ in range(200):
        position, quaternion = kinematics.pose(q)
        sample = JointSample(q, np.zeros(profile.dof), 0, 0.0)
        inputs = ObservationInputs(sample, position, quaternion, target, np.zeros(profile.dof))
        action = expert.action(inputs)
        assert np.abs(action).max() <= 1.0
        away = position - start
        sideways = max(sideways, float(np.linalg.norm(away - line * (away @ line))))
        q = q + 0.04 * SCALE * action
    assert np.linalg.norm(kinematics.pose(q)[0] - target) < 1e-3
    assert sideways < 0.01
    assert np.abs(action).max() < 1e-3


@pytest.mark.parametrize("robot", ["ur5e", "xarm7"])
def test_an_upright_tool_keeps_the_direction_that_it_has_at_home(robot: str) -> None:
    profile = load_profile(robot)
    kinematics = Kinematics(profile, (0.0, 0.0, 0.15))
    expert = ReachExpert(kinematics, profile.home, np.full(profile.dof, SCALE), replace(GAINS, upright=2.0))
    home, turn = kinematics.pose(profile.home)
    axis = matrix_from_quat(turn)[:, 2]
    q = profile.home + 0.1
    target = home + np.array([-0.05, 0.2, -0.1])
    for _ in range(200):
        position, quaternion = kinematics.pose(q)
        sample = JointSample(q, np.zeros(profile.dof), 0, 0.0)
        q = q + 0.04 * SCALE * expert.action(
            ObservationInputs(sample, position, quaternion, target, np.zeros(profile.dof))
        )
    position, quaternion = kinematics.pose(q)
    assert np.linalg.norm(position - target) < 2e-3
    assert np.arccos(np.clip(axis @ matrix_from_quat(quaternion)[:, 2], -1.0, 1.0)) < 0.03
