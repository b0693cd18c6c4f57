"""The gripper's file and its MuJoCo model."""

import mujoco
import numpy as np
import pytest
from twincell_model.errors import UserError
from twincell_model.gripper_mjcf import gripper_spec
from twincell_model.grippers import Gripper, load_gripper
from twincell_model.groups import COLLISION_GROUP

from twincell_model import grippers


@pytest.fixture
def gripper() -> Gripper:
    return load_gripper("two_finger")


def compiled(gravity: bool = False) -> tuple[mujoco.MjModel, mujoco.MjData]:
    model = gripper_spec("two_finger").compile()
    if not gravity:
        model.opt.gravity[:] = 0
    return model, mujoco.MjData(model)


def settle(model: mujoco.MjModel, data: mujoco.MjData, width: float, steps: int = 1000) -> None:
    data.ctrl[0] = width
    for _ in range(steps):
        mujoco.mj_step(model, data)


def test_stroke_and_mass(gripper: Gripper) -> None:
    assert gripper.stroke == 0.085
    assert gripper.mass == pytest.approx(0.925)
    model, _ = compiled()
    assert model.body_mass.sum() == pytest.approx(0.925)


@pytest.mark.parametrize("width", [0.085, 0.04, 0.0])
def test_control_is_the_width_between_the_fingers(width: float) -> None:
    model, data = compiled(gravity=True)
    settle(model, data, width)
    pads = [data.geom(f"{name}_pad") for name in (grippers.LEFT_FINGER, grippers.RIGHT_FINGER)]
    depth = model.geom(f"{grippers.LEFT_FINGER}_pad").size[1]
    gap = pads[0].xpos[1] - pads[1].xpos[1] - 2 * depth
    assert gap == pytest.approx(width, abs=2e-4)
    assert data.tendon(grippers.TENDON).length[0] == pytest.approx(width, abs=2e-4)


def test_fingers_stay_coupled_under_a_push() -> None:
    model, data = compiled()
    settle(model, data, 0.04)
    data.body(grippers.LEFT_FINGER).xfrc_applied[1] = 20.0
    settle(model, data, 0.04, 300)
    left, right = data.qpos
    assert left == pytest.approx(right, abs=1e-3)


def test_grip_force_reaches_what_the_actuator_allows(gripper: Gripper) -> None:
    spec = gripper_spec("two_finger")
    block = spec.worldbody.add_body(pos=[0, 0, gripper.base_height + 0.04])
    block.add_geom(type=mujoco.mjtGeom.mjGEOM_BOX, size=[0.02, 0.02, 0.02], name="block")
    model = spec.compile()
    data = mujoco.MjData(model)
    data.qpos[:] = gripper.stroke / 2
    force = gripper.default_force
    model.actuator_forcerange[0] = (-force, force)
    settle(model, data, 0.0)
    normal = np.zeros(6)
    pushed = {"left": 0.0, "right": 0.0}
    for index in range(data.ncon):
        names = {model.geom(g).name for g in data.contact.geom[index]}
        mujoco.mj_contactForce(model, data, index, normal)
        for side in pushed:
            if f"gripper_{side}_finger_pad" in names:
                pushed[side] += normal[0]
    assert pushed["left"] == pytest.approx(force, rel=0.05)
    assert pushed["right"] == pytest.approx(force, rel=0.05)
    assert sum(data.qpos) == pytest.approx(0.04, abs=2e-3)


def test_only_plain_shapes_collide() -> None:
    model, _ = compiled()
    solid = [model.geom(g).name for g in range(model.ngeom) if model.geom_contype[g]]
    assert sorted(solid) == ["gripper_base_collision", "gripper_left_finger_pad", "gripper_right_finger_pad"]
    assert all(model.geom(name).group[0] == COLLISION_GROUP for name in solid)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda d: d.update(stroke="wide"), "field stroke"),
        (lambda d: d["finger"].pop("mass"), "field finger"),
        (lambda d: d.update(default_force=900), "default_force"),
        (lambda d: d.update(name="other"), "field name"),
    ],
)
def test_wrong_files_are_named_with_the_field(edit, change, field: str) -> None:
    path = edit("grippers/two_finger.yaml", change)
    with pytest.raises(UserError) as caught:
        load_gripper("two_finger")
    assert field in str(caught.value)
    assert str(path) in str(caught.value)


def test_unknown_gripper_is_named() -> None:
    with pytest.raises(UserError, match="unknown gripper 'two_fingers'; did you mean 'two_finger'"):
        load_gripper("two_fingers")


def test_none_is_no_gripper_and_other_names_are_told() -> None:
    assert grippers.fitted(grippers.NONE) is None
    fitted = grippers.fitted("two_finger")
    assert fitted is not None and fitted.stroke == 0.085
    with pytest.raises(UserError, match="claw"):
        grippers.fitted("claw")
