"""Checks a policy package, a user's own included: every check by name, with what is wrong and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass

from twincell_model.errors import UserError

from twincell_model import profile as profiles
from twincell_policy.compatibility import CellFacts, mismatches
from twincell_policy.manifest import SEMANTICS, Manifest, parse
from twincell_policy.manifest_check import Problem, problems
from twincell_policy.onnx_policy import OnnxPolicy
from twincell_policy.package import MODEL_CARD, PolicyPackage, find_package, model_problems, read_manifest


@dataclass(frozen=True)
class Check:
    """The result of one check. `field` and `remedy` are empty where all is well."""

    name: str
    ok: bool
    detail: str
    field: str = ""
    remedy: str = ""

    def as_dict(self) -> dict[str, str | bool]:
        """For JSON."""
        return asdict(self)


def check_package(name: str) -> list[Check]:
    """All checks of the package in a folder or of a name under policies/. Later checks need the earlier ones to pass.

    Raises UserError where there is no such folder or it holds no manifest that can be read.
    """
    folder = find_package(name)
    document = read_manifest(folder)
    checks = _from_problems("manifest", "follows the schema and is consistent", problems(document))
    if not checks[0].ok:
        return checks
    manifest = parse(document)
    checks += _from_problems("name", f"'{manifest.name}' is the folder's", _name(manifest, folder.name))
    checks += _from_problems("model file", "is the one the manifest names", model_problems(folder, manifest))
    if checks[-1].ok:
        package = PolicyPackage(folder, manifest)
        checks += _guarded(
            "model", "loads, and gives the parity sample's output", lambda: OnnxPolicy(package)
        )
    for index, robot in enumerate(manifest.robots):
        checks += _robot(manifest, index, robot.profile, robot.variants)
    card = folder / MODEL_CARD
    present = card.is_file() and bool(card.read_text(encoding="utf-8", errors="replace").strip())
    found = (
        []
        if present
        else [Problem(MODEL_CARD, "is missing or empty", "say how it was trained and how well it does")]
    )
    checks += _from_problems("model card", "is there", found)
    return checks


def _from_problems(name: str, good: str, found: Iterable[Problem]) -> list[Check]:
    checks = [Check(name, False, problem.message, problem.field, problem.remedy) for problem in found]
    return checks or [Check(name, True, good)]


def _name(manifest: Manifest, folder: str) -> list[Problem]:
    if manifest.name == folder:
        return []
    return [Problem("name", f"'{manifest.name}' is not the folder's '{folder}'", "rename one of them")]


def _guarded(name: str, good: str, work: Callable[[], object]) -> list[Check]:
    try:
        work()
    except UserError as error:
        text, _, remedy = str(error).rpartition("; ")
        field, _, message = text.split(", ", 1)[1].partition(": ")
        return [Check(name, False, message, field, remedy)]
    return [Check(name, True, good)]


def _robot(manifest: Manifest, index: int, robot: str, variants: tuple[str, ...]) -> list[Check]:
    """The package against the profile of a robot it names, as if that cell ran with everything the package needs."""
    name = f"robot {robot}"
    checks: list[Check] = []
    try:
        for variant in variants or profiles.variants(robot):
            profile = profiles.load_profile(robot, variant)
            facts = CellFacts(
                robot=profile.name,
                variant=profile.variant,
                joint_names=profile.joint_names,
                measured_joint_names=frozenset(profile.joint_names),
                rate_hz=profile.rate_hz,
                command_timeout_s=float("inf"),
                root_frame=profile.root_frame,
                tool_frame=profile.tool_frame,
                cameras={camera.name: camera for camera in manifest.cameras},
                source_topics=frozenset(topic for topic, _ in SEMANTICS.values()),
            )
            checks += _from_problems(
                f"{name} {variant}", "joints, rate and frames match", mismatches(manifest, facts)
            )
    except UserError as error:
        problem = Problem(f"robot/{index}", str(error), "name a profile and variants of config/robots")
        checks += _from_problems(name, "", [problem])
    return checks
