"""Looks of an arm from MuJoCo Menagerie, through the package `mujoco-menagerie` (downloads on first use).

Its models place their body frames elsewhere and differ from the makers' tables by a millimetre or so. The two arms are
laid over each other by their joint axes in one pose; what is left over tells whether it is the same arm.
"""

import mujoco
import numpy as np
from numpy.typing import NDArray

from twincell_model.errors import UserError
from twincell_model.groups import COLLISION_GROUP
from twincell_model.profile import RobotProfile
from twincell_model.visuals.part import VisualPart

Array = NDArray[np.float64]
MAX_AXIS_DISTANCE = 0.005
"""[m] Joint axes of the same arm in two models lie closer than this."""
POSE = 0.4
"""[rad] Position of every joint at which the arms are compared: no two axes in line."""


def parts(profile: RobotProfile) -> dict[str, list[VisualPart]]:
    """Visual parts by link name. Raises UserError where there is no package, no download or no such model."""
    theirs = _model(profile)
    ours = _own_model(profile)
    frames = {name: _at_pose(model) for name, model in (("theirs", theirs), ("ours", ours))}
    turn, shift = _fit(profile, theirs, frames["theirs"], ours, frames["ours"])
    found: dict[str, list[VisualPart]] = {}
    for geom in range(theirs.ngeom):
        if theirs.geom_type[geom] != mujoco.mjtGeom.mjGEOM_MESH or theirs.geom_group[geom] >= COLLISION_GROUP:
            continue
        link = _link(profile, theirs, ours, int(theirs.geom_bodyid[geom]))
        body = ours.body(link).id
        data = frames["ours"]
        to_link = data.xmat[body].reshape(3, 3).T
        pose = to_link @ turn @ frames["theirs"].geom_xmat[geom].reshape(3, 3)
        at = to_link @ (turn @ frames["theirs"].geom_xpos[geom] + shift - data.xpos[body])
        vertices, faces = _mesh(theirs, int(theirs.geom_dataid[geom]))
        name = f"{link}_menagerie_{len(found.get(link, []))}"
        rgba = tuple(float(c) for c in _colour(theirs, geom))
        part = VisualPart(name=name, rgba=rgba, vertices=vertices @ pose.T + at, faces=faces)  # type: ignore[arg-type]
        found.setdefault(link, []).append(part)
    return found


def _model(profile: RobotProfile) -> mujoco.MjModel:
    wanted = profile.meshes.get("menagerie")
    if wanted is None or profile.mirrored:
        raise UserError(
            f"visuals 'menagerie': MuJoCo Menagerie has no {profile.name} {profile.variant}; "
            "use primitives or meshes:DIR"
        )
    try:
        import mujoco_menagerie  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        raise UserError(
            "visuals 'menagerie': the package mujoco-menagerie is not installed; pip install mujoco-menagerie, "
            "or use primitives"
        ) from None
    try:
        return mujoco_menagerie.get(wanted["model"]).model(wanted["entry"])
    except (mujoco_menagerie.MenagerieError, OSError, ValueError) as error:
        raise UserError(
            f"visuals 'menagerie': {wanted['model']} could not be loaded ({' '.join(str(error).split())}); "
            "set MENAGERIE_ROOT to a checkout of mujoco_menagerie, or use primitives"
        ) from None


def _own_model(profile: RobotProfile) -> mujoco.MjModel:
    from twincell_model import mjcf  # mjcf builds on looks, so it cannot be imported above

    return mjcf.arm_spec(profile, visuals="none").compile()


def _at_pose(model: mujoco.MjModel) -> mujoco.MjData:
    data = mujoco.MjData(model)
    data.qpos[:] = POSE
    mujoco.mj_kinematics(model, data)
    return data


def _fit(
    profile: RobotProfile, theirs: mujoco.MjModel, a: mujoco.MjData, ours: mujoco.MjModel, b: mujoco.MjData
) -> tuple[Array, Array]:
    """Rotation (3, 3) and shift (3,) that take their world to ours."""
    try:
        pairs = [(theirs.joint(profile.bare(n)).id, ours.joint(n).id) for n in profile.joint_names]
    except KeyError as error:
        raise UserError(
            f"visuals 'menagerie': its {profile.name} lacks a joint ({error}); use primitives"
        ) from None
    first, second = [i for i, _ in pairs], [j for _, j in pairs]
    u, _, vt = np.linalg.svd(b.xaxis[second].T @ a.xaxis[first])
    turn = u @ np.diag([1.0, 1.0, np.linalg.det(u @ vt)]) @ vt
    # Each joint: the distance of the shifted anchor from our axis vanishes.
    across = [np.eye(3) - np.outer(axis, axis) for axis in b.xaxis[second]]
    gaps = [m @ (b.xanchor[j] - turn @ a.xanchor[i]) for m, (i, j) in zip(across, pairs, strict=True)]
    shift = np.linalg.lstsq(np.concatenate(across), np.concatenate(gaps), rcond=None)[0]
    worst = max(float(np.linalg.norm(m @ shift - gap)) for m, gap in zip(across, gaps, strict=True))
    if worst > MAX_AXIS_DISTANCE or np.abs(turn @ a.xaxis[first].T - b.xaxis[second].T).max() > 0.02:
        raise UserError(
            f"visuals 'menagerie': its {profile.name} is another arm (joint axes {1000 * worst:.1f} mm apart); "
            "use primitives"
        )
    return turn, shift


def _link(profile: RobotProfile, theirs: mujoco.MjModel, ours: mujoco.MjModel, body: int) -> str:
    """Our link that moves with their body."""
    while body != 0 and theirs.body_jntnum[body] == 0:
        body = int(theirs.body_parentid[body])
    if body == 0:
        first = profile.link(profile.joints[0].child).parent
        assert first is not None  # the first joint has a parent
        return first
    name = theirs.joint(int(theirs.body_jntadr[body])).name
    return str(ours.body(int(ours.joint(profile.tf_prefix + name).bodyid[0])).name)


def _mesh(model: mujoco.MjModel, mesh: int) -> tuple[Array, NDArray[np.int32]]:
    v, f = int(model.mesh_vertadr[mesh]), int(model.mesh_faceadr[mesh])
    vertices = np.array(model.mesh_vert[v : v + int(model.mesh_vertnum[mesh])], np.float64)
    return vertices, np.array(model.mesh_face[f : f + int(model.mesh_facenum[mesh])], np.int32)


def _colour(model: mujoco.MjModel, geom: int) -> Array:
    material = int(model.geom_matid[geom])
    return np.array(model.mat_rgba[material] if material >= 0 else model.geom_rgba[geom], np.float64)
