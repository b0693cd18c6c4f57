"""Which viewer is chosen, and what is told when none can run."""

import socket

import pytest
from twincell_cell.config import CellConfig
from twincell_model.errors import UserError

from twincell_cell import viewer


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MUJOCO_GL", "osmesa")
    monkeypatch.setattr(viewer, "gl_backend", lambda: "osmesa")


def test_headless_stays_headless() -> None:
    assert viewer.choose(CellConfig(viewer="off")).viewer == "off"


def test_without_a_display_it_is_the_web_page_on_a_free_port() -> None:
    config = viewer.choose(CellConfig(viewer="auto", viewer_port=0))
    assert config.viewer == "web" and config.viewer_port > 0
    assert viewer.address(config) == f"http://127.0.0.1:{config.viewer_port}"


def test_with_a_display_it_is_the_window_unless_the_page_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    assert viewer.choose(CellConfig(viewer="auto")).viewer == "window"
    assert viewer.choose(CellConfig(viewer="web", viewer_port=0)).viewer == "web"


def test_a_window_without_a_display_is_refused() -> None:
    with pytest.raises(UserError, match="needs a display"):
        viewer.choose(CellConfig(viewer="window"))


def test_a_taken_port_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=f"port {port}"):
            viewer.choose(CellConfig(viewer="web", viewer_port=port))


def test_no_gl_is_told_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(viewer, "gl_backend", lambda: None)
    with pytest.raises(UserError, match="libosmesa6.*--headless"):
        viewer.choose(CellConfig(viewer="web", viewer_port=0))
