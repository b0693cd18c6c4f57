"""The doctor finds what is broken, names the remedy, and goes on when a check itself breaks."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from twincell_cell.doctor import machine, software
from twincell_cell.doctor.finding import FAIL, OK, WARN, Finding
from twincell_model.errors import UserError

from twincell_cell import cli, doctor


def by_name(findings: Iterator[Finding]) -> dict[str, Finding]:
    return {finding.name: finding for finding in findings}


def test_every_warning_and_failure_has_a_remedy() -> None:
    findings = list(doctor.examine("ur5e", tuple(c for c in doctor.CHECKS if c is not machine.latency)))
    assert len(findings) >= 14
    assert [f for f in findings if f.level != OK and not f.remedy] == []
    assert [f for f in findings if f.detail.startswith("the check broke")] == []


def test_wrong_version_of_a_package_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pins = tmp_path / "pins.txt"
    pins.write_text("numpy==0.0.1\nno-such-package==1\nnot-for-us==1 ; python_version < '3'\n")
    monkeypatch.setattr(software, "requirements_file", lambda: pins)
    finding = by_name(software.python())["packages"]
    assert finding.level == FAIL
    assert "numpy" in finding.detail
    assert "no-such-package is missing" in finding.detail
    assert "not-for-us" not in finding.detail


def test_other_version_from_a_sourced_ros_warns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pins = tmp_path / software.SOURCED
    pins.write_text("numpy==0.0.1\n")
    monkeypatch.setattr(software, "requirements_file", lambda: pins)
    assert by_name(software.python())["packages"].level == WARN


@pytest.mark.parametrize(("free_mebi", "level"), [(8, FAIL), (40, WARN), (512, OK)])
def test_small_shared_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free_mebi: int, level: str
) -> None:
    usage = SimpleNamespace(total=1024 * machine.MEBI, free=free_mebi * machine.MEBI)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage)
    finding = by_name(machine.shared_memory(tmp_path))["/dev/shm"]
    assert finding.level == level
    assert ("--shm-size" in finding.remedy) == (level != OK)


def test_stale_segments_are_counted(tmp_path: Path) -> None:
    for name in ("fastdds_0123456789abcdef", "fastdds_0123456789abcdef_el"):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, times=(time.time() - 60, time.time() - 60))
    finding = by_name(machine.shared_memory(tmp_path))["stale segments"]
    assert finding.level == WARN
    assert finding.detail.startswith("2 files")


def test_graphics_that_does_not_render(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUJOCO_GL", "no_such_back_end")
    finding = by_name(machine.graphics())["graphics"]
    assert finding.level == WARN
    assert "no_such_back_end" in finding.detail
    assert "apt-get install" in finding.remedy


def test_blank_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = subprocess.CompletedProcess([], 0, json.dumps({"renderer": "x", "ms": 1.0, "blank": True}), "")
    monkeypatch.setattr(machine, "run_child", lambda words: answer)
    assert by_name(machine.graphics())["graphics"].level == WARN


@pytest.mark.parametrize("content", [None, "<profiles>"])
def test_unusable_dds_profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None) -> None:
    profile = tmp_path / "profile.xml"
    if content is not None:
        profile.write_text(content)
    monkeypatch.setenv("FASTDDS_DEFAULT_PROFILES_FILE", str(profile))
    finding = by_name(software.discovery())["dds profile"]
    assert finding.level == FAIL
    assert str(profile) in finding.detail


def test_latency_without_permission_for_fifo(monkeypatch: pytest.MonkeyPatch) -> None:
    report = {"fifo": False, "p50_ms": 0.1, "p99_ms": 9.0, "max_ms": 20.0, "stolen": 0.2}
    answer = subprocess.CompletedProcess([], 0, json.dumps(report), "")
    monkeypatch.setattr(machine, "run_child", lambda words, **environment: answer)
    findings = by_name(machine.latency())
    assert {name: f.level for name, f in findings.items()} == {
        "wake-up, normal": WARN,
        "wake-up, SCHED_FIFO": WARN,
        "steal": WARN,
    }
    assert "rtprio" in findings["wake-up, SCHED_FIFO"].remedy


def test_a_check_that_breaks_is_a_finding() -> None:
    def broken() -> Iterator[Finding]:
        raise OSError("no such organ")
        yield

    findings = list(doctor.examine(checks=(broken, software.compiler)))
    assert findings[0].level == FAIL
    assert "no such organ" in findings[0].detail
    assert len(findings) == 2


def test_unknown_robot() -> None:
    with pytest.raises(UserError, match="kuka"):
        list(doctor.examine("kuka", checks=()))


@pytest.mark.parametrize(("level", "code"), [(OK, 0), (WARN, 0), (FAIL, 1)])
def test_command_writes_json_and_tells_by_its_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], level: str, code: int
) -> None:
    monkeypatch.setattr(
        doctor, "examine", lambda robot: iter([Finding("organ", level, "[detail]", "a remedy")])
    )
    assert cli.main(["doctor", "--json", str(tmp_path / "out.json")]) == code
    report = json.loads((tmp_path / "out.json").read_text())
    assert report["checks"] == [{"name": "organ", "level": level, "detail": "[detail]", "remedy": "a remedy"}]
    assert report[level.lower()] == 1
    assert "[detail]" in capsys.readouterr().out
