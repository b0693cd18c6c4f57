"""Run episodes of a trained policy in a fresh cell and report how it went.

Each episode resets the cell, draws a target, lets the policy reach for it through the real graph (policy ->
controller -> arm -> world) and measures where the tool ended. An independent judge watches every motion.

Exit code 0: the episodes ran and no limit was exceeded, whatever the success rate. 1: a limit was exceeded, the cell
failed, or the recording was cut short. 2: wrong words.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from twincell_cell import options

NAME = "demo"
HELP = "a robot reaches targets; the success rate and the motion limits are reported"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument(
        "--episodes",
        type=options.whole(1, 100_000),
        default=5,
        metavar="N",
        help="how many episodes (default: %(default)s)",
    )
    parser.add_argument(
        "--policy",
        default="",
        metavar="NAME|DIR",
        help="a package under policies/ or a folder (default: the one for the task and robot)",
    )
    parser.add_argument(
        "--task",
        default="",
        metavar="NAME|FILE",
        help="a task under config/tasks or a YAML file (default: reach_object, targets that only the cameras see, for"
        " robots with a policy for it; else reach, targets that the policy is told)",
    )
    parser.add_argument("--no-randomize", action="store_true", help="keep the scene as it is written")
    parser.add_argument(
        "--report", default="", metavar="FILE", help="where report.html goes (default: the folder of the run)"
    )
    options.add_record(parser)
    options.add_seed(parser)
    options.add_json(parser)
    options.add_cell(parser)


def run(args: argparse.Namespace) -> int:
    """Run the demo."""
    from twincell_cell import outputs, recording, viewer
    from twincell_cell.policies import choose, default_task, with_cameras

    if args.json:
        outputs.check_writable(args.json)
    report = outputs.check_writable(args.report, "--report") if args.report else None
    config = options.cell_config(args, task=args.task or default_task(args.robot))
    policy = choose(args.policy, config)
    config = with_cameras(config, policy)
    config = viewer.choose(config)
    config, logs = recording.prepare(config, args.record, "demo", policy)

    from twincell_cell import demo

    show = _Progress(args.episodes)
    if config.viewer == "web":
        show.say(f"See it at {viewer.address(config)}")
    result = demo.run(
        config,
        policy,
        args.episodes,
        args.seed,
        randomize=not args.no_randomize,
        logs=logs,
        report=report,
        say=show.say,
        progress=show.episode,
    )
    if args.json:
        outputs.write_json(args.json, result.values)
    _print(result.values, policy)
    note = result.values.get("recording", {}).get("note", "")
    if note:
        print(f"twincell: error: {note}", file=sys.stderr)
    return 1 if result.violations or note else 0


class _Progress:
    """One line that is rewritten on a terminal, one line per episode elsewhere."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._successes = 0
        self._terminal = sys.stdout.isatty()

    def say(self, text: str) -> None:
        print(text, flush=True)

    def episode(self, episode: Any) -> None:
        self._successes += episode.success
        word = "reached" if episode.success else "missed"
        line = (
            f"episode {episode.index + 1}/{self._total}: {word}, {episode.error * 1e3:.1f} mm,"
            f" {episode.duration:.1f} s; {self._successes} reached so far"
        )
        if not episode.success and episode.reason:
            line += f" ({episode.reason})"
        if self._terminal:
            print(f"\r\033[2K{line}", end="", flush=True)
            if episode.index + 1 == self._total or not episode.success:
                print(flush=True)
        else:
            print(line, flush=True)


def _print(values: dict[str, Any], policy: str) -> None:
    from rich.console import Console
    from rich.table import Table

    def millimetres(value: float | None) -> str:
        return "-" if value is None else f"{value * 1e3:.1f} mm"

    def triple(figures: dict[str, float | None], keys: tuple[str, ...]) -> str:
        return ", ".join(
            f"{key} {figures[key]:.2f}" if figures[key] is not None else f"{key} -" for key in keys
        )

    low, high = values["ci95"]
    image = values["image_to_command_ms"]
    lost = f" ({values['lost_ticks']} more were lost on the way)" if values["lost_ticks"] else ""
    rows = [
        ("policy", Path(policy).name),
        ("reached", f"{values['successes']} of {values['episodes']} = {values['success_rate']:.1%}"),
        ("95 % interval", f"{low:.1%} to {high:.1%}"),
        (
            "error",
            f"median {millimetres(values['median_error_m'])}, p95 {millimetres(values['p95_error_m'])}",
        ),
        ("limit violations", f"{values['limit_violations']} in {values['judged_ticks']} control ticks{lost}"),
        ("control loop lateness, ms", triple(values["servo_lateness_ms"], ("p50", "p99", "max"))),
        ("command age, ms", triple(values["command_age_ms"], ("p99", "max"))),
        ("command gap, ms", triple(values["command_gap_ms"], ("p99", "max", "own_max"))),
        *([("image to command, ms", triple(image, ("p50", "p95")))] if image["p50"] is not None else []),
        ("real-time scheduling", "yes" if values["fifo"] else "no"),
        ("report", values["report"]),
    ]
    if values["bag"]:
        recording = values["recording"]
        size = f"{recording['messages']} messages, {recording['bytes'] / 1e6:.1f} MB"
        size = size if recording["complete"] else "cut short"
        rows.append(("bag", f"{values['bag']} ({size})"))
    table = Table(title=f"{values['robot']} on {values['backend']}", show_header=False, title_justify="left")
    for row in rows:
        table.add_row(*row)
    Console().print(table)
