"""A model that ONNX Runtime runs on the CPU, in the place of an engine: what a check asks of one, without a GPU."""

from dataclasses import dataclass

import numpy as np
import onnxruntime

BATCHES = ((1, 3, 16, 16), (4, 3, 16, 16), (16, 3, 16, 16))


@dataclass
class Tensor:
    """An input or output as an engine declares it."""

    name: str
    mode: str
    shape: tuple
    profiles: tuple = ()
    dtype: np.dtype = np.dtype(np.float32)
    is_shape_tensor: bool = False


class InOnnxRuntime:
    """model: an onnx.ModelProto with the input and output of make_model.py."""

    what = "small.onnx"
    key = "none: run by ONNX Runtime on the CPU"
    source = None
    io = (Tensor("x", "input", (-1, 3, 16, 16), (BATCHES,)), Tensor("y", "output", (-1, 10)))
    meta = {"precision_in_use": "fp32"}

    def __init__(self, model):
        self._session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])

    def infer(self, feed, *, profile=None):
        return {"y": self._session.run(["y"], dict(feed))[0]}
