"""YAML files checked against the JSON schema that lies beside them."""

import difflib
import json
import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from twincell_model.errors import UserError


@lru_cache(maxsize=16)
def _validator(schema: Path) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads(schema.read_text(encoding="utf-8")))


def read(path: Path, schema: Path, kind: str) -> dict[str, Any]:
    """The content of a YAML file that matches its schema.

    Raises UserError in one sentence naming `kind`, the file and the field.
    """
    document = load(path, kind)
    problem = jsonschema.exceptions.best_match(_validator(schema).iter_errors(document))
    if problem is not None:
        raise UserError(f"{kind} file '{path}', {_where(problem)}: {problem.message}")
    for field, value in _numbers(document, ()):
        if not math.isfinite(value):  # YAML has .nan and .inf, which JSON schema lets through
            raise UserError(f"{kind} file '{path}', {'/'.join(field)}: {value} is not a finite number")
    assert isinstance(document, dict)  # every schema asks for an object
    return document


def load(path: Path, kind: str) -> Any:
    """The content of a YAML file. Raises UserError in one sentence naming `kind`, the file and the place in it."""
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = "" if mark is None else f"line {mark.line + 1}, column {mark.column + 1}: "
        why = f"{place}{error.problem}"
    except UnicodeDecodeError:
        why = "it is not text in UTF-8"
    except OSError as error:
        why = error.strerror or str(error)
    except yaml.YAMLError as error:
        why = " ".join(str(error).split())
    raise UserError(f"{kind} file '{path}' cannot be read: {why}")


def unknown(kind: str, name: str, choices: Sequence[str]) -> UserError:
    """The error for a name that does not exist: names it, the nearest one and all choices."""
    near = difflib.get_close_matches(name, choices, n=1)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    return UserError(f"unknown {kind} '{name}'{hint} (choose one of: {', '.join(choices)})")


def _where(error: jsonschema.ValidationError) -> str:
    return (
        "field " + "/".join(str(part) for part in error.absolute_path) if error.absolute_path else "the file"
    )


def _numbers(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], float]]:
    if isinstance(value, float):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _numbers(item, (*path, str(key)))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _numbers(item, (*path, str(index)))
