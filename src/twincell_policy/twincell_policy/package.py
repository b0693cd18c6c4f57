"""Policy packages: folders with a manifest.yaml, an ONNX model and a model card. Nothing in them is executed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twincell_model.errors import UserError

from twincell_model import documents, paths
from twincell_policy.manifest import Manifest, parse
from twincell_policy.manifest_check import Problem, problems

MANIFEST = "manifest.yaml"
MODEL_CARD = "MODEL_CARD.md"


@dataclass(frozen=True)
class PolicyPackage:
    """A package whose manifest holds and whose model is the one the manifest names."""

    folder: Path
    manifest: Manifest

    @property
    def model_path(self) -> Path:
        """The ONNX file."""
        return self.folder / self.manifest.model.file


def available() -> list[str]:
    """Names of the packages under policies/."""
    return sorted(path.parent.name for path in paths.policies().glob(f"*/{MANIFEST}"))


def find_package(name: str) -> Path:
    """Folder of a package given by name (under policies/) or path. Raises UserError where there is none."""
    if not name:
        raise UserError(
            f"no policy was named; name a folder or one of: {', '.join(available()) or 'none exist'}"
        )
    if "/" not in name and name in available():
        return paths.policies() / name
    folder = Path(name).expanduser()
    try:
        if not folder.exists():
            raise UserError(
                f"policy '{name}' does not exist; name a folder or one of: {', '.join(available()) or 'none exist'}"
            )
        if not folder.is_dir():
            raise UserError(f"policy '{name}' is not a folder; name the folder that holds {MANIFEST}")
        if not (folder / MANIFEST).exists():
            raise UserError(f"policy folder '{name}' holds no {MANIFEST}; see docs/adding-a-policy.md")
    except OSError as error:
        raise UserError(
            f"policy folder '{name}' cannot be read: {error.strerror or error}; check its permissions"
        ) from None
    return folder.resolve()


def read_manifest(folder: Path) -> Any:
    """The manifest of a folder as plain data. Raises UserError where it cannot be read as YAML."""
    return documents.load(folder / MANIFEST, "policy")


def model_problems(folder: Path, manifest: Manifest) -> list[Problem]:
    """What is wrong with the model's file: absent, unreadable or another one than the manifest names."""
    path = folder / manifest.model.file
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        reason = error.strerror or str(error)
        return [Problem("model/file", f"'{path}' cannot be read: {reason}", "put the model there")]
    if digest != manifest.model.sha256:
        return [
            Problem(
                "model/sha256",
                f"the file's is {digest[:12]}..., the manifest's {manifest.model.sha256[:12]}...",
                "restore the model, or export the package again",
            )
        ]
    return []


def load_package(name: str) -> PolicyPackage:
    """The package of a name or folder. Raises UserError with the first thing that is wrong, by field and remedy."""
    folder = find_package(name)
    document = read_manifest(folder)
    found = problems(document)
    if not found:
        manifest = parse(document)
        found = model_problems(folder, manifest)
    if found:
        raise UserError(f"policy '{folder.name}', {found[0]}")
    return PolicyPackage(folder, manifest)
