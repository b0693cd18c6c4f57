"""One cell per ROS domain and namespace on a host: a lock file that also says who holds it."""

from __future__ import annotations

import fcntl
import json
import os
import re
import tempfile
from pathlib import Path
from typing import Any, final

from twincell_cell.supervisor import CellError


def folder() -> Path:
    """The user's own folder for locks (mode 0700). Raises CellError when somebody else owns it."""
    path = Path(tempfile.gettempdir()) / f"twincell-{os.getuid()}"
    path.mkdir(mode=0o700, exist_ok=True)
    status = path.lstat()
    if path.is_symlink() or status.st_uid != os.getuid():
        raise CellError(f"folder {path} belongs to somebody else; remove it")
    return path


def lock_file(domain: int, namespace: str) -> Path:
    """Lock of the cell in a domain and namespace."""
    word = re.sub(r"[^A-Za-z0-9_]", ".", namespace.strip("/"))
    return folder() / f"cell-{domain}-{word}.lock"


@final
class CellLock:
    """Held while a cell runs; the kernel lets go of it when the process dies, however it dies."""

    def __init__(self, domain: int, namespace: str, note: dict[str, Any] | None = None) -> None:
        self.path = lock_file(domain, namespace)
        self._domain = domain
        self._namespace = namespace
        self._note = note or {}
        self._descriptor = -1

    def acquire(self) -> None:
        """Take the lock. Raises CellError naming the process that holds it."""
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _read(descriptor).get("pid", "unknown")
            os.close(descriptor)
            where = f"namespace '/{self._namespace.strip('/')}' of domain {self._domain}"
            raise CellError(
                f"a cell already runs in {where} (process {holder}); stop it, or choose another --namespace or --domain"
            ) from None
        self._descriptor = descriptor
        self.write({"pid": os.getpid(), **self._note})

    def write(self, note: dict[str, Any]) -> None:
        """Replace what the lock says about its holder."""
        text = json.dumps(note).encode()
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, text, 0)

    def release(self) -> None:
        """Let go. The file stays: removing it would race with a process that waits to open it."""
        if self._descriptor >= 0:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> CellLock:
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def holder(domain: int, namespace: str) -> dict[str, Any] | None:
    """What the running cell of a domain and namespace wrote about itself, None where none runs."""
    path = lock_file(domain, namespace)
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(descriptor)
    finally:
        os.close(descriptor)
    return None


def _read(descriptor: int) -> dict[str, Any]:
    try:
        note = json.loads(os.pread(descriptor, 65536, 0))
    except ValueError:
        return {}
    return note if isinstance(note, dict) else {}
