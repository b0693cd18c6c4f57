"""Look at bags: what is in one, whether it is whole, and mend one whose recorder was killed.

A bag is a folder with an MCAP file and metadata.yaml. `ros2 bag info` and `ros2 bag play` read it too.
"""

from __future__ import annotations

import argparse

from twincell_cell import options

NAME = "bag"
HELP = "inspect, check or mend a recording"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`bag info|check|repair PATH`."""
    verbs = parser.add_subparsers(title="verbs", dest="bag_verb", metavar="VERB", required=True)
    for name, text in (
        ("info", "topics, types, counts, and where the bag comes from"),
        ("check", "is every message there and readable?"),
        ("repair", "make a bag whole whose recorder was killed"),
    ):
        verb = verbs.add_parser(name, help=text)
        verb.add_argument("path", metavar="PATH", help="the folder of a bag, or its .mcap file")
        if name != "repair":
            options.add_json(verb)


def run(args: argparse.Namespace) -> int:
    """Run the chosen one."""
    from twincell_cell import outputs

    if getattr(args, "json", ""):
        outputs.check_writable(args.json)
    return {"info": _info, "check": _check, "repair": _repair}[args.bag_verb](args)


def _info(args: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table
    from twincell_bag.reading import Bag
    from twincell_bag.writer import PROVENANCE

    from twincell_cell import outputs

    with Bag(args.path) as bag:
        facts, files = bag.notes().get(PROVENANCE, {}), sorted(bag.attachments())
        size = bag.file.stat().st_size
        seconds = bag.duration_s
        topics = sorted(bag.topics, key=lambda topic: topic.name)
        total = bag.statistics.message_count
    table = Table(box=None, pad_edge=False)
    for heading, justify in (("topic", "left"), ("type", "left"), ("messages", "right"), ("Hz", "right")):
        table.add_column(heading, justify="right" if justify == "right" else "left")
    for topic in topics:
        rate = f"{(topic.count - 1) / seconds:.1f}" if topic.count > 1 and seconds else ""
        table.add_row(topic.name, topic.type, str(topic.count), rate)
    console = Console()
    console.print(f"{total} messages in {seconds:.1f} s, {size / 1e6:.1f} MB", highlight=False)
    console.print(table)
    for key, value in facts.items():
        # A sample of the randomisation is longer than a screen; --json has it whole.
        console.print(f"{key}: {escape(value if len(value) < 200 else value[:197] + '...')}", highlight=False)
    if files:
        console.print(f"files inside: {', '.join(files)}", highlight=False)
    if args.json:
        outputs.write_json(
            args.json,
            {
                "messages": total,
                "duration_s": seconds,
                "bytes": size,
                "topics": [
                    {"name": t.name, "type": t.type, "hash": t.hash, "messages": t.count, "qos": t.qos}
                    for t in topics
                ],
                "facts": facts,
                "files": files,
            },
        )
    return 0


def _check(args: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table
    from twincell_bag.inspect import check

    from twincell_cell import outputs

    checks = check(args.path)
    failed = sum(not item.ok for item in checks)
    table = Table(title=args.path, title_justify="left")
    for heading in ("check", "", "what", "remedy"):
        table.add_column(heading)
    for item in checks:
        table.add_row(
            item.name,
            "ok" if item.ok else "FAILED",
            escape(item.detail),
            "" if item.ok else escape(item.remedy),
        )
    Console().print(table)
    if args.json:
        results = [vars(item) for item in checks]
        outputs.write_json(args.json, {"passed": len(checks) - failed, "failed": failed, "checks": results})
    return 1 if failed else 0


def _repair(args: argparse.Namespace) -> int:
    from twincell_bag.repair import repair

    done = repair(args.path)
    if not done.changed:
        print(f"{args.path} is whole: {done.messages} messages")
    else:
        print(
            f"{args.path} is whole again: {done.messages} messages; {done.lost_bytes} bytes at its end are lost"
        )
    return 0
