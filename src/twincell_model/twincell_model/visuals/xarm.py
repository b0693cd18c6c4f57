"""xArm7: white, glossy, softly bent links; dark rings at the joints, offset elbow, light ring at the flange.

Every link is one cast shell: implicit bars and flat bars melted together, cut into sections along the link.
Lengths from config/robots; outer sizes measured on the model the maker publishes (xarm_description). The geometry is
our own: no vertex is copied.
"""

from __future__ import annotations

import numpy as np

from .fields import capsule, cone, cut, fan, loft, rod, run, slab, straight, union
from .meshes import joined, moved, rotation
from .part import Floats, Mesh, Rgba, VisualPart, mesh_part
from .shapes import disc, lathe, rounded, rounded_box, tube

X, Y, Z = np.eye(3)
BIG, MID, SMALL = 0.0475, 0.0424, 0.0375  # [m] bores of joints 1-2, 3-5, 6-7
SEAM_1, SEAM_2, SEAM_3, SEAM_4 = 0.112, 0.0753, 0.1012, 0.0672  # [m] joint seams, from the links' origins
SEAM_5, SEAM_6, SEAM_7 = 0.1733, 0.0055, 0.0280
ELBOW_X, FOREARM_X, WRIST_X = 0.0525, 0.0775, 0.076  # [m] kinked elbow and wrist offset
SEGMENTS = 40

WHITE: Rgba = (0.93, 0.935, 0.94, 1.0)
RING: Rgba = (0.10, 0.105, 0.115, 1.0)
METAL: Rgba = (0.66, 0.67, 0.69, 1.0)
COVER: Rgba = (0.80, 0.81, 0.82, 1.0)
LIGHT: Rgba = (0.25, 0.85, 0.55, 1.0)
HOLE: Rgba = (0.07, 0.07, 0.08, 1.0)
GLOSS = 0.8


def parts() -> dict[str, list[VisualPart]]:
    """Parts of every link of the xArm7, by URDF link name (no prefix)."""
    return {
        "link_base": _base(),
        "link1": [_shell("link1", _link1()), _ring("link1", BIG, -Z * SEAM_1, Z)],
        "link2": [_shell("link2", _link2()), _ring("link2", BIG, Z * SEAM_2, Z)],
        "link3": [_shell("link3", _link3()), _ring("link3", MID, -Z * SEAM_3, Z)],
        "link4": [_shell("link4", _link4()), _ring("link4", MID, Z * SEAM_4, Z)],
        "link5": [_shell("link5", _link5()), _ring("link5", MID, -Z * SEAM_5, Z)],
        "link6": [
            _shell("link6", _link6()),
            _ring("link6", SMALL, -Z * SEAM_6, Z),
            mesh_part(
                "link6_cover", moved(disc(0.0185, 0.0, 0.0035, 0.0015, 32), (0, 0, 0.0545)), COVER, 0.5
            ),
        ],
        "link7": _link7(),
    }


def _shell(link: str, mesh: Mesh) -> VisualPart:
    return mesh_part(f"{link}_shell", mesh, WHITE, GLOSS)


def _ring(link: str, radius: float, at: Floats, axis: Floats) -> VisualPart:
    """Dark ring that straddles a joint's seam."""
    mesh = moved(disc(radius + 0.0004, -0.0022, 0.0022, segments=SEGMENTS), at, rotation(axis))
    return mesh_part(f"{link}_ring", mesh, RING, 0.2)


def _base() -> list[VisualPart]:
    top = 0.267 - SEAM_1
    column = rounded([(BIG + 0.003, 0.008), (BIG, 0.014), (BIG, 0.05), (BIG, top)], [0, 0.01, 0, 0], 3)
    plate = lathe(rounded([(0.063, 0.0), (0.063, 0.0095), (0.03, 0.0095)], [0, 0.0015, 0], 2), 56)
    bolts = []
    for a in np.pi / 6 + np.arange(6) * np.pi / 3:
        bolts.append(
            moved(disc(0.0042, 0.008, 0.0125, 0.0006, 12), (0.0555 * np.cos(a), 0.0555 * np.sin(a), 0))
        )
    box = moved(rounded_box((0.008, 0.026, 0.0175), 0.003, 2), (-0.048, 0.004, 0.0275))
    plugs = [
        moved(
            lathe([(0.0085, 0.0), (0.0085, 0.012), (0.0068, 0.013), (0.0068, 0.034)], 20),
            (-0.055, y, z),
            rotation(-X),
        )
        for y, z in ((0.014, 0.0285), (-0.008, 0.0265))
    ]
    leads = [
        tube([(-0.088, y, z), (-0.10, y, z), (-0.110, y, z - 0.004), (-0.116, y, z - 0.011)], 0.0042, 10)
        for y, z in ((0.014, 0.0285), (-0.008, 0.0265))
    ]
    return [
        mesh_part("base_column", lathe(column, 56), WHITE, GLOSS),
        mesh_part("base_plate", plate, METAL, 0.6),
        mesh_part("base_bolts", joined(*bolts), RING, 0.4),
        mesh_part("base_panel", box, WHITE, GLOSS),
        mesh_part("base_plugs", joined(*plugs, *leads), RING, 0.3),
    ]


def _link1() -> Mesh:
    """Column that bows into the horizontal shoulder (axis y)."""
    body = union(
        [
            cone((0, 0, -SEAM_1 - 0.03), (0, -0.008, -0.01), BIG, 0.044),
            rod((0, 0, -SEAM_1 - 0.03), (0, 0, -SEAM_1 + 0.003), BIG),
            capsule((0, -0.0085, 0), (0, 0.3, 0), BIG),
        ],
        0.022,
    )
    pivot = (0, 0.062, -0.068)
    sections = run(
        straight((0, 0, -SEAM_1), (0, 0, -0.068), 4),
        fan(pivot, -X, [(0, -0.002, -0.068), (0, 0.0, 0.0), (0, 0.062, 0)], 16),
        end=((0, SEAM_2, 0), Y),
    )
    return loft(body, sections, SEGMENTS)


def _bracket(reach: Floats, seat: float, top: float, bore: float, wide: float, end: float) -> Mesh:
    """Links 2 and 4: joint seat about +z, flat bar to `reach` (x, y), leg to z = 0, tube towards -y to `end`.

    seat, top: z of the seam and of the flat bar's back; bore, wide: radii of the tube and of the seat [m].
    """
    foot = np.array([reach[0], reach[1], 0.0])
    away = foot / np.linalg.norm(foot)
    axis = np.cross(Z, away)  # turning +z towards `away`
    half = (top - seat) * 0.39  # the bar floats above the seam
    middle = top - half
    body = union(
        [
            slab((0, 0, middle), foot + Z * middle, Z, wide, half, half * 1.7, 1.75),
            rod((0, 0, seat - 0.05), (0, 0, middle), wide),
            rod(foot + Z * middle, foot + Z * 0.004, bore + 0.002),
            capsule(foot + Y * 0.001, foot - Y * 0.5, bore),
        ],
        0.014,
    )
    gap = (np.linalg.norm(foot) - bore + wide) / 2
    pivot = away * gap + Z * seat
    corner = foot + Z * (bore + 0.010) - Y * (bore + 0.010)
    sections = run(
        fan(pivot, axis, [(0, 0, seat), pivot + Z * (middle - seat), foot + Z * seat], 28),
        straight(foot + Z * seat, foot + Z * corner[2], 2),
        fan(corner, -X, [foot + Z * corner[2], foot, foot + Y * (corner[1] - foot[1])], 12),
        end=((foot[0], -end, 0.0), -Y),
    )
    return loft(body, sections, SEGMENTS)


def _link2() -> Mesh:
    return _bracket(np.array([0.0, -0.108]), SEAM_2, 0.119, MID, BIG, 0.293 - SEAM_3)


def _link4() -> Mesh:
    return _bracket(np.array([FOREARM_X, -0.084]), SEAM_4, 0.107, MID, MID, 0.3425 - SEAM_5)


def _link3() -> Mesh:
    """Neck that leaves the upper arm's axis sideways and ends in the elbow's cylinder."""
    body = union(
        [
            capsule((0, 0, -SEAM_3 - 0.03), (0, 0, -0.082), MID),
            cone((0, 0, -0.082), (0.032, 0.028, -0.010), MID, 0.040),
            capsule((ELBOW_X, 0.0265, 0), (ELBOW_X, -0.3, 0), MID),
        ],
        0.020,
    )
    pivot = (0, -0.062, -0.072)
    sections = run(
        straight((0, 0, -SEAM_3), (0.002, 0.002, -0.072), 4, Z),
        fan(
            pivot,
            X,
            [(0.002, 0.002, -0.072), (0.032, 0.024, -0.012), (0.045, 0.012, 0), (ELBOW_X, -0.062, 0)],
            18,
        ),
        end=((ELBOW_X, -SEAM_4, 0), -Y),
    )
    return loft(body, sections, SEGMENTS)


def _link5() -> Mesh:
    """Forearm: round at joint 5, a thin strap that swings out, and the wrist's stub."""
    body = union(
        [
            capsule((0, 0, -SEAM_5 - 0.1), (0, 0, -0.160), MID),
            slab((0, 0.006, -0.152), (0, 0.047, -0.099), (0, 0.79, -0.61), 0.040, 0.0185, 0.026, 1.45),
            slab((0, 0.0665, -0.068), (0, 0.0665, 0), Y, SMALL, 0.0180, 0.026, 1.5),
            capsule((0, -0.2, 0), (0, 0.050, 0), SMALL),
        ],
        0.020,
    )
    bend_1, bend_2 = (0, 0.120, -0.160), (0, 0.030, -0.052)
    sections = run(
        straight((0, 0, -SEAM_5), (0, 0, -0.160), 2),
        fan(bend_1, -X, [(0, 0, -0.160), (0, 0.036, -0.112)], 7),
        fan((0, -0.045, -0.0525), X, [(0, 0.040, -0.107), (0, 0.066, -0.0525)], 6),
        fan(bend_2, X, [(0, 0.066, -0.052), (0, 0.060, -0.01), (0, 0.030, 0)], 12),
        end=((0, SEAM_6, 0), -Y),
    )
    return loft(body, sections, SEGMENTS)


def _link6() -> Mesh:
    """Wrist: seat about joint 6, short arm, cylinder about joint 7."""
    top = 0.0555
    seat = lathe(rounded([(SMALL, -SEAM_6), (SMALL, top), (0.0, top)], [0, 0.024, 0], 7)[:-1], SEGMENTS)
    end = 0.097 - SEAM_7
    drum_profile = rounded([(0.0, -SMALL), (SMALL, -SMALL), (SMALL, end)], [0, 0.024, 0], 7)[1:]
    drum = moved(lathe(drum_profile, SEGMENTS), (WRIST_X, 0, 0), rotation(Y, X))
    body = union(
        [
            capsule((0, 0, -0.003), (0, 0, top - SMALL), SMALL - 0.0005),
            capsule((0, 0, 0.018), (WRIST_X, 0, 0.001), 0.036),
            capsule((WRIST_X, 0, 0), (WRIST_X, end - 0.06, 0), SMALL - 0.0005),
        ],
        0.016,
    )
    body = cut(body, (0, 0, -SEAM_6 + 0.003), -Z)
    sections = run(straight((0, 0, 0.020), (0.068, 0, 0.004), 14, X), end=((0.068, 0, 0.004), X))
    return joined(seat, drum, loft(body, sections, SEGMENTS))


def _link7() -> list[VisualPart]:
    """Tool flange (50 mm circle, 31.5 mm spigot) with its plug and the light ring."""
    drum = lathe(
        rounded(
            [(SMALL, -SEAM_7), (SMALL, -0.008), (SMALL, -0.0005), (0.030, -0.0005)], [0, 0, 0.0018, 0], 3
        ),
        SEGMENTS,
    )
    face = disc(0.0325, -0.004, 0.0, 0.0004, SEGMENTS, 1)
    light = disc(SMALL + 0.0003, -0.0225, -0.0195, 0.0006, SEGMENTS, 1)
    holes = [disc(0.0102, -0.003, 0.0002, 0.0, 24)]
    for a in np.arange(4) * np.pi / 2 + np.pi / 4:
        holes.append(moved(disc(0.003, -0.003, 0.0002, 0.0, 12), (0.025 * np.cos(a), 0.025 * np.sin(a), 0)))
    plug = lathe(
        [(0.0075, SMALL - 0.004), (0.0075, SMALL + 0.004), (0.0058, SMALL + 0.005), (0.0058, SMALL + 0.0138)],
        20,
    )
    return [
        mesh_part("link7_shell", drum, WHITE, GLOSS),
        _ring("link7", SMALL, -Z * SEAM_7, Z),
        mesh_part("link7_light", light, LIGHT, 0.9),
        mesh_part("link7_face", face, METAL, 0.6),
        mesh_part("link7_holes", joined(*holes), HOLE, 0.1),
        mesh_part("link7_plug", moved(plug, (0, 0, -0.0125), rotation(-Y)), RING, 0.3),
    ]
