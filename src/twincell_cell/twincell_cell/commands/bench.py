"""Measure what the documentation claims, on this machine.

`servo` runs the whole cell for some minutes per robot, with and without real-time scheduling, and reports how late the
control loop woke up, how old commands were when the arm used them, the gaps between commands, and the CPU time of
every process. The JSON is a list with one object per run.

`camera` measures each stream profile of the scene camera with its noise: CPU of a frame by itself, then CPU, rate and
latency of the camera process in a running cell. The JSON is an object with one entry per profile.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from typing import Any

from twincell_cell import options

NAME = "bench"
HELP = "measure the timing of the control loop, or the cost of the cameras"

ROBOTS = ("ur5", "ur5e", "xarm7")
FIFO = {"both": (True, False), "on": (True,), "off": (False,)}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    what = parser.add_subparsers(title="what", dest="what", metavar="WHAT", required=True)
    servo = what.add_parser("servo", help="timing of the control loop with the whole cell running")
    servo.add_argument(
        "--robots",
        default=",".join(ROBOTS),
        metavar="NAMES",
        help="robots, separated by commas (default: %(default)s)",
    )
    servo.add_argument(
        "--minutes",
        type=options.positive,
        default=10.0,
        metavar="N",
        help="how long each run takes (default: %(default)s)",
    )
    servo.add_argument(
        "--fifo",
        choices=tuple(FIFO),
        default="both",
        help="run with real-time scheduling, without, or both (default: %(default)s)",
    )
    options.add_seed(servo)
    options.add_json(servo)
    options.add_place(servo)
    camera = what.add_parser(
        "camera", help="CPU, rate and latency of the scene camera per stream profile, with noise"
    )
    camera.add_argument(
        "--robot", default="xarm7", metavar="NAME", help="robot in view (default: %(default)s)"
    )
    camera.add_argument(
        "--seconds",
        type=options.positive,
        default=10.0,
        metavar="N",
        help="how long each profile runs (default: %(default)s)",
    )
    options.add_json(camera)
    options.add_place(camera)


def run(args: argparse.Namespace) -> int:
    """Run the measurement."""
    return _run_camera(args) if args.what == "camera" else _run_servo(args)


def _run_camera(args: argparse.Namespace) -> int:
    from twincell_model.errors import UserError
    from twincell_world.gl import gl_backend

    from twincell_cell import camera_bench, outputs
    from twincell_cell.config import CellConfig, check

    if args.json:
        outputs.check_writable(args.json)
    config = check(CellConfig(robot=args.robot, domain=options.domain(args), namespace=args.namespace))
    backend = gl_backend()
    if backend is None:
        raise UserError("nothing here can draw (neither EGL nor OSMesa works); install libosmesa6 or libegl1")
    # read when mujoco and the renderer are first imported; one thread, as in a cell
    os.environ["MUJOCO_GL"] = backend
    os.environ.setdefault("LP_NUM_THREADS", "1")
    rows = camera_bench.measure(config, args.seconds, _say)
    if sys.stdout.isatty():
        print("\r\033[2K", end="")
    for row in rows:
        cost, rate, latency = row["frame_cpu_ms"], row["rate_hz"], row["latency_ms"]
        print(
            f"{row['profile']:<12} CPU {row['cpu_percent']:5.1f} % of a core; color {rate['color']:4.1f}, depth"
            f" {rate['depth']:4.1f}, aligned {rate['aligned']:4.1f} Hz; latency p50 {latency['p50']} p95"
            f" {latency['p95']} ms; a frame {cost['none']} ms, {cost['configured']} ms with noise; load {row['load']}"
        )
    if args.json:
        outputs.write_json(
            args.json, {"robot": args.robot, "machine": _machine(), "gl": backend, "profiles": rows}
        )
    return 0


def _run_servo(args: argparse.Namespace) -> int:
    from dataclasses import replace

    from twincell_cell import outputs
    from twincell_cell.config import CellConfig, check
    from twincell_cell.policies import choose

    if args.json:
        outputs.check_writable(args.json)
    base = CellConfig(domain=options.domain(args), namespace=args.namespace)
    cells = [check(replace(base, robot=name)) for name in args.robots.split(",")]
    policies = [choose("", cell) for cell in cells]

    from twincell_cell.servo_bench import measure

    results: list[dict[str, Any]] = []
    for cell, policy in zip(cells, policies, strict=True):
        for fifo in FIFO[args.fifo]:
            result = measure(cell, policy, 60.0 * args.minutes, fifo=fifo, seed=args.seed, say=_say)
            result["machine"] = _machine()
            results.append(result)
            _print(result)
            if args.json:
                outputs.write_json(args.json, results)
    return 1 if any(result["limit_violations"] for result in results) else 0


def _machine() -> str:
    return f"{platform.machine()}, {len(os.sched_getaffinity(0))} CPUs, Linux {platform.release()}"


def _say(text: str) -> None:
    if sys.stdout.isatty():
        print(f"\r\033[2K{text}", end="", flush=True)


def _print(result: dict[str, Any]) -> None:
    if sys.stdout.isatty():
        print("\r\033[2K", end="")
    lateness, age, gap = result["servo_lateness_ms"], result["command_age_ms"], result["command_gap_ms"]
    cpu = ", ".join(f"{name} {percent:.0f} %" for name, percent in result["cpu_percent"].items())
    print(
        f"{result['robot']} {result['rate_hz']:g} Hz, {result['seconds']:.0f} s, SCHED_FIFO"
        f" {'on' if result['fifo'] else 'off'}: lateness p50 {lateness['p50']} p99 {lateness['p99']} max"
        f" {lateness['max']} own {lateness['own_max']} ms; command age p99 {age['p99']} max {age['max']} ms;"
        f" gap p99 {gap['p99']} max {gap['max']} own {gap['own_max']} ms; machine steal"
        f" {result['steal_ms']:.0f} ms; CPU {cpu};"
        f" {result['successes']} of {result['episodes']} reached, {result['limit_violations']} limit violations",
        flush=True,
    )
