"""Profiles against the makers' tables, and the errors for wrong ones."""

import numpy as np
import pytest
from twincell_model.errors import UserError
from twincell_model.profile import available, load_profile, variants

TURN = 2 * np.pi


def test_three_robots() -> None:
    assert available() == ["ur5", "ur5e", "xarm7"]


@pytest.mark.parametrize(
    ("robot", "rate", "root", "tool"),
    [
        ("ur5", 125, "base_link", "tool0"),
        ("ur5e", 500, "base_link", "tool0"),
        ("xarm7", 250, "link_base", "link_eef"),
    ],
)
def test_rate_and_frames(robot: str, rate: int, root: str, tool: str) -> None:
    profile = load_profile(robot)
    assert (profile.rate_hz, profile.root_frame, profile.tool_frame) == (rate, root, tool)


def test_names_are_the_makers() -> None:
    ur = load_profile("ur5e")
    assert ur.joint_names == (
        "shoulder_pan_joint",
        "shoulder_lift_joint",
        "elbow_joint",
        "wrist_1_joint",
        "wrist_2_joint",
        "wrist_3_joint",
    )
    assert {link.name for link in ur.links} == {
        *("base_link", "base", "base_link_inertia", "shoulder_link", "upper_arm_link", "forearm_link"),
        *("wrist_1_link", "wrist_2_link", "wrist_3_link", "ft_frame", "flange", "tool0"),
    }
    xarm = load_profile("xarm7")
    assert xarm.joint_names == tuple(f"joint{i}" for i in range(1, 8))
    assert [link.name for link in xarm.links] == ["link_base", *(f"link{i}" for i in range(1, 8)), "link_eef"]


@pytest.mark.parametrize("robot", ["ur5", "ur5e"])
def test_ur_limits(robot: str) -> None:
    # Universal_Robots_ROS2_Description, joint_limits.yaml: degrees, N m.
    profile = load_profile(robot)
    assert np.degrees(profile.upper) == pytest.approx([360, 360, 180, 360, 360, 360])
    assert np.array_equal(profile.lower, -profile.upper)
    assert np.degrees(profile.max_velocity) == pytest.approx([180] * 6)
    assert profile.max_effort.tolist() == [150, 150, 150, 28, 28, 28]


# xArm-Python-SDK x_config.py: lower and upper limits of joints 2, 4 and 6 by hardware type.
XARM7_LIMITS = {
    "x4": ((-2.059488, 2.094395), (-0.191986, 3.92699), (-1.692969, np.pi)),
    "x3": ((-2.059488, 2.094395), (-3.92699, 0.191986), (-1.692969, np.pi)),
    "1305": ((-2.042035, 2.024581), (-0.10472, 3.92699), (-1.692969, np.pi)),
    "x13": ((-2.094395, 2.059488), (-3.92699, 0.191986), (-np.pi, 1.692969)),
}


@pytest.mark.parametrize("variant", variants("xarm7"))
def test_xarm7_limits_by_variant(variant: str) -> None:
    profile = load_profile("xarm7", variant)
    for joint, (lower, upper) in zip((1, 3, 5), XARM7_LIMITS[variant], strict=True):
        # The description rounds to 0.5 mrad, always to the inside here.
        assert lower <= profile.lower[joint] + 1e-6 <= lower + 6e-4
        assert upper >= profile.upper[joint] - 1e-6 >= upper - 6e-4
    assert profile.upper[[0, 2, 4, 6]] == pytest.approx(TURN)
    assert profile.max_effort.tolist() == [50, 50, 30, 30, 30, 20, 20]
    assert profile.max_velocity == pytest.approx(3.14)


def test_default_variant_is_first() -> None:
    assert variants("xarm7")[0] == load_profile("xarm7").variant == "x4"
    assert load_profile("xarm7", "") is load_profile("xarm7")
    assert load_profile("xarm7", "x13").hardware["model"] == "X13"


# kg: joint limits and masses of the makers' parameter files, without the base.
MASSES = {
    "ur5": (3.7, 8.393, 2.33, 1.219, 1.219, 0.1879),
    "ur5e": (3.761, 8.058, 2.846, 1.37, 1.3, 0.365),
    "xarm7": (1.3249, 1.5905, 1.1386, 1.302, 0.78932, 0.72382, 0.11813),
}


@pytest.mark.parametrize("robot", sorted(MASSES))
def test_masses_of_moving_links(robot: str) -> None:
    profile = load_profile(robot)
    moving = [profile.link(joint.child).inertial for joint in profile.joints]
    assert [i.mass for i in moving if i is not None] == pytest.approx(MASSES[robot])


def test_published_inertials_of_type_13_are_those_of_variant_x13() -> None:
    # link2 of xarm7_type13_HT_BR2.yaml, as published.
    inertial = load_profile("xarm7", "x13").link("link2").inertial
    assert inertial is not None
    assert inertial.com == pytest.approx((8.0868e-05, 0.096481, 0.046553))
    published = (0.0079933, 0.0041402, 0.0055325, -3.1057e-06, 1.8912e-06, 0.0023575)
    assert inertial.inertia == pytest.approx(published)


@pytest.mark.parametrize("variant", variants("xarm7"))
def test_centres_of_mass_lie_within_reach_of_the_links_shapes(variant: str) -> None:
    profile = load_profile("xarm7", variant)
    for link in profile.links:
        if link.inertial is None:
            continue
        com = np.array(link.inertial.com)
        gaps = []
        for c in link.collision:
            start, along = np.array(c.start), np.array(c.end) - np.array(c.start)
            t = np.clip((com - start) @ along / max(along @ along, 1e-12), 0, 1)
            gaps.append(np.linalg.norm(com - start - t * along) - c.radius)
        assert min(gaps) < 0.01, link.name


def test_ur5e_tensors_are_urs_own() -> None:
    inertial = load_profile("ur5e").link("upper_arm_link").inertial
    assert inertial is not None
    assert inertial.inertia[:3] == pytest.approx((0.01505885, 0.33388086, 0.33247207))


@pytest.mark.parametrize("robot", available())
def test_motion_limits_are_plausible(robot: str) -> None:
    profile = load_profile(robot)
    ramp = profile.max_acceleration / profile.max_jerk
    assert np.all(ramp >= 0.0999)  # the stated choice: acceleration builds up in 0.1 s or longer
    assert np.all(profile.max_deceleration <= 20)
    assert np.all(profile.box_lower < profile.box_upper)
    assert profile.box_lower[2] >= 0.02
    assert (1.0 / profile.rate_hz / 0.002) == pytest.approx(round(1.0 / profile.rate_hz / 0.002))


def test_arrays_are_read_only() -> None:
    profile = load_profile("ur5e")
    for array in (profile.home, profile.lower, profile.max_jerk, profile.box_upper):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1.0


def test_prefix_is_on_joints_and_frames() -> None:
    profile = load_profile("ur5e", tf_prefix="left_")
    assert profile.joint_names[0] == "left_shoulder_pan_joint"
    assert profile.root_frame == "left_base_link"
    assert all(link.name.startswith("left_") for link in profile.links)
    assert profile.bare(profile.tool_frame) == "tool0"


@pytest.mark.parametrize(
    ("arguments", "word", "remedy"),
    [
        (("ur5f",), "ur5f", "did you mean 'ur5"),
        (("kuka",), "kuka", "ur5, ur5e, xarm7"),
        (("../ur5",), "../ur5", "ur5, ur5e, xarm7"),
        (("xarm7", "x5"), "x5", "x13"),
        (("ur5e", None, "left/"), "left/", "letters"),
    ],
)
def test_wrong_words_are_named(arguments: tuple[str, ...], word: str, remedy: str) -> None:
    with pytest.raises(UserError) as caught:
        load_profile(*arguments)
    assert f"'{word}'" in str(caught.value)
    assert remedy in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda d: d.pop("rate_hz"), "rate_hz"),
        (lambda d: d.update(rate_hz=300), "field rate_hz"),
        (lambda d: d.update(colour="red"), "colour"),
        (lambda d: d["joints"]["elbow_joint"].update(max_velocity="fast"), "joints/elbow_joint/max_velocity"),
        (lambda d: d["joints"]["elbow_joint"].update(lower=3.5), "joints/elbow_joint"),
        (lambda d: d["joints"]["elbow_joint"].update(max_jerk=float("nan")), "joints/elbow_joint/max_jerk"),
        (lambda d: d["joints"].pop("wrist_3_joint"), "field joints"),
        (lambda d: d["links"][3].update(parent="nothing"), "field links"),
        (lambda d: d["links"].append({"name": "tool0", "parent": "flange"}), "appears twice"),
        (lambda d: d.update(tool_frame="tool1"), "field tool_frame"),
        (lambda d: d.update(home=[0, 0, 0]), "field home"),
        (lambda d: d.update(home=[0, 0, 3.14, 0, 0, 0]), "elbow_joint"),
        (lambda d: d.update(default_variant="cb2"), "cb2"),
        (lambda d: d["variants"]["base"]["joints"].update(elbow={"lower": -1}), "elbow"),
        (lambda d: d.update(name="ur10"), "field name"),
        (lambda d: d["unchecked_pairs"].append(["base_link_inertia", "elbow_link"]), "elbow_link"),
    ],
)
def test_wrong_files_are_named_with_the_field(edit, change, field: str) -> None:
    path = edit("robots/ur5e.yaml", change)
    with pytest.raises(UserError) as caught:
        load_profile("ur5e")
    message = str(caught.value)
    assert field in message
    assert str(path) in message or "unknown variant" in message
    assert "\n" not in message


def test_broken_yaml_is_one_sentence(own_root) -> None:
    (own_root / "config" / "robots" / "ur5e.yaml").write_text("name: [ur5e\n")
    with pytest.raises(UserError, match=r"robot file '.*ur5e\.yaml' cannot be read") as caught:
        load_profile("ur5e")
    assert "\n" not in str(caught.value)


def test_variant_overrides_change_only_what_they_name(edit) -> None:
    edit(
        "robots/ur5e.yaml",
        lambda d: d["variants"].update(
            narrow={
                "description": "a cable in the way",
                "mirrored": False,
                "joints": {"wrist_3_joint": {"lower": -1.0, "upper": 1.0}},
                "hardware": {"series": "mine"},
            }
        ),
    )
    base, narrow = load_profile("ur5e"), load_profile("ur5e", "narrow")
    assert narrow.upper[5] == 1.0
    assert np.array_equal(narrow.upper[:5], base.upper[:5])
    assert narrow.hardware["series"] == "mine"
    assert narrow.hardware["kinematics_hash"] == base.hardware["kinematics_hash"]
