"""Write small.npz, what ONNX Runtime computes on the CPU: python make_golden.py

With a GPU there is no need of it: pytest --trt-update-goldens writes what the engine gives.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnxruntime
from make_model import network

from pytest_trt.equivalence.check import compare


@dataclass
class Tensor:
    name: str
    mode: str
    shape: tuple
    dtype: np.dtype = np.dtype(np.float32)
    is_shape_tensor: bool = False
    profiles: tuple = ()


@dataclass
class InOnnxRuntime:
    """What a check asks of an engine, answered by ONNX Runtime."""

    what: str = "small"
    key: str = "none: ONNX Runtime on the CPU"
    source: object = None
    meta: dict = field(default_factory=lambda: {"precision_in_use": "fp32", "product": "onnxruntime"})
    io: tuple = (Tensor("x", "input", (-1, 3, 16, 16)), Tensor("y", "output", (-1, 10)))

    def infer(self, feed, *, profile=None):
        session = onnxruntime.InferenceSession(network().SerializeToString(), providers=["CPUExecutionProvider"])
        return {"y": session.run(["y"], feed)[0]}


if __name__ == "__main__":
    x = (np.arange(2 * 3 * 16 * 16, dtype=np.float32) % 17 / 17).reshape(2, 3, 16, 16)
    compare(InOnnxRuntime(), str(Path(__file__).parent / "small.npz"), {"x": x}, update_golden=True)
