"""A policy's ONNX model on the CPU, checked against the manifest's sample when it is loaded."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from twincell_model.errors import UserError

from twincell_policy.images import ImagePipeline, pattern
from twincell_policy.observation import ObservationInputs, ObservationPipeline
from twincell_policy.package import PolicyPackage

Array = NDArray[np.float64]
Pixels = Mapping[str, NDArray[np.uint8]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model says."""

    action: Array
    """(action size,), before clip and scale"""
    goal: Array | None = None
    """(3,) [m] where it sees the goal, in the observation frame; None for a model that is told its goal"""


class OnnxPolicy:
    """Maps observation inputs to model outputs, in one thread: a small model is slower on two."""

    def __init__(self, package: PolicyPackage) -> None:
        """Load and check. Raises UserError naming the field when model and manifest do not agree."""
        import onnxruntime  # 0.1 s of import, paid by the first load and not by the node's start

        self.package = package
        self.pipeline = ObservationPipeline(package.manifest.observation)
        self.images = ImagePipeline(package.manifest.observation.images)
        self.inference_s = 0.0
        """Duration of the last `output` [s]."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        try:
            # Bytes, not the path: a model that points at other files on the disk is not loaded.
            model = package.model_path.read_bytes()
            self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        except Exception as error:
            raise self._wrong(
                "model/file", f"is not an ONNX model that can be run: {_short(error)}"
            ) from None
        names, inputs, outputs = (
            package.manifest.model,
            self._session.get_inputs(),
            self._session.get_outputs(),
        )
        self._input = self._tensor("model/input", names.input, inputs, (self.pipeline.size,))
        for index, item in enumerate(self.images.inputs):
            width, height = item.size
            self._tensor(
                f"observation/images/{index}/input", item.input, inputs, (item.channels, height, width)
            )
        self._outputs = [self._tensor("model/output", names.output, outputs, (package.manifest.action.size,))]
        if names.goal_output:
            self._outputs.append(self._tensor("model/goal_output", names.goal_output, outputs, (3,)))
        self._check_parity()

    def _wrong(self, field: str, message: str) -> UserError:
        return UserError(f"policy '{self.package.folder.name}', {field}: {message}; export the package again")

    def _tensor(self, field: str, name: str, tensors: Any, shape: tuple[int, ...]) -> str:
        for tensor in tensors:
            if tensor.name == name:
                if tensor.type != "tensor(float)" or tuple(tensor.shape[1:]) != shape:
                    wanted = ", ".join(str(size) for size in (1, *shape))
                    raise self._wrong(
                        field, f"'{name}' is {tensor.type} {tensor.shape}, not tensor(float) [{wanted}]"
                    )
                return name
        raise self._wrong(field, f"the model has no '{name}', but {[tensor.name for tensor in tensors]}")

    def _check_parity(self) -> None:
        parity = self.package.manifest.parity
        pixels = {item.camera: pattern(item) for item in self.images.inputs}
        difference = float(np.abs(self.evaluate(parity.observation, pixels).action - parity.output).max())
        if not difference <= parity.tolerance:
            raise self._wrong(
                "parity/output",
                f"the model's answer differs by {difference:.2g}, more than {parity.tolerance:g}",
            )

    def evaluate(self, vector: Array, pixels: Pixels | None = None) -> Answer:
        """The model's answer to an observation vector before normalisation, and to images of its size."""
        feed = {self._input: self.pipeline.normalise(vector)[np.newaxis], **self.images.tensors(pixels or {})}
        found = [np.asarray(output[0], dtype=np.float64) for output in self._session.run(self._outputs, feed)]
        return Answer(found[0], found[1] if len(found) > 1 else None)

    def output(self, inputs: ObservationInputs) -> Answer:
        """The model's answer to the inputs."""
        start = time.perf_counter()
        answer = self.evaluate(self.pipeline.vector(inputs), inputs.pixels)
        self.inference_s = time.perf_counter() - start
        return answer


def _short(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text if len(text) <= 120 else text[:117] + "..."
