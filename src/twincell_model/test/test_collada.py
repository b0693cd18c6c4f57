"""COLLADA files as robot descriptions carry them."""

from pathlib import Path

import numpy as np
import pytest
from twincell_model.collada import read
from twincell_model.errors import UserError

HEAD = '<?xml version="1.0"?><COLLADA xmlns="http://www.collada.org/2005/11/COLLADASchema" version="1.4.1">'
MATERIALS = """
<library_effects><effect id="red-fx"><profile_COMMON><technique sid="c"><phong>
<diffuse><color>0.8 0.1 0.1 1</color></diffuse></phong></technique></profile_COMMON></effect></library_effects>
<library_materials><material id="red"><instance_effect url="#red-fx"/></material></library_materials>"""


def document(primitive: str, node: str = "", asset: str = "<asset><up_axis>Z_UP</up_axis></asset>") -> str:
    return f"""{HEAD}{asset}{MATERIALS}
<library_geometries><geometry id="g"><mesh>
<source id="p"><float_array id="pa" count="12">0 0 0  1 0 0  1 1 0  0 1 0</float_array></source>
<source id="n"><float_array id="na" count="3">0 0 1</float_array></source>
<vertices id="v"><input semantic="POSITION" source="#p"/></vertices>
{primitive}</mesh></geometry></library_geometries>
<library_visual_scenes><visual_scene id="s"><node>{node}<instance_geometry url="#g"><bind_material>
<technique_common><instance_material symbol="paint" target="#red"/></technique_common></bind_material>
</instance_geometry></node></visual_scene></library_visual_scenes></COLLADA>"""


INPUTS = '<input semantic="VERTEX" source="#v" offset="0"/><input semantic="NORMAL" source="#n" offset="1"/>'
TRIANGLES = f'<triangles material="paint" count="2">{INPUTS}<p>0 0 1 0 2 0 0 0 2 0 3 0</p></triangles>'
POLYLIST = f'<polylist material="paint" count="1">{INPUTS}<vcount>4</vcount><p>0 0 1 0 2 0 3 0</p></polylist>'
POLYGONS = f'<polygons material="paint" count="1">{INPUTS}<p>0 0 1 0 2 0 3 0</p></polygons>'
ORIGIN = (0.0, 0.0, 0.0)
ONE = (1.0, 1.0, 1.0)


def area_vector(part) -> np.ndarray:
    a, b, c = (part.vertices[part.faces[:, k]] for k in range(3))
    return np.cross(b - a, c - a).sum(axis=0) / 2


@pytest.mark.parametrize(
    "primitive", [TRIANGLES, POLYLIST, POLYGONS], ids=["triangles", "polylist", "polygons"]
)
def test_square(tmp_path: Path, primitive: str) -> None:
    path = tmp_path / "a.dae"
    path.write_text(document(primitive))
    (part,) = read(path, "link", ORIGIN, ORIGIN, ONE)
    assert part.rgba == pytest.approx((0.8, 0.1, 0.1, 1.0))
    assert part.triangles == 2
    assert area_vector(part) == pytest.approx([0, 0, 1])


def test_unit_axis_and_node_transforms(tmp_path: Path) -> None:
    path = tmp_path / "a.dae"
    asset = '<asset><unit meter="0.001"/><up_axis>Y_UP</up_axis></asset>'
    node = "<translate>0 0 5</translate><rotate>0 0 1 90</rotate><scale>2 2 2</scale>"
    path.write_text(document(TRIANGLES, node, asset))
    (part,) = read(path, "link", ORIGIN, ORIGIN, ONE)
    # The corner (1, 0, 0) is scaled, turned to +y, shifted by 5 along z; then y becomes z, z becomes -y, mm become m.
    assert part.vertices[1] == pytest.approx([0.0, -0.005, 0.002])


def test_matrix_and_place_in_the_link(tmp_path: Path) -> None:
    path = tmp_path / "a.dae"
    path.write_text(document(TRIANGLES, "<matrix>1 0 0 3  0 1 0 0  0 0 1 0  0 0 0 1</matrix>"))
    (part,) = read(path, "link", (0.0, 0.0, 1.0), (0.0, 0.0, np.pi / 2), ONE)
    assert part.vertices[1] == pytest.approx([0, 4, 1])


def test_mirrored_faces_look_outwards_still(tmp_path: Path) -> None:
    path = tmp_path / "a.dae"
    path.write_text(document(TRIANGLES))
    (part,) = read(path, "link", ORIGIN, ORIGIN, (1.0, -1.0, 1.0))
    assert part.vertices[3] == pytest.approx([0, -1, 0])
    assert area_vector(part) == pytest.approx([0, 0, 1])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("solid stl", "is not a COLLADA file"),
        (document(""), "holds no triangles"),
        ("<COLLADA/>", "holds no triangles"),
    ],
)
def test_wrong_files_are_named(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "wrong.dae"
    path.write_text(text)
    with pytest.raises(UserError, match=told) as caught:
        read(path, "link", ORIGIN, ORIGIN, ONE)
    assert str(path) in str(caught.value)
    assert "convert it to STL or OBJ" in str(caught.value)
