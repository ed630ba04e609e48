"""TensorRT engines: built once for each key, cached for every process, run on the GPU.

from pytest_trt.engines import Provider

engine = Provider().engine("model.onnx", precision="fp16")
print(engine.infer({"x": x})["y"])
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pytest_trt.engines.provide import Provider as Provider
    from pytest_trt.engines.running.engine import Engine as Engine

# What is imported on first use: a pytest run that uses no engine must not pay for NumPy.
_PUBLIC = {"Provider": "pytest_trt.engines.provide", "Engine": "pytest_trt.engines.running.engine"}


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        from importlib import import_module

        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
