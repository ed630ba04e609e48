"""The device's primary context, and having it current on a thread.

Through ctypes, as no binding does it wholly: pycuda looks at its own stack of contexts and not at the driver's, and
aborts the interpreter at exit where that stack is not empty; cuda-core can make a context current, but not go back.
"""

from __future__ import annotations

import ctypes
import os
import threading
from types import TracebackType
from typing import Any

from pytest_trt.engines.cuda.refusals import refused
from pytest_trt.engines.device import LIBRARY, error_name
from pytest_trt.engines.errors import CudaError


class _Thread(threading.local):
    """Of one thread: a reference to where the driver writes its current context, that place, and for each `with`,
    whether it pushed."""

    def __init__(self) -> None:
        current = ctypes.c_size_t()
        pushed: list[bool] = []
        self.own = ctypes.byref(current), current, pushed


class PrimaryContext:
    """The retained primary context of one device, a context manager to have it current.

    handle: the CUcontext. Entering costs one call of the driver where it is current, two otherwise. What was current
    before is current again after the outermost `with`. Raises CudaError; also where a fork or `release` came between.
    """

    __slots__ = ("handle", "index", "_device", "_driver", "_get", "_push", "_pop", "_thread", "_process")

    def __init__(self, index: int, library: str = LIBRARY) -> None:
        # PyDLL keeps the interpreter's lock: these calls are over before another thread could have taken it.
        driver = ctypes.PyDLL(library)
        for name, arguments in (
            ("cuDeviceGet", (ctypes.c_void_p, ctypes.c_int)),
            # A reference passes as it is, and an argument type would make the call three times as long.
            ("cuCtxGetCurrent", None),
            ("cuCtxPushCurrent_v2", (ctypes.c_void_p,)),
            ("cuCtxPopCurrent_v2", None),
        ):
            function = getattr(driver, name)
            if arguments is not None:
                function.argtypes = arguments
            function.restype = ctypes.c_int
        self.index = index
        self._driver = driver
        self._get: Any = driver.cuCtxGetCurrent
        self._push: Any = driver.cuCtxPushCurrent_v2
        self._pop: Any = driver.cuCtxPopCurrent_v2
        self._thread = _Thread()
        self._process = os.getpid()
        device = ctypes.c_int()
        self._check(driver.cuDeviceGet(ctypes.byref(device), index), f"find GPU {index}")
        self._device = device.value
        handle = ctypes.c_size_t()
        # The first one makes the context, which takes a while: here other threads may run.
        retain: Any = ctypes.CDLL(library).cuDevicePrimaryCtxRetain
        retain.argtypes = (ctypes.c_void_p, ctypes.c_int)
        self._check(retain(ctypes.byref(handle), self._device), f"make a context on GPU {index}")
        self.handle = handle.value

    @property
    def usable(self) -> bool:
        """Not released, and in the process that made it."""
        return self.handle != 0 and self._process == os.getpid()

    def __enter__(self) -> None:
        where, current, pushed = self._thread.own
        code = self._get(where)
        if code == 0 and current.value == self.handle != 0:
            pushed.append(False)
            return
        self._check(code, "tell the current context")
        self.push()
        pushed.append(True)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        where, _, pushed = self._thread.own
        if pushed.pop():
            code = self._pop(where)
            # Where it was released inside, the driver may call it destroyed; an error on its way out says more.
            if code != 0 and kind is None and self.handle != 0:
                self._check(code, "restore the context before")

    def push(self) -> None:
        """Make it current on this thread, on top of what is there."""
        if self.handle == 0:
            raise CudaError("this CUDA device was closed", "ask for the engine again instead of keeping it")
        self._check(self._push(self.handle), "make the primary context current")

    def pop(self) -> None:
        """Undo one push."""
        self._check(self._pop(self._thread.own[0]), "restore the context before")

    def release(self) -> None:
        """Let go of it: with the last one that does so, it and all its memory are gone. A second time does nothing."""
        handle, self.handle = self.handle, 0
        if handle and self._process == os.getpid():
            self.release_device()

    def release_device(self) -> None:
        """Give back one retain of the device's primary context, whoever retained it."""
        let_go: Any = (
            getattr(self._driver, "cuDevicePrimaryCtxRelease_v2", None) or self._driver.cuDevicePrimaryCtxRelease
        )
        let_go.argtypes = (ctypes.c_int,)
        self._check(let_go(self._device), "release the primary context")

    def _check(self, code: int, doing: str) -> None:
        if code != 0:
            forked = ", in a forked child" if self._process != os.getpid() else ""
            raise refused(doing, f"{error_name(self._driver, code)}{forked}")
