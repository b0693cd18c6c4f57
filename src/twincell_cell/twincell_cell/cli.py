"""The `twincell` command.

Each verb is a module in commands/ with NAME, HELP, add_arguments(parser) and run(args) -> exit code. Verbs import
what they need inside run, so that `twincell --help` and a wrong word answer at once.

Exit codes: 0 it ran, 1 it ran and failed, 2 wrong words or wrong input, 130 interrupted.
"""

from __future__ import annotations

import argparse
import importlib
import os
import pkgutil
import signal
import sys
from collections.abc import Sequence
from types import FrameType, ModuleType
from typing import NoReturn

from twincell_model.errors import UserError

from twincell_cell import commands

ORDER = ("demo", "up", "status", "check", "policy", "bag", "bench", "doctor")

DESCRIPTION = """\
A robot cell in three worlds: MuJoCo, emulated vendor controllers, real arms. The same ROS 2 graph in each.
"""

EPILOG = """\
examples:
  twincell demo --robot ur5e              a UR5e reaches targets
  twincell up --robot xarm7               a cell that runs until Ctrl-C, with a viewer
  twincell status                         what the running cell does, and why
  twincell check --robot ur5e             does the arm keep the contract?
  twincell VERB --help                    the options of a verb
"""


class Parser(argparse.ArgumentParser):
    """An ArgumentParser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        print(f"twincell: error: {message} (see: {self.prog} --help)", file=sys.stderr)
        raise SystemExit(2)


class Terminated(KeyboardInterrupt):
    """SIGTERM or SIGHUP arrived: unwinds like Ctrl-C."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb and return its exit code."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _terminate)
    try:
        args = parser().parse_args(argv)
        return int(args.run(args))
    except UserError as error:
        return _fail(error, 2)
    except KeyboardInterrupt as interrupt:
        return 143 if isinstance(interrupt, Terminated) else 130
    except BrokenPipeError:  # `twincell status | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except RuntimeError as error:
        from twincell_cell.supervisor import CellError

        if isinstance(error, CellError):
            return _fail(error, 1)
        raise


def parser() -> Parser:
    """The whole command line."""
    top = Parser(
        prog="twincell",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = top.add_subparsers(title="verbs", dest="verb", metavar="VERB", required=True)
    for module in modules():
        verb = verbs.add_parser(
            module.NAME,
            help=module.HELP,
            description=module.__doc__,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(verb)
        verb.set_defaults(run=module.run)
    return top


def modules() -> list[ModuleType]:
    """The verbs found in commands/, known ones first."""
    names = [item.name for item in pkgutil.iter_modules(commands.__path__)]
    names.sort(key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name))
    return [importlib.import_module(f"{commands.__name__}.{name}") for name in names]


def _fail(error: Exception, code: int) -> int:
    sentence = " ".join(str(error).split())
    print(f"twincell: error: {sentence}", file=sys.stderr)
    return code


def _terminate(number: int, frame: FrameType | None) -> None:
    raise Terminated


if __name__ == "__main__":
    sys.exit(main())
