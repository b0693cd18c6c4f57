"""YAML against schema: what is told, and that every field of every schema is described."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from twincell_model.errors import UserError

from twincell_model import documents, paths

SCHEMAS = [
    paths.config("robots", "robot.schema.json"),
    paths.config("safety", "safety.schema.json"),
    paths.config("grippers", "gripper.schema.json"),
]


def fields(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for key, value in schema.get("properties", {}).items():
        yield f"{path}/{key}", value
        yield from fields(value, f"{path}/{key}")
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from fields(schema[key], f"{path}/{key}")


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda p: p.stem)
def test_every_field_is_described_and_bounded(schema: Path) -> None:
    found = list(fields(json.loads(schema.read_text())))
    assert len(found) > 10
    for path, field in found:
        assert field.get("description"), path
        if field.get("type") in ("number", "integer") and "enum" not in field:
            assert {"minimum", "maximum"} <= field.keys(), path
            assert "[" in field["description"], f"{path} has no unit"


def test_near_miss_is_suggested() -> None:
    error = documents.unknown("robot", "ur5f", ["ur5", "xarm7"])
    assert str(error) == "unknown robot 'ur5f'; did you mean 'ur5'? (choose one of: ur5, xarm7)"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("- 1\n", "the file: [1] is not of type 'object'"),
        ("", "the file: None is not of type 'object'"),
        ("a: [1\n", "cannot be read: line 2, column 1: expected"),
        ("!!python/object/apply:os.system ['true']\n", "cannot be read"),
        ("description: x\n", "is a required property"),
    ],
)
def test_wrong_files_are_one_sentence(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(text)
    with pytest.raises(UserError) as caught:
        documents.read(path, SCHEMAS[1], "safety")
    assert told in str(caught.value)
    assert f"safety file '{path}'" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_binary_and_missing_files_are_one_sentence(tmp_path: Path) -> None:
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe\x00\x01")
    for path in (binary, tmp_path / "missing.yaml"):
        with pytest.raises(UserError, match="cannot be read"):
            documents.read(path, SCHEMAS[1], "safety")
