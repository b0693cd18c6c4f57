"""The model card of a trained package: where it comes from, how well it does, what it is not for."""

from __future__ import annotations

from typing import Any

from twincell_policy.manifest import SEMANTICS, Manifest

_CURVE = (
    "round",
    "steps",
    "cpu_s",
    "loss",
    "success_rate",
    "median_error_mm",
    "p95_error_mm",
    "median_duration_s",
)


def model_card(manifest: Manifest, curve: list[dict[str, Any]], figures: dict[str, Any]) -> str:
    """Markdown. `curve`: validation rows in the order of training; `figures`: the held-out evaluation."""
    training, goal, action = manifest.training, manifest.goal, manifest.action
    terms = "\n".join(f"| {term.name} | {term.size} | {term.unit} |" for term in manifest.observation.terms)
    rows = "\n".join("| " + " | ".join(str(row[key]) for key in _CURVE) + " |" for row in curve)
    low, high = figures["ci95"]
    robot, unit = manifest.robots[0], SEMANTICS[action.semantics][1]
    return f"""# {manifest.name} {manifest.version}

{manifest.description} Robot: {robot.profile}, variant {", ".join(robot.variants)}.

## What it reads and says
{manifest.rate_hz:g} Hz. Positions are those of `{manifest.observation.tool_frame}` in `{manifest.observation.frame}`.

| term | values | unit |
|---|---|---|
{terms}

Output: {action.semantics}, {action.size} values in +-{action.clip:g}, times {action.scale.max():g} {unit}.
An episode has succeeded when the tool has stayed within {goal.tolerance_m * 1e3:g} mm of the goal for
{goal.dwell_s:g} s and is slower than {goal.rest_speed_m_s * 1e3:g} mm/s; it has failed after {goal.timeout_s:g} s.

## How well it does
Held-out episodes in the fast cell: MuJoCo world and the controller's limits in one process, safety profile
`{training["safety"]}`; start pose, servo gain, delay, friction, payload and extra delays random. The error is measured
in the world after the arm has come to rest.

| episodes | within 20 mm | 95 % interval | median error | 95th percentile | largest | median time |
|---|---|---|---|---|---|---|
| {figures["episodes"]} | {figures["success_rate"]:.2%} | {low:.2%} to {high:.2%} | {figures["median_error_mm"]} mm \
| {figures["p95_error_mm"]} mm | {figures["max_error_mm"]} mm | {figures["median_duration_s"]} s |

Mean joint speed it asks for in the last 0.3 s: {figures["mean_request_at_end_rad_s"]} rad/s.

## Where it comes from
{training["method"]}. The expert knows the arm's kinematics; the policy sees
only the terms above. No real robot was involved. It is trained again by

    python -m twincell_learn.train_reach --robot {robot.profile} --seed {training["seed"]}

{training["steps"]} environment steps, {training["cpu_minutes"]} CPU minutes with validation, one core, no GPU.
torch {training["torch"]}, sources {training["git"]}.
Validation during training:

| {" | ".join(_CURVE)} |
|{"---|" * len(_CURVE)}
{rows}

## What it is not for
Positions only: the tool's orientation is left free. No obstacles are seen; only the controller's workspace box and
limits protect the surroundings. Targets outside config/tasks/{manifest.task}.yaml and start poses far from home were
not trained.
"""
