"""The URDF of an arm, built from its profile: frames, limits, inertials, looks, collision shapes, ros2_control tag.

Capsules are written as a cylinder and two spheres, which every URDF reader knows.
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from twincell_model import appearance, grippers, paths
from twincell_model.errors import UserError
from twincell_model.grippers import Gripper
from twincell_model.mesh_files import MeshFile
from twincell_model.profile import RobotProfile
from twincell_model.rotations import matrix_from_quat, rpy_from_matrix
from twincell_model.spec import Capsule, LinkSpec
from twincell_model.visuals import VisualPart, gripper_parts

Array = NDArray[np.float64]
Placed = tuple[ET.Element, Sequence[float], Sequence[float]]
"""A shape, its position [m] and its roll, pitch, yaw [rad] in the link's frame."""
TOPIC_PLUGIN = "joint_state_topic_hardware_interface/JointStateTopicSystem"
MOCK_PLUGIN = "mock_components/GenericSystem"


def urdf_text(
    profile: RobotProfile,
    gripper: str | Gripper | None = None,
    *,
    visuals: str = "primitives",
    use_mock_hardware: bool = False,
    models_root: str | None = None,
) -> str:
    """The URDF as text. Joint and link names carry the profile's tf_prefix.

    visuals: "primitives", "meshes", "meshes:DIR" or "none". use_mock_hardware: the ros2_control tag names mock hardware
    instead of topics. models_root: address of the folder models/, where our own meshes lie; None is this machine's.
    Raises UserError for an unknown gripper, and where the wanted visuals are not to be had.
    """
    if visuals == "menagerie":
        raise UserError("visuals 'menagerie': a URDF needs mesh files; use primitives or meshes:DIR")
    looks = appearance.resolve(profile, visuals)
    root = ET.Element("robot", name=profile.name)
    writer = _Writer(root, profile, models_root or f"file://{paths.models()}")
    joints = {joint.name: joint for joint in profile.joints}
    for link in profile.links:
        writer.link(link.name, link, looks.get(link.name, ()))
    for link in profile.links:
        if link.parent is None:
            continue
        kind = "fixed" if link.joint is None else "revolute"
        name = link.joint or f"{link.parent}-{profile.bare(link.name)}"
        element = writer.joint(name, kind, link.parent, link.name, link.xyz, link.rpy)
        if link.joint is not None:
            joint = joints[link.joint]
            ET.SubElement(element, "axis", xyz=_text((0, 0, joint.axis_sign)))
            ET.SubElement(
                element,
                "limit",
                lower=_number(joint.lower),
                upper=_number(joint.upper),
                effort=_number(joint.max_effort),
                velocity=_number(joint.max_velocity),
            )
            ET.SubElement(
                element, "dynamics", damping=_number(joint.damping), friction=_number(joint.friction)
            )
    if gripper is not None:
        writer.gripper(grippers.load_gripper(gripper) if isinstance(gripper, str) else gripper)
    writer.ros2_control(use_mock_hardware)
    ET.indent(root)
    return '<?xml version="1.0"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


class _Writer:
    """Adds links and joints to the robot element."""

    def __init__(self, root: ET.Element, profile: RobotProfile, models_root: str) -> None:
        self._root = root
        self._profile = profile
        self._models_root = models_root
        self._materials: dict[str, str] = {}

    def link(self, name: str, spec: LinkSpec, looks: Iterable[appearance.Piece]) -> None:
        element = ET.SubElement(self._root, "link", name=name)
        if spec.inertial is not None:
            i = spec.inertial
            _inertial(element, i.mass, i.com, i.rpy, i.inertia)
        for piece in looks:
            self._look(element, piece, self._profile.name)
        for capsule in spec.collision:
            for shape, xyz, rpy in _capsule(capsule):
                _place(ET.SubElement(element, "collision"), shape, xyz, rpy)

    def joint(
        self, name: str, kind: str, parent: str, child: str, xyz: Sequence[float], rpy: Sequence[float]
    ) -> ET.Element:
        element = ET.SubElement(self._root, "joint", name=name, type=kind)
        ET.SubElement(element, "parent", link=parent)
        ET.SubElement(element, "child", link=child)
        ET.SubElement(element, "origin", xyz=_text(xyz), rpy=_text(rpy))
        return element

    def gripper(self, g: Gripper) -> None:
        """The gripper on the tool frame. The right finger mimics the left one."""
        prefix = self._profile.tf_prefix
        names = {n: prefix + n for n in (grippers.BASE_LINK, grippers.LEFT_FINGER, grippers.RIGHT_FINGER)}
        looks = gripper_parts(g)
        cylinder = ET.Element("cylinder", radius=_number(g.base_radius), length=_number(g.base_height))
        box = ET.Element("box", size=_text((g.finger_width, g.finger_depth, g.finger_length)))
        masses = {grippers.BASE_LINK: (g.base_mass, (0.0, 0.0, g.base_com), grippers.base_inertia(g))}
        shapes = {grippers.BASE_LINK: (cylinder, (0.0, 0.0, g.base_height / 2))}
        for name, side in ((grippers.LEFT_FINGER, 1.0), (grippers.RIGHT_FINGER, -1.0)):
            middle = (0.0, side * g.finger_depth / 2, g.finger_length / 2)
            masses[name] = (g.finger_mass, middle, grippers.finger_inertia(g))
            shapes[name] = (box, middle)
        for name, full in names.items():
            element = ET.SubElement(self._root, "link", name=full)
            mass, com, inertia = masses[name]
            _inertial(element, mass, com, (0, 0, 0), (*inertia, 0.0, 0.0, 0.0))
            for part in looks[name]:
                self._look(element, part, g.name)
            _place(ET.SubElement(element, "collision"), shapes[name][0], shapes[name][1], (0, 0, 0))
        base = names[grippers.BASE_LINK]
        self.joint(f"{base}_fixed", "fixed", self._profile.tool_frame, base, (0, 0, 0), (0, 0, 0))
        for joint, name, side in (
            (grippers.LEFT_JOINT, grippers.LEFT_FINGER, 1.0),
            (grippers.RIGHT_JOINT, grippers.RIGHT_FINGER, -1.0),
        ):
            at = (0, 0, g.base_height)
            element = self.joint(prefix + joint, "prismatic", base, names[name], at, (0, 0, 0))
            ET.SubElement(element, "axis", xyz=_text((0, side, 0)))
            ET.SubElement(
                element,
                "limit",
                lower="0",
                upper=_number(g.stroke / 2),
                effort=_number(g.max_force),
                velocity=_number(g.max_speed / 2),
            )
            if joint == grippers.RIGHT_JOINT:
                ET.SubElement(element, "mimic", joint=prefix + grippers.LEFT_JOINT)
        ET.SubElement(self._root, "link", name=prefix + grippers.TCP_FRAME)
        tcp = prefix + grippers.TCP_FRAME
        self.joint(f"{tcp}_fixed", "fixed", base, tcp, (0, 0, g.tcp), (0, 0, 0))

    def ros2_control(self, use_mock_hardware: bool) -> None:
        """Joints as ros2_control sees them: mock hardware, or another process behind topics."""
        p = self._profile
        system = ET.SubElement(self._root, "ros2_control", name=p.tf_prefix + p.name, type="system")
        hardware = ET.SubElement(system, "hardware")
        ET.SubElement(hardware, "plugin").text = MOCK_PLUGIN if use_mock_hardware else TOPIC_PLUGIN
        parameters = (
            {"mock_sensor_commands": "false", "state_following_offset": "0.0"}
            if use_mock_hardware
            else {
                "joint_commands_topic": "joint_commands",
                "joint_states_topic": "joint_states",
                "trigger_joint_command_threshold": "-1",  # send every tick: the arm stops when commands fall silent
            }
        )
        for key, value in parameters.items():
            ET.SubElement(hardware, "param", name=key).text = value
        for joint, home in zip(p.joints, p.home, strict=True):
            element = ET.SubElement(system, "joint", name=joint.name)
            limits = {
                "position": (joint.lower, joint.upper),
                "velocity": (-joint.max_velocity, joint.max_velocity),
            }
            for interface, (low, high) in limits.items():
                command = ET.SubElement(element, "command_interface", name=interface)
                ET.SubElement(command, "param", name="min").text = _number(low)
                ET.SubElement(command, "param", name="max").text = _number(high)
            state = ET.SubElement(element, "state_interface", name="position")
            ET.SubElement(state, "param", name="initial_value").text = _number(home)
            ET.SubElement(element, "state_interface", name="velocity")
            ET.SubElement(element, "state_interface", name="effort")

    def _look(self, link: ET.Element, piece: appearance.Piece, owner: str) -> None:
        if isinstance(piece, MeshFile):
            mesh = ET.Element("mesh", filename=f"file://{piece.path}", scale=_text(piece.scale))
            _place(ET.SubElement(link, "visual"), mesh, piece.xyz, piece.rpy)
            return
        for shape, xyz, rpy in self._part(piece, owner):
            element = ET.SubElement(link, "visual")
            _place(element, shape, xyz, rpy)
            self._material(element, piece)

    def _part(self, part: VisualPart, owner: str) -> list[Placed]:
        """Shapes of a part of `owner`, the robot or the gripper under whose name the meshes lie."""
        turn = matrix_from_quat(part.quat)
        rpy = tuple(float(a) for a in rpy_from_matrix(turn))
        if part.kind == "mesh":
            file = appearance.mesh_file_name(part, self._profile.tf_prefix)
            mesh = ET.Element("mesh", filename=f"{self._models_root}/{owner}/meshes/{file}")
            if self._profile.mirrored and owner == self._profile.name:
                mesh.set("scale", "1 -1 1")  # the files hold the standard arm
            return [(mesh, part.pos, rpy)]
        size = part.size
        if part.kind == "capsule":
            half = turn[:, 2] * size[1]
            at = np.array(part.pos)
            return _capsule(Capsule(_vec3(at - half), _vec3(at + half), size[0]))
        if part.kind == "box":
            shape = ET.Element("box", size=_text([2.0 * s for s in size]))
        elif part.kind == "cylinder":
            shape = ET.Element("cylinder", radius=_number(size[0]), length=_number(2.0 * size[1]))
        else:
            shape = ET.Element("sphere", radius=_number(size[0]))
        return [(shape, part.pos, rpy)]

    def _material(self, visual: ET.Element, part: VisualPart) -> None:
        rgba = _text(part.rgba)
        name = self._materials.setdefault(rgba, f"{self._profile.tf_prefix}colour_{len(self._materials)}")
        element = ET.SubElement(visual, "material", name=name)
        ET.SubElement(element, "color", rgba=rgba)


def _capsule(capsule: Capsule) -> list[Placed]:
    start, end = np.array(capsule.start), np.array(capsule.end)
    axis = end - start
    length = float(np.linalg.norm(axis))
    radius = _number(capsule.radius)
    balls: list[Placed] = [(ET.Element("sphere", radius=radius), tuple(at), (0, 0, 0)) for at in (start, end)]
    if length < 1e-9:
        return balls[:1]
    axis /= length
    # z turned to the axis: roll is not needed
    rpy = (0.0, float(np.arctan2(np.hypot(axis[0], axis[1]), axis[2])), float(np.arctan2(axis[1], axis[0])))
    tube = ET.Element("cylinder", radius=radius, length=_number(length))
    return [(tube, tuple((start + end) / 2), rpy), *balls]


def _inertial(
    link: ET.Element, mass: float, com: Sequence[float], rpy: Sequence[float], inertia: Sequence[float]
) -> None:
    element = ET.SubElement(link, "inertial")
    ET.SubElement(element, "origin", xyz=_text(com), rpy=_text(rpy))
    ET.SubElement(element, "mass", value=_number(mass))
    names = ("ixx", "iyy", "izz", "ixy", "ixz", "iyz")
    ET.SubElement(element, "inertia", {n: _number(v) for n, v in zip(names, inertia, strict=True)})


def _place(element: ET.Element, shape: ET.Element, xyz: Sequence[float], rpy: Sequence[float]) -> None:
    ET.SubElement(element, "origin", xyz=_text(xyz), rpy=_text(rpy))
    ET.SubElement(element, "geometry").append(shape)


def _vec3(values: Array) -> tuple[float, float, float]:
    x, y, z = (float(v) for v in values)
    return x, y, z


def _number(value: float) -> str:
    """Twelve significant digits: exact for every number of a profile, the same on every machine for computed ones."""
    return f"{0.0 if abs(value) < 1e-15 else value:.12g}"


def _text(values: Iterable[float]) -> str:
    return " ".join(_number(float(v)) for v in values)
