"""CUDA for engines: memory, copies, streams and events through pycuda or cuda-core, whichever is there."""

from __future__ import annotations

import importlib.util
import os
import sys
import threading
from collections.abc import Callable

from pytest_trt.engines import device
from pytest_trt.engines.cuda.protocol import Cuda
from pytest_trt.engines.errors import BackendMissing, UsageError

VARIABLE = "PYTEST_TRT_CUDA"
_SHARED: dict[tuple[str, int], Cuda] = {}
_LOCK = threading.Lock()


def choose(option: str | None, index: int) -> Cuda:
    """CUDA of the GPU of this index, through: option ("pycuda", "cuda-core"); else the environment's PYTEST_TRT_CUDA;
    else what is imported already; else what is installed; of both, pycuda. "auto" leaves the environment out.

    One instance a binding and device in this process; one that was closed, or came over a fork, is made anew.
    Raises UsageError for another name, DeviceUnavailable before anything is imported, BackendMissing where none can
    be imported, ContextConflict for pycuda.autoinit, CudaError.
    """
    wish = _wish(option)
    device.require(index)
    refusals = []
    for name in [wish] if wish else _order():
        try:
            return _shared(name, index)
        except BackendMissing as refusal:
            if wish:
                raise
            refusals.append(refusal.what)
    raise BackendMissing(
        "there is no CUDA for Python: " + "; ".join(refusals),
        "pip install pytest-trt[pycuda] or pytest-trt[cuda]",
    )


def _wish(option: str | None) -> str | None:
    """The binding that is asked for by name; None: any."""
    value, origin = option, "--trt-cuda"
    if option is None:
        value, origin = os.environ.get(VARIABLE) or "auto", f"the environment's {VARIABLE}"
    if value == "auto":
        return None
    if value not in _MAKERS:
        raise UsageError(f"{origin} asks for CUDA through {value!r}", f"take one of auto, {', '.join(_MAKERS)}")
    return value


def _order() -> list[str]:
    """Both, with what is imported first, then what is installed."""
    imported = {"pycuda": "pycuda" in sys.modules, "cuda-core": "cuda.core" in sys.modules}
    return sorted(_MAKERS, key=lambda name: (not imported[name], not _installed(name)))


def _installed(name: str) -> bool:
    try:
        return importlib.util.find_spec({"pycuda": "pycuda", "cuda-core": "cuda.core"}[name]) is not None
    except (ImportError, ValueError):
        return False


def _shared(name: str, index: int) -> Cuda:
    if name == "pycuda":
        from pytest_trt.engines.cuda.with_pycuda import refuse_autoinit

        refuse_autoinit()
    with _LOCK:
        made = _SHARED.get((name, index))
        if made is None or made.closed:
            made = _SHARED[name, index] = _MAKERS[name](index)
        return made


def _pycuda(index: int) -> Cuda:
    from pytest_trt.engines.cuda.with_pycuda import Pycuda

    return Pycuda(index)


def _cuda_core(index: int) -> Cuda:
    from pytest_trt.engines.cuda.with_cuda_core import CudaCore

    return CudaCore(index)


# In the order of preference.
_MAKERS: dict[str, Callable[[int], Cuda]] = {"pycuda": _pycuda, "cuda-core": _cuda_core}
