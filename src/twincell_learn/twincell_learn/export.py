"""Writes a trained network as a policy package: ONNX, manifest with parity sample, checked by loading it again."""

from __future__ import annotations

import contextlib
import hashlib
import io
import subprocess
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
import yaml
from numpy.typing import NDArray
from twincell_policy.images import normalised, pattern
from twincell_policy.manifest import parse_observation
from twincell_policy.observation import ObservationPipeline
from twincell_policy.onnx_policy import OnnxPolicy
from twincell_policy.package import MANIFEST, PolicyPackage, load_package

from twincell_model import paths

Array = NDArray[np.float64]

GOAL_OUTPUT = "goal"
OPSET = 18
"""Operator set of the files; onnxruntime reads it since 1.14."""
_SOURCES = (
    "models",
    *(
        f"config/{part}"
        for part in ("cameras", "grippers", "robots", "safety", "scenes", "tasks", "training")
    ),
    *(
        f"src/twincell_{room}/twincell_{room}"
        for room in ("camera", "control", "learn", "model", "policy", "world")
    ),
)
"""What a training depends on, below the repository."""
PARITY_TOLERANCE = 1e-5
"""float32 on another CPU; the networks' outputs lie within +-1."""


def write_package(
    folder: Path, network: torch.nn.Module, fields: dict[str, Any], parity_observation: Array
) -> PolicyPackage:
    """Write model and manifest into `folder`, load and check them. `fields`: everything but model and parity.

    `network` takes the observation (n, size) and one tensor per image of the manifest; it gives the action, and where
    the goal is seen a pair: action, goal. `parity_observation` is an observation before normalisation, (size,).
    """
    folder.mkdir(parents=True, exist_ok=True)
    observation = parse_observation(fields["observation"])
    pipeline = ObservationPipeline(observation)
    pictures = [torch.as_tensor(normalised(pattern(item), item)) for item in observation.images]
    seen = fields["goal"]["kind"] == "seen"
    network.eval()
    path = folder / "model.onnx"
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            (torch.zeros(1, pipeline.size), *pictures),
            str(path),
            input_names=["observation", *(item.input for item in observation.images)],
            output_names=["action", *([GOAL_OUTPUT] if seen else [])],
            opset_version=OPSET,
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    _strip(path)
    sample: Array = np.asarray(np.round(parity_observation, 6), dtype=np.float64)
    with torch.no_grad():
        answer = network(torch.as_tensor(pipeline.normalise(sample))[None], *pictures)
        output = (answer[0] if seen else answer)[0].numpy()
    document = {
        "schema": 1,
        **{key: value for key, value in fields.items() if key != "training"},
        "model": {
            "file": path.name,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "input": "observation",
            "output": "action",
            **({"goal_output": GOAL_OUTPUT} if seen else {}),
            "opset": OPSET,
        },
        "parity": {
            "observation": sample.tolist(),
            "output": [round(float(value), 7) for value in output],
            "tolerance": PARITY_TOLERANCE,
        },
        "training": fields["training"],
    }
    text = "# Policy package; every field is described in policies/manifest.schema.json.\n"
    text += yaml.safe_dump(document, sort_keys=False, default_flow_style=None, width=110, allow_unicode=True)
    (folder / MANIFEST).write_text(text, encoding="utf-8")
    package = load_package(str(folder))
    OnnxPolicy(package)
    return package


def _strip(path: Path) -> None:
    """Remove what the exporter notes of its own: stack traces with the paths of the machine that trained."""
    model = onnx.load(str(path))
    graphs = [model, model.graph, *model.functions, *model.graph.node, *model.graph.value_info]
    nodes = [node for function in model.functions for node in function.node]
    tensors = [*model.graph.input, *model.graph.output, *model.graph.initializer]
    for part in (*graphs, *nodes, *tensors):
        part.doc_string = ""
        del part.metadata_props[:]
    onnx.save(model, str(path))


def git_state() -> str:
    """The commit of the sources; with '+changes' where what a training depends on differs; 'unknown' without git."""

    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], cwd=paths.root(), capture_output=True, text=True, check=True)
        return done.stdout.strip()

    try:
        changed = git("status", "--porcelain", "--untracked-files=no", "--", *_SOURCES)
        return git("rev-parse", "HEAD") + ("+changes" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
