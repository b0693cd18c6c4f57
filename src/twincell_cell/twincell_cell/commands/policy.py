"""Look at policy packages: folders with a manifest.yaml and an ONNX model."""

from __future__ import annotations

import argparse

from twincell_cell import options

NAME = "policy"
HELP = "check or list policy packages"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`policy list` and `policy check DIR`."""
    verbs = parser.add_subparsers(title="verbs", dest="policy_verb", metavar="VERB", required=True)
    verbs.add_parser("list", help="the packages under policies/")
    check = verbs.add_parser("check", help="is a package complete, readable and consistent?")
    check.add_argument(
        "folder", metavar="DIR", help="a folder with a manifest.yaml, or a name under policies/"
    )
    options.add_json(check)


def run(args: argparse.Namespace) -> int:
    """Run the chosen one."""
    return _list() if args.policy_verb == "list" else _check(args.folder, args.json)


def _list() -> int:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table
    from twincell_model.errors import UserError
    from twincell_policy.package import available, load_package

    table = Table(box=None, pad_edge=False)
    for heading in ("name", "version", "robot", "rate", "what it does"):
        table.add_column(heading)
    broken = 0
    for name in available():
        try:
            manifest = load_package(name).manifest
        except UserError as error:
            broken += 1
            table.add_row(name, "", "", "", f"broken: {escape(str(error))}")
            continue
        robots = ", ".join(" ".join((robot.profile, *robot.variants)) for robot in manifest.robots)
        table.add_row(
            name, manifest.version, robots, f"{manifest.rate_hz:g} Hz", escape(manifest.description)
        )
    Console().print(table)
    return 1 if broken else 0


def _check(folder: str, json_file: str) -> int:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table
    from twincell_policy.checker import check_package

    from twincell_cell import outputs

    if json_file:
        outputs.check_writable(json_file)
    checks = check_package(folder)
    failed = sum(not check.ok for check in checks)
    table = Table(title=folder, title_justify="left")
    for heading in ("check", "", "what", "remedy"):
        table.add_column(heading)
    for check in checks:
        where = f"{check.field}: " if check.field else ""
        result = "ok" if check.ok else "FAILED"
        table.add_row(check.name, result, escape(f"{where}{check.detail}"), escape(check.remedy))
    Console().print(table)
    if json_file:
        results = [check.as_dict() for check in checks]
        outputs.write_json(json_file, {"passed": len(checks) - failed, "failed": failed, "checks": results})
    return 1 if failed else 0
