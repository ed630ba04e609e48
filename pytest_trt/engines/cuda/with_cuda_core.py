"""CUDA through NVIDIA's cuda-core: its Device and Stream, and the driver calls of cuda.bindings below it.

Memory comes from cuMemAlloc, not from Device.allocate: that draws on a pool which keeps what is freed, and a test
that needs the room would not get it. Copies between the host and a raw address are the driver's calls as well, as
cuda-core copies between its own buffers only. cuda.core.experimental is the name of cuda-core 0.3 and 0.4.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

from pytest_trt.engines.cuda.host import NOTHING, address, memory_at
from pytest_trt.engines.cuda.lending import Lender, Loan
from pytest_trt.engines.cuda.refusals import no_room, refused
from pytest_trt.engines.errors import BackendMissing, CudaError

_OUT_OF_MEMORY = 2


class _DeviceBuffer(Loan):
    __slots__ = ("ptr", "nbytes", "_driver")

    def __init__(self, lender: Lender, driver: Any, ptr: int, nbytes: int) -> None:
        self._driver = driver
        self.ptr = ptr
        self.nbytes = nbytes
        super().__init__(lender)

    def give_back(self) -> None:
        self._driver.cuMemFree(self.ptr)

    def forget(self) -> None:
        self.ptr = 0


class _PinnedBuffer(Loan):
    __slots__ = ("array", "ptr", "nbytes", "_driver")

    def __init__(self, lender: Lender, driver: Any, ptr: int, nbytes: int) -> None:
        self._driver = driver
        self.array = memory_at(ptr, nbytes)
        self.ptr = ptr
        self.nbytes = nbytes
        super().__init__(lender)

    def give_back(self) -> None:
        self._driver.cuMemFreeHost(self.ptr)

    def forget(self) -> None:
        self.array = NOTHING
        self.ptr = 0


class _Stream(Loan):
    __slots__ = ("handle", "native", "stream", "_driver", "_synchronize")

    def __init__(self, lender: Lender, driver: Any, stream: Any) -> None:
        self.stream = stream
        self.native: Any = stream.handle
        self.handle = int(self.native)
        self._driver = driver
        self._synchronize: Any = driver.cuStreamSynchronize
        super().__init__(lender)

    def synchronize(self) -> None:
        (code,) = self._synchronize(self.native)
        if code:
            raise _refused(self._driver, code, "wait for a stream")

    def give_back(self) -> None:
        self.stream.close()

    def forget(self) -> None:
        self.stream = self.native = None
        self.handle = 0


class _Event(Loan):
    __slots__ = ("native", "_driver")

    def __init__(self, lender: Lender, driver: Any, event: Any) -> None:
        self.native = event
        self._driver = driver
        super().__init__(lender)

    def record(self, stream: _Stream) -> None:
        (code,) = self._driver.cuEventRecord(self.native, stream.native)
        if code:
            raise _refused(self._driver, code, "record an event")

    def synchronize(self) -> None:
        (code,) = self._driver.cuEventSynchronize(self.native)
        if code:
            raise _refused(self._driver, code, "wait for an event")

    def give_back(self) -> None:
        self._driver.cuEventDestroy(self.native)

    def forget(self) -> None:
        self.native = None


class CudaCore(Lender):
    """The protocol Cuda through cuda-core. Raises BackendMissing where it cannot be imported, and CudaError."""

    name = "cuda-core"

    def __init__(self, index: int) -> None:
        try:
            core, driver, self.version = _imported()
        except ImportError as error:
            missing = isinstance(error, ModuleNotFoundError) and error.name in ("cuda", "cuda.core")
            raise BackendMissing(
                "cuda-core is not installed" if missing else f"cuda-core cannot be imported: {error}",
                "pip install 'cuda-core[cu12]', or [cu13] for a driver of CUDA 13; alone it lacks its bindings",
            ) from error
        self._core: Any = core
        self._driver: Any = driver
        self._htod: Any = driver.cuMemcpyHtoDAsync
        self._dtoh: Any = driver.cuMemcpyDtoHAsync
        super().__init__(index)

    def alloc(self, nbytes: int) -> _DeviceBuffer:
        with self._primary:
            code, ptr = self._driver.cuMemAlloc(max(nbytes, 1))
            if code == _OUT_OF_MEMORY:
                raise no_room(nbytes, *self.memory())
        self._check(code, f"allocate {nbytes} bytes of the GPU")
        return _DeviceBuffer(self, self._driver, int(ptr), nbytes)

    def pinned(self, nbytes: int) -> _PinnedBuffer:
        with self._primary:
            code, ptr = self._driver.cuMemAllocHost(max(nbytes, 1))
        self._check(code, f"allocate {nbytes} page-locked bytes of the host")
        return _PinnedBuffer(self, self._driver, int(ptr), nbytes)

    def stream(self) -> _Stream:
        with self._primary:
            try:
                device = self._core.Device(self.index)
                # Of each thread cuda-core wants to hear once that the context is current, which it is.
                device.set_current()
                stream = device.create_stream(options=self._core.StreamOptions(nonblocking=False))
            except Exception as error:
                # cuda-core's CUDAError is no part of what it makes public.
                raise refused("make a stream", str(error)) from error
            return _Stream(self, self._driver, stream)

    def event(self) -> _Event:
        with self._primary:
            code, event = self._driver.cuEventCreate(0)
        self._check(code, "make an event")
        return _Event(self, self._driver, event)

    def h2d(self, dst_ptr: int, src: NDArray[Any] | int, nbytes: int, stream: _Stream) -> None:
        # Never the array itself: the bindings take the value of an array of one element for an address.
        (code,) = self._htod(dst_ptr, src if isinstance(src, int) else address(src, nbytes), nbytes, stream.native)
        if code:
            raise _refused(self._driver, code, f"copy {nbytes} bytes to the GPU")

    def d2h(self, dst: NDArray[Any] | int, src_ptr: int, nbytes: int, stream: _Stream) -> None:
        (code,) = self._dtoh(dst if isinstance(dst, int) else address(dst, nbytes), src_ptr, nbytes, stream.native)
        if code:
            raise _refused(self._driver, code, f"copy {nbytes} bytes from the GPU")

    def h2d_each(self, dst_ptr: int, src: NDArray[Any], nbytes: int, stream: _Stream) -> Callable[[], None]:
        start, driver, source = self._htod, self._driver, address(src, nbytes)

        def copy() -> None:
            (code,) = start(dst_ptr, source, nbytes, stream.native)
            if code:
                raise _refused(driver, code, f"copy {nbytes} bytes to the GPU")

        return copy

    def d2h_each(self, dst: NDArray[Any], src_ptr: int, nbytes: int, stream: _Stream) -> Callable[[], None]:
        start, driver, target = self._dtoh, self._driver, address(dst, nbytes)

        def copy() -> None:
            (code,) = start(target, src_ptr, nbytes, stream.native)
            if code:
                raise _refused(driver, code, f"copy {nbytes} bytes from the GPU")

        return copy

    def elapsed_ms(self, start: _Event, end: _Event) -> float:
        code, milliseconds = self._driver.cuEventElapsedTime(start.native, end.native)
        self._check(code, "tell the time between two events")
        return float(milliseconds)

    def memory(self) -> tuple[int, int]:
        with self._primary:
            code, free, total = self._driver.cuMemGetInfo()
        self._check(code, "tell how much memory is free")
        return int(free), int(total)

    def synchronize(self) -> None:
        with self._primary:
            (code,) = self._driver.cuCtxSynchronize()
        self._check(code, "wait for the GPU")

    def _check(self, code: Any, doing: str) -> None:
        if code:
            raise _refused(self._driver, code, doing)


def _imported() -> tuple[Any, Any, str]:
    """cuda.core, cuda.bindings.driver, and the version of the former."""
    import cuda.core

    core: Any = cuda.core
    if not hasattr(core, "Device"):
        import cuda.core.experimental

        core = cuda.core.experimental
    import cuda.bindings.driver

    driver: Any = cuda.bindings.driver
    return core, driver, str(cuda.core.__version__)


def _refused(driver: Any, code: Any, doing: str) -> CudaError:
    _, said = driver.cuGetErrorString(code)
    return refused(doing, f"{said.decode('ascii', 'replace') if said else 'no reason given'} ({code.name})")
