"""The mirrored arm: its pose at q is the reflected pose of the standard arm at -q."""

import mujoco
import numpy as np
import pytest
from twincell_model.profile import load_profile

from twincell_model import mirror, mjcf


def test_twice_is_nothing() -> None:
    profile = load_profile("xarm7")
    assert mirror.links(mirror.links(profile.links)) == profile.links
    assert mirror.joints(mirror.joints(profile.joints)) == profile.joints


def test_masses_and_gravity_are_mirrored() -> None:
    standard, mirrored = (mjcf.arm_spec(load_profile("xarm7", v), "none").compile() for v in ("x4", "x13"))
    a, b = mujoco.MjData(standard), mujoco.MjData(mirrored)
    for q in np.random.default_rng(0).uniform(-1.5, 1.5, (20, 7)):
        a.qpos[:], b.qpos[:] = q, -q
        mujoco.mj_forward(standard, a)
        mujoco.mj_forward(mirrored, b)
        # q1 counts the same way about z in both, so the reflection turns its sign; so do all others by construction.
        assert a.xipos * (1, -1, 1) == pytest.approx(b.xipos, abs=1e-9)
        assert a.qfrc_bias == pytest.approx(-b.qfrc_bias, abs=1e-9)
        inertia_a, inertia_b = np.zeros(7), np.zeros(7)
        mujoco.mj_mulM(standard, a, inertia_a, q)
        mujoco.mj_mulM(mirrored, b, inertia_b, -q)
        assert inertia_a == pytest.approx(-inertia_b, abs=1e-9)


def test_looks_and_capsules_are_mirrored_too() -> None:
    standard, mirrored = (mjcf.arm_spec(load_profile("xarm7", v)).compile() for v in ("x4", "x13"))
    a, b = mujoco.MjData(standard), mujoco.MjData(mirrored)
    q = np.array([0.3, -0.4, 0.5, 0.9, -0.6, 0.7, 0.2])
    a.qpos[:], b.qpos[:] = q, -q
    mujoco.mj_kinematics(standard, a)
    mujoco.mj_kinematics(mirrored, b)
    assert standard.ngeom == mirrored.ngeom
    assert a.geom_xpos * (1, -1, 1) == pytest.approx(b.geom_xpos, abs=1e-6)
