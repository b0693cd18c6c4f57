"""Where bags go, what travels in them, and the verb that looks at them."""

import json
import os
import signal
import subprocess
import time
from types import SimpleNamespace

import pytest
from twincell_bag.metadata import TopicInfo, qos_entry
from twincell_bag.writer import BagWriter
from twincell_cell.cli import main
from twincell_cell.config import CellConfig
from twincell_cell.supervisor import Supervisor
from twincell_model.errors import UserError

from twincell_cell import graph, provenance, recording


@pytest.fixture(autouse=True)
def runs(tmp_path, monkeypatch):
    monkeypatch.setenv("TWINCELL_RUNS", str(tmp_path / "runs"))


@pytest.fixture
def bag(tmp_path):
    from twincell_bag.definitions import find

    writer = BagWriter(tmp_path / "bag")
    writer.note("twincell", {"robot": "xarm7", "command": "twincell demo", "git_commit": "abc"})
    writer.attach("contract.md", b"x")
    writer.attach("config/safety/slow.yaml", b"x")
    kind = find("std_msgs/msg/Float64")
    entry = qos_entry("unknown", 0, "reliable", "volatile")
    channel = writer.add_topic(TopicInfo("/speed", kind.name, kind.hash, [entry]), kind)
    for k in range(101):
        writer.write(channel, 10**18 + k * 10**7, 10**18 + k * 10**7, b"\0\1\0\0" + bytes(8), k + 1)
    writer.close()
    return tmp_path / "bag"


def test_the_graph_has_a_recorder_on_demand() -> None:
    nodes = {node.name: node for node in graph.build(CellConfig(record="/tmp/b", provenance="/tmp/p"))}
    assert nodes["recorder"].params["folder"] == "/tmp/b" and not nodes["recorder"].essential
    assert "recorder" not in {node.name for node in graph.build(CellConfig())}


def test_a_bag_goes_into_the_folder_of_the_run_unless_one_is_named(tmp_path) -> None:
    config, logs = recording.prepare(CellConfig(), recording.AUTO, "test")
    assert config.record == str(logs / "bag")
    facts = json.loads((logs / "provenance" / "metadata.json").read_text())
    assert facts["robot"] == "ur5e" and facts["safety"] == "slow"
    config, _ = recording.prepare(CellConfig(), str(tmp_path / "mine"), "test")
    assert config.record == str(tmp_path / "mine")
    assert recording.prepare(CellConfig(), "", "test")[0].record == ""
    with pytest.raises(UserError, match="--record .*does not exist"):
        recording.prepare(CellConfig(), str(tmp_path / "no" / "bag"), "test")


def test_provenance_holds_contract_configuration_and_policy() -> None:
    from twincell_model import paths

    found = provenance.collect(CellConfig(), str(paths.policies() / "reach_ur5e"))
    assert {
        "contract.md",
        "config/robots/ur5e.yaml",
        "config/safety/slow.yaml",
        "config/scenes/reach.yaml",
        "config/tasks/reach.yaml",
        "policies/reach_ur5e/manifest.yaml",
    } <= set(found.files)
    assert found.facts["policy"] == "reach_ur5e" and found.facts["mujoco_version"]


def test_git_state_in_words(tmp_path) -> None:
    assert provenance.git_state(tmp_path) == {"git_state": "not a git checkout"}

    def git(*words: str) -> None:
        name = ("-c", "user.name=t", "-c", "user.email=t@example.org")
        subprocess.run(["git", "-C", str(tmp_path), *name, *words], check=True, capture_output=True)

    git("init")
    (tmp_path / "a").write_text("1\n")
    git("add", "a")
    git("commit", "-m", "a")
    state = provenance.git_state(tmp_path)
    assert state["git_state"] == "clean" and len(state["git_commit"]) == 40 and state["diff"] == ""
    (tmp_path / "a").write_text("2\n")
    state = provenance.git_state(tmp_path)
    assert state["git_state"] == "1 files differ from the commit" and "+2" in state["diff"]


def test_one_process_can_be_ended_before_the_others(tmp_path) -> None:
    class Server(graph.NodeSpec):
        def ros_arguments(self) -> list[str]:
            return ["0"]

    nodes = [Server(name, "p", "e", "http.server", essential=False) for name in ("a", "b")]
    with Supervisor(nodes, tmp_path) as supervisor:
        assert supervisor.exit_code("a") is None
        supervisor.end("a", 5.0)
        assert supervisor.exit_code("a") is not None and supervisor.exit_code("b") is None


def test_info_check_and_repair(bag, tmp_path, capsys) -> None:
    out = tmp_path / "out.json"
    assert main(["bag", "info", str(bag), "--json", str(out)]) == 0
    told = json.loads(out.read_text())
    assert told["messages"] == 101 and told["facts"]["robot"] == "xarm7"
    assert told["topics"][0]["name"] == "/speed"
    assert "100.0" in capsys.readouterr().out
    assert main(["bag", "check", str(bag), "--json", str(out)]) == 0
    assert json.loads(out.read_text())["failed"] == 0
    assert main(["bag", "repair", str(bag)]) == 0
    assert "is whole: 101 messages" in capsys.readouterr().out
    file = bag / "bag_0.mcap"
    file.write_bytes(file.read_bytes()[:-50])
    assert main(["bag", "check", str(bag)]) == 1
    assert main(["bag", "info", str(bag)]) == 2
    assert "twincell bag repair" in capsys.readouterr().err
    assert main(["bag", "repair", str(bag)]) == 0
    assert main(["bag", "check", str(bag)]) == 0


def test_a_bag_that_is_not_there(tmp_path, capsys) -> None:
    for verb in ("info", "check", "repair"):
        assert main(["bag", verb, str(tmp_path / "none")]) == 2
        assert capsys.readouterr().err == f"twincell: error: there is no bag '{tmp_path / 'none'}'\n"


class _Recorder(graph.NodeSpec):
    """A recorder that waits, or ends with an error as the real one does."""

    def ros_arguments(self) -> list[str]:
        return ["0"]


@pytest.mark.parametrize(
    ("module", "kill", "words"),
    [
        ("http.server", True, "was killed by SIGKILL; mend what it left with: twincell bag repair"),
        ("twincell_cell.test_none", False, "No module named"),
    ],
)
def test_a_recorder_that_did_not_end_well_is_told(tmp_path, module, kill, words) -> None:
    with Supervisor([_Recorder("recorder", "p", "e", module, essential=False)], tmp_path) as supervisor:
        if kill:
            os.kill(supervisor.pids["recorder"], signal.SIGKILL)
        while supervisor.exit_code("recorder") is None:
            time.sleep(0.02)
        session = SimpleNamespace(config=CellConfig(record=str(tmp_path / "none")), supervisor=supervisor)
        found = recording.finish(session)
    assert words in found.note and not found.as_dict()["complete"]


def test_a_whole_recording_has_no_note(bag, tmp_path) -> None:
    supervisor = SimpleNamespace(end=lambda name, patience: 0)
    found = recording.finish(SimpleNamespace(config=CellConfig(record=str(bag)), supervisor=supervisor))
    assert found.as_dict() == {
        "bag": str(bag),
        "messages": 101,
        "bytes": (bag / "bag_0.mcap").stat().st_size,
        "duration_s": 1.0,
        "note": "",
        "complete": True,
    }
