"""What a model's output becomes, per meaning."""

import math

import numpy as np
import pytest
from twincell_policy.action import ActionDecoder, CartesianTwist, JointPositionChunk, JointVelocity
from twincell_policy.manifest import Action

Q = np.array([1.0, 2.0])


def decoder(semantics: str, scale: list[float], points: int = 1) -> ActionDecoder:
    return ActionDecoder(Action(semantics, "", "", len(scale), np.array(scale), 1.0, points, 0.04))


def test_joint_velocity() -> None:
    command = decoder("joint_velocity", [0.5, 2.0]).decode(np.array([1.0, -0.5]), Q)
    assert isinstance(command, JointVelocity)
    assert command.velocities.tolist() == [0.5, -1.0]


def test_twist() -> None:
    command = decoder("cartesian_twist", [0.1, 0.1, 0.1, 1.0, 1.0, 1.0]).decode(np.ones(6), Q)
    assert isinstance(command, CartesianTwist)
    assert command.linear.tolist() == [0.1, 0.1, 0.1]
    assert command.angular.tolist() == [1.0, 1.0, 1.0]


def test_chunk_is_relative_to_the_present_joints() -> None:
    command = decoder("joint_position_chunk", [0.1] * 4, points=2).decode(np.array([1.0, 0.0, 0.0, -1.0]), Q)
    assert isinstance(command, JointPositionChunk)
    assert command.positions.tolist() == [[1.1, 2.0], [1.0, 1.9]]
    assert command.step_s == 0.04


def test_clip_comes_before_the_scale() -> None:
    assert decoder("joint_velocity", [0.5, 2.0]).clip(np.array([3.0, -0.2])).tolist() == [1.0, -0.2]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_output_that_is_not_finite(value: float) -> None:
    with pytest.raises(ValueError, match="not finite"):
        decoder("joint_velocity", [0.5, 2.0]).clip(np.array([0.0, value]))


def test_rest_asks_for_no_motion() -> None:
    rest = decoder("joint_velocity", [0.5, 2.0]).rest(Q)
    assert isinstance(rest, JointVelocity)
    assert not rest.velocities.any()
    chunk = decoder("joint_position_chunk", [0.1] * 4, points=2).rest(Q)
    assert isinstance(chunk, JointPositionChunk)
    assert chunk.positions.tolist() == [[1.0, 2.0], [1.0, 2.0]]
