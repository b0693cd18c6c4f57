"""Draws one sample of a scene's randomisation ranges from a seed. Applying it is the world's work."""

from typing import Any

import numpy as np

from twincell_world.scene import Scene


def draw(scene: Scene, seed: int) -> dict[str, Any]:
    """One sample, the same for the same scene and seed. Plain numbers and lists, ready for JSON.

    Keys are those of the scene's `randomization` block plus `seed`; `objects` holds `position` [m, world frame] and
    `yaw` [rad] per object, `start_joints` one offset [rad] per joint.
    """
    generator = np.random.default_rng(seed)
    ranges = scene.randomization
    sample: dict[str, Any] = {"seed": int(seed)}
    for name in sorted(ranges):
        value = ranges[name]
        if name == "objects":
            sample[name] = {
                thing: {key: _uniform(generator, value[thing][key]) for key in sorted(value[thing])}
                for thing in sorted(value)
            }
        elif name == "colors":
            sample[name] = {thing: _uniform(generator, value[thing]) for thing in sorted(value)}
        elif name == "start_joints":
            sample[name] = generator.uniform(value[0], value[1], len(scene.start_joints)).tolist()
        else:
            sample[name] = _uniform(generator, value)
    return sample


def _uniform(generator: np.random.Generator, bounds: list[Any]) -> Any:
    """A number or a list, as the bounds are. Bounds of colours may be in any order."""
    first, second = np.asarray(bounds[0], float), np.asarray(bounds[1], float)
    value = generator.uniform(np.minimum(first, second), np.maximum(first, second), first.shape)
    return np.asarray(value).tolist()
