"""A file for recording: on a full disk it still has room for its own end.

Some bytes are set aside in a second, nameless file. When the disk is full that file is given up, and what was to be
written goes there: the last chunk and the index. The nameless file is gone with the process, whatever ends it.
"""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from typing import final

RESERVE = 4 << 20
# The index at the end of an MCAP file grows by some 500 bytes per MiB chunk; twice that is set aside.
_RESERVE_SHARE = 1024
_STEP = 64 << 20
_FULL = (errno.ENOSPC, errno.EDQUOT)


@final
class RecordingFile:
    """Write-only, append-only, without a buffer. `full` says why nothing more should be written; empty while it may."""

    def __init__(self, path: Path, reserve: int = RESERVE) -> None:
        """Create `path`, which must not exist. Raises OSError."""
        self.full = ""
        self._path = path
        self._position = 0
        self._least = reserve
        self._reserved = 0
        self._spare = -1
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        try:
            # Not O_TMPFILE: overlay file systems do not have it.
            hidden = path.with_name(f".{path.name}.spare")
            self._spare = os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            hidden.unlink()
            self._set_aside()
        except OSError:
            self.close()
            raise

    def tell(self) -> int:
        """Bytes written."""
        return self._position

    def flush(self) -> None:
        """Nothing waits here: every write has gone to the system."""

    def write(self, data: bytes | bytearray | memoryview) -> int:
        """Write all of `data`, out of the reserve when the disk is full. Raises OSError when that is used up too."""
        view = memoryview(data).cast("B")
        total = len(view)
        while len(view):
            try:
                count = os.write(self._file, view)
            except OSError as error:
                if error.errno not in _FULL or self._spare < 0:
                    raise
                self.full = f"the disk that holds '{self._path.parent}' is full"
                self._give_up_reserve()
                continue
            view = view[count:]
            self._position += count
        if not self.full and self._position // _RESERVE_SHARE + self._least > self._reserved:
            self._set_aside()
        return total

    def _set_aside(self) -> None:
        """Keep the reserve as large as the end of the file may need, a step ahead."""
        wanted = self._least + (self._position + _STEP) // _RESERVE_SHARE
        try:
            os.posix_fallocate(self._spare, 0, wanted)
        except OSError as error:
            if error.errno not in _FULL or not self._reserved:
                raise
            self.full = f"the disk that holds '{self._path.parent}' is full"
        self._reserved = wanted

    def _give_up_reserve(self) -> None:
        os.close(self._spare)
        self._spare = -1

    def close(self) -> None:
        """Close the file and give the reserve back."""
        if self._spare >= 0:
            self._give_up_reserve()
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def free_bytes(folder: Path) -> int:
    """Bytes that may still be written on the disk of `folder`."""
    return shutil.disk_usage(folder).free
