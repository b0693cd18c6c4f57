"""Test a running cell against the contract: every topic, service and action, rates, frames, units and behaviour.

Without --attach a cell is started for the check, without a viewer, and stopped afterwards. With --attach the cell that
already runs in the namespace is checked: ITS ARM MOVES by some centimetres; --watch only listens and moves nothing.

Exit code 0: every check passed. 1: one failed, or there is no cell. 2: wrong words.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from twincell_cell import options

if TYPE_CHECKING:
    from twincell_contract.checks.check import Check
    from twincell_contract.facts import RobotFacts

    from twincell_cell.config import CellConfig

NAME = "check"
HELP = "does a cell keep the contract? Named checks, each with its remedy"

ALIVE = "processes_stay_alive"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument(
        "--attach", action="store_true", help="check the cell that already runs (its arm moves)"
    )
    parser.add_argument("--watch", action="store_true", help="only listen and ask; command nothing")
    options.add_json(parser)
    options.add_cell(parser, viewer=False)


def run(args: argparse.Namespace) -> int:
    """Run the checks, print them as they come, and return the exit code."""
    from twincell_cell import outputs

    if args.json:
        outputs.check_writable(args.json)
    config = options.cell_config(args)
    start = time.monotonic()
    checks = []
    for check in _attached(config, args.watch) if args.attach else _started(config, args.watch):
        print(f"{'ok    ' if check.ok else 'FAILED'} {check.name}: {check.detail}", flush=True)
        checks.append(check)
    failed = sum(not check.ok for check in checks)
    seconds = time.monotonic() - start
    print(
        f"{config.robot} on {config.backend}: {len(checks) - failed} checks passed, {failed} failed, in {seconds:.0f} s"
    )
    if args.json:
        outputs.write_json(
            args.json,
            {
                "robot": config.robot,
                "backend": config.backend,
                "passed": len(checks) - failed,
                "failed": failed,
                "seconds": round(seconds, 1),
                "checks": [{"name": c.name, "ok": c.ok, "detail": c.detail} for c in checks],
            },
        )
    return 1 if failed else 0


def facts(config: CellConfig) -> RobotFacts:
    """What the checker is told about the robot, from its profile and scene."""
    from twincell_contract.facts import RobotFacts
    from twincell_model.grippers import fitted
    from twincell_model.kinematics import Kinematics
    from twincell_model.profile import load_profile
    from twincell_world.scene import load_scene

    profile = load_profile(config.robot, config.variant or None, config.tf_prefix)
    scene = load_scene(config.scene, profile)
    gripper = fitted(scene.gripper)
    seen: dict[str, Any] = {}
    if config.cameras:
        from twincell_cell.camera_facts import RayTruth, camera_facts

        seen["cameras"] = camera_facts(config.cameras, scene, config.tf_prefix)
        if config.has_world:
            seen["truth"] = RayTruth(scene, profile, config.visuals)
    return RobotFacts(
        robot=profile.name,
        backend=config.backend,
        joint_names=profile.joint_names,
        rate_hz=float(profile.rate_hz),
        root_frame=profile.root_frame,
        tool_frame=profile.tool_frame,
        lower=profile.lower,
        upper=profile.upper,
        max_velocity=profile.max_velocity,
        step_guard=profile.step_guard,
        pose=Kinematics(profile).pose,
        gripper_stroke=None if gripper is None else gripper.stroke,
        has_world=config.has_world,
        **seen,
    )


def _started(config: CellConfig, only_watch: bool) -> Iterator[Check]:
    """Checks of a cell that is started for them; a process that dies ends them as a failed check."""
    from twincell_contract.checks.check import Check

    from twincell_cell.session import CellSession
    from twincell_cell.supervisor import CellError

    with CellSession(config, NAME) as session:
        session.wait_ready()
        try:
            yield from _observed(config, only_watch, session.spin)
        except CellError as error:
            yield Check(ALIVE, False, str(error))
        else:
            yield Check(ALIVE, True, "no process of the cell ended")


def _attached(config: CellConfig, only_watch: bool) -> Iterator[Check]:
    """Checks of the cell that already runs."""
    yield from _observed(config, only_watch, lambda: None)


def _observed(config: CellConfig, only_watch: bool, between: Callable[[], None]) -> Iterator[Check]:
    from twincell_contract.checks import graph, suite
    from twincell_contract.checks.observer import Observer

    from twincell_cell.supervisor import CellError

    with Observer(facts(config), config.full_namespace, domain=config.domain) as cell:
        if not graph.discover(cell):
            raise CellError(
                f"no cell runs in namespace '{config.full_namespace}' of domain {config.domain}; "
                "start one with twincell up"
            )
        for check in suite.check(cell, only_watch=only_watch):
            yield check
            between()
