"""Whether a package may drive the running cell: every field of the manifest that the cell must match."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from twincell_policy.manifest import Camera, Manifest
from twincell_policy.manifest_check import Problem

_RATE_TOLERANCE = 1e-6
_INTRINSICS_TOLERANCE = 0.02
"""Devices of one model differ by about 1 % in focal length (librealsense issue 4050, realsense-ros issue 2788)."""


@dataclass(frozen=True)
class CellFacts:
    """What the running cell is. Names of joints and frames are without tf prefix."""

    robot: str
    variant: str
    joint_names: tuple[str, ...]
    """In the order of the profile's chain."""
    measured_joint_names: frozenset[str]
    """The joints that joint_states carries."""
    rate_hz: float
    command_timeout_s: float
    """The controller takes a source that sent nothing for longer as silent [s]."""
    root_frame: str
    tool_frame: str
    cameras: Mapping[str, Camera | None]
    """By name; None where its color camera_info has not come in."""
    source_topics: frozenset[str]
    """Kinds of the policy's source topics that the controller listens to."""


def mismatches(manifest: Manifest, facts: CellFacts) -> list[Problem]:
    """The fields that do not match the cell, in the manifest's order. Empty: the policy may run."""
    return [
        *_robot(manifest, facts),
        *_joints(manifest, facts),
        *_rate(manifest, facts),
        *_frames(manifest, facts),
        *_cameras(manifest, facts),
        *_action(manifest, facts),
    ]


def _robot(manifest: Manifest, facts: CellFacts) -> Iterator[Problem]:
    robots = [robot for robot in manifest.robots if robot.profile == facts.robot]
    if not robots:
        names = ", ".join(robot.profile for robot in manifest.robots)
        yield Problem(
            "robot/profile",
            f"made for {names}, the cell is a {facts.robot}",
            "choose a policy for this robot",
        )
        return
    variants = [name for robot in robots for name in robot.variants]
    if all(robot.variants for robot in robots) and facts.variant not in variants:
        yield Problem(
            "robot/variants",
            f"made for {', '.join(variants)}, the cell's variant is {facts.variant}",
            "choose a policy for this variant",
        )


def _joints(manifest: Manifest, facts: CellFacts) -> Iterator[Problem]:
    wanted, present = manifest.joint_names, facts.joint_names
    if set(wanted) != set(present):
        odd = sorted(set(wanted) ^ set(present))
        yield Problem(
            "joint_names", f"the cell's joints differ in {', '.join(odd)}", "choose a policy for this robot"
        )
    elif wanted != present:
        index = next(i for i, (a, b) in enumerate(zip(wanted, present, strict=True)) if a != b)
        yield Problem(
            "joint_names",
            f"joint {index} is {wanted[index]}, the cell's is {present[index]}",
            "export the policy in the robot's joint order",
        )
    missing = [name for name in present if name not in facts.measured_joint_names]
    if missing:
        yield Problem(
            "joint_names",
            f"joint_states does not carry {', '.join(missing)}",
            "check robot and tf_prefix of the cell",
        )


def _rate(manifest: Manifest, facts: CellFacts) -> Iterator[Problem]:
    ticks = facts.rate_hz / manifest.rate_hz
    by_images = bool(
        manifest.observation.images
    )  # their clock is not the robot's: steps fall between its ticks
    whole = by_images or abs(ticks - round(ticks)) <= _RATE_TOLERANCE * ticks
    if ticks < 1.0 - _RATE_TOLERANCE or not whole:
        yield Problem(
            "rate_hz",
            f"{manifest.rate_hz:g} Hz does not divide the robot's {facts.rate_hz:g} Hz",
            "train at a rate that does",
        )
    if 1.0 / manifest.rate_hz >= facts.command_timeout_s:
        yield Problem(
            "rate_hz",
            f"{manifest.rate_hz:g} Hz leaves gaps beyond the command time-out of {facts.command_timeout_s:g} s",
            "use a faster policy or a safety profile with a longer time-out",
        )


def _frames(manifest: Manifest, facts: CellFacts) -> Iterator[Problem]:
    observation = manifest.observation
    for key, wanted, present in (
        ("frame", observation.frame, facts.root_frame),
        ("tool_frame", observation.tool_frame, facts.tool_frame),
    ):
        if wanted != present:
            yield Problem(
                f"observation/{key}", f"'{wanted}', the cell has '{present}'", "export in the robot's frames"
            )


def _cameras(manifest: Manifest, facts: CellFacts) -> Iterator[Problem]:
    for index, camera in enumerate(manifest.cameras):
        where = f"cameras/{index}"
        if camera.name not in facts.cameras:
            has = ", ".join(facts.cameras) or "none"
            yield Problem(
                f"{where}/name",
                f"needs camera '{camera.name}', the cell has {has}",
                "start a cell with this camera",
            )
            continue
        present = facts.cameras[camera.name]
        if not camera.width:
            continue
        if present is None:
            yield Problem(
                f"{where}/color",
                f"camera '{camera.name}' has sent no camera_info of its color image",
                "check that the camera runs and has a color profile",
            )
            continue
        if (present.width, present.height) != (camera.width, camera.height):
            yield Problem(
                f"{where}/color",
                f"trained on {camera.width}x{camera.height} of '{camera.name}', the cell's is "
                f"{present.width}x{present.height}",
                "start a cell with this profile",
            )
            continue
        for name in ("fx", "fy", "cx", "cy"):
            wanted, found = getattr(camera, name), getattr(present, name)
            # Of focal lengths and of the principal point alike: a share of the image's width.
            if abs(wanted - found) > _INTRINSICS_TOLERANCE * camera.width:
                yield Problem(
                    f"{where}/color/{name}",
                    f"trained on {wanted:.1f} px of '{camera.name}', the cell's is {found:.1f} px",
                    "use the camera it was trained on, or train on this one",
                )
                break


def _action(manifest: Manifest, facts: CellFacts) -> Iterator[Problem]:
    action = manifest.action
    if action.semantics == "cartesian_twist" and action.frame != facts.root_frame:
        yield Problem(
            "action/frame",
            f"'{action.frame}', twists are taken in '{facts.root_frame}'",
            "export in that frame",
        )
    if action.topic not in facts.source_topics:
        yield Problem(
            "action/semantics",
            f"{action.semantics} needs policy/{action.topic}, which no controller listens to",
            "start the controller, or use a policy with other actions",
        )
