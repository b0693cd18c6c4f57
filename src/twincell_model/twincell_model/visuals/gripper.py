"""A parallel gripper of a 2F-85's size: dark housing, metal coupling, metal fingers with rubber pads."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from .meshes import joined, moved, rotation
from .part import Mesh, Rgba, VisualPart, mesh_part
from .shapes import circle, disc, lathe, rounded, rounded_box, stack

BASE, LEFT, RIGHT = "gripper_base", "gripper_left_finger", "gripper_right_finger"
DARK: Rgba = (0.115, 0.12, 0.13, 1.0)
GREY: Rgba = (0.24, 0.25, 0.26, 1.0)
METAL: Rgba = (0.70, 0.71, 0.73, 1.0)
RUBBER: Rgba = (0.06, 0.06, 0.065, 1.0)
ACCENT: Rgba = (0.20, 0.45, 0.62, 1.0)
PAD = 0.0035  # [m] thickness of the rubber pads
RAIL = 0.017  # [m] height of the rail that guides the fingers
Y, Z = np.eye(3)[1:]


class GripperSize(Protocol):
    """What the looks need to know of a gripper [m]; z out of the flange, the fingers move along y."""

    @property
    def stroke(self) -> float: ...
    @property
    def base_radius(self) -> float: ...
    @property
    def base_height(self) -> float: ...
    @property
    def finger_width(self) -> float: ...
    @property
    def finger_depth(self) -> float: ...
    @property
    def finger_length(self) -> float: ...


def parts(gripper: GripperSize) -> dict[str, list[VisualPart]]:
    """Parts of the housing and of the fingers; a finger's frame is on the housing's top, its inner face at y = 0."""
    return {BASE: _base(gripper), LEFT: _finger(gripper, LEFT, 1.0), RIGHT: _finger(gripper, RIGHT, -1.0)}


def _base(g: GripperSize) -> list[VisualPart]:
    r, top = g.base_radius, g.base_height
    shoulder = top - RAIL
    coupling = lathe(
        rounded([(r, 0.0), (r, 0.012), (r - 0.002, 0.0125), (r - 0.002, 0.016)], [0, 0.001, 0, 0], 2), 48
    )
    rail_half = g.stroke / 2 + g.finger_depth
    # round at the coupling, growing into the rail's rectangle
    unit = circle(48)
    square = unit / np.maximum(np.abs(unit).max(axis=1, keepdims=True), 1e-9)
    rings = []
    for t, z in zip(np.linspace(0.0, 1.0, 9), np.linspace(0.015, shoulder, 9), strict=True):
        ease = t * t * (3 - 2 * t)
        squircle = unit + (square - unit) * 0.55 * ease
        half = np.array([(r - 0.003) + (0.0255 - r + 0.003) * ease, (r - 0.003) + (0.041 - r + 0.003) * ease])
        rings.append(np.column_stack([squircle * half, np.full(48, z)]))
    rail = moved(rounded_box((0.0175, rail_half, RAIL / 2), 0.003, 2), Z * (top - RAIL / 2 - 0.0005))
    slot = moved(rounded_box((0.0065, rail_half - 0.006, 0.002), 0.001, 1), Z * (top - 0.0018))
    badge = [
        moved(disc(0.0085, 0.01, 0.0265, 0.0008, 24, 1), Z * (shoulder - 0.025), rotation(x))
        for x in ((1, 0, 0), (-1, 0, 0))
    ]
    light = disc(r - 0.0017, 0.0125, 0.0142, segments=48)
    return [
        mesh_part("gripper_coupling", coupling, METAL, 0.6),
        mesh_part("gripper_light", light, ACCENT, 0.6),
        mesh_part("gripper_housing", stack(rings), DARK, 0.4),
        mesh_part("gripper_badge", joined(*badge), GREY, 0.5),
        mesh_part("gripper_rail", rail, GREY, 0.45),
        mesh_part("gripper_slot", slot, RUBBER, 0.2),
    ]


def _finger(g: GripperSize, name: str, side: float) -> list[VisualPart]:
    w, d, length = g.finger_width / 2, g.finger_depth, g.finger_length
    flip = np.eye(3) if side > 0 else rotation(Z, -np.eye(3)[0])  # half a turn about z

    def placed(mesh: Mesh) -> Mesh:
        return moved(mesh, turn=flip)

    foot = moved(rounded_box((w + 0.004, d / 2, 0.0095), 0.002, 2), (0, d / 2 + 0.0002, 0.0085))
    # finger: a blade that thins towards the tip, its inner side flat for the pad
    blade = []
    for z, back in (
        (0.0, d),
        (0.35 * length, d),
        (0.8 * length, 0.72 * d),
        (length - 0.001, 0.62 * d),
        (length, 0.55 * d),
    ):
        inner = PAD - 0.0005
        blade.append([(w, inner, z), (w, back, z), (-w, back, z), (-w, inner, z)])
    pad = moved(
        rounded_box((w - 0.0005, PAD / 2, (length - 0.024) / 2), 0.0008, 1),
        (0, PAD / 2, length - 0.001 - (length - 0.024) / 2),
    )
    screws = [
        moved(disc(0.0022, d - 0.004, d + 0.0004, 0.0, 12), (0, 0, 0.026 + 0.009 * k), rotation(Y))
        for k in range(2)
    ]
    return [
        mesh_part(f"{name}_foot", placed(foot), DARK, 0.4),
        mesh_part(f"{name}_blade", placed(stack(np.array(blade))), METAL, 0.65),
        mesh_part(f"{name}_pad", placed(pad), RUBBER, 0.1),
        mesh_part(f"{name}_screws", placed(joined(*screws)), GREY, 0.5),
    ]
