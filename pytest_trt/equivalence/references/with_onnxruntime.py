"""ONNX models run by ONNX Runtime on the CPU: deterministic, without the fusions that change what is computed."""

from __future__ import annotations

import hashlib
import os
from typing import Any

import numpy as np

from pytest_trt.artifacts.content import beside, onnx_digest
from pytest_trt.artifacts.errors import ArtifactError
from pytest_trt.artifacts.onnx import OnnxModel, read_onnx
from pytest_trt.artifacts.wire import Memory, Source
from pytest_trt.equivalence.arrays import Array
from pytest_trt.equivalence.errors import NotAReference, ReferenceFailed
from pytest_trt.equivalence.references.base import Digest, Reference, first_line, need
from pytest_trt.equivalence.references.pairing import Port

# ONNX Runtime's names of tensor types -> NumPy's.
_TYPES = {"float": "float32", "double": "float64"}


class OnnxReference(Reference):
    """An ONNX model: a path (weights in files beside it are read), or bytes. what: how to name it."""

    kind = "onnx"

    def __init__(self, what: str, path: str | None, data: bytes, digest: Digest, **names: Any) -> None:
        super().__init__(**names)
        self._what = what
        self._path = path
        self._data = data
        self._digest = digest
        self._session: Any = None

    def describe(self) -> str:
        return f"the ONNX model {self._what}, run by ONNX Runtime"

    def digest(self) -> str:
        if self._path is None:
            return hashlib.sha256(self._data).hexdigest()
        try:
            return onnx_digest(self._path, self._digest)
        except ArtifactError as error:
            raise ReferenceFailed(str(error), "see that the model is whole, its weights beside it") from None

    def ports(self) -> list[Port]:
        return [
            Port(one.name, _dtype(one.type), tuple(size if isinstance(size, int) else None for size in one.shape))
            for one in self._loaded().get_inputs()
        ]

    def compute(self, feed: dict[str, Array]) -> tuple[dict[str, Array], bool]:
        session = self._loaded()
        names = [one.name for one in session.get_outputs()]
        try:
            results = session.run(names, feed)
        except Exception as error:
            raise ReferenceFailed(
                f"{self.describe()}, failed while it ran: {first_line(error)}",
                "see that the inputs are what the model was exported for: shapes, and indices within their range",
            ) from error
        return {name: np.asarray(array) for name, array in zip(names, results)}, False

    def close(self) -> None:
        self._session = None

    def _loaded(self) -> Any:
        if self._session is None:
            self._check()
            runtime = need("onnxruntime", self.describe(), "onnx")
            options = runtime.SessionOptions()
            options.use_deterministic_compute = True
            options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_ENABLE_BASIC
            options.log_severity_level = 4  # what goes wrong is raised as well
            try:
                self._session = runtime.InferenceSession(
                    self._path if self._path is not None else self._data, options, providers=["CPUExecutionProvider"]
                )
            except Exception as error:
                raise ReferenceFailed(
                    f"{self.describe()}, cannot be loaded: {first_line(error)}",
                    "check the model with onnx.checker.check_model, and that this ONNX Runtime knows its opset",
                ) from error
        return self._session

    def _check(self) -> None:
        """Raise for what is no ONNX model, and for weights that are not where the model says."""
        try:
            with Source(self._path) if self._path is not None else Memory(self._data, self._what) as source:
                model: OnnxModel = read_onnx(source)
            if self._path is None and model.external:
                first = sorted(model.external)[0]
                raise NotAReference(
                    f"{self._what} keeps weights in {first!r}, and bytes have no folder to find it in",
                    "give the path of the model, or save it as one file",
                )
            for location, least in model.external.items():
                file = beside(str(self._path), location)
                if not os.path.isfile(file) or os.path.getsize(file) < least:
                    state = "is missing" if not os.path.exists(file) else "is cut, or no file"
                    raise ReferenceFailed(
                        f"{self._what} keeps weights in {location!r}, which {state}",
                        "put the file that was exported with the model beside it",
                    )
        except ArtifactError as error:
            raise NotAReference(str(error), "give an ONNX model that is whole") from None


def _dtype(declared: str) -> str:
    """tensor(float) -> float32."""
    name = declared.removeprefix("tensor(").removesuffix(")")
    return _TYPES.get(name, name)
