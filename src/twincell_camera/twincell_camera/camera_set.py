"""Camera sets of config/cameras/sets: which cameras of a scene have images, with which profiles and effects."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from twincell_model.errors import UserError
from twincell_world.scene import Scene

from twincell_camera.model import ALL_EFFECTS, CameraModel, Effect, Profile, load_model
from twincell_model import documents, paths

CONFIGURED, NONE, ALL = "configured", "none", "all"


@dataclass(frozen=True)
class CameraSpec:
    """One camera of a set. At least one of `color` and `depth` is there; `align_depth` needs both."""

    name: str
    model: CameraModel
    color: Profile | None
    depth: Profile | None
    align_depth: bool
    exposure_us: float
    gain: float
    latency_s: float
    effects: frozenset[Effect]

    @property
    def rate_hz(self) -> int:
        """Frames per second: the streams of a camera are exposed together."""
        profile = self.color or self.depth
        assert profile is not None
        return profile.rate_hz

    def with_effects(self, words: str) -> CameraSpec:
        """This camera with other effects: `configured`, `none`, `all`, or names separated by commas.

        Raises UserError naming an effect that does not exist.
        """
        return self if words == CONFIGURED else replace(self, effects=parse_effects(words))


def parse_effects(words: str) -> frozenset[Effect]:
    """Effects from `none`, `all` or names separated by commas. Raises UserError naming an unknown one."""
    if words in (NONE, ""):
        return frozenset()
    if words == ALL:
        return ALL_EFFECTS
    names = [effect.value for effect in Effect]
    chosen = [word.strip() for word in words.split(",")]
    for word in chosen:
        if word not in names:
            raise documents.unknown("camera effect", word, [CONFIGURED, NONE, ALL, *names])
    return frozenset(Effect(word) for word in chosen)


def available() -> list[str]:
    """Names of the camera sets in config/cameras/sets."""
    return sorted(path.stem for path in paths.config("cameras", "sets").glob("*.yaml"))


def load_set(name_or_path: str) -> tuple[CameraSpec, ...]:
    """Read and validate a camera set. Raises UserError naming the set, or the file and its field."""
    if name_or_path.endswith((".yaml", ".yml")) or "/" in name_or_path:
        path = Path(name_or_path)
        if not path.is_file():
            raise UserError(f"camera set file '{path}' does not exist; sets: {', '.join(available())}")
    elif name_or_path not in available():
        raise documents.unknown("camera set", name_or_path, available())
    else:
        path = paths.config("cameras", "sets", f"{name_or_path}.yaml")
    raw = documents.read(path, paths.config("cameras", "sets", "set.schema.json"), "camera set")
    try:
        return tuple(_camera(name, item) for name, item in raw["cameras"].items())
    except UserError as error:
        raise UserError(f"camera set file '{path}': {error}") from None


def check_mounts(cameras: tuple[CameraSpec, ...], scene: Scene) -> None:
    """Raise UserError when the scene has no camera of one of the names."""
    mounts = [camera.name for camera in scene.cameras]
    for spec in cameras:
        if spec.name not in mounts:
            raise UserError(
                f"scene '{scene.name}' has no camera '{spec.name}'; it has: {', '.join(mounts) or 'none'}"
            )


def _camera(name: str, raw: dict[str, Any]) -> CameraSpec:
    model = load_model(raw.get("model", "d435"))
    color = model.profile("color", raw["color"]) if raw.get("color") else None
    depth = model.profile("depth", raw["depth"]) if raw.get("depth") else None
    if color is None and depth is None:
        raise UserError(f"camera '{name}' has neither a color nor a depth profile")
    aligned = bool(raw.get("align_depth", False))
    if aligned and (color is None or depth is None):
        raise UserError(f"camera '{name}': align_depth needs a color and a depth profile")
    if color is not None and depth is not None and color.rate_hz != depth.rate_hz:
        raise UserError(
            f"camera '{name}': color runs at {color.rate_hz} Hz and depth at {depth.rate_hz} Hz; use one rate"
        )
    effects = model.effects if "effects" not in raw else frozenset(Effect(word) for word in raw["effects"])
    return CameraSpec(
        name=name,
        model=model,
        color=color,
        depth=depth,
        align_depth=aligned,
        exposure_us=float(raw.get("exposure_us", model.image.exposure_us)),
        gain=float(raw.get("gain", model.image.gain)),
        latency_s=float(raw.get("latency_s", model.timing.latency_s)),
        effects=effects,
    )
