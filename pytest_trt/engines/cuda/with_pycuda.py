"""CUDA through pycuda, in the primary context and never in one of pycuda's own.

pycuda keeps a stack of contexts for each thread beside the driver's, wants its objects made and freed with the top of
that stack current, and aborts the interpreter at exit (status 134) where the stack is not empty. So ours is on it only
while something is made or freed; what runs in each inference needs the driver's context alone.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pytest_trt.engines.cuda.host import NOTHING, first_bytes, misfit
from pytest_trt.engines.cuda.lending import Lender, Loan
from pytest_trt.engines.cuda.refusals import no_room, refused
from pytest_trt.engines.errors import BackendMissing, ContextConflict

_MAKE_A_CONTEXT = ("pycuda.autoinit", "pycuda.gl.autoinit")


def refuse_autoinit() -> None:
    """Raise ContextConflict where an import has made a context of pycuda's own."""
    for name in _MAKE_A_CONTEXT:
        if name in sys.modules:
            raise ContextConflict(
                f"{name} was imported: it made a CUDA context of its own, in which the memory and the streams of "
                "TensorRT do not exist (they are in the device's primary context)",
                f"import pycuda.autoprimaryctx in the place of {name}, or drop the import: pytest-trt needs none",
            )


class _DeviceBuffer(Loan):
    __slots__ = ("ptr", "nbytes", "_memory")

    def __init__(self, lender: Lender, memory: Any, nbytes: int) -> None:
        self._memory = memory
        self.ptr = int(memory)
        self.nbytes = nbytes
        super().__init__(lender)

    def give_back(self) -> None:
        self._memory.free()

    def forget(self) -> None:
        self._memory = None
        self.ptr = 0


class _PinnedBuffer(Loan):
    __slots__ = ("array", "ptr", "nbytes", "_memory")

    def __init__(self, lender: Lender, array: NDArray[np.uint8], nbytes: int) -> None:
        self._memory: Any = array.base
        self.array = array[:nbytes]
        self.ptr = int(array.ctypes.data)
        self.nbytes = nbytes
        super().__init__(lender)

    def give_back(self) -> None:
        self._memory.free()

    def forget(self) -> None:
        self._memory = None
        self.array = NOTHING
        self.ptr = 0


class _Stream(Loan):
    __slots__ = ("handle", "native", "_synchronize", "_errors")

    def __init__(self, lender: Lender, stream: Any, errors: type[Exception]) -> None:
        self.native = stream
        self.handle = int(stream.handle)
        self._synchronize: Any = stream.synchronize
        self._errors = errors
        super().__init__(lender)

    def synchronize(self) -> None:
        try:
            self._synchronize()
        except self._errors as error:
            raise refused("wait for a stream", str(error)) from error

    def give_back(self) -> None:
        # pycuda destroys it with the last reference, and that must happen here.
        self.native = self._synchronize = None

    def forget(self) -> None:
        self.native = self._synchronize = None
        self.handle = 0


class _Event(Loan):
    __slots__ = ("native", "_errors")

    def __init__(self, lender: Lender, event: Any, errors: type[Exception]) -> None:
        self.native = event
        self._errors = errors
        super().__init__(lender)

    def record(self, stream: _Stream) -> None:
        try:
            self.native.record(stream.native)
        except self._errors as error:
            raise refused("record an event", str(error)) from error

    def synchronize(self) -> None:
        try:
            self.native.synchronize()
        except self._errors as error:
            raise refused("wait for an event", str(error)) from error

    def give_back(self) -> None:
        self.native = None

    def forget(self) -> None:
        self.native = None


class Pycuda(Lender):
    """The protocol Cuda through pycuda. Raises BackendMissing where pycuda cannot be imported, and CudaError."""

    name = "pycuda"

    def __init__(self, index: int) -> None:
        try:
            import pycuda
            import pycuda.driver
        except ImportError as error:
            missing = isinstance(error, ModuleNotFoundError) and error.name == "pycuda"
            raise BackendMissing(
                "pycuda is not installed" if missing else f"pycuda cannot be imported: {error}",
                "pip install pytest-trt[pycuda] (it is compiled there: a C++ compiler and the CUDA headers are needed)",
            ) from error
        driver: Any = pycuda.driver
        self.version: str = pycuda.VERSION_TEXT
        self._pycuda = driver
        self._errors: type[Exception] = driver.Error
        self._htod: Any = driver.memcpy_htod_async
        self._dtoh: Any = driver.memcpy_dtoh_async
        self._context: Any = None
        super().__init__(index)
        try:
            driver.init()
            self._context = driver.Device(index).retain_primary_context()
        except driver.Error as error:
            self.close()
            raise refused(f"make a context on GPU {index}", str(error)) from error
        self._thread = threading.get_ident()

    def alloc(self, nbytes: int) -> _DeviceBuffer:
        with self._inside():
            try:
                memory = self._pycuda.mem_alloc(max(nbytes, 1))
            except self._pycuda.MemoryError as error:
                raise no_room(nbytes, *self._pycuda.mem_get_info()) from error
            except self._errors as error:
                raise refused(f"allocate {nbytes} bytes of the GPU", str(error)) from error
        return _DeviceBuffer(self, memory, nbytes)

    def pinned(self, nbytes: int) -> _PinnedBuffer:
        with self._inside(), self._saying(f"allocate {nbytes} page-locked bytes of the host"):
            array = self._pycuda.pagelocked_empty(max(nbytes, 1), np.uint8)
        return _PinnedBuffer(self, array, nbytes)

    def stream(self) -> _Stream:
        with self._inside(), self._saying("make a stream"):
            return _Stream(self, self._pycuda.Stream(), self._errors)

    def event(self) -> _Event:
        with self._inside(), self._saying("make an event"):
            return _Event(self, self._pycuda.Event(), self._errors)

    def h2d(self, dst_ptr: int, src: NDArray[Any] | int, nbytes: int, stream: _Stream) -> None:
        if isinstance(src, int) or src.nbytes != nbytes:
            if nbytes == 0:
                return
            src = first_bytes(src, nbytes)
        elif not src.flags.c_contiguous:
            raise misfit(src, nbytes)
        try:
            self._htod(dst_ptr, src, stream.native)
        except self._errors as error:
            raise refused(f"copy {nbytes} bytes to the GPU", str(error)) from error

    def d2h(self, dst: NDArray[Any] | int, src_ptr: int, nbytes: int, stream: _Stream) -> None:
        if isinstance(dst, int) or dst.nbytes != nbytes:
            if nbytes == 0:
                return
            dst = first_bytes(dst, nbytes)
        elif not dst.flags.c_contiguous:
            raise misfit(dst, nbytes)
        try:
            self._dtoh(dst, src_ptr, stream.native)
        except self._errors as error:
            raise refused(f"copy {nbytes} bytes from the GPU", str(error)) from error

    def h2d_each(self, dst_ptr: int, src: NDArray[Any], nbytes: int, stream: _Stream) -> Callable[[], None]:
        start, errors, source = self._htod, self._errors, first_bytes(src, nbytes)

        def copy() -> None:
            try:
                start(dst_ptr, source, stream.native)
            except errors as error:
                raise refused(f"copy {nbytes} bytes to the GPU", str(error)) from error

        return copy

    def d2h_each(self, dst: NDArray[Any], src_ptr: int, nbytes: int, stream: _Stream) -> Callable[[], None]:
        start, errors, target = self._dtoh, self._errors, first_bytes(dst, nbytes)

        def copy() -> None:
            try:
                start(target, src_ptr, stream.native)
            except errors as error:
                raise refused(f"copy {nbytes} bytes from the GPU", str(error)) from error

        return copy

    def elapsed_ms(self, start: _Event, end: _Event) -> float:
        with self._saying("tell the time between two events"):
            return float(start.native.time_till(end.native))

    def memory(self) -> tuple[int, int]:
        with self._primary, self._saying("tell how much memory is free"):
            free, total = self._pycuda.mem_get_info()
        return int(free), int(total)

    def synchronize(self) -> None:
        with self._primary, self._saying("wait for the GPU"):
            self._pycuda.Context.synchronize()

    @contextmanager
    def _saying(self, doing: str) -> Iterator[None]:
        try:
            yield
        except self._errors as error:
            raise refused(doing, str(error)) from error

    def _inside(self) -> AbstractContextManager[None]:
        return self._on_the_stack()

    @contextmanager
    def _on_the_stack(self) -> Iterator[None]:
        # pycuda pops and pushes what it takes for the driver's top. The push around it keeps what really is there.
        self._primary.push()
        try:
            try:
                self._context.push()
            except self._errors as error:
                raise refused("make the primary context current", str(error)) from error
            try:
                yield
            finally:
                self._pycuda.Context.pop()
        finally:
            self._primary.pop()

    def _let_go(self) -> None:
        context, self._context = self._context, None
        if context is None:
            return
        try:
            context.detach()
        except self._errors as error:
            raise refused("release the primary context", str(error)) from error
        if threading.get_ident() == self._thread:
            # To release it, pycuda pushes it, and counts on a pop that the driver does not do for a primary context.
            self._primary.pop()
        else:
            # Of a context that another thread retained, pycuda only forgets it.
            self._primary.release_device()
