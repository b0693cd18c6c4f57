"""The viewer's web server: what it serves, to whom, and that pictures are drawn only on demand."""

import json
import socket
import threading
import urllib.error
import urllib.request
import zlib
from collections.abc import Iterator

import numpy as np
import pytest
from twincell_cell.web import View, WebViewer, png
from twincell_model.errors import UserError


@pytest.fixture
def drawn() -> list[View]:
    return []


@pytest.fixture
def viewer(drawn: list[View]) -> Iterator[WebViewer]:
    def render(view: View) -> np.ndarray:
        drawn.append(view)
        return np.full((4, 6, 3), 7, dtype=np.uint8)

    web = WebViewer(0, render, lambda: {"robot": "ur5e"})
    yield web
    web.close()


def fetch(viewer: WebViewer, path: str, headers: dict[str, str] | None = None) -> tuple[int, str, bytes]:
    request = urllib.request.Request(f"http://127.0.0.1:{viewer.port}{path}", headers=headers or {})
    with urllib.request.urlopen(request, timeout=5.0) as answer:
        return answer.status, answer.headers["Content-Type"], answer.read()


def test_the_page_names_its_parts(viewer: WebViewer) -> None:
    status, kind, body = fetch(viewer, "/")
    assert status == 200 and kind.startswith("text/html")
    assert b"/frame.png" in body and b"/state.json" in body


def test_state_is_json(viewer: WebViewer) -> None:
    _, kind, body = fetch(viewer, "/state.json")
    assert kind == "application/json" and json.loads(body) == {"robot": "ur5e"}


def test_a_picture_is_drawn_when_asked_for_in_the_serving_thread(
    viewer: WebViewer, drawn: list[View]
) -> None:
    assert viewer.serve_frames() == 0 and drawn == []
    answers: list[tuple[int, str, bytes]] = []
    asking = threading.Thread(
        target=lambda: answers.append(fetch(viewer, "/frame.png?azimuth=30&distance=99"))
    )
    asking.start()
    while asking.is_alive():
        viewer.serve_frames()
        asking.join(0.01)
    assert drawn == [View(30.0, -20.0, 10.0)]
    assert answers[0][1] == "image/png" and answers[0][2].startswith(b"\x89PNG")


def test_other_paths_and_other_hosts_are_refused(viewer: WebViewer) -> None:
    with pytest.raises(urllib.error.HTTPError, match="404"):
        fetch(viewer, "/etc/passwd")
    with pytest.raises(urllib.error.HTTPError, match="403"):
        fetch(viewer, "/state.json", {"Host": "evil.example"})


def test_it_listens_on_this_host_only(viewer: WebViewer) -> None:
    assert viewer._server.server_address[0] == "127.0.0.1"


def test_a_taken_port_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=f"port {port}"):
            WebViewer(port, lambda view: np.zeros((1, 1, 3), np.uint8), dict)


@pytest.mark.parametrize(
    ("query", "view"),
    [
        ("", View(140.0, -20.0, 2.2)),
        ("azimuth=nan&elevation=abc&distance=", View(140.0, -20.0, 2.2)),
        ("azimuth=1e9&elevation=-90&distance=0", View(720.0, -89.0, 0.3)),
    ],
)
def test_views_stay_within_bounds(query: str, view: View) -> None:
    assert View.from_query(query) == view


def test_png_holds_the_pixels() -> None:
    image = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    data = png(image)
    assert data[16:24] == (3).to_bytes(4, "big") + (2).to_bytes(4, "big")
    start = data.index(b"IDAT") + 4
    length = int.from_bytes(data[start - 8 : start - 4], "big")
    rows = np.frombuffer(zlib.decompress(data[start : start + length]), np.uint8).reshape(2, 10)
    assert np.array_equal(rows[:, 1:].reshape(2, 3, 3), image) and not rows[:, 0].any()
