"""The MuJoCo model against the profile, and its collision shapes."""

import mujoco
import numpy as np
import pytest
from twincell_model.kinematics import Kinematics
from twincell_model.profile import RobotProfile, available, load_profile, variants
from twincell_model.rotations import matrix_from_quat, matrix_from_rpy
from twincell_model.spec import Inertial
from twincell_model.visuals import parts

from twincell_model import mjcf, paths

ALL = [(robot, variant) for robot in available() for variant in variants(robot)]


def tensor(inertial: Inertial) -> np.ndarray:
    """Inertia (3, 3) about the centre of mass in the link's axes."""
    ixx, iyy, izz, ixy, ixz, iyz = inertial.inertia
    turn = matrix_from_rpy(inertial.rpy)
    return turn @ np.array([[ixx, ixy, ixz], [ixy, iyy, iyz], [ixz, iyz, izz]]) @ turn.T


def check_against_profile(model: mujoco.MjModel, profile: RobotProfile, relative: float) -> None:
    assert [model.joint(i).name for i in range(model.njnt)] == list(profile.joint_names)
    assert model.jnt_range[:, 0] == pytest.approx(profile.lower, rel=relative)
    assert model.jnt_range[:, 1] == pytest.approx(profile.upper, rel=relative)
    assert np.all(model.jnt_limited)
    assert model.jnt_actfrcrange[:, 1] == pytest.approx(profile.max_effort)
    assert model.actuator_ctrlrange == pytest.approx(
        np.column_stack((-profile.max_effort, profile.max_effort))
    )
    for link in profile.links:
        body = model.body(link.name)
        if link.inertial is None:
            assert body.mass[0] == 0.0
            continue
        assert body.mass[0] == pytest.approx(link.inertial.mass, rel=relative)
        assert body.ipos == pytest.approx(link.inertial.com, rel=relative, abs=1e-9)
        turn = matrix_from_quat(body.iquat)
        held = turn @ np.diag(body.inertia) @ turn.T
        largest = float(np.abs(held).max())
        assert held == pytest.approx(tensor(link.inertial), abs=max(relative, 1e-9) * largest)


@pytest.mark.parametrize(("robot", "variant"), ALL)
def test_model_in_memory_equals_profile(robot: str, variant: str) -> None:
    profile = load_profile(robot, variant, "a_")
    check_against_profile(mjcf.arm_spec(profile, "none").compile(), profile, 1e-12)


@pytest.mark.parametrize("robot", available())
def test_committed_file_equals_profile(robot: str) -> None:
    profile = load_profile(robot)
    model = mujoco.MjModel.from_xml_path(str(paths.models(robot, f"{robot}.xml")))
    # MuJoCo writes six digits.
    check_against_profile(model, profile, 1e-5)
    data = mujoco.MjData(model)
    kinematics = Kinematics(profile)
    worst = 0.0
    for q in np.random.default_rng(0).uniform(profile.lower, profile.upper, (200, profile.dof)):
        data.qpos[:] = q
        mujoco.mj_kinematics(model, data)
        worst = max(worst, float(np.linalg.norm(data.body(profile.tool_frame).xpos - kinematics.pose(q)[0])))
    assert worst < 1e-5
    assert model.key("home").qpos == pytest.approx(profile.home, rel=1e-5)


@pytest.mark.parametrize("robot", available())
def test_committed_file_looks_like_the_model_in_memory(robot: str) -> None:
    profile = load_profile(robot)
    models = (
        mjcf.arm_spec(profile).compile(),
        mujoco.MjModel.from_xml_path(str(paths.models(robot, f"{robot}.xml"))),
    )
    clouds = []
    for model in models:
        data = mujoco.MjData(model)
        data.qpos[:] = profile.home
        mujoco.mj_kinematics(model, data)
        for geom in range(model.ngeom):
            if model.geom_type[geom] == mujoco.mjtGeom.mjGEOM_MESH:
                mesh = int(model.geom_dataid[geom])
                start, count = int(model.mesh_vertadr[mesh]), int(model.mesh_vertnum[mesh])
                turn, at = data.geom_xmat[geom].reshape(3, 3), data.geom_xpos[geom]
                points = model.mesh_vert[start : start + count] @ turn.T + at
                clouds.append((model.geom(geom).name, points.min(0), points.max(0)))
    half = len(clouds) // 2
    assert half > 10
    for (name, low, high), (other, other_low, other_high) in zip(clouds[:half], clouds[half:], strict=True):
        assert name == other
        assert low == pytest.approx(other_low, abs=5e-5)
        assert high == pytest.approx(other_high, abs=5e-5)


def test_groups_collisions_and_names() -> None:
    profile = load_profile("ur5e", tf_prefix="left_")
    model = mjcf.arm_spec(profile).compile()
    for geom in range(model.ngeom):
        collides = bool(model.geom_contype[geom] or model.geom_conaffinity[geom])
        assert model.geom_group[geom] == (mjcf.COLLISION_GROUP if collides else mjcf.VISUAL_GROUP)
    assert model.site("left_tool").bodyid[0] == model.body("left_tool0").id
    assert [model.actuator(i).name for i in range(model.nu)] == list(profile.joint_names)
    visible = {model.body(model.geom_bodyid[g]).name for g in range(model.ngeom) if model.geom_group[g] == 2}
    assert visible == {link.name for link in profile.links if link.inertial is not None}


def test_motors_apply_their_control_as_torque() -> None:
    profile = load_profile("ur5e")
    model = mjcf.arm_spec(profile, "none").compile()
    data = mujoco.MjData(model)
    data.ctrl[:] = [10, -20, 30, -5, 4, 40]
    mujoco.mj_forward(model, data)
    assert data.qfrc_actuator == pytest.approx([10, -20, 30, -5, 4, 28])  # the last one is bounded


def contacts(model: mujoco.MjModel, data: mujoco.MjData, q: np.ndarray) -> set[tuple[str, str]]:
    data.qpos[:] = q
    mujoco.mj_kinematics(model, data)
    mujoco.mj_collision(model, data)
    bodies = [model.geom_bodyid[data.contact.geom[k]] for k in range(data.ncon)]
    return {(model.body(a).name, model.body(b).name) for a, b in bodies}


@pytest.mark.parametrize(("robot", "variant"), ALL)
def test_no_self_collision_where_arms_work(robot: str, variant: str) -> None:
    profile = load_profile(robot, variant)
    model = mjcf.arm_spec(profile, "none").compile()
    data = mujoco.MjData(model)
    kinematics = Kinematics(profile)
    assert not contacts(model, data, profile.home)
    # Reach poses: from home by resolved steps towards places in front of the arm, tool pointing down.
    rng = np.random.default_rng(5)
    for _ in range(40):
        radius, angle, height = rng.uniform(0.35, 0.65), rng.uniform(-1.2, 1.2), rng.uniform(0.1, 0.5)
        goal = np.array([radius * np.cos(angle), radius * np.sin(angle), height])
        q = profile.home.copy()
        for _ in range(200):
            position, quaternion = kinematics.pose(q)
            down = np.cross(matrix_from_quat(quaternion)[:, 2], [0, 0, -1.0])
            error = np.concatenate((goal - position, down))
            if np.linalg.norm(error) < 1e-4:
                break
            jacobian = kinematics.jacobian(q)
            step = jacobian.T @ np.linalg.solve(jacobian @ jacobian.T + 1e-3 * np.eye(6), error)
            q = np.clip(q + np.clip(step, -0.1, 0.1), profile.lower, profile.upper)
        assert not contacts(model, data, q), f"at {q.round(3).tolist()}"


@pytest.mark.parametrize(
    ("robot", "q", "pair"),
    [
        ("ur5e", [0, -1.57, 3.1, 0, 0, 0], {"shoulder_link", "forearm_link"}),
        ("ur5e", [0, -0.2, 2.7, 0, 0, 0], {"base_link_inertia", "forearm_link"}),
        ("xarm7", [0, 0, 0, -0.19, 0, 0, 0], {"link1", "link6"}),
    ],
)
def test_folded_arms_do_collide(robot: str, q: list[float], pair: set[str]) -> None:
    model = mjcf.arm_spec(load_profile(robot), "none").compile()
    found = contacts(model, mujoco.MjData(model), np.array(q))
    assert pair in [set(names) for names in found]


@pytest.mark.parametrize("robot", available())
def test_unchecked_pairs_never_touch(robot: str) -> None:
    """Every pair that is left out beside neighbours keeps its distance over random positions within the limits."""
    profile = load_profile(robot)
    spec = mjcf.arm_spec(profile, "none")
    for exclude in list(spec.excludes):
        spec.delete(exclude)
    model = spec.compile()
    data = mujoco.MjData(model)
    geoms: dict[str, list[int]] = {}
    for geom in range(model.ngeom):
        geoms.setdefault(model.body(model.geom_bodyid[geom]).name, []).append(geom)
    for q in np.random.default_rng(6).uniform(profile.lower, profile.upper, (200, profile.dof)):
        data.qpos[:] = q
        mujoco.mj_kinematics(model, data)
        for first, second in profile.unchecked_pairs:
            gaps = [
                mujoco.mj_geomDistance(model, data, a, b, 0.5, None)
                for a in geoms[first]
                for b in geoms[second]
            ]
            assert min(gaps) > 0.0, (first, second)


@pytest.mark.parametrize("robot", available())
def test_capsules_hold_what_is_seen(robot: str) -> None:
    """All but small things (plugs, the foot's rim) of each link's look lies within 12 mm of its capsules."""
    profile = load_profile(robot)
    looks = parts(profile)
    for link in profile.links:
        if link.name == profile.links[0].name or link.parent == profile.root_frame or not link.collision:
            continue  # the base stands still
        clouds = [p.vertices for p in looks[link.name] if p.vertices is not None and "plug" not in p.name]
        points = np.concatenate(clouds)
        gaps = np.full(len(points), np.inf)
        for c in link.collision:
            start, along = np.array(c.start), np.array(c.end) - np.array(c.start)
            t = np.clip((points - start) @ along / max(along @ along, 1e-12), 0.0, 1.0)
            gaps = np.minimum(gaps, np.linalg.norm(points - start - t[:, None] * along, axis=1) - c.radius)
        assert gaps.max() < 0.012, link.name


def test_neighbours_are_excluded_across_the_fixed_base() -> None:
    # MuJoCo's own parent filter does not hold for a parent that is fixed to the world.
    assert ("base_link_inertia", "shoulder_link") in mjcf.excluded_pairs(load_profile("ur5e"))
