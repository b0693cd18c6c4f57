"""System tests: whole cells in processes of their own. Unit tests live in their package."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from twincell_cell.config import CellConfig, check
from twincell_cell.session import CellSession

StartCell = Callable[..., CellSession]


@pytest.fixture
def domain() -> int:
    """A ROS domain for the tests: the environment's, or one that a person's cell hardly uses."""
    return int(os.environ.get("ROS_DOMAIN_ID") or 83)


@pytest.fixture
def start_cell(domain: int, tmp_path: Path) -> Iterator[StartCell]:
    """Start cells by fields of CellConfig; all are stopped after the test."""
    with ExitStack() as stack:

        def start(**fields: object) -> CellSession:
            skip = fields.pop("skip", ())
            config = check(CellConfig(**{"robot": "ur5", "domain": domain, **fields}))  # type: ignore[arg-type]
            logs = tmp_path / f"logs{config.namespace}{len(list(tmp_path.iterdir()))}"
            return stack.enter_context(CellSession(config, "test", skip=skip, logs=logs))  # type: ignore[arg-type]

        yield start
