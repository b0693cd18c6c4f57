"""Who imports whom: the sources against the table of docs/architecture.md, and package.xml against both."""

from __future__ import annotations

import ast
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = sorted(path.parent.name for path in ROOT.glob("src/twincell_*/setup.py"))
MESSAGES = {path.parent.parent.name for path in ROOT.glob("src/*/*/*.msg")}
NOBODYS = {"twincell_cell", "twincell_learn"}
PREFIX = "twincell_"


def table() -> dict[str, set[str]]:
    """Packages that each room may import, as docs/architecture.md has it."""
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(twincell_\w+)` \|.*\| ([^|]*) \|$", text, flags=re.MULTILINE)
    allowed = {}
    for room, words in rows:
        names = {word.strip() for word in words.split(",")} - {"nothing"}
        if names == {"all"}:
            allowed[room] = {*ROOMS, *MESSAGES} - NOBODYS
        else:
            rooms = {PREFIX + name for name in names - {"messages"}}
            allowed[room] = rooms | (MESSAGES if "messages" in names else set())
    return allowed


def imports(room: str) -> dict[str, set[str]]:
    """Packages of this workspace that a room's own sources import, each with the files that do."""
    found: dict[str, set[str]] = {}
    for path in sorted((ROOT / "src" / room / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules: list[str] = []
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                modules = [node.module or ""]
            for package in {module.partition(".")[0] for module in modules} - {room}:
                if package in MESSAGES or package.startswith(PREFIX):
                    found.setdefault(package, set()).add(path.relative_to(ROOT).as_posix())
    return found


def declared(room: str) -> set[str]:
    """Packages that a room's package.xml depends on."""
    tree = ET.parse(ROOT / "src" / room / "package.xml")
    return {str(e.text).strip() for e in tree.iter() if e.tag in ("depend", "exec_depend")}


def test_every_room_stands_in_the_table_and_names_rooms_that_exist() -> None:
    rows = table()
    assert set(rows) - MESSAGES == set(ROOMS)
    for room, allowed in rows.items():
        assert allowed <= {*ROOMS, *MESSAGES}, room


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_what_the_table_allows(room: str) -> None:
    allowed = table()[room]
    wrong = {package: files for package, files in imports(room).items() if package not in allowed}
    assert not wrong


@pytest.mark.parametrize("room", ROOMS)
def test_package_xml_names_what_a_room_imports(room: str) -> None:
    assert not set(imports(room)) - declared(room)


def test_nobody_imports_the_top() -> None:
    assert not {room: NOBODYS & set(imports(room)) for room in ROOMS if NOBODYS & set(imports(room))}
