"""What is installed, missing or slow on this machine, each line with its remedy.

Exit code 0: nothing fails (warnings allowed). 1: a line says FAIL. 2: wrong words.
"""

from __future__ import annotations

import argparse

from twincell_cell import options

NAME = "doctor"
HELP = "what is installed, missing or slow here, each line with its remedy"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("--robot", default="", metavar="NAME", help="look at this robot's profile too")
    options.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Print the findings as they come and return the exit code."""
    from dataclasses import asdict

    from rich.console import Console
    from rich.markup import escape

    from twincell_cell import doctor, outputs

    if args.json:
        outputs.check_writable(args.json)
    console = Console(highlight=False, soft_wrap=True)
    colours = {doctor.OK: "green", doctor.WARN: "yellow", doctor.FAIL: "red"}
    findings = []
    for finding in doctor.examine(args.robot):
        findings.append(finding)
        level = f"[{colours[finding.level]}]{finding.level:<4}[/]"
        console.print(f"{level}  {finding.name:<20}  {escape(finding.detail)}")
        if finding.remedy:
            console.print(f"{'':28}[dim]-> {escape(finding.remedy)}[/]")
    counts = {
        level: sum(f.level == level for f in findings) for level in (doctor.OK, doctor.WARN, doctor.FAIL)
    }
    console.print(f"{counts[doctor.OK]} OK, {counts[doctor.WARN]} warnings, {counts[doctor.FAIL]} failures")
    if args.json:
        outputs.write_json(
            args.json,
            {
                "ok": counts[doctor.OK],
                "warn": counts[doctor.WARN],
                "fail": counts[doctor.FAIL],
                "checks": [asdict(finding) for finding in findings],
            },
        )
    return 1 if counts[doctor.FAIL] else 0
