"""The primary context on a thread, what is lent from it, and the host's arrays. The driver is one compiled from C."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fake_libcuda import build, python

from pytest_trt.engines.cuda.host import address, first_bytes, memory_at
from pytest_trt.engines.cuda.primary import PrimaryContext
from pytest_trt.engines.cuda.refusals import no_room, refused
from pytest_trt.engines.errors import CudaError, OutOfDeviceMemory, UsageError

HANDLE = 0x5500000000000000 + 40
OTHER = 0x7700000000000000


class Driver:
    """The library, asked without our code."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)
        self.library = ctypes.PyDLL(self.path)
        assert self.library.cuInit(0) == 0

    @property
    def current(self) -> int:
        found = ctypes.c_size_t()
        assert self.library.cuCtxGetCurrent(ctypes.byref(found)) == 0
        return found.value

    @property
    def depth(self) -> int:
        return int(self.library.stack_depth())

    @property
    def retains(self) -> int:
        return int(self.library.retains())

    def push(self, handle: int) -> None:
        assert self.library.cuCtxPushCurrent_v2(ctypes.c_void_p(handle)) == 0


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[Driver]:
    yield Driver(build(tmp_path))


def test_current_inside_and_as_before_after(driver: Driver) -> None:
    primary = PrimaryContext(0, driver.path)
    assert (primary.handle, primary.usable, driver.retains) == (HANDLE, True, 1)
    with primary:
        assert driver.current == HANDLE
    assert driver.depth == 0


def test_where_it_is_current_nothing_is_done(driver: Driver) -> None:
    primary = PrimaryContext(0, driver.path)
    driver.push(HANDLE)
    with primary, primary:
        assert (driver.current, driver.depth) == (HANDLE, 1)
    assert (driver.current, driver.depth) == (HANDLE, 1)


def test_on_top_of_another(driver: Driver) -> None:
    primary = PrimaryContext(0, driver.path)
    driver.push(OTHER)
    with primary:
        assert driver.current == HANDLE
        driver.push(OTHER + 1)
        with primary:
            assert (driver.current, driver.depth) == (HANDLE, 4)
        assert driver.current == OTHER + 1
        primary.pop()
    assert (driver.current, driver.depth) == (OTHER, 1)


def test_an_error_inside_restores_too(driver: Driver) -> None:
    primary = PrimaryContext(0, driver.path)
    with pytest.raises(ZeroDivisionError), primary:
        _ = 1 / 0
    assert driver.depth == 0


def test_each_thread_has_its_own(driver: Driver) -> None:
    primary = PrimaryContext(0, driver.path)
    seen: list[tuple[int, int]] = []

    def work() -> None:
        before = driver.current
        with primary:
            seen.append((before, driver.current))

    with primary:
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert driver.depth == 1
    assert seen == [(0, HANDLE)] * 4


def test_released_once(driver: Driver) -> None:
    primary = PrimaryContext(0, driver.path)
    primary.release()
    primary.release()
    assert (driver.retains, primary.usable) == (0, False)
    with pytest.raises(CudaError, match="this CUDA device was closed"), primary:
        pass


def test_no_such_device(driver: Driver) -> None:
    with pytest.raises(CudaError) as caught:
        PrimaryContext(1, driver.path)
    assert caught.value.what == "CUDA refused to find GPU 1: CUDA_ERROR_INVALID_DEVICE"


def test_in_a_forked_child(tmp_path: Path) -> None:
    library = build(tmp_path)
    script = (
        "import ctypes, os; from pytest_trt.engines.cuda.primary import PrimaryContext\n"
        f"library = ctypes.PyDLL({str(library)!r}); assert library.cuInit(0) == 0\n"
        f"primary = PrimaryContext(0, {str(library)!r})\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    try:\n"
        "        with primary: print('inside')\n"
        "    except Exception as error: print(error)\n"
        "    primary.release(); print(library.retains(), flush=True); os._exit(0)\n"
        "assert os.waitpid(child, 0)[1] == 0"
    )
    assert python(script).splitlines() == [
        "CUDA refused to tell the current context: CUDA_ERROR_NOT_INITIALIZED, in a forked child",
        "  cure: CUDA does not survive a fork: start the process afresh (multiprocessing: the spawn method)",
        "1",
    ]


LENDING = """
import ctypes, gc, os, sys
from pytest_trt.engines.cuda.lending import Lender, Loan
library = ctypes.PyDLL("libcuda.so.1")
assert library.cuInit(0) == 0

class Thing(Loan):
    def __init__(self, lender, name):
        self.name = name
        super().__init__(lender)
    def give_back(self): print("back", self.name, library.stack_depth())
    def forget(self): print("gone", self.name)

lender = Lender(0)
"""


def test_given_back_once(tmp_path: Path) -> None:
    build(tmp_path)
    script = LENDING + "a = Thing(lender, 'a'); a.free(); a.free(); del a; Thing(lender, 'b'); print(len(lender.lent))"
    assert python(script, tmp_path).splitlines() == ["back a 1", "gone a", "back b 1", "gone b", "0"]


def test_close_takes_all_back_and_releases(tmp_path: Path) -> None:
    build(tmp_path)
    script = LENDING + (
        "a = Thing(lender, 'a'); lender.close(); lender.close(); a.free()\n"
        "print(lender.closed, library.retains(), library.stack_depth())"
    )
    assert python(script, tmp_path).splitlines() == ["back a 1", "gone a", "True 0 0"]


def test_at_exit_all_comes_back(tmp_path: Path) -> None:
    build(tmp_path)
    script = LENDING + ("import atexit\nlater = Lender(0)\na = Thing(lender, 'a'); b = Thing(later, 'b'); a.itself = a")
    assert python(script, tmp_path).splitlines() == ["back b 1", "gone b", "back a 1", "gone a"]


def test_of_a_broken_context_nothing_is_dropped(tmp_path: Path) -> None:
    build(tmp_path)
    script = LENDING + (
        "from pytest_trt.engines.errors import CudaError\n"
        "class Broken(Thing):\n"
        "    def give_back(self): raise CudaError('no', 'none')\n"
        "a = Broken(lender, 'a'); before = sys.getrefcount(a); a.free()\n"
        "print(sys.getrefcount(a) - before, len(lender.lent)); Broken(lender, 'b')"
    )
    assert python(script, tmp_path) == "1 0"


def test_a_forked_child_gives_nothing_back(tmp_path: Path) -> None:
    build(tmp_path)
    script = LENDING + (
        "a = Thing(lender, 'a')\nsys.stdout.flush()\n"
        "child = os.fork()\n"
        "if child == 0: sys.exit(print('child', lender.closed, flush=True))\n"
        "assert os.waitpid(child, 0)[1] == 0; print('parent', lender.closed)"
    )
    assert python(script, tmp_path).splitlines() == ["child True", "parent False", "back a 1", "gone a"]


def test_where_an_array_begins() -> None:
    array = np.arange(10, dtype=np.uint8)
    assert address(array, 10) == array.ctypes.data
    assert address(array[3:], 2) == array.ctypes.data + 3
    array.flags.writeable = False
    assert address(array, 10) == array.ctypes.data


@pytest.mark.parametrize("dtype", [np.bool_, np.int8, np.float16, np.float32, np.float64, np.complex128])
def test_the_first_bytes(dtype: type[np.generic]) -> None:
    array = np.arange(12).reshape(3, 4).astype(dtype)
    part = first_bytes(array, 5)
    assert (part.nbytes, part.ctypes.data) == (5, array.ctypes.data)
    assert bytes(first_bytes(array.ctypes.data, 5)) == array.tobytes()[:5]


@pytest.mark.parametrize("take", [address, first_bytes])
def test_arrays_that_do_not_fit(take: object) -> None:
    assert callable(take)
    with pytest.raises(UsageError, match="an array of 8 bytes is too small for 9"):
        take(np.zeros(2, np.float32), 9)
    with pytest.raises(UsageError, match="not C-contiguous"):
        take(np.zeros((4, 4), np.float32).T, 16)


def test_memory_at_an_address() -> None:
    array = np.arange(6, dtype=np.uint8)
    seen = memory_at(array.ctypes.data, 6)
    seen[2] = 99
    assert (seen.dtype, seen.shape, array[2]) == (np.uint8, (6,), 99)


@pytest.mark.parametrize(
    ("said", "cure"),
    [
        ("cuStreamSynchronize failed: an illegal memory access was encountered", "broke the CUDA context"),
        ("device-side assert triggered (CUDA_ERROR_ASSERT)", "broke the CUDA context"),
        ("cuInit failed: initialization error", "does not survive a fork"),
        ("cuMemcpyHtoDAsync failed: invalid argument", "nvidia-smi"),
    ],
)
def test_what_a_refusal_means(said: str, cure: str) -> None:
    error = refused("copy 4 bytes to the GPU", said)
    assert error.what == f"CUDA refused to copy 4 bytes to the GPU: {said}" and cure in error.cure


def test_no_room() -> None:
    error = no_room(10 * 2**40, 75 * 2**30, 80 * 2**30)
    assert isinstance(error, OutOfDeviceMemory) and isinstance(error, CudaError)
    assert error.what == (
        "the GPU has no room for 10995116277760 bytes (10240.0 GiB): "
        "80530636800 bytes (75.0 GiB) are free of 85899345920 (80.0 GiB)"
    )
