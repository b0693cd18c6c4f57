"""Adds the things of a scene to an MjSpec: primitive shapes, a table and a pedestal, with their materials."""

import mujoco
import numpy as np
from twincell_model.rotations import quat_from_rpy

from twincell_world.scene import Shape

VISUAL_GROUP, COLLISION_GROUP = 2, 3

FINISHES = {
    "matte": {"specular": 0.05, "shininess": 0.05, "reflectance": 0.0},
    "satin": {"specular": 0.3, "shininess": 0.4, "reflectance": 0.0},
    "metal": {"specular": 0.8, "shininess": 0.75, "reflectance": 0.12},
}

_GEOMS = {
    "box": mujoco.mjtGeom.mjGEOM_BOX,
    "sphere": mujoco.mjtGeom.mjGEOM_SPHERE,
    "cylinder": mujoco.mjtGeom.mjGEOM_CYLINDER,
    "capsule": mujoco.mjtGeom.mjGEOM_CAPSULE,
}
LEG_COLOR = (0.55, 0.57, 0.6, 1.0)
FOOT_COLOR = (0.12, 0.12, 0.13, 1.0)


def material_name(thing: str) -> str:
    """Material of a fixture, object or target; randomisation changes its colour."""
    return f"{thing}_material"


def add_material(spec: mujoco.MjSpec, thing: str, color: tuple[float, ...], finish: str) -> str:
    """A material in `color`; returns its name."""
    name = material_name(thing)
    spec.add_material(name=name, rgba=list(color), **FINISHES[finish])
    return name


def add_fixture(spec: mujoco.MjSpec, shape: Shape) -> None:
    """A thing fixed to the world."""
    body = spec.worldbody.add_body(name=shape.name, pos=list(shape.position), quat=quat_from_rpy(shape.rpy))
    material = add_material(spec, shape.name, shape.color, shape.finish)
    if shape.shape == "table":
        _add_table(spec, body, shape, material)
    elif shape.shape == "pedestal":
        _add_pedestal(spec, body, shape, material)
    else:
        _add_primitive(body, shape.name, shape.shape, shape.size, material, collides=shape.collides)


def add_object(spec: mujoco.MjSpec, shape: Shape) -> None:
    """A free body."""
    body = spec.worldbody.add_body(name=shape.name, pos=list(shape.position), quat=quat_from_rpy(shape.rpy))
    body.add_freejoint(name=f"{shape.name}_free")
    material = add_material(spec, shape.name, shape.color, shape.finish)
    geom = _add_primitive(body, shape.name, shape.shape, shape.size, material, collides=True)
    geom.mass = shape.mass_kg
    geom.friction = [shape.friction, 0.005, 0.0001]
    geom.priority = (
        1  # the object's friction counts, and its stiff contact: a gripped block is not squeezed flat
    )
    geom.solref = [2.0 * spec.option.timestep, 1.0]
    geom.solimp[:2] = [0.97, 0.99]
    geom.condim = 4  # torsional friction: a gripped object does not spin between two contact points


def _half_sizes(shape: str, size: tuple[float, ...]) -> list[float]:
    if shape == "box":
        return [0.5 * s for s in size]
    if shape == "sphere":
        return [size[0], 0.0, 0.0]
    return [size[0], 0.5 * size[1], 0.0]


def _add_primitive(
    body: mujoco.MjsBody,
    name: str,
    shape: str,
    size: tuple[float, ...],
    material: str,
    *,
    pos: tuple[float, float, float] = (0.0, 0.0, 0.0),
    collides: bool,
) -> mujoco.MjsGeom:
    """One geom that is seen and, if asked for, touched."""
    flags = int(collides)
    return body.add_geom(
        name=name,
        type=_GEOMS[shape],
        size=_half_sizes(shape, size),
        pos=list(pos),
        material=material,
        group=VISUAL_GROUP,
        contype=flags,
        conaffinity=flags,
    )


def _add_table(spec: mujoco.MjSpec, body: mujoco.MjsBody, shape: Shape, material: str) -> None:
    """A plate whose top lies at size z above the body, on a frame with four legs. Only the plate is touched."""
    x, y, z = shape.size
    plate, profile = 0.03, 0.05
    legs = add_material(spec, f"{shape.name}_leg", LEG_COLOR, "metal")
    feet = add_material(spec, f"{shape.name}_foot", FOOT_COLOR, "matte")
    _add_primitive(
        body, shape.name, "box", (x, y, plate), material, pos=(0, 0, z - plate / 2), collides=shape.collides
    )
    rail = z - plate - profile / 2
    for sign in (-1, 1):
        long, short = (x - 2 * profile, profile, profile), (profile, y - 2 * profile, profile)
        at_y, at_x = sign * (y / 2 - profile), sign * (x / 2 - profile)
        _add_primitive(body, "", "box", long, legs, pos=(0, at_y, rail), collides=False)
        _add_primitive(body, "", "box", short, legs, pos=(at_x, 0, rail), collides=False)
        for side in (-1, 1):
            corner = (at_x, side * (y / 2 - profile))
            height = z - plate - 0.03
            _add_primitive(
                body,
                "",
                "box",
                (profile, profile, height),
                legs,
                pos=(*corner, 0.03 + height / 2),
                collides=False,
            )
            _add_primitive(body, "", "cylinder", (0.035, 0.03), feet, pos=(*corner, 0.015), collides=False)


def _add_pedestal(spec: mujoco.MjSpec, body: mujoco.MjsBody, shape: Shape, material: str) -> None:
    """A steel column between a foot plate and a mounting plate with screws; its top lies at size z."""
    radius, height = shape.size
    foot, head = 0.02, 0.025
    screws = add_material(spec, f"{shape.name}_screw", FOOT_COLOR, "metal")
    column = height - foot - head
    _add_primitive(
        body,
        shape.name,
        "cylinder",
        (radius, column),
        material,
        pos=(0, 0, foot + column / 2),
        collides=shape.collides,
    )
    wide, narrow = 3.4 * radius, 2.5 * radius
    _add_primitive(
        body,
        f"{shape.name}_foot",
        "box",
        (wide, wide, foot),
        material,
        pos=(0, 0, foot / 2),
        collides=shape.collides,
    )
    _add_primitive(
        body,
        f"{shape.name}_head",
        "box",
        (narrow, narrow, head),
        material,
        pos=(0, 0, height - head / 2),
        collides=shape.collides,
    )
    for angle in np.arange(4) * np.pi / 2 + np.pi / 4:
        for reach, top in ((0.62 * wide, foot), (0.62 * narrow, height)):
            spot = (reach * float(np.cos(angle)), reach * float(np.sin(angle)), top)
            _add_primitive(body, "", "cylinder", (0.009, 0.012), screws, pos=spot, collides=False)
