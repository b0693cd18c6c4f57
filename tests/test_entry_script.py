"""The entry script `twincell`: what it does on first and later runs, after interruptions, and with wrong words.

Its decisions are tested on a copy of the repository's set-up files with a stand-in for the interpreter, which notes
what it is asked to do; that the real steps work is shown by running these tests at all.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# Answers like python for `-m venv`, `-m pip`, `-m colcon` and `-m twincell_cell.cli`, and notes each call.
INTERPRETER = """#!/usr/bin/env bash
case "$1 ${2:-}" in
  "--version ") echo "Python 3.11.0" ;;
  "-m venv")
    folder=${!#}; rm -rf "$folder"
    mkdir -p "$folder/bin" "$folder/lib/python3.11/site-packages" "$folder/share"
    cp "$0" "$folder/bin/python"; echo "venv ${*:3:$#-3}" >>"$CALLS" ;;
  "-m pip") echo "pip ${!#}" >>"$CALLS"; sleep "${PIP_TAKES:-0}"; [ -z "${PIP_BREAKS:-}" ] ;;
  "-m colcon")
    while [ "$1" != --install-base ]; do shift; done
    mkdir -p "$2"; echo "colcon $*" >>"$CALLS" ;;
  "-m twincell_cell.cli") echo "cli ${*:3}" >>"$CALLS" ;;
esac
"""


class Copy:
    """A copy of the set-up files in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "copy"
        self.calls_file = folder / "calls"
        self.interpreter = folder / "python"
        self.interpreter.write_text(INTERPRETER)
        self.interpreter.chmod(0o755)
        for name in ("twincell", "colcon.meta", "requirements", "src", "config/dds"):
            if (ROOT / name).is_dir():
                shutil.copytree(
                    ROOT / name, self.root / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
                )
            else:
                self.root.mkdir(exist_ok=True)
                shutil.copy2(ROOT / name, self.root / name)

    def environment(self, **extra: str) -> dict[str, str]:
        mine = {"TWINCELL_PYTHON": str(self.interpreter), "TWINCELL_APT": "0", "CALLS": str(self.calls_file)}
        return {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **mine, **extra}

    def run(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [str(self.root / "twincell"), *words]
        return subprocess.run(command, env=self.environment(**environment), capture_output=True, text=True)

    def calls(self) -> list[str]:
        """First words of the calls since the last time."""
        if not self.calls_file.exists():
            return []
        lines = self.calls_file.read_text().splitlines()
        self.calls_file.unlink()
        return [line.split()[0] for line in lines]


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy(tmp_path)


def test_first_run_sets_up_and_the_second_only_starts(copy: Copy) -> None:
    first = copy.run("demo", "--robot", "ur5e")
    assert first.returncode == 0, first.stderr
    assert copy.calls() == ["venv", "pip", "colcon", "cli"]
    assert "building the workspace" in first.stderr

    before = os.times()
    second = copy.run("demo", "--robot", "ur5e")
    after = os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    assert spent < 1.0  # s of the processor: the wall's clock counts what else runs here
    assert second.stderr == ""
    assert copy.calls() == ["cli"]


def test_only_what_changed_is_done_again(copy: Copy) -> None:
    copy.run("setup")
    copy.calls()
    with open(copy.root / "src/twincell_msgs/msg/ArmStatus.msg", "a") as file:
        file.write("\nbool extra\n")
    copy.run("setup")
    assert copy.calls() == ["colcon"]
    with open(copy.root / "requirements/runtime-jazzy.txt", "a") as file:
        file.write("six==1.17.0\n")
    copy.run("setup")
    assert copy.calls()[0] == "pip"


def test_failed_installation_names_the_log_and_starts_afresh(copy: Copy) -> None:
    broken = copy.run("setup", PIP_BREAKS="1")
    assert broken.returncode != 0
    assert str(copy.root / "log/setup.log") in broken.stderr
    assert "Traceback" not in broken.stderr
    copy.calls()
    assert copy.run("setup").returncode == 0
    assert copy.calls() == ["venv", "pip", "colcon"]


def test_two_first_runs_at_once_set_up_once(copy: Copy) -> None:
    command = [str(copy.root / "twincell"), "setup"]
    environment = copy.environment(PIP_TAKES="1")
    runs = [subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    errors = [run.communicate()[1] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], errors
    assert sorted(copy.calls()) == ["colcon", "pip", "venv"]
    assert any("another set-up is running" in error for error in errors)


def test_distributions_live_side_by_side(copy: Copy) -> None:
    copy.run("setup")
    copy.run("--ros", "kilted", "setup")
    assert copy.calls() == ["venv", "pip", "colcon"] * 2
    copy.run("demo", "--ros=kilted")
    copy.run("demo")
    assert copy.calls() == ["cli", "cli"]
    exports = copy.run("env", "--ros", "kilted").stdout
    assert f"AMENT_PREFIX_PATH={copy.root}/install-kilted:{copy.root}/.venv-kilted\n" in exports
    assert "ROS_DISTRO=kilted" in exports


def test_moved_checkout_is_set_up_anew(copy: Copy) -> None:
    copy.run("setup")
    copy.calls()
    copy.root = copy.root.rename(copy.root.parent / "moved")
    copy.run("setup")
    assert copy.calls() == ["venv", "pip", "colcon"]


def sourced_ros(folder: Path, *packages: str) -> str:
    """A prefix as a ROS 2 installation has it."""
    for package in packages:
        (folder / "share" / package).mkdir(parents=True)
        (folder / "share" / package / "package.xml").touch()
        index = folder / "share/ament_index/resource_index/packages"
        index.mkdir(parents=True, exist_ok=True)
        (index / package).touch()
    return str(folder)


def test_sourced_ros_is_used_as_it_is(copy: Copy, tmp_path: Path) -> None:
    prefix = sourced_ros(tmp_path / "ros", "rclpy", "control_msgs")
    sourced = {"ROS_DISTRO": "jazzy", "AMENT_PREFIX_PATH": prefix, "PYTHONPATH": f"{prefix}/lib"}
    copy.run("setup", **sourced)
    calls = copy.calls_file.read_text()
    assert "--system-site-packages" in calls
    assert "runtime-sourced.txt" in calls
    assert "--packages-skip control_msgs --" in calls
    exports = copy.run("env", **sourced).stdout
    assert f"AMENT_PREFIX_PATH={copy.root}/install-sourced-jazzy:{prefix}\n" in exports
    assert f":{prefix}/lib\n" in exports
    # Asked for by name, the wheels are used, and nothing of the sourced ROS 2 gets in.
    exports = copy.run("env", "--ros", "jazzy", **sourced).stdout
    assert prefix not in exports


def test_environment_is_the_same_inside_itself(copy: Copy) -> None:
    script = f'eval "$({copy.root}/twincell env)"; {copy.root}/twincell env'
    inner = subprocess.run(["bash", "-c", script], env=copy.environment(), capture_output=True, text=True)
    assert inner.stdout == copy.run("env").stdout
    assert copy.calls() == ["venv", "pip", "colcon"]


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (["fly"], "fly"),
        (["--ros", "noetic", "demo"], "noetic"),
        (["demo", "--ros"], "--ros"),
        (["setup", "--fast"], "--fast"),
        (["env", "now"], "now"),
    ],
)
def test_wrong_words_cost_one_sentence_and_no_set_up(copy: Copy, words: list[str], wrong: str) -> None:
    result = copy.run(*words)
    assert result.returncode == 2
    assert wrong in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert copy.calls() == []


def test_missing_compiler_names_the_command(copy: Copy, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("bash", "env", "readlink", "sha256sum", "mkdir", "date", "flock", "id"):
        found = shutil.which(name)
        assert found is not None
        (tools / name).symlink_to(found)
    result = copy.run("demo", PATH=str(tools))
    assert result.returncode == 2
    assert "sudo apt-get install -y gcc g++" in result.stderr
    assert copy.calls() == []
