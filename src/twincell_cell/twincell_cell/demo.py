"""Runs episodes of a policy through the whole graph and judges them: reset, draw a target, run, measure."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twincell_cell.config import CellConfig
from twincell_cell.session import CellSession
from twincell_cell.statistics import quantile, wilson
from twincell_cell.supervisor import CellError

if TYPE_CHECKING:
    from twincell_cell.report.trace import RunTrace

# Past the policy's own time-out: stopping, releasing the lease and answering.
_GRACE_S = 15.0
_RESET_S = 20.0


@dataclass(frozen=True)
class Episode:
    """What came of one episode. `error` is the distance of the tool from the target [m], NaN where unknown."""

    index: int
    seed: int
    success: bool
    error: float
    duration: float
    reason: str


@dataclass(frozen=True)
class Report:
    """Everything `twincell demo` tells, by the keys of its JSON."""

    values: dict[str, Any]
    episodes: list[Episode]

    @property
    def violations(self) -> int:
        """Limit violations the judge counted."""
        return int(self.values["limit_violations"])


def run(
    config: CellConfig,
    policy: str,
    episodes: int,
    seed: int,
    *,
    randomize: bool = True,
    logs: Path | None = None,
    report: Path | None = None,
    say: Callable[[str], None] = lambda _: None,
    progress: Callable[[Episode], None] = lambda _: None,
) -> Report:
    """Start a cell, run `episodes` episodes and return the report. Raises CellError, UserError.

    Episode i has the seed `seed + i`; the same seed draws the same targets. `logs` is the folder of the run, a new one
    without; `report` the HTML file written at the end, report.html in that folder without.
    """
    from twincell_model.profile import load_profile
    from twincell_model.safety import load_safety
    from twincell_world.tasks import load_task

    from twincell_contract import names

    profile = load_profile(config.robot, config.variant or None, config.tf_prefix)
    safety = load_safety(config.safety, profile)
    task = load_task(config.task, profile)
    started = time.monotonic()
    with CellSession(config, "demo", logs=logs) as session:
        say(f"Starting the cell (logs: {session.logs})")
        session.wait_ready()
        from twincell_cell import recording
        from twincell_cell.judge import JudgeRecorder
        from twincell_cell.provenance import collect
        from twincell_cell.report import page, picture
        from twincell_cell.report.strip import CameraStrip, camera_names
        from twincell_cell.report.trace import RunTrace
        from twincell_cell.timing import TimingRecorder

        if config.record:
            recording.wait_until_recording(
                session, (names.JOINT_STATES, names.COMMANDS, names.CONTROLLER_STATUS)
            )
        trace = RunTrace(profile, safety, task.tool_point)
        runner = EpisodeRunner(session, policy, task.tolerance, task.timeout, trace)
        judge = JudgeRecorder(session.node, profile, safety, trace)
        timing = TimingRecorder(session.node)
        strip = CameraStrip(session, camera_names(config))
        results = []
        for index in range(episodes):
            episode = runner.episode(index, seed + index, randomize)
            results.append(episode)
            strip.take()
            progress(episode)
        verdict = judge.result()
        figures = timing.result()
        state = picture.world_state(session) if config.has_world else None
        recorded = recording.finish(session)
        folder = session.logs
    values = _summary(config, seed, results, verdict, figures)
    if recorded is not None:
        values.update(bag=recorded.bag, recording=recorded.as_dict())
    report = report or folder / "report.html"
    values["report"] = str(report)
    run = page.Run(
        values,
        results,
        task.tolerance,
        trace,
        verdict.worst_excess,
        collect(config, policy),
        runner.inference_ms,
        picture.draw(config, state) if state is not None else None,
        strip.pictures,
        seconds=time.monotonic() - started,
    )
    report.write_text(page.page(run), encoding="utf-8")
    return Report(values, results)


class EpisodeRunner:
    """Runs single episodes in a session."""

    def __init__(
        self,
        session: CellSession,
        policy: str,
        tolerance: float,
        timeout: float,
        trace: RunTrace | None = None,
    ) -> None:
        """`trace` is told when episodes begin and end."""
        from rclpy.action import ActionClient
        from twincell_policy.package import load_package

        from twincell_contract import names
        from twincell_msgs.action import RunPolicy

        self._told = load_package(policy).manifest.goal.kind == "position"
        self._session = session
        self._policy = policy
        self._tolerance = tolerance
        self._timeout = timeout
        self._trace = trace
        self.inference_ms: list[float] = []
        self._client = ActionClient(session.node, RunPolicy, names.RUN_POLICY)
        if not session.spin_until(self._client.server_is_ready, 20.0):
            raise CellError(
                f"the action {names.RUN_POLICY} did not appear within 20 s (logs: {session.logs})"
            )

    def episode(self, index: int, seed: int, randomize: bool) -> Episode:
        """Reset, draw, run and measure one episode."""
        from twincell_contract import names
        from twincell_msgs.srv import EndEpisode, ResetCell, StartEpisode

        call = self._session.call
        reset = call(
            ResetCell, names.CELL_RESET, ResetCell.Request(seed=seed, randomize=randomize), timeout=_RESET_S
        )
        if not reset.success:
            raise CellError(f"the cell could not be reset: {reset.message}")
        start = call(StartEpisode, names.CELL_START_EPISODE, StartEpisode.Request(seed=seed))
        if not start.success:
            raise CellError(f"episode {index + 1} could not start: {start.message}")
        place = start.target.pose.position
        if self._trace is not None:
            self._trace.begin((place.x, place.y, place.z))
        reason, duration = self._run_policy(start.target)
        if self._trace is not None:
            self._trace.end()
        end = call(EndEpisode, names.CELL_END_EPISODE, EndEpisode.Request(episode_id=start.episode_id))
        error = float(end.error) if end.success else math.nan
        # The policy's own word is not asked: what counts is where the measured joint states put the tool.
        success = math.isfinite(error) and error <= self._tolerance
        return Episode(index, seed, success, error, duration, reason)

    def _run_policy(self, target: Any) -> tuple[str, float]:
        from action_msgs.msg import GoalStatus

        from twincell_msgs.action import RunPolicy

        goal = RunPolicy.Goal(policy=self._policy, timeout=self._timeout)
        if self._told:  # a policy that sees its target is told neither where it is nor when it is there
            goal.goal, goal.goal_tolerance = target, self._tolerance
        sent = self._client.send_goal_async(
            goal, feedback_callback=lambda message: self.inference_ms.append(message.feedback.inference_ms)
        )
        if not self._session.spin_until(sent.done, 10.0):
            raise CellError("the policy node did not answer within 10 s")
        handle = sent.result()
        if not handle.accepted:
            raise CellError(f"the policy node refused to run '{self._policy}'; its log says why")
        future = handle.get_result_async()
        if not self._session.spin_until(future.done, self._timeout + _GRACE_S):
            raise CellError(f"the policy node gave no result within {self._timeout + _GRACE_S:g} s")
        answer = future.result()
        if answer.status == GoalStatus.STATUS_ABORTED and answer.result.steps == 0:
            raise CellError(f"policy '{self._policy}' did not run: {answer.result.reason}")
        return str(answer.result.reason), float(answer.result.duration)


def _summary(
    config: CellConfig, seed: int, episodes: list[Episode], verdict: Any, timing: dict[str, Any]
) -> dict[str, Any]:
    """The JSON of the demo. `bag` stays null where nothing is recorded, `report` until it is written."""
    count = len(episodes)
    successes = sum(episode.success for episode in episodes)
    errors = [episode.error for episode in episodes]
    return {
        "robot": config.robot,
        "backend": config.backend,
        "seed": seed,
        "episodes": count,
        "successes": successes,
        "success_rate": successes / count if count else None,
        "ci95": list(wilson(successes, count)),
        "median_error_m": quantile(errors, 0.5),
        "p95_error_m": quantile(errors, 0.95),
        "limit_violations": verdict.total,
        "violations": dict(verdict.violations),
        "judged_ticks": verdict.ticks,
        "lost_ticks": verdict.lost_ticks,
        **timing,
        "bag": None,
        "report": None,
    }
