"""Every example runs against a cell."""

import subprocess
import sys
from pathlib import Path

import pytest
from twincell_runtime.polled import PolledSubscription

from twincell_contract import names, qos
from twincell_msgs.msg import ControllerStatus

FOLDER = Path(__file__).resolve().parents[1] / "examples"
EXAMPLES = sorted(FOLDER.glob("[0-9]*.py"))
OWN_POLICY, READ_A_BAG = FOLDER / "06_write_your_own_policy.py", FOLDER / "07_read_a_bag.py"
STOP = FOLDER / "08_stop_and_reset.py"
IN_A_WHOLE_CELL = [path for path in EXAMPLES if path not in (OWN_POLICY, READ_A_BAG, STOP)]


def test_the_readme_lists_every_example() -> None:
    text = (FOLDER / "README.md").read_text()
    assert EXAMPLES and all(f"| {path.name} |" in text for path in EXAMPLES)


def run(path: Path, session, *words: str) -> tuple[int, str, int]:
    """Exit code and output of an example, and the reason bits of the controller while it ran."""
    statuses = PolledSubscription(session.node, ControllerStatus, names.CONTROLLER_STATUS, qos.streaming(50))
    reasons = 0

    def watch() -> None:
        nonlocal reasons
        for received in statuses.take_all():
            for bits in received.msg.tick_reasons:
                reasons |= int(bits)

    session.hooks.append(watch)
    process = subprocess.Popen(
        [sys.executable, str(path), *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        ended = session.spin_until(lambda: process.poll() is not None, 60.0)
    finally:
        process.kill()
        out = process.communicate()[0]
        session.hooks.remove(watch)
        statuses.destroy()
    assert ended, f"{path.name} did not end within 60 s: {out}"
    return process.returncode, out, reasons


def check(path: Path, session, recover, stalls: int) -> str:
    """Run an example until it succeeds, again only where a busy machine stalled the cell; its output."""
    for _ in range(3):
        recover(session)
        code, out, reasons = run(path, session, "--namespace", session.config.namespace)
        if code == 0 or not reasons & stalls:
            break
    assert code == 0, f"{path.name}: {out}"
    assert out.strip(), f"{path.name} printed nothing"
    return out


@pytest.mark.timeout(400)
def test_every_example_runs(start_cell, recover, stalls) -> None:
    session = start_cell(namespace="examples")
    for path in IN_A_WHOLE_CELL:
        check(path, session, recover, stalls)
    check(STOP, session, recover, stalls)
    assert session.spin_until(lambda: session.controller_status().mode == ControllerStatus.MODE_STOPPED, 10.0)
    code, out, _ = run(STOP, session, "--namespace", "examples", "--reset")
    assert code == 0, out
    recover(session)
    # Two publishers of one source stop the arm: the cell has its own policy node.
    code, out, _ = run(OWN_POLICY, session, "--namespace", "examples")
    assert code == 1 and "publish" in out, out


@pytest.mark.timeout(240)
def test_a_policy_of_ones_own_and_a_bag_of_what_it_did(start_cell, recover, stalls, tmp_path: Path) -> None:
    bag = tmp_path / "bag"
    session = start_cell(namespace="examples", skip=("policy",), record=str(bag))
    check(OWN_POLICY, session, recover, stalls)
    assert session.supervisor.end("recorder", 30.0) == 0
    code, out, _ = run(READ_A_BAG, session, str(bag))
    assert code == 0, out
    assert "/examples/policy/joint_jog" in out and "/examples/controller/status" in out
    speed = float(out.rsplit("largest joint speed: ", 1)[1].split()[0])
    assert 0.2 < speed < 0.5, out  # it asks for 0.3 rad/s
    code, out, _ = run(READ_A_BAG, session, str(tmp_path / "none"))
    assert code == 1 and "is no bag" in out
