"""The way home without a teleport: one slow trajectory, as on hardware."""

from __future__ import annotations

import math
from collections.abc import Mapping

from builtin_interfaces.msg import Duration
from trajectory_msgs.msg import JointTrajectoryPoint
from twincell_model.profile import RobotProfile
from twincell_model.safety import SafetyLimits

from control_msgs.action import FollowJointTrajectory

# Of the velocity limits: the way home is not known to be free of people.
SPEED = 0.3
# A cubic between two points at rest peaks at 1.5 times its mean velocity.
_PEAK = 1.5
_SHORTEST_S = 1.0


def home_goal(
    profile: RobotProfile, safety: SafetyLimits, angles: Mapping[str, float]
) -> tuple[FollowJointTrajectory.Goal, float]:
    """A goal from `angles` [rad] to the profile's home pose, and how long it takes [s]."""
    seconds = _SHORTEST_S
    for joint, home, velocity in zip(profile.joint_names, profile.home, safety.velocity, strict=True):
        seconds = max(seconds, _PEAK * abs(home - angles[joint]) / (SPEED * velocity))
    goal = FollowJointTrajectory.Goal()
    goal.trajectory.joint_names = list(profile.joint_names)
    fraction, whole = math.modf(seconds)
    goal.trajectory.points = [
        JointTrajectoryPoint(
            positions=[float(value) for value in profile.home],
            velocities=[0.0] * profile.dof,
            time_from_start=Duration(sec=int(whole), nanosec=int(fraction * 1e9)),
        )
    ]
    return goal, seconds
