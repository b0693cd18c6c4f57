"""The viewer's small web server: one page, one picture, one JSON. Standard library only, on 127.0.0.1 only."""

from __future__ import annotations

import json
import struct
import threading
import zlib
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
from numpy.typing import NDArray
from twincell_model.errors import UserError

from twincell_cell.viewer import ADDRESS

Image = NDArray[np.uint8]

PAGE = Path(__file__).with_name("viewer_page.html")
_FRAME_S = 5.0
_HOSTS = ("127.0.0.1", "localhost")


@dataclass(frozen=True)
class View:
    """Where the picture is taken from: an orbit around a point of the scene. Angles in degrees, distance in m."""

    azimuth: float
    elevation: float
    distance: float

    @classmethod
    def from_query(cls, query: str) -> View:
        """The view of `?azimuth=..&elevation=..&distance=..`, kept within bounds; defaults for what is missing."""
        values = parse_qs(query)

        def number(name: str, default: float, low: float, high: float) -> float:
            try:
                value = float(values[name][0])
            except (KeyError, ValueError):
                return default
            return min(max(value, low), high) if value == value else default

        return cls(
            number("azimuth", 140.0, -720.0, 720.0),
            number("elevation", -20.0, -89.0, 30.0),
            number("distance", 2.2, 0.3, 10.0),
        )


class WebViewer:
    """Serves until `close`. `render` is called by `serve_frames`, that is in the thread that owns the GL context."""

    def __init__(
        self, port: int, render: Callable[[View], Image], state: Callable[[], dict[str, Any]]
    ) -> None:
        self._render = render
        self._state = state
        self._wanted: list[tuple[View, Future[bytes]]] = []
        self._lock = threading.Lock()
        try:
            self._server = ThreadingHTTPServer((ADDRESS, port), self._handler())
        except OSError as error:
            raise UserError(
                f"the viewer's port {port} cannot be used ({error.strerror}); choose another with --viewer-port"
            ) from None
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, name="web", daemon=True)
        self._thread.start()

    def serve_frames(self) -> int:
        """Draw the pictures asked for since the last call. Nothing is drawn while nobody looks."""
        with self._lock:
            wanted, self._wanted = self._wanted, []
        for view, future in wanted:
            try:
                future.set_result(png(self._render(view)))
            except Exception as error:
                future.set_exception(error)
        return len(wanted)

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=2.0)

    def _frame(self, view: View) -> bytes:
        future: Future[bytes] = Future()
        with self._lock:
            self._wanted.append((view, future))
        return future.result(_FRAME_S)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        viewer = self

        class Handler(BaseHTTPRequestHandler):
            """Answers GET on three paths."""

            def do_GET(self) -> None:
                # Another site's page that resolves to 127.0.0.1 sends its own name here (DNS rebinding).
                if self.headers.get("Host", "").split(":")[0] not in _HOSTS:
                    self._answer(HTTPStatus.FORBIDDEN, "text/plain", b"only for this host\n")
                    return
                parts = urlsplit(self.path)
                if parts.path == "/":
                    self._answer(HTTPStatus.OK, "text/html; charset=utf-8", PAGE.read_bytes())
                elif parts.path == "/state.json":
                    body = json.dumps(viewer._state(), allow_nan=False).encode()
                    self._answer(HTTPStatus.OK, "application/json", body)
                elif parts.path == "/frame.png":
                    try:
                        body = viewer._frame(View.from_query(parts.query))
                    except FutureTimeout:
                        self._answer(HTTPStatus.SERVICE_UNAVAILABLE, "text/plain", b"no picture in time\n")
                    else:
                        self._answer(HTTPStatus.OK, "image/png", body)
                else:
                    self._answer(
                        HTTPStatus.NOT_FOUND, "text/plain", b"there is /, /frame.png and /state.json\n"
                    )

            def _answer(self, status: HTTPStatus, kind: str, body: bytes) -> None:
                try:
                    self.send_response(status)
                    self.send_header("Content-Type", kind)
                    self.send_header("Content-Length", str(len(body)))
                    self.send_header("Cache-Control", "no-store")
                    self.end_headers()
                    self.wfile.write(body)
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing: ten pictures a second would fill the node's log."""

        return Handler


def png(image: Image) -> bytes:
    """An RGB image (height, width, 3) as PNG (ISO/IEC 15948): no filter, fast compression."""
    height, width, _ = image.shape
    rows = np.zeros((height, 1 + 3 * width), dtype=np.uint8)
    rows[:, 1:] = image.reshape(height, 3 * width)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes(), 1)), (b"IEND", b""))
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body
