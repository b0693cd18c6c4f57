"""cell/reset in a running cell: by teleport with randomised starts, and by a slow way home as on hardware."""

from pathlib import Path

import pytest
from std_srvs.srv import Trigger
from twincell_cell.judge import JudgeRecorder
from twincell_model.profile import load_profile
from twincell_model.safety import load_safety

from control_msgs.action import FollowJointTrajectory
from twincell_contract import names
from twincell_msgs.msg import ControllerStatus
from twincell_msgs.srv import EndEpisode, ResetCell, StartEpisode


def reset(session, seed: int = 0, randomize: bool = False) -> ResetCell.Response:
    request = ResetCell.Request(seed=seed, randomize=randomize)
    answer = session.call(ResetCell, names.CELL_RESET, request, timeout=30.0)
    assert answer.success, answer.message
    return answer


def holds(session) -> bool:
    status = session.controller_status()
    return status is not None and status.mode == ControllerStatus.MODE_HOLD and status.owner == ""


def test_a_seed_fixes_the_start_pose_and_the_target(start_cell, joints_of) -> None:
    session = start_cell(namespace="reset")
    session.wait_ready()
    joints = joints_of(session)
    profile = load_profile("ur5")
    starts, targets = {}, {}
    for seed in (1, 2, 3, 1):
        reset(session, seed, randomize=True)
        assert session.spin_until(lambda: holds(session), 10.0)
        start = list(joints.read().values())
        answer = session.call(StartEpisode, names.CELL_START_EPISODE, StartEpisode.Request(seed=seed))
        point = answer.target.pose.position
        target = (point.x, point.y, point.z)
        assert answer.success and answer.target.header.frame_id == profile.root_frame
        assert start == pytest.approx(starts.setdefault(seed, start), abs=1e-4)
        assert target == targets.setdefault(seed, target)
        assert start == pytest.approx(list(profile.home), abs=0.11)
    assert len({tuple(round(q, 3) for q in start) for start in starts.values()}) == 3
    assert len(set(targets.values())) == 3


def test_an_arm_that_stopped_by_itself_is_put_back_with_its_world(start_cell) -> None:
    session = start_cell(namespace="reset")
    session.wait_ready()
    assert session.call(Trigger, names.ARM_STOP).success
    assert session.spin_until(lambda: not session.arm_status().program_running, 5.0)
    reset(session, seed=4, randomize=True)
    assert session.spin_until(lambda: holds(session) and session.arm_status().program_running, 10.0)


def test_an_episode_ends_once_and_by_its_own_name(start_cell) -> None:
    session = start_cell(namespace="reset")
    session.wait_ready()
    first = session.call(StartEpisode, names.CELL_START_EPISODE, StartEpisode.Request(seed=1))
    second = session.call(StartEpisode, names.CELL_START_EPISODE, StartEpisode.Request(seed=2))

    def end(identifier: str) -> EndEpisode.Response:
        return session.call(EndEpisode, names.CELL_END_EPISODE, EndEpisode.Request(episode_id=identifier))

    given_up = end(first.episode_id)
    assert not given_up.success and first.episode_id in given_up.message
    ended = end(second.episode_id)
    assert ended.success and 0.05 < ended.error < 1.5
    assert not end(second.episode_id).success


def test_the_way_home_without_a_teleport_keeps_every_limit(start_cell, joints_of, tmp_path: Path) -> None:
    params = tmp_path / "hardware.yaml"
    params.write_text("/**: {ros__parameters: {reset_by: move}}")
    session = start_cell(namespace="reset", params_file=str(params))
    session.wait_ready()
    profile = load_profile("ur5")
    joints = joints_of(session)
    judge = JudgeRecorder(session.node, profile, load_safety("slow", profile))
    assert joints.move(0.4) == FollowJointTrajectory.Result.SUCCESSFUL
    away = next(iter(joints.read().values()))
    assert away == pytest.approx(profile.home[0] + 0.4, abs=0.01)
    reset(session)
    assert session.spin_until(lambda: holds(session), 10.0)
    assert list(joints.read().values()) == pytest.approx(list(profile.home), abs=0.01)
    verdict = judge.result()
    assert verdict.total == 0, dict(verdict.violations)
