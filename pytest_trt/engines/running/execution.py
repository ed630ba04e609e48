"""An engine on the GPU: its context, buffers and stream, and the loop that runs it.

TensorRT's name-based API (8.5 and later): set_input_shape, set_tensor_address, execute_async_v3. Buffers grow and are
kept; a call with the shapes of the call before sets nothing anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from pytest_trt.engines.backend import Backend
from pytest_trt.engines.cuda.protocol import Cuda
from pytest_trt.engines.errors import InferenceFailed, InputMismatch, OutOfDeviceMemory
from pytest_trt.engines.running.tensors import Tensor, checked, fitting_profile, from_engine
from pytest_trt.errors import TrtError

_ALIGNED = 256


class _Slot:
    """One tensor's memory: device buffer, pinned staging buffer, and a view of it with the current shape."""

    __slots__ = (
        "tensor",
        "name",
        "dtype",
        "device",
        "pinned",
        "view",
        "pointer",
        "source",
        "nbytes",
        "allocator",
        "sized_by_data",
        "host",
    )

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor
        self.name = tensor.name
        self.dtype = tensor.dtype
        self.device: Any = None
        self.pinned: Any = None
        self.view: Any = None
        self.pointer = 0
        self.source: Any = None
        self.nbytes = -1
        self.allocator: Any = None
        self.sized_by_data = False
        self.host: Any = None


class Execution:
    """One deserialised engine with one execution context. Not for two threads at a time (Engine holds a lock)."""

    def __init__(
        self, backend: Backend, cuda: Cuda, engine: Any, what: str, known: tuple[Tensor, ...] | None = None
    ) -> None:
        """engine: deserialised, with the context of cuda current. known: the tensors as the network had them."""
        self._backend = backend
        self._record = backend.record
        self._cuda = cuda
        self._engine = engine
        self._what = what
        self.tensors = from_engine(backend.trt, engine, known)
        self._inputs = tuple(tensor for tensor in self.tensors if tensor.mode == "input")
        self._slots = {tensor.name: _Slot(tensor) for tensor in self.tensors}
        self._fed = [self._slots[tensor.name] for tensor in self._inputs]
        self._out = [self._slots[tensor.name] for tensor in self.tensors if tensor.mode == "output"]
        self._plain = all(not slot.tensor.is_shape_tensor for slot in self._slots.values())
        for slot in self._out:
            if slot.dtype is None:
                raise InferenceFailed(
                    f"{what}: output {slot.name!r} is {slot.tensor.type}, which NumPy does not have",
                    "pip install ml_dtypes, or cast the output to float32 in the model",
                )
        # Of a call with the shapes of the call before: what it stages (name, shape, dtype, view), copies and returns.
        self._staged: list[tuple[str, tuple[int, ...], Any, Any]] | None = None
        self._uploads: list[Callable[[], None]] = []
        self._downloads: list[Callable[[], None]] = []
        self._results: list[tuple[str, Any]] = []
        self._profile = 0
        self._by_allocator = False
        self._mark = backend.record.mark()
        self._inside = cuda.context()
        with self._inside:
            self._stream = cuda.stream()
            self._handle = self._stream.handle
            self._contexts: dict[int, Any] = {}
            self._context = self._context_of(0)
        self._closed = False
        backend.opened(self)

    def infer(self, feed: Mapping[str, Any], profile: int | None) -> dict[str, np.ndarray[Any, Any]]:
        """Copy in, run, copy out. The arrays returned are the caller's own."""
        with self._inside:
            self._prepare(feed, profile)
            for upload in self._uploads:
                upload()
            self._execute()
            if self._by_allocator:
                return self._sized_by_data()
            for download in self._downloads:
                download()
            self._stream.synchronize()
            return {name: view.copy() for name, view in self._results}

    def times(self, feed: Mapping[str, Any], profile: int | None, warmup: int, iterations: int) -> list[float]:
        """Milliseconds of each execution on the GPU, between two events around it; copies are not part of it."""
        with self._inside:
            self._prepare(feed, profile)
            for upload in self._uploads:
                upload()
            pairs = [(self._cuda.event(), self._cuda.event()) for _ in range(iterations)]
            for _ in range(warmup):
                self._execute()
            self._stream.synchronize()
            for start, end in pairs:
                start.record(self._stream)
                self._execute()
                end.record(self._stream)
            self._stream.synchronize()
            return [self._cuda.elapsed_ms(start, end) for start, end in pairs]

    def close(self) -> None:
        """Free all device memory, in the order that TensorRT asks for: context, engine, buffers, stream."""
        if self._closed:
            return
        self._closed = True
        with self._inside:
            self._stream.synchronize()
            self._forget()
            del self._context
            self._contexts.clear()
            del self._engine
            for slot in self._slots.values():
                for buffer in (slot.device, slot.pinned, slot.allocator):
                    if buffer is not None:
                        buffer.free()
            self._slots.clear()
            self._fed.clear()
            self._out.clear()
            self._stream.free()

    def _execute(self) -> None:
        done = self._context.execute_async_v3(self._handle)
        if self._by_allocator:
            for slot in self._out:
                if slot.allocator is not None:
                    slot.allocator.check()
        if not done:
            raise self._failed(self._mark, "execute_async_v3 returned false")

    def _prepare(self, feed: Mapping[str, Any], profile: int | None) -> None:
        """Have every address and shape set, and the inputs in their staging buffers."""
        staged = self._staged
        if staged is not None and (profile is None or profile == self._profile):
            # The common case: arrays of the same dtype and shape as before, nothing to be set anew.
            if isinstance(feed, dict) and len(feed) == len(staged):
                for name, shape, dtype, view in staged:
                    array = feed.get(name)
                    if type(array) is not np.ndarray or array.shape != shape or array.dtype != dtype:
                        break
                    view[...] = array
                else:
                    self._mark = self._record.mark()
                    return
        arrays = checked(self._what, self._inputs, feed)
        chosen = fitting_profile(self._what, self._inputs, arrays, self._profile if profile is None else profile)
        if profile is not None and chosen != profile:
            low_high = {one.name: one.profiles[profile] for one in self._inputs if one.profiles}
            raise InputMismatch(
                f"{self._what}: profile {profile} does not cover these inputs; it takes {low_high}",
                f"profile {chosen} does: leave profile= out",
            )
        self._mark = self._record.mark()
        self._bind(arrays, chosen)

    def _bind(self, arrays: Mapping[str, np.ndarray[Any, Any]], profile: int) -> None:
        self._forget()
        if self._by_allocator:
            # 8.6.0 sizes the memory of such an output by the shapes that a context had first: a new one for new shapes.
            self._context = None
            self._contexts.clear()
        if profile != self._profile or self._context is None:
            self._context = self._context_of(profile)
            self._profile = profile
        context = self._context
        for slot in self._fed:
            array = arrays[slot.name]
            if slot.tensor.is_shape_tensor:
                slot.host = np.array(array, dtype=slot.dtype, order="C", ndmin=1)
                slot.nbytes = 0
                context.set_tensor_address(slot.name, slot.host.ctypes.data)
                continue
            if not context.set_input_shape(slot.name, array.shape):
                raise self._failed(self._mark, f"input {slot.name!r} of shape {array.shape} was refused")
            self._room(slot, array.shape)
            slot.view[...] = array
            context.set_tensor_address(slot.name, slot.pointer)
        # infer_shapes ends in a segmentation fault where the shapes contradict each other (seen with 8.6.0).
        for slot in self._out:
            self._shape_of(slot)
        if not self._plain:
            missing = context.infer_shapes()
            if missing:
                raise self._failed(self._mark, f"shapes or values are missing of {', '.join(missing)}")
        self._by_allocator = False
        for slot in self._out:
            self._bind_output(slot)
        cuda, stream = self._cuda, self._stream
        for slot in self._fed:
            if slot.nbytes > 0:
                self._uploads.append(cuda.h2d_each(slot.pointer, slot.source, slot.nbytes, stream))
        if not self._by_allocator:
            for slot in self._out:
                if slot.nbytes > 0 and slot.host is None:
                    self._downloads.append(cuda.d2h_each(slot.source, slot.pointer, slot.nbytes, stream))
                self._results.append((slot.name, slot.view))
        if self._plain:
            self._staged = [(slot.name, arrays[slot.name].shape, slot.dtype, slot.view) for slot in self._fed]

    def _forget(self) -> None:
        """Drop what was made for the shapes of the last call: it leads to buffers that may be freed next."""
        self._staged = None
        self._uploads.clear()
        self._downloads.clear()
        self._results.clear()

    def _context_of(self, profile: int) -> Any:
        """The execution context of an optimization profile: one each, as a switch would wait for the GPU."""
        context = self._contexts.get(profile)
        if context is None:
            context = self._engine.create_execution_context()
            if context is None:
                raise self._failed(self._mark, "no execution context could be made")
            if profile and not context.set_optimization_profile_async(profile, self._handle):
                raise self._failed(self._mark, f"optimization profile {profile} could not be set")
            self._stream.synchronize()
            self._contexts[profile] = context
        return context

    def _bind_output(self, slot: _Slot) -> None:
        context, name = self._context, slot.name
        shape = self._shape_of(slot)
        # Once is always: after a run a context tells the size that this run had (8.6.0).
        slot.sized_by_data = slot.sized_by_data or -1 in shape and not slot.tensor.is_shape_tensor
        if slot.tensor.is_shape_tensor:
            slot.host = np.zeros(shape, slot.dtype)
            slot.view = slot.host
            slot.nbytes = slot.host.nbytes
            context.set_tensor_address(name, slot.host.ctypes.data)
        elif slot.sized_by_data:
            if slot.allocator is None:
                slot.allocator = _make_allocator(self._backend.trt, self._cuda)
            context.set_output_allocator(name, slot.allocator.asks)
            self._by_allocator = True
        else:
            self._room(slot, shape)
            context.set_tensor_address(name, slot.pointer)

    def _shape_of(self, slot: _Slot) -> tuple[int, ...]:
        """An output's shape for the inputs that are set; -1 where the data decide."""
        try:
            return tuple(int(size) for size in self._context.get_tensor_shape(slot.name))
        except ValueError:
            # TensorRT answers with a rank of -1: dimensions of one name have different sizes, say.
            shapes = ", ".join(f"{one.name} {one.view.shape}" for one in self._fed if one.view is not None)
            raise self._failed(self._mark, f"output {slot.name!r} has no shape for the inputs {shapes}") from None

    def _room(self, slot: _Slot, shape: tuple[int, ...]) -> None:
        """Buffers that hold an array of this shape; those that are there are kept if they are large enough."""
        dtype = slot.dtype
        assert dtype is not None
        nbytes = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
        if slot.device is None or slot.device.nbytes < nbytes:
            for buffer in (slot.device, slot.pinned):
                if buffer is not None:
                    buffer.free()
            slot.device = slot.pinned = None
            wanted = max(nbytes, _ALIGNED)
            slot.device = self._cuda.alloc(wanted)
            slot.pinned = self._cuda.pinned(wanted)
        slot.pointer = slot.device.ptr
        slot.nbytes = nbytes
        slot.source = slot.pinned.array[:nbytes]
        slot.view = slot.source.view(dtype).reshape(shape)

    def _sized_by_data(self) -> dict[str, np.ndarray[Any, Any]]:
        """Copy out where TensorRT asked for the memory of some outputs while it ran."""
        results = {}
        self._stream.synchronize()
        for slot in self._out:
            name = slot.name
            if slot.sized_by_data:
                asked = slot.allocator
                if asked.shape is None:
                    raise self._failed(self._mark, f"output {name!r} got no shape")
                array = np.empty(asked.shape, slot.dtype)
                if array.nbytes:
                    self._cuda.d2h(array.reshape(-1).view(np.uint8), asked.pointer, array.nbytes, self._stream)
                    self._stream.synchronize()
                results[name] = array
            elif slot.host is not None:
                results[name] = slot.host.copy()
            else:
                if slot.nbytes > 0:
                    self._cuda.d2h(slot.source, slot.pointer, slot.nbytes, self._stream)
                self._stream.synchronize()
                results[name] = slot.view.copy()
        return results

    def _failed(self, mark: int, happened: str) -> TrtError:
        log = self._backend.record.shown(mark)
        said = "".join(f"\n  {line}" for line in log) or "\n  (the log is empty)"
        text = f"{self._what}: {happened}. {self._backend} said:{said}"
        if "out of memory" in said.lower() or "outofmemory" in said.lower():
            return OutOfDeviceMemory(text, "free GPU memory (nvidia-smi shows who holds it), or use smaller shapes")
        return InferenceFailed(text, "the first error in the log is the cause")


class _Asked:
    """Device memory that TensorRT asks for during a run, as the size of an output depends on data."""

    def __init__(self, cuda: Cuda) -> None:
        self.cuda = cuda
        self.buffer: Any = None
        self.pointer = 0
        self.shape: tuple[int, ...] | None = None
        self.failure: BaseException | None = None
        self.asks: Any = None

    def more(self, size: int) -> int:
        # An exception inside of a callback is printed and lost: it is kept, and raised after the run.
        try:
            if self.buffer is None or self.buffer.nbytes < size:
                if self.buffer is not None:
                    self.buffer.free()
                    self.buffer = None
                self.buffer = self.cuda.alloc(max(int(size), _ALIGNED))
            self.pointer = self.buffer.ptr
            return self.pointer
        except BaseException as error:
            self.failure = error
            return 0

    def check(self) -> None:
        """Raises what failed while TensorRT asked, once."""
        failure, self.failure = self.failure, None
        if failure is not None:
            raise failure

    def free(self) -> None:
        if self.buffer is not None:
            self.buffer.free()
            self.buffer = None


def _make_allocator(trt: Any, cuda: Cuda) -> _Asked:
    asked = _Asked(cuda)

    class Allocator(trt.IOutputAllocator):  # type: ignore[misc]
        def __init__(self) -> None:
            trt.IOutputAllocator.__init__(self)

        def reallocate_output(self, tensor_name: str, memory: int, size: int, alignment: int) -> int:
            return asked.more(size)

        def reallocate_output_async(self, tensor_name: str, memory: int, size: int, alignment: int, stream: int) -> int:
            return asked.more(size)

        def notify_shape(self, tensor_name: str, shape: Any) -> None:
            asked.shape = tuple(int(size) for size in shape)

    asked.asks = Allocator()
    return asked
