"""PNG files from pixel arrays, with the standard library only."""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path

import numpy as np


def encode(pixels: np.ndarray) -> bytes:
    """An 8-bit RGB image (height, width, 3) as PNG; each row is coded as the difference to the row above."""
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8:
        raise ValueError("a PNG is written from an array (height, width, 3) of uint8")
    height, width, _ = pixels.shape
    above = np.concatenate([np.zeros((1, width, 3), np.uint8), pixels[:-1]])
    rows = np.concatenate([np.full((height, 1), 2, np.uint8), (pixels - above).reshape(height, -1)], axis=1)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(rows.tobytes(), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def write(path: Path, pixels: np.ndarray) -> int:
    """Writes the image; returns its size [bytes]. Never half-written."""
    data = encode(pixels)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".part")
    draft.write_bytes(data)
    os.replace(draft, path)
    return len(data)
