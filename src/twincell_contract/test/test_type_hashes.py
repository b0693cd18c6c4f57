"""Interface definitions hash to the published values, so that vendors' nodes understand ours."""

import os
from pathlib import Path

import pytest
from ament_index_python.packages import get_packages_with_prefixes
from twincell_contract.hashes import built_hash

TABLE = Path(__file__).parent / "data" / "type_hashes.txt"
DISTRIBUTION = os.environ.get("ROS_DISTRO", "jazzy")
OTHERS = {"ur_dashboard_msgs", "example_interfaces"}
"""Packages of the table that twincell neither builds nor needs; checked where they are installed."""


def rows() -> list[tuple[str, str]]:
    """(type, hash) of this distribution."""
    installed = set(get_packages_with_prefixes())
    lines = [line.split() for line in TABLE.read_text().splitlines() if not line.startswith("#")]
    return [
        (name, value)
        for which, name, value in lines
        if which in ("both", DISTRIBUTION) and name.split("/")[0] not in OTHERS - installed
    ]


@pytest.mark.parametrize(("name", "expected"), [pytest.param(*row, id=row[0]) for row in rows()])
def test_type_hash_equals_the_published_one(name: str, expected: str) -> None:
    assert built_hash(name) == expected


def test_the_table_holds_every_definition_twincell_builds() -> None:
    """A new file in src/control_msgs or src/controller_manager_msgs needs its published hash here."""
    source = Path(__file__).parents[2]
    built = {
        f"{package}/{path.parent.name}/{path.stem}"
        for package in ("control_msgs", "controller_manager_msgs")
        for path in (source / package).rglob("*.*")
        if path.suffix in (".msg", ".srv", ".action")
    }
    assert built == {name for name, _ in rows() if name in built}


def test_follow_joint_trajectory_differs_between_the_distributions() -> None:
    """Jazzy's feedback has no index fields; the choice by ROS_DISTRO is what makes both right."""
    lines = [line.split() for line in TABLE.read_text().splitlines() if "FollowJointTrajectory " in line]
    assert len({value for _, _, value in lines}) == 2
