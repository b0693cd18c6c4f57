"""Python packages, ROS 2, middleware, compiler."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import platform
import shutil
import sys
import xml.etree.ElementTree
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from twincell_cell.doctor.finding import FAIL, OK, WARN, Finding
from twincell_model import paths

SOURCED = "runtime-sourced.txt"


def python() -> Iterator[Finding]:
    """The interpreter and the pinned packages."""
    yield Finding("python", OK, f"{platform.python_version()}, {sys.executable}")
    installed: dict[str, str] = {}
    for (
        distribution
    ) in importlib.metadata.distributions():  # in the order of sys.path: the first one is imported
        installed.setdefault(canonicalize_name(distribution.name), distribution.version)
    pins = requirements_file()
    missing: list[str] = []
    other: list[str] = []
    count = 0
    for line in pins.read_text().splitlines():
        requirement = Requirement(line)
        if requirement.marker is not None and not requirement.marker.evaluate():
            continue
        count += 1
        have = installed.get(canonicalize_name(requirement.name))
        if have is None:
            missing.append(requirement.name)
        elif not requirement.specifier.contains(have, prereleases=True):
            other.append(f"{requirement.name} {have} (pinned {requirement.specifier})")
    wrong = [f"{name} is missing" for name in missing] + other
    shown = ", ".join(wrong[:3]) + (f" and {len(wrong) - 3} more" if len(wrong) > 3 else "")
    remedy = f"remove {sys.prefix} and run ./twincell setup"
    if not wrong:
        yield Finding("packages", OK, f"{count} as pinned in {pins.name}")
    elif missing or pins.name != SOURCED:
        yield Finding("packages", FAIL, shown, remedy)
    else:
        yield Finding(
            "packages", WARN, f"from the sourced ROS 2: {shown}", "where one gives trouble: --ros jazzy"
        )


def requirements_file() -> Path:
    """The pins of this environment: the distribution's wheels, or those beside a sourced ROS 2."""
    wheels = paths.root() / "requirements" / f"runtime-{os.environ.get('ROS_DISTRO', 'jazzy')}.txt"
    if ros_prefix() == Path(sys.prefix) and wheels.exists():
        return wheels
    return paths.root() / "requirements" / SOURCED


def ros_prefix() -> Path | None:
    """The prefix that rclpy comes from, by the ament index."""
    for prefix in os.environ.get("AMENT_PREFIX_PATH", "").split(":"):
        if prefix and Path(prefix, "share/ament_index/resource_index/packages/rclpy").exists():
            return Path(prefix)
    return None


def ros() -> Iterator[Finding]:
    """Distribution, middleware, interface packages."""
    remedy = "run ./twincell setup, or source a working ROS 2"
    prefix = ros_prefix()
    try:
        rmw = importlib.import_module("rclpy.utilities").get_rmw_implementation_identifier()
    except Exception as error:  # a broken middleware raises many types
        yield Finding("ros", FAIL, f"rclpy does not load: {error}", remedy)
        return
    origin = "wheels from PyPI" if prefix == Path(sys.prefix) else f"sourced from {prefix}"
    yield Finding("ros", OK, f"ROS 2 {os.environ.get('ROS_DISTRO', 'of unknown name')}, {origin}")
    if rmw == "rmw_fastrtps_cpp":
        yield Finding("rmw", OK, rmw)
    else:
        hint = "unset RMW_IMPLEMENTATION for the tested rmw_fastrtps_cpp"
        yield Finding("rmw", WARN, f"{rmw} is not tested here; config/dds does not reach it", hint)
    missing = []
    for package in (
        "twincell_msgs",
        "control_msgs",
        "controller_manager_msgs",
        "realsense2_camera_msgs",
        "tf2_msgs",
    ):
        try:
            importlib.import_module(f"{package}.msg")
        except ImportError:
            missing.append(package)
    if missing:
        yield Finding(
            "interfaces", FAIL, f"not built: {', '.join(missing)}", "remove install and run ./twincell setup"
        )
    else:
        yield Finding("interfaces", OK, "message packages load")


def discovery() -> Iterator[Finding]:
    """The DDS profile, domain and discovery range."""
    profile = os.environ.get("FASTDDS_DEFAULT_PROFILES_FILE") or os.environ.get(
        "FASTRTPS_DEFAULT_PROFILES_FILE"
    )
    remedy = 'unset FASTDDS_DEFAULT_PROFILES_FILE, or eval "$(./twincell env)" in this shell'
    if not profile:
        detail = "no profile: images larger than 512 kB are lost"
        yield Finding("dds profile", WARN, detail, remedy)
    else:
        try:
            xml.etree.ElementTree.parse(profile)
            yield Finding("dds profile", OK, profile)
        except (OSError, xml.etree.ElementTree.ParseError) as error:
            yield Finding("dds profile", FAIL, f"{profile} cannot be used: {error}", remedy)
    domain = os.environ.get("ROS_DOMAIN_ID", "0")
    reach = os.environ.get("ROS_AUTOMATIC_DISCOVERY_RANGE", "SUBNET")
    yield Finding("discovery", OK, f"domain {domain}, range {reach}")


def compiler() -> Iterator[Finding]:
    """What building message packages needs."""
    missing = [name for name in ("gcc", "g++") if shutil.which(name) is None]
    if missing:
        yield Finding(
            "compiler", WARN, f"no {', '.join(missing)}", f"sudo apt-get install -y {' '.join(missing)}"
        )
    else:
        yield Finding("compiler", OK, "gcc and g++")


def robot(name: str) -> Iterator[Finding]:
    """The profile of one robot. Raises UserError where there is none of that name."""
    from twincell_model.profile import load_profile

    profile = load_profile(name)
    yield Finding("robot", OK, f"{profile.name}: {profile.dof} joints at {profile.rate_hz:g} Hz")
