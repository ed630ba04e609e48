"""The newest TensorRT's real Python bindings, without its libraries: stubs of the nine functions that they link with.

Enough for classes, enumerations and signatures; nothing is built. Runs in the tox environment `bindings`.
"""

from __future__ import annotations

import ctypes
import importlib
import importlib.metadata
import subprocess
from types import ModuleType

import pytest

from pytest_trt.engines.backend import Backend

_SYMBOLS = {
    "libnvinfer": (
        "createInferBuilder_INTERNAL createInferRefitter_INTERNAL createInferRuntime_INTERNAL getBuilderPluginRegistry"
        " getPluginRegistry"
    ),
    "libnvinfer_plugin": "initLibNvInferPlugins",
    "libnvonnxparser": "createNvOnnxParserRefitter_INTERNAL createNvOnnxParser_INTERNAL getNvOnnxParserVersion",
}


@pytest.fixture(scope="session")
def trt(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    folder = tmp_path_factory.mktemp("stubs")
    version = importlib.metadata.version("tensorrt-cu13-bindings").partition(".")[0]
    for library, symbols in _SYMBOLS.items():
        name = f"{library}.so.{version}"
        code = "".join(f"void* {symbol}(void) {{ return 0; }}\n" for symbol in symbols.split())
        arguments = ["gcc", "-shared", "-fPIC", "-w", f"-Wl,-soname,{name}", "-x", "c", "-", "-o", str(folder / name)]
        subprocess.run(arguments, input=code, text=True, check=True)
        ctypes.CDLL(str(folder / name), mode=ctypes.RTLD_GLOBAL)
    return importlib.import_module("tensorrt_bindings")


@pytest.fixture(scope="session")
def backend(trt: ModuleType) -> Backend:
    return Backend("tensorrt", trt)
