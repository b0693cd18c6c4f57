"""Where a run comes from: command line, versions, git state, the contract and the configuration files it used.

Travels in bags as attachments and metadata, and is shown in reports.
"""

from __future__ import annotations

import json
import os
import platform
import shlex
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from twincell_cell.config import CellConfig
from twincell_model import paths

_PACKAGES = ("mujoco", "numpy", "ruckig", "onnxruntime", "mcap")
_GIT_S = 5.0
# A working tree with generated files in it must not make a bag of megabytes.
_DIFF_BYTES = 1 << 20


@dataclass(frozen=True)
class Provenance:
    """`facts` are short texts by name, `files` contents by the path they get in a bag."""

    facts: dict[str, str]
    files: dict[str, bytes]

    def write(self, folder: Path) -> Path:
        """Write everything below `folder`, as the recorder takes it: the files, and metadata.json."""
        for name, data in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "metadata.json").write_text(json.dumps(self.facts, indent=2) + "\n")
        return folder


def collect(config: CellConfig, policy: str = "", **facts: str) -> Provenance:
    """The provenance of a run of `config` with the policy package at `policy` (empty without one)."""
    from twincell_contract import document

    files = {"contract.md": document.text().encode()}
    for kind, name in (
        ("robots", config.robot),
        ("safety", config.safety),
        ("scenes", config.scene),
        ("tasks", config.task),
        ("cameras/sets", config.cameras),
    ):
        path = _config_file(kind, name)
        if name and path.is_file():
            files[f"config/{kind}/{path.name}"] = path.read_bytes()
    if config.params_file:
        files["config/params.yaml"] = Path(config.params_file).read_bytes()
    if policy:
        for name in ("manifest.yaml", "MODEL_CARD.md"):
            path = Path(policy) / name
            if path.is_file():
                files[f"policies/{Path(policy).name}/{name}"] = path.read_bytes()
    git = git_state(paths.root())
    diff = git.pop("diff", "")
    if diff:
        files["git.diff"] = diff.encode()[:_DIFF_BYTES]
    known = {
        "robot": config.robot,
        "variant": config.variant or "default",
        "backend": config.backend,
        "scene": config.scene,
        "task": config.task,
        "cameras": config.cameras,
        "safety": config.safety,
        "clock": config.clock,
        "policy": Path(policy).name if policy else "",
        "command": shlex.join(["twincell", *sys.argv[1:]]),
        "ros_distro": os.environ.get("ROS_DISTRO", ""),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}, {os.cpu_count()} cores",
        **{f"{name}_version": _version(name) for name in _PACKAGES},
        **git,
        **facts,
    }
    return Provenance({key: value for key, value in known.items() if value}, files)


def git_state(folder: Path) -> dict[str, str]:
    """`git_commit`, `git_state` in words and `diff` against the commit; only the state where there is no git."""
    commit = _git(folder, "rev-parse", "HEAD")
    if commit is None:
        return {"git_state": "not a git checkout"}
    changed = [line for line in (_git(folder, "status", "--porcelain") or "").splitlines() if line]
    words = "clean" if not changed else f"{len(changed)} files differ from the commit"
    return {
        "git_commit": commit.strip(),
        "git_state": words,
        "diff": _git(folder, "diff", "HEAD") or "" if changed else "",
    }


def _git(folder: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *words],
            capture_output=True,
            timeout=_GIT_S,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode(errors="replace") if done.returncode == 0 else None


def _config_file(kind: str, name: str) -> Path:
    if name.endswith((".yaml", ".yml")) or "/" in name:
        return Path(name)
    return paths.config(kind, f"{name}.yaml")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
