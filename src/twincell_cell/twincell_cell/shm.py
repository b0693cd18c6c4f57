"""Fast DDS's files in /dev/shm: which of them were left by dead processes, and their removal.

A process that is killed leaves its shared-memory segment (4.3 MB with config/dds/loopback.xml), its ports and their
mutexes. What was found by experiment with Fast DDS 2.14 (Jazzy, `fastrtps_`) and 3.2 (Kilted, `fastdds_`):

* a segment `<prefix>_<16 hex digits>` belongs to the process that holds a flock on `<name>_el`, made before it;
* a port `<prefix>_port<number>` is read by whoever holds a flock on `<name>_el` or `<name>_sl`, and its mutex is
  `sem.<name>_mutex`. Writers map a port without any lock and go on using their mapping: a port that is removed under a
  living writer and made anew by the next reader splits the two, so a port is stale only when no process maps it.
"""

from __future__ import annotations

import fcntl
import os
import re
import time
from collections.abc import Iterable
from pathlib import Path

SHM = Path("/dev/shm")
# A process makes its lock file a moment before it locks it. [s]
MIN_AGE = 1.0
_SEGMENT = re.compile(r"(?:fastrtps|fastdds)_[0-9a-f]{16}")
_PORT = re.compile(r"(?:fastrtps|fastdds)_port\d+")
_DECORATION = re.compile(r"^sem\.|_mutex$|_[es]l$")


def _is_locked(path: Path) -> bool:
    """Whether some process holds a flock on the file; True where that cannot be found out."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    except PermissionError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _mapped(folder: Path) -> set[str]:
    """Names of the files of `folder` that a living process (whose maps may be read) has mapped."""
    prefix = f"{folder}/"
    names: set[str] = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            text = (process / "maps").read_text(errors="replace")
        except OSError:  # gone, or another user's
            continue
        if prefix in text:
            names.update(line.rsplit(prefix, 1)[1] for line in text.splitlines() if prefix in line)
    return names


def _is_young(paths: Iterable[Path], now: float) -> bool:
    """Whether any of the files was changed less than MIN_AGE ago, by the file system's (wall) clock."""
    for path in paths:
        try:
            if now - path.stat().st_mtime < MIN_AGE:
                return True
        except FileNotFoundError:
            continue
    return False


def stale_files(folder: Path = SHM) -> list[Path]:
    """Files of Fast DDS whose owner is dead and which no living process needs, sorted by name."""
    groups: dict[str, list[Path]] = {}
    for path in folder.iterdir() if folder.is_dir() else ():
        name = _DECORATION.sub("", _DECORATION.sub("", path.name))
        if _SEGMENT.fullmatch(name) or _PORT.fullmatch(name):
            groups.setdefault(name, []).append(path)

    now = time.time()  # compared with file times only
    unlocked = {
        name: paths
        for name, paths in groups.items()
        if not _is_young(paths, now)
        and not any(_is_locked(folder / f"{name}{lock}") for lock in ("_el", "_sl"))
    }
    mapped = _mapped(folder) if any(_PORT.fullmatch(name) for name in unlocked) else set()
    stale: list[Path] = []
    for name, paths in unlocked.items():
        if _SEGMENT.fullmatch(name) or not any(path.name in mapped for path in paths):
            stale += paths
    return sorted(stale)


def clean_stale_segments(folder: Path = SHM) -> int:
    """Removes what stale_files() finds; returns the number of files removed. Files of other users stay."""
    removed = 0
    for path in stale_files(folder):
        try:
            path.unlink()
            removed += 1
        except (FileNotFoundError, PermissionError):
            continue
    return removed
