"""Message definitions and type hashes from the installed packages (share/PKG/msg/NAME.msg and .json)."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

# Between the definitions of one schema: rosbag2 and MCAP's `ros2msg` encoding.
_SEPARATOR = "=" * 80


class DefinitionError(LookupError):
    """The definition of a type is not installed: one sentence."""


@dataclass(frozen=True)
class TypeDefinition:
    """A type as a bag keeps it: `pkg/msg/Name`, the `ros2msg` text with its dependencies, the RIHS01 hash."""

    name: str
    text: str
    hash: str


def prefixes() -> list[Path]:
    """The installation prefixes that AMENT_PREFIX_PATH names, first wins."""
    return [Path(item) for item in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep) if item]


def find(name: str, places: list[Path] | None = None) -> TypeDefinition:
    """The definition of the message `pkg/msg/Name`. Raises DefinitionError."""
    places = prefixes() if places is None else places
    path = _file(name, ".json", places)
    try:
        document = json.loads(path.read_text())
        hashes = {entry["type_name"]: entry["hash_string"] for entry in document["type_hashes"]}
        needed = [
            entry["type_name"] for entry in document["type_description_msg"]["referenced_type_descriptions"]
        ]
        digest = hashes[name]
    except (KeyError, TypeError, ValueError) as error:
        raise DefinitionError(f"the type description '{path}' is broken: {error!r}") from None
    parts = [_text(name, places)]
    for other in needed:
        package, _, short = other.split("/")
        parts.append(f"{_SEPARATOR}\nMSG: {package}/{short}\n{_text(other, places)}")
    return TypeDefinition(name, "\n".join(parts), digest)


def _text(name: str, places: list[Path]) -> str:
    return _file(name, ".msg", places).read_text().rstrip("\n") + "\n"


def _file(name: str, suffix: str, places: list[Path]) -> Path:
    package, kind, short = name.split("/")
    for prefix in places:
        path = prefix / "share" / package / kind / f"{short}{suffix}"
        if path.is_file():
            return path
    raise DefinitionError(f"no {kind} definition of '{name}' is installed ({short}{suffix} was looked for)")
