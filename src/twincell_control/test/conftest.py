"""Makes the helpers beside the tests importable and loads each robot once."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from control_rig import Robot, robot_of


@pytest.fixture(params=["ur5", "ur5e", "xarm7"])
def robot(request: pytest.FixtureRequest) -> Robot:
    """Each arm under the default safety profile."""
    return robot_of(request.param, "slow")


@pytest.fixture
def ur5e() -> Robot:
    """The UR5e under the default safety profile."""
    return robot_of("ur5e", "slow")
