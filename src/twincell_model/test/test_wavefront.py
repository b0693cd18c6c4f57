"""Parts written as OBJ and read back by MuJoCo."""

import mujoco
import numpy as np
import pytest
from twincell_model.visuals import VisualPart
from twincell_model.wavefront import obj_text, vertex_normals

CORNERS = np.array([[0, 0, 0], [0.1, 0, 0], [0, 0.2, 0], [0, 0, 0.3]])
FACES = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]], dtype=np.int32)


def test_mujoco_reads_back_the_same_mesh() -> None:
    part = VisualPart("corner", (1.0, 1.0, 1.0, 1.0), vertices=CORNERS, faces=FACES)
    spec = mujoco.MjSpec()
    spec.add_mesh(name="corner", file="corner.obj")
    spec.worldbody.add_geom(type=mujoco.mjtGeom.mjGEOM_MESH, meshname="corner")
    spec.assets = {"corner.obj": obj_text(part).encode()}
    model = spec.compile()
    assert model.mesh_facenum[0] == 4
    data = mujoco.MjData(model)
    mujoco.mj_kinematics(model, data)
    back = model.mesh_vert @ data.geom_xmat[0].reshape(3, 3).T + data.geom_xpos[0]
    assert np.unique(back.round(5) + 0.0, axis=0) == pytest.approx(np.unique(CORNERS, axis=0), abs=1e-5)


def test_normals_point_outwards() -> None:
    normals = vertex_normals(CORNERS, FACES)
    assert np.linalg.norm(normals, axis=1) == pytest.approx(1.0)
    middle = CORNERS.mean(axis=0)
    assert np.all(np.einsum("ij,ij->i", normals, CORNERS - middle) > 0)


def test_a_primitive_is_refused() -> None:
    with pytest.raises(ValueError, match="ball is not a mesh"):
        obj_text(VisualPart("ball", (1.0, 1.0, 1.0, 1.0), "sphere", size=(0.1,)))
