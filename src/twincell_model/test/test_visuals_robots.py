"""Looks of the arms: closed, outward, joined at every joint in every pose, in the makers' colours, within budget."""

from collections.abc import Sequence

import numpy as np
import pytest
from twincell_model.profile import RobotProfile, load_profile
from twincell_model.visuals import robots, ur, xarm
from twincell_model.visuals.meshes import is_watertight, volume
from twincell_model.visuals.part import Mesh, VisualPart

from twincell_model import rotations, visuals

ROBOTS = ("ur5", "ur5e", "xarm7")
PROFILES = {name: load_profile(name) for name in ROBOTS}
LOOKS = {name: visuals.parts(profile) for name, profile in PROFILES.items()}
BUDGET = 25_000  # triangles of a robot: about 10 ms a picture with software GL
OVER_CAPSULES = 0.022  # [m] how far a link may stick out of its collision capsules
CABLES = ("base_cable", "base_plugs", "link7_plug")


def mesh(part: VisualPart) -> Mesh:
    assert part.vertices is not None
    assert part.faces is not None
    return Mesh(part.vertices, part.faces)


def moving_pairs(profile: RobotProfile) -> list[tuple[str, str]]:
    """(parent, child) of every joint, as links with a look."""
    return [(str(link.parent), link.name) for link in profile.links if link.joint is not None]


def winding(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Winding number (n,) of a closed mesh, corners (m, 3, 3), about points (n, 3): 1 inside, 0 outside."""
    a, b, c = (triangles[None, :, i] - points[:, None] for i in range(3))
    la, lb, lc = (np.linalg.norm(v, axis=2) for v in (a, b, c))
    top = np.einsum("ijk,ijk->ij", a, np.cross(b, c))
    dots = [np.einsum("ijk,ijk->ij", p, q) for p, q in ((a, b), (b, c), (c, a))]
    return np.arctan2(top, la * lb * lc + dots[0] * lc + dots[1] * la + dots[2] * lb).sum(axis=1) / (
        2 * np.pi
    )


def buried(points: np.ndarray, parts: Sequence[VisualPart]) -> np.ndarray:
    """Which of the points lie inside one of the parts."""
    inside = np.zeros(len(points), bool)
    for part in parts:
        m = mesh(part)
        near = np.all((points > m.vertices.min(axis=0)) & (points < m.vertices.max(axis=0)), axis=1) & ~inside
        if near.any():
            inside[near] = winding(points[near], m.vertices[m.faces]) > 0.5
    return inside


@pytest.mark.parametrize("robot", ROBOTS)
def test_every_link_with_mass_has_a_look(robot: str) -> None:
    massive = {link.name for link in PROFILES[robot].links if link.inertial is not None}
    assert set(LOOKS[robot]) == massive
    names = [p.name for look in LOOKS[robot].values() for p in look]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("robot", ROBOTS)
def test_meshes_are_closed_and_look_outward(robot: str) -> None:
    for look in LOOKS[robot].values():
        for part in look:
            assert is_watertight(mesh(part)), part.name
            assert volume(mesh(part)) > 0, part.name
            assert np.isfinite(mesh(part).vertices).all()


@pytest.mark.parametrize("robot", ROBOTS)
def test_neighbours_run_into_each_other_in_random_poses(robot: str) -> None:
    """Around every joint, points of one link lie inside the other on all sides of the axis: no slit, no gap."""
    profile = PROFILES[robot]
    random = np.random.default_rng(7)
    for parent, child in moving_pairs(profile):
        link = profile.link(child)
        base = rotations.matrix_from_rpy(link.rpy)
        for angle in random.uniform(-np.pi, np.pi, 3):
            turn = base @ rotations.matrix_from_rpy((0.0, 0.0, angle))
            hits = []
            for inner, outer, to_outer in (
                (child, parent, lambda v, t=turn, o=link.xyz: v @ t.T + np.asarray(o)),
                (parent, child, lambda v, t=turn, o=link.xyz: (v - np.asarray(o)) @ t),
            ):
                own = np.unique(np.concatenate([mesh(p).vertices for p in LOOKS[robot][inner]]), axis=0)
                there = to_outer(own)
                local = own if inner == child else (own - np.asarray(link.xyz)) @ turn
                rim = (np.hypot(local[:, 0], local[:, 1]) > 0.03) & (
                    np.hypot(local[:, 0], local[:, 1]) < 0.062
                )
                hits.append(local[rim][buried(there[rim], LOOKS[robot][outer])])
            around = np.concatenate(hits)
            sides = np.unique(np.floor(np.arctan2(around[:, 1], around[:, 0]) / (np.pi / 4)))
            assert len(sides) == 8, f"{parent} and {child} do not meet all around at {angle:.2f} rad"


@pytest.mark.parametrize("robot", ROBOTS)
def test_links_stay_near_their_collision_capsules(robot: str) -> None:
    for name, look in LOOKS[robot].items():
        capsules = PROFILES[robot].link(name).collision
        for part in look:
            if part.name in CABLES:
                continue
            outside = np.full(len(mesh(part).vertices), np.inf)
            for c in capsules:
                start, along = np.asarray(c.start), np.asarray(c.end) - np.asarray(c.start)
                rel = mesh(part).vertices - start
                t = np.clip(rel @ along / max(along @ along, 1e-12), 0, 1)
                outside = np.minimum(outside, np.linalg.norm(rel - t[:, None] * along, axis=1) - c.radius)
            assert outside.max() < OVER_CAPSULES, part.name


@pytest.mark.parametrize("robot", ROBOTS)
def test_the_last_link_ends_at_the_flange(robot: str) -> None:
    last = list(LOOKS[robot])[-1]
    top = max(mesh(p).vertices[:, 2].max() for p in LOOKS[robot][last])
    assert top == pytest.approx(0.0, abs=3e-4)
    foot = LOOKS[robot][next(iter(LOOKS[robot]))]
    assert min(mesh(p).vertices[:, 2].min() for p in foot) == pytest.approx(0.0, abs=1e-3)


@pytest.mark.parametrize("robot", ROBOTS)
def test_triangle_budget(robot: str) -> None:
    assert 8_000 < sum(p.triangles for look in LOOKS[robot].values() for p in look) < BUDGET


@pytest.mark.parametrize("robot", ROBOTS)
def test_looks_are_the_same_every_time(robot: str) -> None:
    again = robots.MAKERS[robot]()
    for link, look in LOOKS[robot].items():
        for a, b in zip(look, again[link], strict=True):
            assert a.name == b.name
            assert np.array_equal(mesh(a).vertices, mesh(b).vertices)
            assert np.array_equal(mesh(a).faces, mesh(b).faces)


def colours(robot: str, ending: str) -> np.ndarray:
    return np.array([p.rgba for look in LOOKS[robot].values() for p in look if p.name.endswith(ending)])


@pytest.mark.parametrize("robot", ["ur5", "ur5e"])
def test_ur_arms_are_silver_dark_and_blue(robot: str) -> None:
    tubes, housings, caps = (colours(robot, e) for e in ("_tube", "_housing", "_cap"))
    assert len(tubes) == 2
    assert len(housings) == len(caps) == 6
    assert np.ptp(tubes[:, :3]) < 0.05
    assert tubes[:, :3].min() > 0.6
    assert housings[:, :3].max() < 0.4
    assert np.all(caps[:, 2] > caps[:, 1]) and np.all(caps[:, 1] > caps[:, 0])
    assert caps[:, 2].min() > 0.6


def test_the_e_series_is_brighter_than_the_cb3() -> None:
    assert colours("ur5e", "_tube").mean() > colours("ur5", "_tube").mean()
    assert colours("ur5e", "_cap").mean() > colours("ur5", "_cap").mean()


def test_xarm_is_white_with_dark_rings() -> None:
    shells, rings = colours("xarm7", "_shell"), colours("xarm7", "_ring")
    assert len(shells) == len(rings) == 7
    assert shells[:, :3].min() > 0.9
    assert rings[:, :3].max() < 0.15


def test_ur_tubes_lie_where_the_kinematics_want_them() -> None:
    for robot, look in ur.LOOKS.items():
        by_name = {p.name: mesh(p).vertices for parts in ur.parts(robot).values() for p in parts}
        upper, fore = by_name["upper_arm_tube"], by_name["forearm_tube"]
        assert (upper[:, 2].min() + upper[:, 2].max()) / 2 == pytest.approx(look.shoulder_offset, abs=1e-4)
        assert (fore[:, 2].min() + fore[:, 2].max()) / 2 == pytest.approx(look.elbow_offset, abs=1e-4)
        profile = PROFILES[robot]
        assert profile.link("forearm_link").xyz[0] == pytest.approx(-look.upper_arm)
        assert profile.link("wrist_1_link").xyz == pytest.approx(
            (-look.forearm, 0.0, look.wrist_1_z), abs=1e-6
        )
        assert abs(profile.link("wrist_2_link").xyz[1]) == pytest.approx(look.wrist_2_y, abs=1e-6)
        assert abs(profile.link("wrist_3_link").xyz[1]) == pytest.approx(look.wrist_3_y, abs=1e-6)
        assert profile.link("shoulder_link").xyz[2] == pytest.approx(look.shoulder_z)


def test_xarm_offsets_are_those_of_the_kinematics() -> None:
    profile = PROFILES["xarm7"]
    assert profile.link("link4").xyz[0] == pytest.approx(xarm.ELBOW_X)
    assert profile.link("link5").xyz[0] == pytest.approx(xarm.FOREARM_X)
    assert profile.link("link7").xyz[0] == pytest.approx(xarm.WRIST_X)


def test_names_carry_no_prefix_and_variants_share_the_look() -> None:
    assert set(visuals.parts(load_profile("ur5e", tf_prefix="left_"))) == set(LOOKS["ur5e"])


def test_an_unknown_robot_is_drawn_by_its_capsules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(robots.MAKERS, "ur5e")
    drawn = visuals.parts(load_profile("ur5e", tf_prefix="left_"))
    arm = drawn["upper_arm_link"]
    wanted = PROFILES["ur5e"].link("upper_arm_link").collision
    assert len(arm) == len(wanted)
    for part, capsule in zip(arm, wanted, strict=True):
        assert part.kind == "capsule"
        half = rotations.matrix_from_quat(part.quat)[:, 2] * part.size[1]
        ends = {tuple(np.round(np.asarray(part.pos) + s * half, 6)) for s in (-1.0, 1.0)}
        assert ends == {tuple(np.round(capsule.start, 6)), tuple(np.round(capsule.end, 6))}
        assert part.size[0] == capsule.radius
