"""Supervisor: logs, deaths, the ladder of signals, and no orphans."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from twincell_cell.graph import NodeSpec
from twincell_cell.supervisor import LADDER, NodeDied, Supervisor

SLEEPER = "import time\nprint('up', flush=True)\ntime.sleep(60)\n"
STUBBORN = """
import signal, time
[signal.signal(n, signal.SIG_IGN) for n in (2, 15)]
print('up', flush=True)
time.sleep(60)
"""
WITH_CHILD = """
import subprocess, sys, time
child = [sys.executable, '-c', 'import signal, time; signal.signal(2, signal.SIG_IGN); time.sleep(60)']
print(subprocess.Popen(child).pid, flush=True)
time.sleep(60)
"""
FAILING = """
import sys
print('before')
print('arm: error: no such robot', file=sys.stderr)
print('chatter')
sys.exit(2)
"""
RAISING = "raise KeyError('where')\n"


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}")
    supervisors: list[Supervisor] = []

    def make(*sources: str) -> Supervisor:
        nodes = []
        for index, source in enumerate(sources):
            (tmp_path / f"fake_{index}.py").write_text(source)
            nodes.append(NodeSpec(f"fake{index}", "p", "e", f"fake_{index}"))
        supervisors.append(Supervisor(nodes, tmp_path / "logs"))
        return supervisors[-1]

    yield make
    for supervisor in supervisors:
        supervisor.stop()


def until(done: object, seconds: float = 20.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if done():  # type: ignore[operator]
            return True
        time.sleep(0.01)
    return False


def ended(supervisor: Supervisor, name: str) -> bool:
    return not alive(supervisor.pids[name])


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_interrupt_ends_a_plain_process_at_once(module: object) -> None:
    supervisor = module(SLEEPER, SLEEPER)  # type: ignore[operator]
    supervisor.start()
    assert until(lambda: supervisor.tail("fake0") == "up" and supervisor.tail("fake1") == "up")
    begin = time.monotonic()
    supervisor.stop()
    assert time.monotonic() - begin < LADDER[0][1]
    assert not any(alive(pid) for pid in supervisor.pids.values())
    assert {supervisor.exit_code(name) for name in supervisor.pids} == {-signal.SIGINT}, (
        "a later rung was needed"
    )


def test_a_process_that_ignores_signals_is_killed_within_five_seconds(module: object) -> None:
    supervisor = module(STUBBORN)  # type: ignore[operator]
    supervisor.start()
    assert until(lambda: supervisor.tail("fake0") == "up")
    begin = time.monotonic()
    supervisor.stop()
    assert 2.5 < time.monotonic() - begin < 5.0
    assert not alive(supervisor.pids["fake0"])


def test_a_grandchild_is_ended_too(module: object) -> None:
    supervisor = module(WITH_CHILD)  # type: ignore[operator]
    supervisor.start()
    assert until(lambda: supervisor.tail("fake0").isdigit())
    grandchild = int(supervisor.tail("fake0"))
    assert alive(grandchild)
    supervisor.stop()
    assert until(lambda: not alive(grandchild))


def test_a_death_is_told_in_one_sentence_with_the_end_of_the_log(module: object) -> None:
    supervisor = module(SLEEPER, FAILING)  # type: ignore[operator]
    supervisor.start()
    assert until(lambda: ended(supervisor, "fake1"))
    with pytest.raises(NodeDied) as caught:
        supervisor.check()
    text = str(caught.value)
    assert "'fake1' ended with code 2" in text and text.endswith("ends: arm: error: no such robot")


def test_an_exception_is_told_by_its_last_line(module: object) -> None:
    supervisor = module(RAISING)  # type: ignore[operator]
    supervisor.start()
    assert until(lambda: ended(supervisor, "fake0"))
    assert supervisor.tail("fake0") == "KeyError: 'where'"


def test_without_an_error_the_last_lines_are_told(module: object) -> None:
    supervisor = module("[print(i) for i in range(5)]")  # type: ignore[operator]
    supervisor.start()
    assert until(lambda: ended(supervisor, "fake0"))
    assert supervisor.tail("fake0") == "2 | 3 | 4"


def test_a_kill_is_named(module: object) -> None:
    supervisor = module(SLEEPER)  # type: ignore[operator]
    supervisor.start()
    os.kill(supervisor.pids["fake0"], signal.SIGKILL)
    assert until(lambda: ended(supervisor, "fake0"))
    with pytest.raises(NodeDied, match="killed by SIGKILL"):
        supervisor.check()


def test_check_is_silent_while_all_live_and_after_stop(module: object) -> None:
    supervisor = module(SLEEPER)  # type: ignore[operator]
    supervisor.start()
    supervisor.check()
    supervisor.stop()
    supervisor.check()


def test_a_node_that_is_not_essential_may_end_alone(module: object) -> None:
    supervisor = module(SLEEPER, FAILING)  # type: ignore[operator]
    supervisor.nodes = (supervisor.nodes[0], replace(supervisor.nodes[1], essential=False))
    supervisor.start()
    assert until(lambda: ended(supervisor, "fake1"))
    supervisor.check()


def test_niceness_is_set(module: object) -> None:
    source = "import os, time\nprint(os.nice(0), flush=True)\ntime.sleep(60)\n"
    supervisor = module(source)  # type: ignore[operator]
    supervisor.nodes = (replace(supervisor.nodes[0], nice=7),)
    supervisor.start()
    expected = str(min(os.nice(0) + 7, 19))
    assert until(lambda: supervisor.tail("fake0") == expected)


def test_killing_the_parent_kills_the_children(module: object, tmp_path: Path) -> None:
    module(SLEEPER, STUBBORN)  # type: ignore[operator]
    script = textwrap.dedent(
        f"""
        import time
        from pathlib import Path
        from twincell_cell.graph import NodeSpec
        from twincell_cell.supervisor import Supervisor
        nodes = [NodeSpec(f"fake{{i}}", "p", "e", f"fake_{{i}}") for i in range(2)]
        supervisor = Supervisor(nodes, Path({str(tmp_path / "logs")!r}))
        supervisor.start()
        print(*supervisor.pids.values(), flush=True)
        time.sleep(60)
        """
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pids = [int(word) for word in parent.stdout.readline().split()]
    assert len(pids) == 2 and all(alive(pid) for pid in pids)
    parent.kill()
    parent.wait()
    assert until(lambda: not any(alive(pid) for pid in pids))
    parent.stdout.close()
