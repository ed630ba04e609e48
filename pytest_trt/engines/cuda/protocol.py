"""What an engine needs of CUDA, in one small set of operations: pycuda and cuda-core each offer it.

All of it happens in the device's primary context, the one that TensorRT, PyTorch, TensorFlow and cuda-core use.
What makes, frees or waits for the device may be called anywhere. What is called in each inference (h2d, d2h,
a stream's and an event's operations, elapsed_ms) is called inside of `with cuda.context():` and checks nothing twice.
Raises CudaError where the driver refuses a call, and its subclass OutOfDeviceMemory. Nothing is thread-safe beyond
CUDA itself: two threads may use one Cuda, but not one buffer, stream or event at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class DeviceBuffer(Protocol):
    """Memory of the GPU. ptr: its address there, aligned to 256 bytes; 0 once it is free. nbytes: as asked for."""

    @property
    def ptr(self) -> int: ...
    @property
    def nbytes(self) -> int: ...
    def free(self) -> None:
        """Give it back. A second time does nothing; so does a time after Cuda.close, which frees all."""


class PinnedBuffer(Protocol):
    """Page-locked memory of the host, which the GPU copies from and to without the driver's staging.

    array: all of it, uint8, one dimension; empty once it is free. Views of it must not be used after that: the memory
    is gone. ptr: its address.
    """

    @property
    def array(self) -> NDArray[np.uint8]: ...
    @property
    def ptr(self) -> int: ...
    @property
    def nbytes(self) -> int: ...
    def free(self) -> None: ...


class Stream(Protocol):
    """A queue of work on the GPU, which waits for the legacy default stream. handle: the CUstream, for TensorRT."""

    @property
    def handle(self) -> int: ...
    def synchronize(self) -> None:
        """Wait until all of it is done. Here an error of a kernel that ran in it is raised."""

    def free(self) -> None: ...


class Event(Protocol):
    """A point in a stream, with the time at which the GPU reached it."""

    def record(self, stream: Any) -> None: ...
    def synchronize(self) -> None:
        """Wait until the GPU reached it."""

    def free(self) -> None: ...


class Cuda(Protocol):
    """One device through one binding. name: "pycuda" or "cuda-core"; version: the binding's. index: the device's."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def index(self) -> int: ...
    @property
    def closed(self) -> bool: ...

    def context(self) -> AbstractContextManager[None]:
        """Inside, the primary context is current on this thread; after it, whatever was before. Cheap and re-entrant:
        where it is current already, nothing is done."""

    def alloc(self, nbytes: int) -> DeviceBuffer:
        """Memory of the GPU, not cleared. Raises OutOfDeviceMemory, which tells the bytes wanted, free and in all."""

    def pinned(self, nbytes: int) -> PinnedBuffer: ...
    def stream(self) -> Stream: ...
    def event(self) -> Event: ...

    def h2d(self, dst_ptr: int, src: NDArray[Any] | int, nbytes: int, stream: Any) -> None:
        """Queue a copy of nbytes from the host to the GPU. src: a C-contiguous array that holds as many bytes or more,
        or an address. It must stay until the stream has done it; from pinned memory the call returns at once.
        stream: one of this Cuda's. Raises UsageError for an array that does not fit."""

    def d2h(self, dst: NDArray[Any] | int, src_ptr: int, nbytes: int, stream: Any) -> None:
        """Queue a copy of nbytes from the GPU to the host; as h2d, and dst is writable."""

    def h2d_each(self, dst_ptr: int, src: NDArray[Any], nbytes: int, stream: Any) -> Callable[[], None]:
        """h2d, to be called as often as this copy is wanted: what it was given is looked at here, once. nbytes: 1 or
        more. Not to be called after the memory of either side was freed."""

    def d2h_each(self, dst: NDArray[Any], src_ptr: int, nbytes: int, stream: Any) -> Callable[[], None]:
        """As h2d_each, of d2h."""

    def elapsed_ms(self, start: Any, end: Any) -> float:
        """Milliseconds between two events that the GPU has reached; resolution about half a microsecond."""

    def memory(self) -> tuple[int, int]:
        """Bytes of the GPU's memory that are free, and all that there are."""

    def synchronize(self) -> None:
        """Wait until the device has done all work of this context."""

    def close(self) -> None:
        """Free all that is left and let go of the primary context. It comes of itself at the interpreter's exit."""
