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


_PICTURE = (
    "| input `{item.input}` | color image of `{item.camera}`, {item.crop[2]}x{item.crop[3]} of it as "
    "{item.size[0]}x{item.size[1]} | rgb |"
)


_SEEN = """A second output says where the target is seen; the policy is not told. Success is by that sight:
"""


def model_card(
    manifest: Manifest, curve: list[dict[str, Any]], figures: dict[str, Any], module: str = "train_reach"
) -> str:
    """Markdown. `curve`: validation rows in the order of training; `figures`: the held-out evaluation; `module` of
    twincell_learn: what trains it again."""
    training, goal, action = manifest.training, manifest.goal, manifest.action
    terms = "\n".join(
        [
            *(f"| {term.name} | {term.size} | {term.unit} |" for term in manifest.observation.terms),
            *(_PICTURE.format(item=item) for item in manifest.observation.images),
        ]
    )
    point = ", ".join(f"{value:g}" for value in manifest.observation.tool_point)
    where = "" if not any(manifest.observation.tool_point) else f"the point ({point}) m of "
    seen = goal.kind == "seen"
    sight, turn = (_SEEN, "about that of the start") if seen else ("", "left free")
    shown = f" and {training['photographs']} photographs" if seen else ""
    rows = "\n".join("| " + " | ".join(str(row[key]) for key in _CURVE) + " |" for row in curve)
    low, high = figures["ci95"]
    robot, unit = manifest.robots[0], SEMANTICS[action.semantics][1]
    return f"""# {manifest.name} {manifest.version}

{manifest.description} Robot: {robot.profile}, variant {", ".join(robot.variants)}.

## What it reads and says
{manifest.rate_hz:g} Hz. Positions are those of {where}`{manifest.observation.tool_frame}` in
`{manifest.observation.frame}`.

| term | values | unit |
|---|---|---|
{terms}

Output: {action.semantics}, {action.size} values in +-{action.clip:g}, times {action.scale.max():g} {unit}.
{sight}An episode has succeeded when the tool has stayed within {goal.tolerance_m * 1e3:g} mm of the goal for
{goal.dwell_s:g} s and is slower than {goal.rest_speed_m_s * 1e3:g} mm/s; it has failed after {goal.timeout_s:g} s.

## How well it does
Held-out episodes in the fast cell: MuJoCo world and the controller's limits in one process, safety profile
`{training["safety"]}`; everything that config/scenes/reach.yaml randomises, and extra delays. The error is measured
in the world after the arm has come to rest.

| episodes | within 20 mm | 95 % interval | median error | 95th percentile | largest | median time |
|---|---|---|---|---|---|---|
| {figures["episodes"]} | {figures["success_rate"]:.2%} | {low:.2%} to {high:.2%} | {figures["median_error_mm"]} mm \
| {figures["p95_error_mm"]} mm | {figures["max_error_mm"]} mm | {figures["median_duration_s"]} s |

Mean joint speed it asks for in the last 0.3 s: {figures["mean_request_at_end_rad_s"]} rad/s.

## Where it comes from
{training["method"]}. The expert knows the arm's kinematics; the policy sees
only the terms above. No real robot was involved. It is trained again by

    python -m twincell_learn.{module} --robot {robot.profile} --seed {training["seed"]}

{training["steps"]} environment steps{shown}, {training["cpu_minutes"]} CPU minutes with validation, one core, no GPU.
torch {training["torch"]}, sources {training["git"]}.
Validation during training:

| {" | ".join(_CURVE)} |
|{"---|" * len(_CURVE)}
{rows}

## What it is not for
Positions only: the tool's orientation is {turn}. No obstacles are seen; only the controller's workspace box and
limits protect the surroundings. Targets outside config/tasks/{manifest.task}.yaml and start poses far from home were
not trained.
"""
