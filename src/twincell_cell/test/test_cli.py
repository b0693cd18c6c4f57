"""The command line: answers at once, wrong words in one line, exit code 2, nothing started."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from twincell_cell import cli

WRONG = [
    (["up", "--robot", "kuka"], "kuka"),
    (["up", "--backend", "warp"], "warp"),
    (["demo", "--episodes", "-3"], "episodes"),
    (["demo", "--episodes", "many"], "many"),
    (["demo", "--robot", "xarm7", "--scene", "nowhere.yaml"], "nowhere.yaml"),
    (["demo", "--policy", "nosuch"], "nosuch"),
    (["demo", "--seed", "x"], "x"),
    (["demo", "--json", "/nowhere/out.json"], "/nowhere"),
    (["demo", "--fast"], "--fast"),
    (["policy", "check", "/nonexistent"], "/nonexistent"),
    (["policy"], "VERB"),
    (["status", "--domain", "999"], "999"),
    (["dance"], "dance"),
    ([], "VERB"),
]


@pytest.mark.parametrize(("words", "named"), WRONG)
def test_wrong_words(words: list[str], named: str, capsys: pytest.CaptureFixture[str]) -> None:
    kept = [(number, signal.getsignal(number)) for number in (signal.SIGTERM, signal.SIGHUP)]
    try:
        code = cli.main(words)
    except SystemExit as exit_:
        code = exit_.code
    finally:
        for number, handler in kept:
            signal.signal(number, handler)
    out, err = capsys.readouterr()
    assert code == 2
    assert out == ""
    assert err.startswith("twincell: error: ") and err.count("\n") == 1 and named in err


def children_cpu() -> float:
    """Processor time of this process's ended children [s]."""
    spent = os.times()
    return spent.children_user + spent.children_system


def test_help_is_fast_and_names_every_verb() -> None:
    begin = children_cpu()
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "twincell_cell", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert children_cpu() - begin < 3.0  # of the processor: the wall's clock counts what else runs here
    for verb in ("demo", "up", "status", "policy"):
        assert f"\n    {verb} " in done.stdout
    imported = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines()}
    assert not imported & {"numpy", "mujoco", "rclpy", "onnxruntime"}, "help has to stay fast"


def test_every_verb_has_a_name_and_one_line_of_help() -> None:
    for module in cli.modules():
        assert module.NAME and module.HELP and "\n" not in module.HELP
        assert module.__doc__


def test_a_cell_error_is_one_line_and_code_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from twincell_cell.supervisor import CellError

    def fail(argv: object) -> None:
        raise CellError("node 'arm' ended:\n  its log says so")

    monkeypatch.setattr(cli, "parser", lambda: type("P", (), {"parse_args": staticmethod(fail)})())
    assert cli.main([]) == 1
    assert capsys.readouterr().err == "twincell: error: node 'arm' ended: its log says so\n"


@pytest.mark.parametrize(("words", "left_out"), [([], ()), (["--without-policy"], ("policy",))])
def test_up_can_leave_out_the_policy_node(
    words: list[str], left_out: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from twincell_cell import session

    asked: list[object] = []

    class Session:
        def __init__(self, *_: object, skip: tuple[str, ...], **__: object) -> None:
            asked.append(skip)
            raise session.CellError("not started")

    monkeypatch.setenv("TWINCELL_RUNS", str(tmp_path))
    monkeypatch.setattr(session, "CellSession", Session)
    kept = [(number, signal.getsignal(number)) for number in (signal.SIGTERM, signal.SIGHUP)]
    try:
        assert cli.main(["up", "--robot", "ur5", "--headless", *words]) == 1
    finally:
        for number, handler in kept:
            signal.signal(number, handler)
    assert asked == [left_out]


def test_sigterm_unwinds_like_ctrl_c(tmp_path: Path) -> None:
    script = (
        "import sys, time\nfrom twincell_cell import cli\n"
        "class P:\n"
        "    def parse_args(self, argv):\n"
        "        try:\n"
        "            print('up', flush=True)\n"
        "            time.sleep(30)\n"
        "        finally: print('unwound', flush=True)\n"
        "cli.parser = P\nsys.exit(cli.main([]))\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    process.terminate()
    out, _ = process.communicate(timeout=20.0)
    assert out == "unwound\n" and process.returncode == 143
