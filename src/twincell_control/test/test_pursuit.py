"""Requests reach what they ask for: targets in time, poses without overshoot, paths on their line."""

import numpy as np
import pytest
import ruckig
from control_judge import excess, violations
from control_rig import Rig, Robot, reachable_targets, robot_of
from twincell_contract.reasons import Reason
from twincell_control.types import Array, Chunk, Jog, Pose, TrajectoryPoint, Twist

from twincell_control import cartesian


def unconstrained_time(robot: Robot, start: Array, target: Array) -> float:
    """Time of ruckig's position interface with the joint limits, slowed evenly to keep the tool's speed limits."""
    limits, dof = robot.safety, robot.profile.dof
    forward = target >= start
    otg, trajectory, inputs = ruckig.Ruckig(dof), ruckig.Trajectory(dof), ruckig.InputParameter(dof)
    inputs.current_position, inputs.target_position = start.tolist(), target.tolist()
    inputs.max_acceleration = np.where(forward, limits.acceleration, limits.deceleration).tolist()
    inputs.min_acceleration = (-np.where(forward, limits.deceleration, limits.acceleration)).tolist()
    inputs.max_jerk = limits.jerk.tolist()

    def plan(share: float) -> float:
        inputs.max_velocity = (share * limits.velocity).tolist()
        otg.calculate(inputs, trajectory)
        worst = 0.0
        for t in np.linspace(0.0, trajectory.duration, 40):
            q, v, _ = trajectory.at_time(t)
            twist = robot.kinematics.jacobian(np.array(q)) @ v
            worst = max(
                worst,
                np.linalg.norm(twist[:3]) / limits.tcp_speed,
                np.linalg.norm(twist[3:]) / limits.tcp_angular_speed,
            )
        return worst

    low, high = 0.02, 1.0
    if plan(1.0) > 1.0:
        for _ in range(10):
            middle = 0.5 * (low + high)
            low, high = (low, middle) if plan(middle) > 1.0 else (middle, high)
        plan(low)
    return float(trajectory.duration)


@pytest.mark.parametrize("safety", ["slow", "max"])
@pytest.mark.parametrize("name", ["ur5", "ur5e", "xarm7"])
def test_time_to_target(name: str, safety: str) -> None:
    """It must move: reachable joint targets in at most 1.3 times the time of unconstrained ruckig, on the whole."""
    robot = robot_of(name, safety)
    ratios = []
    for target in reachable_targets(robot, 6, seed=1, spread=0.6):
        rig = Rig(robot).owned()
        start, ideal = rig.measured, unconstrained_time(robot, rig.measured, target)
        ticks = 0
        while np.abs(target - rig.core.position).max() > 1e-3 or np.abs(rig.core.velocity).max() > 1e-2:
            rig.tick(
                rig.command(Jog(robot.profile.joint_names, displacements=tuple(target - rig.core.position)))
            )
            ticks += 1
            assert ticks * rig.core.period < 10.0, (start, target)
        ratios.append(ticks * rig.core.period / ideal)
        assert not violations(excess(robot.profile, robot.safety, rig.path(), rig.core.period))
    assert np.mean(ratios) <= 1.3, ratios


def test_pose_is_reached_without_overshoot(robot: Robot) -> None:
    rig = Rig(robot).owned()
    position, quaternion = robot.kinematics.pose(rig.measured)
    target = position + np.array([-0.06, 0.08, 0.05])
    half = 0.15
    turned = cartesian.multiply((np.cos(half), 0.0, 0.0, np.sin(half)), quaternion)
    request = Pose(robot.profile.root_frame, tuple(target), turned)
    rig.ticks(3.0, request)
    path = np.array([robot.kinematics.pose(q)[0] for q in rig.path()])
    error = cartesian.pose_error(*robot.kinematics.pose(rig.core.position), request.position, turned)
    assert np.abs(error).max() < 1e-6
    along = (path - position) @ (target - position) / np.linalg.norm(target - position)
    assert along.max() <= np.linalg.norm(target - position) + 1e-5


def test_pose_far_outside_exceeds_nothing(robot: Robot) -> None:
    """3 m away at full stick: the arm comes to rest inside its limits."""
    rig = Rig(robot).owned()
    quaternion = robot.kinematics.pose(rig.measured)[1]
    rig.ticks(4.0, Pose(robot.profile.root_frame, (3.0, 0.5, 1.0), tuple(quaternion)))
    assert not violations(excess(robot.profile, robot.safety, rig.path(), rig.core.period))


@pytest.mark.parametrize("frame", ["root", "tool"])
def test_twist_moves_the_tool_in_its_frame(robot: Robot, frame: str) -> None:
    rig = Rig(robot).owned()
    before, quaternion = robot.kinematics.pose(rig.measured)
    name = robot.profile.root_frame if frame == "root" else robot.profile.tool_frame
    rig.ticks(1.0, Twist(name, (0.0, 0.05, -0.02), (0.0, 0.0, 0.0)))
    moved = robot.kinematics.pose(rig.measured)[0] - before
    wanted = np.array([0.0, 0.05, -0.02])
    if frame == "tool":
        wanted = cartesian.rotation_matrix(quaternion) @ wanted
    cosine = moved @ wanted / np.linalg.norm(moved) / np.linalg.norm(wanted)
    assert cosine > 0.999
    assert np.linalg.norm(moved) == pytest.approx(np.linalg.norm(wanted), rel=0.15)


def test_pose_in_the_tool_frame_is_relative(ur5e: Robot) -> None:
    rig = Rig(ur5e).owned()
    before, quaternion = ur5e.kinematics.pose(rig.measured)
    request = Pose(ur5e.profile.tool_frame, (0.0, 0.0, -0.05), (1.0, 0.0, 0.0, 0.0))
    rig.tick(rig.command(request))
    rig.ticks(0.05)
    after = ur5e.kinematics.pose(rig.measured)[0]
    assert (after - before) @ cartesian.rotation_matrix(quaternion)[:, 2] < 0.0


def smooth(robot: Robot, seconds: float, step: float) -> tuple[Chunk, Array]:
    """A quintic motion of all joints from home and its end."""
    home = np.array(robot.profile.home)
    end = home + step * np.linspace(1.0, -1.0, len(home))
    still = (0.0,) * len(home)
    ends = [TrajectoryPoint(t, tuple(q), still, still) for t, q in ((0.0, home), (seconds, end))]
    return Chunk(robot.profile.joint_names, tuple(ends)), end


def test_path_inside_the_limits_is_followed_closely(robot: Robot) -> None:
    rig = Rig(robot).owned(lease=60.0)
    chunk, end = smooth(robot, 3.0, 0.2)
    begin = rig.now
    rig.tick(rig.command(chunk, stamp=begin))
    worst = 0.0
    s = np.linspace(0.0, 1.0, 2000)
    for _ in range(round(2.99 / rig.core.period)):
        rig.tick()
        t = np.interp(rig.now - begin, 3.0 * s, s)
        shape = 10 * t**3 - 15 * t**4 + 6 * t**5
        wanted = np.array(robot.profile.home) + shape * (end - robot.profile.home)
        worst = max(worst, np.abs(rig.measured - wanted).max())
    assert worst < 2e-3
    rig.ticks(0.3)
    assert np.abs(rig.measured - end).max() < 1e-4


def test_path_faster_than_the_limits_keeps_its_line(ur5e: Robot) -> None:
    """A path planned for other limits takes longer, on the same line."""
    rig = Rig(ur5e).owned(lease=60.0)
    chunk, end = smooth(ur5e, 0.4, 0.4)
    rig.tick(rig.command(chunk))
    rig.ticks(4.0)
    assert np.abs(rig.measured - end).max() < 1e-4
    direction = (end - ur5e.profile.home) / np.linalg.norm(end - ur5e.profile.home)
    offsets = rig.path() - ur5e.profile.home
    sideways = offsets - np.outer(offsets @ direction, direction)
    assert np.abs(sideways).max() < 5e-3
    assert not violations(excess(ur5e.profile, ur5e.safety, rig.path(), rig.core.period))


def test_new_chunk_blends_without_a_jump(ur5e: Robot) -> None:
    """Chunks that disagree with the motion in progress are entered from the command state."""
    rig = Rig(ur5e).owned()
    rng = np.random.default_rng(4)
    for _ in range(25):
        target = np.array(ur5e.profile.home) + rng.uniform(-0.15, 0.15, 6)
        points = tuple(
            TrajectoryPoint(0.05 * k, tuple(rig.measured + (target - rig.measured) * k / 10))
            for k in range(1, 11)
        )
        late = rng.uniform(0.0, 0.2)
        rig.tick(rig.command(Chunk(ur5e.profile.joint_names, points), stamp=rig.now - late))
        rig.ticks(0.1)
    assert not violations(excess(ur5e.profile, ur5e.safety, rig.path(), rig.core.period))
    assert np.abs(rig.core.velocity).max() > 0.01


def test_speed_scale_slows_a_path(ur5e: Robot) -> None:
    rig = Rig(ur5e).owned(lease=60.0)
    assert rig.core.set_speed_scale(0.5).ok
    assert not rig.core.set_speed_scale(1.5).ok
    chunk, end = smooth(ur5e, 1.5, 0.1)
    rig.tick(rig.command(chunk))
    rig.ticks(1.5)
    halfway = np.array(ur5e.profile.home) + 0.5 * (end - ur5e.profile.home)
    assert np.abs(rig.measured - halfway).max() < 0.01


def test_singular_pose_is_told(ur5e: Robot) -> None:
    """Reaching for the edge of the workspace slows down and says so."""
    rig = Rig(ur5e).owned()
    out = rig.ticks(4.0, Twist(ur5e.profile.root_frame, (0.15, 0.0, 0.08), (0.0, 0.0, 0.0)))
    seen = 0
    for one in rig.outputs:
        seen |= one.reasons
    assert seen & (Reason.SINGULARITY | Reason.LIMIT_WORKSPACE)
    assert out.mode.name == "OWNED"
