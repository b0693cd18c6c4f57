"""The option `visuals`."""

import numpy as np
import pytest
from twincell_model.errors import UserError
from twincell_model.groups import VISUAL_GROUP
from twincell_model.profile import available, load_profile

from twincell_model import appearance, mjcf


@pytest.mark.parametrize("robot", available())
def test_primitives_need_nothing_else(robot: str) -> None:
    model = mjcf.arm_spec(load_profile(robot, tf_prefix="a_")).compile()
    visual = [g for g in range(model.ngeom) if model.geom_group[g] == VISUAL_GROUP]
    assert len(visual) > 10
    assert all(model.geom(g).name.startswith("a_") for g in visual)


def test_two_arms_share_a_model() -> None:
    spec = mjcf.arm_spec(load_profile("ur5e", tf_prefix="left_"))
    right = mjcf.arm_spec(load_profile("ur5e", tf_prefix="right_"))
    spec.attach(right, frame=spec.worldbody.add_frame(pos=[0, 1, 0]), prefix="r/")
    assert spec.compile().nq == 12


def test_looks_do_not_change_the_dynamics() -> None:
    profile = load_profile("ur5e")
    plain, pretty = (mjcf.arm_spec(profile, option).compile() for option in ("none", "primitives"))
    assert plain.ngeom < pretty.ngeom
    assert np.array_equal(plain.body_mass, pretty.body_mass)
    assert np.array_equal(plain.body_inertia, pretty.body_inertia)
    assert np.array_equal(plain.body_ipos, pretty.body_ipos)


def test_unknown_option_is_named() -> None:
    with pytest.raises(UserError, match="unknown visuals 'photos'; choose one of: primitives, meshes"):
        appearance.resolve(load_profile("ur5e"), "photos")
