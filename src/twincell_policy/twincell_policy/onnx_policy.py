"""A policy's ONNX model on the CPU, checked against the manifest's sample when it is loaded."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from twincell_model.errors import UserError

from twincell_policy.observation import ObservationInputs, ObservationPipeline
from twincell_policy.package import PolicyPackage

Array = NDArray[np.float64]


class OnnxPolicy:
    """Maps observation inputs to model outputs, in one thread: a small model is slower on two."""

    def __init__(self, package: PolicyPackage) -> None:
        """Load and check. Raises UserError naming the field when model and manifest do not agree."""
        import onnxruntime  # 0.1 s of import, paid by the first load and not by the node's start

        self.package = package
        self.pipeline = ObservationPipeline(package.manifest.observation)
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
        self._input = self._tensor("input", self._session.get_inputs(), self.pipeline.size)
        self._output = self._tensor("output", self._session.get_outputs(), package.manifest.action.size)
        self._check_parity()

    def _wrong(self, field: str, message: str) -> UserError:
        return UserError(f"policy '{self.package.folder.name}', {field}: {message}; export the package again")

    def _tensor(self, kind: str, tensors: Any, size: int) -> str:
        name = str(getattr(self.package.manifest.model, kind))
        for tensor in tensors:
            if tensor.name == name:
                if tensor.type != "tensor(float)" or len(tensor.shape) != 2 or tensor.shape[1] != size:
                    raise self._wrong(
                        f"model/{kind}",
                        f"'{name}' is {tensor.type} {tensor.shape}, not tensor(float) [1, {size}]",
                    )
                return name
        raise self._wrong(
            f"model/{kind}", f"the model has no '{name}', but {[tensor.name for tensor in tensors]}"
        )

    def _check_parity(self) -> None:
        parity = self.package.manifest.parity
        difference = float(np.abs(self.evaluate(parity.observation) - parity.output).max())
        if not difference <= parity.tolerance:
            raise self._wrong(
                "parity/output",
                f"the model's answer differs by {difference:.2g}, more than {parity.tolerance:g}",
            )

    def evaluate(self, vector: Array) -> Array:
        """The model's output (size,) for an observation vector before normalisation."""
        batch = self.pipeline.normalise(vector)[np.newaxis]
        return np.asarray(self._session.run([self._output], {self._input: batch})[0][0], dtype=np.float64)

    def output(self, inputs: ObservationInputs) -> Array:
        """The model's output (size,) for the inputs, before clip and scale."""
        start = time.perf_counter()
        output = self.evaluate(self.pipeline.vector(inputs))
        self.inference_s = time.perf_counter() - start
        return output


def _short(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text if len(text) <= 120 else text[:117] + "..."
