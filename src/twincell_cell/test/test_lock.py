"""One cell per domain and namespace."""

import os
from pathlib import Path

import pytest
from twincell_cell.supervisor import CellError

from twincell_cell import lock


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock.tempfile, "gettempdir", lambda: str(tmp_path))


def test_a_second_cell_is_told_who_holds_the_place() -> None:
    with (
        lock.CellLock(3, "left"),
        pytest.raises(CellError, match=rf"'/left' of domain 3 \(process {os.getpid()}\)"),
    ):
        lock.CellLock(3, "left").acquire()


def test_other_namespaces_and_domains_are_free() -> None:
    with lock.CellLock(3, "left"), lock.CellLock(3, "right"), lock.CellLock(4, "left"), lock.CellLock(3, ""):
        assert lock.holder(4, "left") == {"pid": os.getpid()}


def test_it_can_be_taken_again() -> None:
    for _ in range(2):
        with lock.CellLock(3, "/left/"):
            pass


def test_the_holder_is_readable_while_it_holds() -> None:
    assert lock.holder(3, "left") is None
    with lock.CellLock(3, "left", {"robot": "ur5e"}) as held:
        assert lock.holder(3, "left") == {"pid": os.getpid(), "robot": "ur5e"}
        held.write({"pid": 1})
        assert lock.holder(3, "left") == {"pid": 1}
    assert lock.holder(3, "left") is None


def test_somebody_elses_folder_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "elsewhere"
    target.mkdir()
    (tmp_path / f"twincell-{os.getuid()}").symlink_to(target)
    with pytest.raises(CellError, match="belongs to somebody else"):
        lock.CellLock(0, "").acquire()
