"""The world's services: reset, pause, step, randomise, move a body; and the cell's episodes."""

import json
from collections.abc import Iterator

import numpy as np
from action_msgs.msg import GoalStatus
from std_srvs.srv import SetBool, Trigger

from twincell_msgs.action import RunPolicy
from twincell_msgs.msg import ControllerStatus
from twincell_msgs.srv import (
    EndEpisode,
    RandomizeWorld,
    ResetCell,
    ResetWorld,
    SetBodyPose,
    StartEpisode,
    StepWorld,
)

from .. import names
from .behaviour import TELL_S, hold, in_mode, safe_signs, status
from .check import Item, require
from .observer import Observer

TICKS = 50
PROGRESS_S = 3.0
"""Longest wait for a world that runs to show it, on a busy machine."""
TASK_REACH_M = 1.5
"""Targets are drawn within reach: no arm of this size reaches further."""


def state(cell: Observer) -> str:
    """world/state holds the whole state, its scene's hash and the randomisation sample."""
    message = cell.next(names.WORLD_STATE)
    require(len(message.qpos) >= cell.facts.dof, f"world/state has {len(message.qpos)} positions.")
    require(
        len(message.scene_hash) == 64,
        "world/state has no SHA-256 of the compiled scene (64 hexadecimal digits).",
    )
    require(
        len(message.mocap_quat) * 3 == len(message.mocap_pos) * 4,
        "world/state: mocap_pos and mocap_quat do not fit together.",
    )
    require(message.scene != "", "world/state does not name its scene.")
    json.loads(message.randomization or "{}")
    before, after = message, cell.next(names.WORLD_STATE)

    def goes_on() -> bool:
        nonlocal after
        after = cell.latest(names.WORLD_STATE)
        return bool(after.time > before.time and after.step > before.step)

    require(cell.wait(goes_on, PROGRESS_S), "The world's time stands still.")
    return f"scene {message.scene}, {len(message.qpos)} positions, time {after.time:.2f} s"


def pause_and_step(cell: Observer) -> str:
    """A paused world stands still, steps exactly as many ticks as asked, and goes on."""
    hold(cell)
    answer = cell.call(names.WORLD_PAUSE, SetBool, SetBool.Request(data=True))
    require(answer.success, f"world/pause failed: {answer.message}")
    try:
        cell.pump(0.2)
        before = cell.next(names.WORLD_STATE).time
        cell.pump(0.3)
        require(cell.next(names.WORLD_STATE).time == before, "The world's time goes on while it is paused.")
        answer = cell.call(names.WORLD_STEP, StepWorld, StepWorld.Request(steps=TICKS))
        require(answer.success, f"world/step failed in a paused world: {answer.message}")
        wanted = TICKS / cell.facts.rate_hz
        require(
            abs(answer.time - before - wanted) < 1e-6,
            f"world/step of {TICKS} ticks advanced the time by {answer.time - before:.4f} s; it must be "
            f"{wanted:.4f} s.",
        )
    finally:
        cell.call(names.WORLD_PAUSE, SetBool, SetBool.Request(data=False))
    require(
        cell.wait(lambda: cell.latest(names.WORLD_STATE).time > answer.time, PROGRESS_S),
        "The world stands still after it was resumed.",
    )
    answer = cell.call(names.WORLD_STEP, StepWorld, StepWorld.Request(steps=1))
    require(not answer.success, "world/step advanced a world that is not paused.")
    hold(cell)
    return f"paused, {TICKS} ticks stepped, resumed"


def randomize(cell: Observer) -> str:
    """The same seed gives the same sample, another seed another one."""
    samples = []
    for seed in (7, 8, 7):
        answer = cell.call(names.WORLD_RANDOMIZE, RandomizeWorld, RandomizeWorld.Request(seed=seed))
        require(answer.success, f"world/randomize failed: {answer.message}")
        samples.append(json.loads(answer.sample))
    require(samples[0] == samples[2], "world/randomize gives two samples for the same seed.")
    require(
        not samples[0] or samples[0] != samples[1], "world/randomize gives the same sample for two seeds."
    )
    hold(cell)
    return f"sample of {', '.join(samples[0]) or 'nothing (the scene randomises nothing)'}"


def reset_world(cell: Observer) -> str:
    """world/reset puts the joints where asked; the controller follows only after its own reset."""
    start = hold(cell)
    goal = start + 0.1 * safe_signs(cell, start)
    cell.call(names.CONTROLLER_STOP, Trigger)
    in_mode(cell, [ControllerStatus.MODE_STOPPED], "The controller should be STOPPED after controller/stop")
    request = ResetWorld.Request(joint_names=list(cell.facts.joint_names), positions=goal.tolist())
    answer = cell.call(names.WORLD_RESET, ResetWorld, request)
    require(answer.success, f"world/reset failed: {answer.message}")
    cell.pump(0.3)
    off = float(np.abs(cell.at_rest() - goal).max())
    require(off < 0.01, f"The arm is {off:.4f} rad from where world/reset should have put it.")
    end = hold(cell)
    off = float(np.abs(end - goal).max())
    require(
        off < 0.01,
        f"controller/reset moved the arm by {off:.4f} rad. It must start from the measured positions.",
    )
    bad = cell.call(
        names.WORLD_RESET, ResetWorld, ResetWorld.Request(joint_names=["no_such_joint"], positions=[0.0])
    )
    require(
        not bad.success and "no_such_joint" in bad.message,
        f"world/reset with an unknown joint says: '{bad.message}'.",
    )
    return f"within {off:.4f} rad of the asked pose"


def body_pose(cell: Observer) -> str:
    """world/set_body_pose refuses a body the scene does not have."""
    request = SetBodyPose.Request(body="no_such_body")
    request.pose.header.frame_id = cell.facts.root_frame
    request.pose.pose.orientation.w = 1.0
    answer = cell.call(names.WORLD_SET_BODY_POSE, SetBodyPose, request)
    require(not answer.success, "world/set_body_pose moved a body that does not exist.")
    require("no_such_body" in answer.message, f"The refusal does not name the body: '{answer.message}'.")
    return str(answer.message)


def cell_reset(cell: Observer) -> str:
    """cell/reset leaves a cell that holds, ready for an episode."""
    answer = cell.call(names.CELL_RESET, ResetCell, ResetCell.Request(seed=3, randomize=True), 15.0)
    require(answer.success, f"cell/reset failed: {answer.message}")
    in_mode(cell, [ControllerStatus.MODE_HOLD], "The controller should hold after cell/reset", TELL_S)
    require(status(cell).owner == "", "cell/reset left an owner.")
    first = cell.at_rest()
    cell.call(names.CELL_RESET, ResetCell, ResetCell.Request(seed=3, randomize=True), 15.0)
    off = float(np.abs(cell.at_rest() - first).max())
    require(off < 0.02, f"Two resets with the same seed end {off:.4f} rad apart.")
    return f"HOLD; a second reset with the same seed within {off:.4f} rad"


def episode(cell: Observer) -> str:
    """An episode has an id and a target in the root frame; its end measures tool to target."""
    hold(cell)
    begun = [
        cell.call(names.CELL_START_EPISODE, StartEpisode, StartEpisode.Request(seed=s), 10.0)
        for s in (5, 6, 5)
    ]
    for answer in begun:
        require(answer.success and answer.episode_id, f"cell/start_episode failed: {answer.message}")
    target = begun[2].target
    require(
        target.header.frame_id == cell.facts.root_frame,
        f"The target is given in frame '{target.header.frame_id}'; it must be '{cell.facts.root_frame}'.",
    )
    places = [np.array([p.x, p.y, p.z]) for p in (a.target.pose.position for a in begun)]
    require(np.array_equal(places[0], places[2]), "cell/start_episode draws two targets for the same seed.")
    require(
        not np.array_equal(places[0], places[1]), "cell/start_episode draws the same target for two seeds."
    )
    require(
        np.linalg.norm(places[2]) < TASK_REACH_M,
        f"The target {places[2].round(2).tolist()} m is out of reach.",
    )
    expected = float(np.linalg.norm(places[2] - cell.facts.pose(cell.at_rest())[0]))
    answer = cell.call(
        names.CELL_END_EPISODE, EndEpisode, EndEpisode.Request(episode_id=begun[2].episode_id), 10.0
    )
    require(answer.success, f"cell/end_episode failed: {answer.message}")
    require(
        abs(answer.error - expected) < 3e-3,
        f"cell/end_episode says {answer.error:.4f} m; tool and target are {expected:.4f} m apart.",
    )
    wrong = cell.call(
        names.CELL_END_EPISODE, EndEpisode, EndEpisode.Request(episode_id="no_such_episode"), 10.0
    )
    require(not wrong.success, "cell/end_episode ends an episode that does not run.")
    return f"target {places[2].round(3).tolist()} m, error {answer.error:.3f} m"


def unknown_policy(cell: Observer) -> str:
    """policy/run refuses a package that does not exist, naming it, without taking the arm."""
    start = hold(cell)
    handle = cell.goal(names.RUN_POLICY, RunPolicy, RunPolicy.Goal(policy="no_such_policy"))
    said = "rejected"
    if handle.accepted:
        outcome = cell.result(handle, names.RUN_POLICY, 10.0)
        said = outcome.result.reason
        require(
            outcome.status != GoalStatus.STATUS_SUCCEEDED and not outcome.result.success,
            "policy/run says that a policy that does not exist succeeded.",
        )
        require("no_such_policy" in said, f"policy/run does not name the missing package: '{said}'.")
    off = float(np.abs(hold(cell) - start).max())
    require(off < 3e-3, f"The arm moved by {off:.4f} rad for a policy that does not exist.")
    return said


def items(cell: Observer) -> Iterator[Item]:
    """The checks of this file."""
    if cell.facts.has_world:
        yield Item("world_state", state)
        yield Item("world_pause_and_step", pause_and_step)
        yield Item("world_randomize", randomize)
        yield Item("world_reset", reset_world)
        yield Item("world_set_body_pose_refuses_unknown", body_pose)
    yield Item("cell_reset", cell_reset)
    yield Item("cell_episode", episode)
    yield Item("policy_run_refuses_unknown_policy", unknown_policy)
