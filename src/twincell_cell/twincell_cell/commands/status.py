"""Show what a running cell does: modes, owner, rates, and why it does not move when it does not."""

from __future__ import annotations

import argparse
import time
from typing import Any

from twincell_cell import options

NAME = "status"
HELP = "what the running cell does, and why"

_LISTEN_S = 5.0
_RATES_S = 1.2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    options.add_place(parser)
    options.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Listen for a moment, print a table. Exit code 1 when nothing is heard."""
    from twincell_cell import lock, outputs
    from twincell_cell.config import CellConfig, check_place
    from twincell_cell.supervisor import CellError

    if args.json:
        outputs.check_writable(args.json)
    place = check_place(CellConfig(namespace=args.namespace, domain=options.domain(args)))
    holder = lock.holder(place.domain, place.namespace)
    snapshot = _listen(place)
    if snapshot is None:
        where = f"namespace '{place.full_namespace}' of domain {place.domain}"
        raise CellError(f"no cell answers in {where}; start one with: twincell up")
    snapshot["holder"] = holder
    if args.json:
        outputs.write_json(args.json, snapshot)
    _print(snapshot)
    return 0


def _listen(place: Any) -> dict[str, Any] | None:
    import rclpy
    from rclpy.signals import SignalHandlerOptions

    from twincell_cell.monitor import Monitor

    rclpy.init(args=[], domain_id=place.domain, signal_handler_options=SignalHandlerOptions.NO)
    try:
        node = rclpy.create_node("status", namespace=place.full_namespace)
        monitor = Monitor(node)
        give_up = time.monotonic() + _LISTEN_S
        heard: float | None = None
        while heard is None or time.monotonic() < heard + _RATES_S:
            monitor.update()
            if heard is None and monitor.complete:
                heard = time.monotonic()
            if time.monotonic() > give_up:
                break
            time.sleep(0.05)
        partly = monitor.arm is not None or monitor.controller is not None or monitor.joints is not None
        snapshot = monitor.snapshot() if partly else None
        node.destroy_node()
        return snapshot
    finally:
        rclpy.try_shutdown()


def _print(snapshot: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    arm, controller, joints = snapshot["arm"], snapshot["controller"], snapshot["joints"]
    table = Table(show_header=False)
    if arm:
        variant = f" ({arm['variant']})" if arm["variant"] else ""
        table.add_row("robot", f"{arm['robot']}{variant} on {arm['backend']}")
        table.add_row("arm", _with_reason(arm["mode"], arm["reason"]))
        table.add_row(
            "commands to the arm", f"{arm['commands_received']} received, {arm['commands_dropped']} dropped"
        )
    else:
        table.add_row("arm", "silent")
    if controller:
        table.add_row("controller", _with_reason(controller["mode"], controller["reason"]))
        table.add_row("owner", controller["owner"] or "nobody")
        table.add_row(
            "requests to the controller",
            f"{controller['accepted']} accepted, {controller['rejected']} rejected",
        )
    else:
        table.add_row("controller", "silent")
    for topic, hertz in snapshot["rates_hz"].items():
        table.add_row(topic, f"{hertz:.1f} Hz")
    for joint in joints or []:
        value = joint["position"]
        table.add_row(joint["name"], "not finite" if value is None else f"{value:+.4f} rad")
    holder = snapshot["holder"]
    if holder:
        table.add_row("started by", f"twincell {holder.get('verb', '?')}, process {holder.get('pid', '?')}")
        if holder.get("viewer"):
            table.add_row("viewer", str(holder["viewer"]))
    Console().print(table)


def _with_reason(mode: str, reason: str) -> str:
    return f"{mode}: {reason}" if reason else mode
