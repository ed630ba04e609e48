"""The loop that runs an engine, on memory of the host: what it binds anew, copies and frees. The engine is Python's."""

from __future__ import annotations

import collections
import ctypes
import types
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from pytest_trt.engines.errors import InferenceFailed, InputMismatch
from pytest_trt.engines.log import Record
from pytest_trt.engines.running.engine import Engine
from pytest_trt.engines.running.execution import Execution

PROFILES = (((1, 4), (2, 4), (4, 4)), ((8, 4), (8, 4), (16, 4)))


class Memory:
    def __init__(self, nbytes: int, owner: Host) -> None:
        self.array = np.zeros(nbytes, np.uint8)
        self.ptr = self.array.ctypes.data
        self.nbytes = nbytes
        self._owner = owner
        owner.lent.append(self)

    def free(self) -> None:
        self.array[:] = 0xFF
        self._owner.lent.remove(self)


class Stream:
    handle = 7

    def __init__(self) -> None:
        self.freed = False

    def synchronize(self) -> None:
        assert not self.freed

    def free(self) -> None:
        self.freed = True


class Host:
    """The protocol Cuda with both sides in the host's memory."""

    name = version = "host"
    index = 0
    closed = False

    def __init__(self) -> None:
        self.lent: list[Memory] = []
        self.copies: list[str] = []

    def context(self) -> AbstractContextManager[None]:
        return nullcontext()

    def alloc(self, nbytes: int) -> Memory:
        return Memory(nbytes, self)

    def pinned(self, nbytes: int) -> Memory:
        return Memory(nbytes, self)

    def stream(self) -> Stream:
        return Stream()

    def h2d_each(self, dst: int, src: npt.NDArray[Any], nbytes: int, stream: Any) -> Callable[[], None]:
        def copy() -> None:
            self.copies.append(f"h2d {nbytes}")
            ctypes.memmove(dst, src.ctypes.data, nbytes)

        return copy

    def d2h_each(self, dst: npt.NDArray[Any], src: int, nbytes: int, stream: Any) -> Callable[[], None]:
        return lambda: self.d2h(dst, src, nbytes, stream)

    def d2h(self, dst: npt.NDArray[Any], src: int, nbytes: int, stream: Any) -> None:
        self.copies.append(f"d2h {nbytes}")
        ctypes.memmove(dst.ctypes.data, src, nbytes)


class Context:
    """y = 2 * x, and positive = the elements of x that are, whose number the data decide."""

    def __init__(self, log: list[str], picks: bool) -> None:
        self._log = log
        self._picks = picks
        self._shape: tuple[int, ...] = ()
        self._at: dict[str, int] = {}
        self._asks: Any = None

    def set_optimization_profile_async(self, profile: int, handle: int) -> bool:
        self._log.append(f"profile {profile}")
        return True

    def set_input_shape(self, name: str, shape: tuple[int, ...]) -> bool:
        self._log.append(f"shape {shape}")
        self._shape = tuple(shape)
        return True

    def set_tensor_address(self, name: str, address: int) -> bool:
        self._at[name] = address
        return True

    def set_output_allocator(self, name: str, asks: Any) -> bool:
        self._asks = asks
        return True

    def get_tensor_shape(self, name: str) -> tuple[int, ...]:
        return (-1,) if name == "positive" else self._shape

    def execute_async_v3(self, handle: int) -> bool:
        if self._shape == (3, 4):
            return False
        count = int(np.prod(self._shape))
        x, y = (np.ctypeslib.as_array((ctypes.c_float * count).from_address(self._at[name])) for name in "xy")
        y[:] = 2 * x
        if self._picks:
            found = x[x > 0].copy()
            where = self._asks.reallocate_output("positive", 0, found.nbytes, 256)
            self._asks.notify_shape("positive", found.shape)
            ctypes.memmove(where, found.ctypes.data, found.nbytes)
        return True


class Doubler:
    """A deserialised engine."""

    num_optimization_profiles = 2

    def __init__(self, picks: bool) -> None:
        self.log: list[str] = []
        self._names = ["x", "y"] + ["positive"] * picks
        self.num_io_tensors = len(self._names)

    def get_tensor_name(self, number: int) -> str:
        return self._names[number]

    def get_tensor_mode(self, name: str) -> str:
        return "in" if name == "x" else "out"

    def get_tensor_location(self, name: str) -> str:
        return "device"

    def get_tensor_shape(self, name: str) -> tuple[int, ...]:
        return (-1,) if name == "positive" else (-1, 4)

    def get_tensor_dtype(self, name: str) -> Any:
        return types.SimpleNamespace(name="FLOAT")

    def get_tensor_profile_shape(self, name: str, profile: int) -> Any:
        return PROFILES[profile]

    def create_execution_context(self) -> Context:
        self.log.append("context")
        return Context(self.log, len(self._names) == 3)


class Allocator:
    """What TensorRT calls where the data decide."""


TRT = types.SimpleNamespace(
    TensorIOMode=types.SimpleNamespace(INPUT="in"),
    TensorLocation=types.SimpleNamespace(HOST="host"),
    IOutputAllocator=Allocator,
)


class Ran:
    def __init__(self, picks: bool = False) -> None:
        self.host = Host()
        self.doubler = Doubler(picks)
        backend: Any = types.SimpleNamespace(trt=TRT, record=Record(), opened=lambda execution: None)
        cuda: Any = self.host
        self.execution = Execution(backend, cuda, self.doubler, "doubler")
        self.engine = Engine("doubler", "key", None, {}, self.execution.tensors, lambda: self.execution)
        self.doubler.log.clear()

    def check(self, x: npt.NDArray[np.float32]) -> dict[str, npt.NDArray[Any]]:
        found = self.engine.infer({"x": x})
        assert np.array_equal(found["y"], 2 * x)
        return found


def rows(count: int, start: int = 0) -> npt.NDArray[np.float32]:
    return np.arange(start, start + 4 * count, dtype=np.float32).reshape(count, 4) - 5


def test_of_one_shape_nothing_is_bound_again() -> None:
    ran = Ran()
    first = ran.check(rows(2))
    for start in range(5):
        ran.check(rows(2, start))
    assert ran.doubler.log == ["shape (2, 4)"]
    assert ran.host.copies == ["h2d 32", "d2h 32"] * 6
    assert np.array_equal(first["y"], 2 * rows(2))


def test_other_shapes_are_bound_and_buffers_grow() -> None:
    ran = Ran()
    for count in (1, 4, 16, 8, 1, 1, 16):
        ran.check(rows(count, count))
    assert ran.doubler.log.count("context") == 1
    assert [line for line in ran.doubler.log if line.startswith("shape")] == [
        f"shape ({count}, 4)" for count in (1, 4, 16, 8, 1, 16)
    ]


@pytest.mark.parametrize(
    "x",
    [rows(4)[::2], np.asfortranarray(rows(2)), rows(2).tolist(), np.ma.array(rows(2)), rows(2).astype(">f4")],
    ids=["stride", "fortran", "list", "subclass", "big-endian"],
)
def test_arrays_of_any_layout(x: Any) -> None:
    """What is no float32 is refused, before as after another call; all else is copied as it is meant."""
    ran = Ran()
    ran.check(rows(2))
    if np.asarray(x).dtype != np.float32:
        with pytest.raises(InputMismatch, match="is float32, and the given array is (float64|>f4)"):
            ran.engine.infer({"x": x})
    else:
        ran.check(x)
        ran.check(x)
    ran.check(rows(2, 9))


@pytest.mark.parametrize(
    "feed",
    [
        collections.OrderedDict(x=rows(2)),
        types.MappingProxyType({"x": rows(2)}),
        collections.defaultdict(lambda: rows(2), x=rows(2)),
        collections.ChainMap({"x": rows(2)}),
    ],
    ids=lambda feed: type(feed).__name__,
)
def test_any_mapping_is_a_feed(feed: Any) -> None:
    ran = Ran()
    for _ in range(2):
        assert np.array_equal(ran.engine.infer(feed)["y"], 2 * rows(2))


@pytest.mark.parametrize(
    ("feed", "said"),
    [
        (rows(2), "the inputs are a ndarray, which names none of them"),
        ([rows(2)], "the inputs are a list, which names none of them"),
        (None, "the inputs are a NoneType, which names none of them"),
        ({}, "input 'x' is missing"),
        ({"y": rows(2)}, "has no input 'y'"),
        ({"x": rows(2), "z": rows(2)}, "has no input 'z'"),
        (collections.defaultdict(lambda: rows(2), z=rows(2)), "has no input 'z'"),
        ({"x": rows(5)}, "no optimization profile covers these inputs"),
        ({"x": rows(2)[0]}, r"got an array of shape \(4,\)"),
    ],
)
def test_what_does_not_fit_is_refused_and_spoils_nothing(feed: Any, said: str) -> None:
    ran = Ran()
    for again in range(2):
        with pytest.raises(InputMismatch, match=said):
            ran.engine.infer(feed)
        ran.check(rows(2, again))


def test_a_run_that_fails_spoils_nothing() -> None:
    ran = Ran()
    for _ in range(2):
        with pytest.raises(InferenceFailed, match="execute_async_v3 returned false"):
            ran.engine.infer({"x": rows(3)})
        ran.check(rows(2))
    assert ran.host.copies.count("d2h 32") == 2


def test_size_decided_by_data() -> None:
    ran = Ran(picks=True)
    for count, start in ((2, 0), (2, 3), (16, 0), (1, -9), (2, 0)):
        x = rows(count, start)
        assert np.array_equal(ran.check(x)["positive"], x[x > 0])


@pytest.mark.parametrize("picks", [False, True])
def test_closing_frees_all(picks: bool) -> None:
    ran = Ran(picks)
    kept = [ran.check(rows(count)) for count in (1, 16)]
    assert ran.host.lent
    ran.engine.close()
    assert not ran.host.lent
    assert np.array_equal(kept[1]["y"], 2 * rows(16))
