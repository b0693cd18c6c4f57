"""UR5 (CB3) and UR5e: dark T-shaped joint housings with slanted blue caps, silver tubes, black seams.

Every joint module is the same thing in two sizes: a housing about the joint axis, capped at the far end, with
an outlet of the same bore square to it. Sizes and colours: ur_look.py.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .meshes import joined, moved, rotation
from .part import Floats, Mesh, VisualPart, mesh_part
from .shapes import circle, disc, lathe, rounded, stack, sweep, tube
from .ur_look import HOLE, LOOKS, METAL, SEAM_COLOUR, Look, Module

X, Y, Z = np.eye(3)
LAP = 0.0008  # [m] neighbours run this far into each other, so that no pose shows a slit
SEGMENTS = 56  # around a big tube
SLIM = 44  # around a wrist


def parts(robot: str) -> dict[str, list[VisualPart]]:
    """Parts of every link of a UR arm, by URDF link name (no prefix); the base is base_link_inertia's."""
    look = LOOKS[robot]
    return {
        "base_link_inertia": _base(look),
        "shoulder_link": _shoulder(look),
        "upper_arm_link": _upper_arm(look),
        "forearm_link": _forearm(look),
        "wrist_1_link": _wrist_1(look),
        "wrist_2_link": _wrist_2(look),
        "wrist_3_link": _wrist_3(look),
    }


def _housing(m: Module, segments: int) -> tuple[Mesh, Mesh]:
    """(body, cap) of a module."""
    unit = circle(segments)

    def plane(above_outlet: float, opposite: float, x: Floats) -> Floats:
        return above_outlet + (opposite - above_outlet) * (x / m.radius + 1.0) / 2.0

    rim = plane(m.cap_rim, m.cap_low, unit[:, 0] * m.radius)
    level = np.full(segments, -m.seam)
    trunk = stack([np.column_stack([unit * m.radius, z]) for z in (level, rim + 0.003)])
    outlet = moved(disc(m.radius, 0.0, m.outlet, segments=segments), turn=rotation(-X, Y))
    body = joined(trunk, outlet)

    wall = m.radius + 0.0006
    rows = [(m.radius - 0.004, 0.0), (m.radius + 0.002, 0.0), (m.radius + 0.002, 0.0025), (wall, 0.0045)]
    skin = [np.column_stack([unit * r, rim + z]) for r, z in rows]
    edge = np.minimum(m.cap_edge, (plane(m.cap_top, m.cap_top - m.cap_drop, unit[:, 0] * wall) - rim) * 0.75)
    for a in np.linspace(0.0, np.pi / 2, 7):
        around = unit * (wall - edge * (1.0 - np.cos(a)))[:, None]
        top = plane(m.cap_top, m.cap_top - m.cap_drop, around[:, 0])
        skin.append(np.column_stack([around, top - edge * (1.0 - np.sin(a))]))
    return body, stack(skin)


def _module(
    look: Look, m: Module, name: str, at: Floats, turn: Floats, segments: int = SEGMENTS
) -> list[VisualPart]:
    """A module's two parts, placed in a link."""
    body, cap = _housing(m, segments)
    return [
        mesh_part(f"{name}_housing", moved(body, at, turn), look.housing_colour, 0.35),
        mesh_part(f"{name}_cap", moved(cap, at, turn), look.cap_colour, 0.5),
        mesh_part(f"{name}_screws", moved(_screws(m), at, turn), METAL, 0.6),
    ]


def _screws(m: Module) -> Mesh:
    """Four countersunk heads that show in the cap's top."""
    radius = m.radius - m.cap_edge - 0.0035
    heads = []
    for a in np.pi / 4 + np.arange(4) * np.pi / 2:
        x, y = radius * np.cos(a), radius * np.sin(a)
        top = m.cap_top - m.cap_drop * (x / m.radius + 1.0) / 2.0
        heads.append(moved(disc(0.0022, top - 0.004, top + 0.0004, 0.0, 10), (x, y, 0.0)))
    return joined(*heads)


def _ring(name: str, radius: float, start: Floats, end: Floats) -> VisualPart:
    """Black seam between two places on a joint's or tube's axis; laps into its neighbours."""
    length = float(np.linalg.norm(end - start))
    axis = (end - start) / length
    mesh = disc(radius - 0.0003, -LAP, length + LAP, segments=SEGMENTS)
    return mesh_part(name, moved(mesh, start, rotation(axis)), SEAM_COLOUR, 0.15)


def _base(look: Look) -> list[VisualPart]:
    """Foot with bolts and cable, up to the seam below the shoulder."""
    seam = look.shoulder_z - look.big.seam
    top = seam - (0.0035 if look.slim_base else 0.0142)
    bolts = [np.array([np.cos(a), np.sin(a), 0.0]) * 0.066 for a in np.pi / 4 + np.arange(4) * np.pi / 2]
    if look.slim_base:
        profile = [(0.0735, 0.0), (0.0735, 0.0165), (0.058, 0.0175), (0.058, top)]
        foot = lathe(rounded(profile, [0, 0.0025, 0.001, 0], 3), 64)
        bolt_height, cable_z, foot_radius, colour = 0.0165, 0.0085, 0.0735, look.tube_colour
    else:
        foot = _notched_foot(top)
        bolt_height, cable_z, foot_radius, colour = 0.0245, 0.0105, 0.0755, look.housing_colour
    heads = [moved(disc(0.0065, bolt_height - 0.002, bolt_height + 0.005, 0.0008, 16), b) for b in bolts]
    gland = moved(
        disc(0.0085, foot_radius - 0.004, foot_radius + 0.010, 0.0015, 20), (0, 0, cable_z), rotation(-Y)
    )
    bend = np.array([0.0, 0.012, 0.024, 0.034, 0.041])
    drop = np.array([0.0, 0.0, 0.0005, 0.0018, 0.0034])
    cable = tube(
        np.column_stack([np.zeros(5), -(foot_radius + 0.005 + bend), cable_z - drop]),
        0.0048,
        12,
    )
    return [
        mesh_part("base_foot", foot, colour, 0.35),
        mesh_part("base_bolts", joined(*heads), METAL, 0.6),
        mesh_part("base_cable", joined(gland, cable), SEAM_COLOUR, 0.2),
        _ring("base_seam", look.big.radius, Z * top, Z * seam),
    ]


def _notched_foot(top: float) -> Mesh:
    """UR5e foot: a cone with four pockets, through which the bolts are reached."""
    unit = circle(96)
    profile = [(0.0755, 0.0), (0.0755, 0.019), (0.0736, 0.0245), (0.0735, 0.0255), (0.0675, 0.0455)]
    profile += [(0.0615, 0.0645), (0.059, 0.0725), (0.058, 0.079), (0.058, top)]
    angle = np.arctan2(unit[:, 1], unit[:, 0])
    off = np.mod(angle, np.pi / 2) - np.pi / 4
    across = 0.066 * np.sin(off)
    pocket = 0.066 * np.cos(off) - np.sqrt(np.maximum(0.0135**2 - across**2, 0.0))
    pocket = np.where(np.abs(across) < 0.0135, pocket, np.inf)
    rings = []
    for r, z in profile:
        radius = np.minimum(r, np.where(z > 0.024, np.maximum(pocket, 0.0535), np.inf))
        rings.append(np.column_stack([unit * radius[:, None], np.full(len(unit), z)]))
    return stack(rings)


def _shoulder(look: Look) -> list[VisualPart]:
    m = look.big
    end = look.shoulder_offset - m.seam
    return [
        *_module(look, m, "shoulder", np.zeros(3), rotation(Z, Y)),
        _ring("shoulder_seam", m.radius, -Y * m.outlet, -Y * end),
    ]


def _pipe(
    start: float, end: float, flare: list[tuple[float, float]], waist: float, foot: list[tuple[float, float]]
) -> Mesh:
    """Aluminium tube along -x from `start` to `end` (positive); flare and foot: (radius, distance from the end)."""
    near = [(r, start + d) for r, d in flare]
    far = [(r, end - d) for r, d in reversed(foot)]
    return moved(lathe([*near, (waist, (start + end) / 2), *far], SEGMENTS), turn=rotation(-X, Y))


def _upper_arm(look: Look) -> list[VisualPart]:
    m, height, length = look.big, Z * look.shoulder_offset, look.upper_arm
    collar, waist = m.radius - 0.0002, look.upper_tube
    if look.slim_base:  # CB3: a short step from the collar to a fat tube, no black rings
        start = m.outlet - LAP
        flare = [(collar - 0.0008, 0.0), (collar - 0.0008, 0.005), (waist + 0.0008, 0.0115), (waist, 0.0145)]
    else:  # e-Series: black ring, then a trumpet
        start = m.outlet + 0.0130
        flare = [
            (collar, 0.0),
            (collar, 0.0028),
            (collar - 0.0014, 0.0044),
            (0.0458, 0.0152),
            (waist + 0.001, 0.0182),
        ]
        flare += [(waist, 0.022)]
    tube_mesh = moved(_pipe(start, length - start, flare, waist, flare), height)
    out = [
        *_module(look, m, "upper_arm_shoulder", height, rotation(Z, X)),
        *_module(look, m, "upper_arm_elbow", height - X * length, rotation(Z, -X)),
        mesh_part("upper_arm_tube", tube_mesh, look.tube_colour, 0.55),
        _ring(
            "upper_arm_seam",
            m.radius,
            Z * (look.shoulder_offset - m.seam) - X * length,
            Z * look.elbow_seam - X * length,
        ),
    ]
    if not look.slim_base:
        for name, sign, at in (("lower", -1.0, 0.0), ("upper", 1.0, -length)):
            foot = height + X * (at + sign * m.outlet)
            out.append(_ring(f"upper_arm_ring_{name}", m.radius + 0.0003, foot, foot + X * sign * 0.0130))
    return out


def _elbow(look: Look) -> Mesh:
    """Bend from the joint seam (axis z) into the forearm's tube (axis -x), about a pivot at its inner side."""
    seam, reach, offset = look.elbow_seam, look.elbow_reach, look.elbow_offset
    wide, slim = look.big.radius, look.forearm_flange
    inner = np.array([reach - wide, seam - offset - slim])
    outer = np.array([reach + wide, seam - offset + slim])
    turn = np.linspace(0.0, np.pi / 2, 13)
    t = turn / (np.pi / 2)
    ease = t * t * (3 - 2 * t)
    low, high = inner[0] + (inner[1] - inner[0]) * ease, outer[0] + (outer[1] - outer[0]) * ease
    middle = (low + high) / 2
    zero = np.zeros_like(turn)
    centres = np.column_stack([-reach + middle * np.cos(turn), zero, seam - middle * np.sin(turn)])
    directions = np.column_stack([-np.sin(turn), zero, -np.cos(turn)])
    radii = np.column_stack([(high - low) / 2, wide + (slim - wide) * ease])
    centres = np.concatenate([[centres[0] + Z * LAP], centres, [centres[-1] - X * LAP]])
    directions = np.concatenate([directions[:1], directions, directions[-1:]])
    return sweep(centres, directions, np.concatenate([radii[:1], radii, radii[-1:]]), 40)


def _forearm(look: Look) -> list[VisualPart]:
    m, height, length = look.small, Z * look.elbow_offset, look.forearm
    wrist = height - X * length
    end = length - m.outlet
    flange, waist = look.forearm_flange, look.forearm_tube
    if look.slim_base:
        start = look.elbow_reach
        flare, foot = [(flange, 0.0), (flange, 0.002), (waist, 0.004)], [(waist, 0.0)]
    else:
        start, end = look.elbow_reach + 0.0130, end - 0.0068
        flare = [
            (flange, 0.0),
            (flange, 0.0030),
            (flange - 0.0012, 0.0045),
            (0.0398, 0.0125),
            (waist + 0.0004, 0.0155),
        ]
        flare, foot = [*flare, (waist, 0.018)], [(waist - 0.001, 0.0), (waist, 0.001)]
    seam = look.elbow_offset + m.seam
    out = [
        mesh_part("forearm_elbow", _elbow(look), look.housing_colour, 0.35),
        mesh_part(
            "forearm_tube", moved(_pipe(start, end, flare, waist, foot), height), look.tube_colour, 0.55
        ),
        *_module(look, m, "forearm_wrist", wrist, rotation(-Z, -X), SLIM),
        _ring("forearm_seam", m.radius, Z * seam - X * length, Z * (seam + _slit(look)) - X * length),
    ]
    if not look.slim_base:
        out.append(
            _ring("forearm_ring_elbow", flange + 0.0003, height - X * look.elbow_reach, height - X * start)
        )
        out.append(_ring("forearm_ring_wrist", m.radius, height - X * end, height - X * (length - m.outlet)))
    return out


def _slit(look: Look) -> float:
    """Length of the black seam rings of the wrists [m]."""
    return 0.0032 if look.slim_base else 0.0075


def _wrist_1(look: Look) -> list[VisualPart]:
    m = look.small
    start = look.wrist_1_z - look.elbow_offset - m.seam - _slit(look)
    bent = replace(m, outlet=start + LAP)
    return [
        *_module(look, bent, "wrist_1", np.zeros(3), rotation(Y, Z), SLIM),
        _ring("wrist_1_seam", m.radius, -Y * m.seam, -Y * (m.seam + _slit(look))),
    ]


def _wrist_2(look: Look) -> list[VisualPart]:
    m = look.small
    bent = replace(m, outlet=look.wrist_2_y - m.seam - _slit(look) + LAP)
    return [
        *_module(look, bent, "wrist_2", np.zeros(3), rotation(-Y, Z), SLIM),
        _ring("wrist_2_seam", m.radius, Y * m.seam, Y * (m.seam + _slit(look))),
    ]


def _wrist_3(look: Look) -> list[VisualPart]:
    """Tool flange: ISO 9409-1-50 (four M6 on 50 mm, 31.5 mm spigot), tool connector at the side."""
    r = look.small.radius
    low = -(look.wrist_3_y - look.small.seam - _slit(look)) - LAP
    profile = [(r, low), (r, -0.0065), (0.0315, -0.0062), (0.0315, 0.0), (0.0157, 0.0), (0.0157, -0.0015)]
    flange = lathe(rounded(profile, [0, 0.002, 0.0, 0.0006, 0.0, 0], 2), SLIM)
    angles = np.pi / 4 + np.arange(4) * np.pi / 2
    holes = [
        moved(disc(0.003, -0.003, 0.0002, 0.0, 12), (0.025 * np.cos(a), 0.025 * np.sin(a), 0)) for a in angles
    ]
    plug_z = low * 0.5
    plug = moved(disc(0.0075, r - 0.003, r + 0.0035, 0.001, 20), (0, 0, plug_z), rotation(-Y))
    socket = moved(disc(0.0045, r, r + 0.0055, 0.0008, 16), (0, 0, plug_z), rotation(-Y))
    return [
        mesh_part("wrist_3_flange", flange, look.flange_colour, 0.6),
        mesh_part("wrist_3_holes", joined(*holes, socket), HOLE, 0.1),
        mesh_part("wrist_3_plug", plug, METAL, 0.6),
    ]
