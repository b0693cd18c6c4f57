"""The URDF read by Pinocchio, against the profile and the MuJoCo kinematics."""

import xml.etree.ElementTree as ET

import numpy as np
import pinocchio as pin
import pytest
from twincell_model.errors import UserError
from twincell_model.kinematics import Kinematics
from twincell_model.profile import available, load_profile, variants
from twincell_model.rotations import matrix_from_quat, matrix_from_rpy
from twincell_model.urdf import MOCK_PLUGIN, TOPIC_PLUGIN, urdf_text

from twincell_model import paths

ALL = [(robot, variant) for robot in available() for variant in variants(robot)]


@pytest.mark.parametrize(("robot", "variant"), ALL)
def test_pinocchio_finds_the_same_poses(robot: str, variant: str) -> None:
    profile = load_profile(robot, variant, "left_")
    model = pin.buildModelFromXML(urdf_text(profile))
    data = model.createData()
    kinematics = Kinematics(profile)
    assert list(model.names)[1:] == list(profile.joint_names)
    frames = {link.name: model.getFrameId(link.name) for link in profile.links}
    worst = 0.0
    for q in np.random.default_rng(7).uniform(profile.lower, profile.upper, (1000, profile.dof)):
        pin.framesForwardKinematics(model, data, q)
        for name, (position, quaternion) in kinematics.link_poses(q).items():
            pose = data.oMf[frames[name]]
            worst = max(worst, float(np.linalg.norm(pose.translation - position)))
            worst = max(worst, float(np.abs(pose.rotation - matrix_from_quat(quaternion)).max()))
    assert worst < 1e-8  # the goal is 0.1 mm; measured 1e-11


@pytest.mark.parametrize(("robot", "variant"), ALL)
def test_limits_and_inertials_equal_the_profile(robot: str, variant: str) -> None:
    profile = load_profile(robot, variant)
    model = pin.buildModelFromXML(urdf_text(profile))
    assert model.lowerPositionLimit == pytest.approx(profile.lower, rel=1e-11)
    assert model.upperPositionLimit == pytest.approx(profile.upper, rel=1e-11)
    assert model.velocityLimit == pytest.approx(profile.max_velocity, rel=1e-11)
    assert model.effortLimit == pytest.approx(profile.max_effort)
    for index, joint in enumerate(profile.joints, start=1):
        inertial = profile.link(joint.child).inertial
        assert inertial is not None
        held = model.inertias[index]
        assert held.mass == pytest.approx(inertial.mass)
        assert held.lever == pytest.approx(inertial.com, abs=1e-9)
        ixx, iyy, izz, ixy, ixz, iyz = inertial.inertia
        turn = matrix_from_rpy(inertial.rpy)
        expected = turn @ np.array([[ixx, ixy, ixz], [ixy, iyy, iyz], [ixz, iyz, izz]]) @ turn.T
        assert held.inertia == pytest.approx(expected, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("robot", available())
def test_gravity_torques_agree_with_mujoco(robot: str) -> None:
    import mujoco

    from twincell_model import mjcf

    profile = load_profile(robot)
    urdf = pin.buildModelFromXML(urdf_text(profile, "two_finger"))
    spec = mjcf.arm_spec(profile, "none")
    spec.attach(mjcf.gripper_spec("two_finger"), site=spec.site("tool"), prefix="g/")
    model = spec.compile()
    data = mujoco.MjData(model)
    for q in np.random.default_rng(8).uniform(profile.lower, profile.upper, (20, profile.dof)):
        data.qpos[: profile.dof] = q
        mujoco.mj_forward(model, data)
        full = np.zeros(urdf.nq)
        full[: profile.dof] = q
        expected = pin.computeGeneralizedGravity(urdf, urdf.createData(), full)
        assert data.qfrc_bias[: profile.dof] == pytest.approx(expected[: profile.dof], abs=1e-6)


@pytest.mark.parametrize("robot", available())
def test_committed_file_is_complete(robot: str) -> None:
    path = paths.models(robot, f"{robot}.urdf")
    model = pin.buildModelFromUrdf(str(path))
    assert model.nq == load_profile(robot).dof
    meshes = [m.get("filename", "") for m in ET.parse(path).iter("mesh")]
    assert len(meshes) > 10
    for mesh in meshes:
        assert (path.parent / mesh).is_file(), mesh


def test_text_names_meshes_that_exist_here() -> None:
    root = ET.fromstring(urdf_text(load_profile("xarm7", "x13"), "two_finger"))
    meshes = list(root.iter("mesh"))
    for mesh in meshes:
        name = mesh.get("filename", "")
        assert name.startswith("file:///")
        assert (paths.root() / name.removeprefix("file://")).is_file(), name
        # The arm is mirrored, its gripper is not.
        assert mesh.get("scale") == (None if "/two_finger/" in name else "1 -1 1")
    assert any("/two_finger/" in m.get("filename", "") for m in meshes)


def test_visuals_and_collisions_are_on_the_right_links() -> None:
    root = ET.fromstring(urdf_text(load_profile("ur5e")))
    seen = {link.get("name") for link in root.iter("link") if link.find("visual") is not None}
    solid = {link.get("name") for link in root.iter("link") if link.find("collision") is not None}
    assert seen == solid
    assert "base_link_inertia" in seen
    assert "tool0" not in seen
    bare = ET.fromstring(urdf_text(load_profile("ur5e"), visuals="none"))
    assert not list(bare.iter("visual"))


def test_capsules_are_tubes_along_their_axis() -> None:
    profile = load_profile("xarm7")
    root = ET.fromstring(urdf_text(profile, visuals="none"))
    link = next(item for item in root.iter("link") if item.get("name") == "link4")
    capsule = profile.link("link4").collision[0]
    tube = link.find("collision")
    assert tube is not None
    origin, cylinder = tube.find("origin"), tube.find("geometry/cylinder")
    assert origin is not None
    assert cylinder is not None
    start, end = np.array(capsule.start), np.array(capsule.end)
    xyz, rpy = ([float(v) for v in origin.get(key, "").split()] for key in ("xyz", "rpy"))
    assert xyz == pytest.approx((start + end) / 2)
    length = float(cylinder.get("length", "0"))
    assert matrix_from_rpy(rpy)[:, 2] * length == pytest.approx(end - start, abs=1e-9)


def test_ros2_control_tag() -> None:
    profile = load_profile("ur5e", tf_prefix="left_")
    system = ET.fromstring(urdf_text(profile)).find("ros2_control")
    assert system is not None
    assert system.findtext("hardware/plugin") == TOPIC_PLUGIN
    assert {p.get("name") for p in system.iterfind("hardware/param")} >= {
        "joint_commands_topic",
        "joint_states_topic",
    }
    assert [j.get("name") for j in system.iterfind("joint")] == list(profile.joint_names)
    elbow = next(j for j in system.iterfind("joint") if j.get("name") == "left_elbow_joint")
    position = elbow.find("command_interface[@name='position']")
    assert position is not None
    assert [float(p.text or "") for p in position.iterfind("param")] == pytest.approx([-np.pi, np.pi])
    assert [s.get("name") for s in elbow.iterfind("state_interface")] == ["position", "velocity", "effort"]
    initial = elbow.find("state_interface[@name='position']/param")
    assert initial is not None
    assert float(initial.text or "") == pytest.approx(profile.home[2])
    mock = ET.fromstring(urdf_text(profile, use_mock_hardware=True)).find("ros2_control")
    assert mock is not None
    assert mock.findtext("hardware/plugin") == MOCK_PLUGIN


def test_gripper_hangs_on_the_tool_frame() -> None:
    profile = load_profile("ur5e", tf_prefix="left_")
    model = pin.buildModelFromXML(urdf_text(profile, "two_finger"))
    assert model.nq == 8
    data = model.createData()
    q = np.zeros(8)
    q[6:] = 0.0425
    pin.framesForwardKinematics(model, data, q)
    tool, tcp = (data.oMf[model.getFrameId(f"left_{name}")] for name in ("tool0", "gripper_tcp"))
    assert (tool.inverse() * tcp).translation == pytest.approx([0, 0, 0.15])
    left, right = (data.oMf[model.getFrameId(f"left_gripper_{s}_finger")] for s in ("left", "right"))
    assert (left.inverse() * right).translation == pytest.approx([0, -0.085, 0])
    assert sum(inertia.mass for inertia in list(model.inertias)[1:]) == pytest.approx(17.7 + 0.925)


def test_wrong_words_are_named() -> None:
    profile = load_profile("ur5e")
    with pytest.raises(UserError, match="unknown gripper 'three_finger'.*two_finger"):
        urdf_text(profile, "three_finger")
    with pytest.raises(UserError, match="'menagerie': a URDF needs mesh files"):
        urdf_text(profile, visuals="menagerie")
