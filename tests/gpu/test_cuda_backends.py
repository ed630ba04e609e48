"""pycuda and cuda-core on a real GPU: one set of tests for both.

    pytest tests/gpu/test_cuda_backends.py -rs

What is current on a thread is asked of the driver itself, through ctypes. What must end, or must not be imported by
the others, runs in an interpreter of its own.
"""

from __future__ import annotations

import ctypes
import gc
import importlib.util
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest

from pytest_trt.engines import device
from pytest_trt.engines.cuda import choose
from pytest_trt.engines.cuda.protocol import Cuda
from pytest_trt.engines.errors import BackendMissing, CudaError, DeviceUnavailable, OutOfDeviceMemory, UsageError

MIB = 1 << 20
NAMES = ("pycuda", "cuda-core")


@pytest.fixture(scope="module", params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    """A binding that works here."""
    wanted = str(request.param)
    try:
        choose(wanted, 0)
    except (BackendMissing, DeviceUnavailable) as missing:
        pytest.skip(missing.what)
    return wanted


@pytest.fixture
def cuda(name: str) -> Iterator[Cuda]:
    yield choose(name, 0)


class Driver:
    """libcuda, asked without our code."""

    def __init__(self) -> None:
        self.library = ctypes.CDLL("libcuda.so.1")

    @property
    def current(self) -> int:
        found = ctypes.c_size_t()
        assert self.library.cuCtxGetCurrent(ctypes.byref(found)) == 0
        return found.value

    def push(self, handle: int) -> None:
        assert self.library.cuCtxPushCurrent_v2(ctypes.c_size_t(handle)) == 0

    def pop(self) -> int:
        found = ctypes.c_size_t()
        assert self.library.cuCtxPopCurrent_v2(ctypes.byref(found)) == 0
        return found.value

    def create(self) -> int:
        """A context that is not the primary one, current on this thread."""
        made, gpu = ctypes.c_size_t(), ctypes.c_int()
        assert self.library.cuDeviceGet(ctypes.byref(gpu), 0) == 0
        assert self.library.cuCtxCreate_v2(ctypes.byref(made), 0, gpu) == 0
        return made.value

    def destroy(self, handle: int) -> None:
        assert self.library.cuCtxDestroy_v2(ctypes.c_size_t(handle)) == 0


@pytest.fixture
def driver(name: str) -> Driver:
    return Driver()


def finished(script: str) -> str:
    """What a script prints, run to its end in a fresh interpreter: status 0, and nothing on stderr."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    return done.stdout.strip()


def needs(module: str) -> None:
    try:
        missing = importlib.util.find_spec(module) is None
    except ModuleNotFoundError:
        missing = True
    if missing:
        pytest.skip(f"{module} is not installed")


def test_facts_agree_with_nvidia_smi() -> None:
    if shutil.which("nvidia-smi") is None:
        pytest.skip("no nvidia-smi")
    try:
        one = device.require(0)
    except DeviceUnavailable as none:
        pytest.skip(none.what)
    query = "--query-gpu=uuid,name,driver_version,compute_cap,memory.total"
    lines = subprocess.run(
        ["nvidia-smi", query, "--format=csv,noheader,nounits"], capture_output=True, text=True, check=True, timeout=60
    ).stdout.splitlines()
    rows = {row[0]: row[1:] for row in ([cell.strip() for cell in line.split(",")] for line in lines)}
    if one.mig:
        pytest.skip("nvidia-smi lists GPUs here, and this is a MIG instance")
    assert one.uuid in rows
    name, display, capability, mebibytes = rows[one.uuid]
    assert (one.name, one.display_driver, one.compute_capability) == (name, display, capability)
    assert one.total_memory == pytest.approx(int(mebibytes) * MIB, rel=0.02)
    assert one.multiprocessors > 0 and one.clock_rate and one.memory_bus_width and one.pci_bus_id


def test_who_it_is(cuda: Cuda, name: str) -> None:
    assert (cuda.name, cuda.index, cuda.closed) == (name, 0, False)
    assert cuda.version[0].isdigit()
    assert choose(name, 0) is cuda


@pytest.mark.parametrize(
    "dtype", ["bool", "int8", "uint16", "float16", "int32", "float32", "int64", "float64", "complex128"]
)
@pytest.mark.parametrize("count", [1, 7, 100_003])
@pytest.mark.parametrize("way", ["array", "address", "pinned"])
def test_there_and_back(cuda: Cuda, dtype: str, count: int, way: str) -> None:
    sent = np.random.default_rng(count).integers(0, 2 if dtype == "bool" else 100, count).astype(dtype)
    got = np.zeros_like(sent)
    with cuda.context():
        stream, memory = cuda.stream(), cuda.alloc(sent.nbytes)
        if way == "array":
            cuda.h2d(memory.ptr, sent, sent.nbytes, stream)
            cuda.d2h(got, memory.ptr, got.nbytes, stream)
        elif way == "address":
            cuda.h2d(memory.ptr, sent.ctypes.data, sent.nbytes, stream)
            cuda.d2h(got.ctypes.data, memory.ptr, got.nbytes, stream)
        else:
            there, back = cuda.pinned(sent.nbytes), cuda.pinned(sent.nbytes)
            there.array.view(dtype)[:] = sent
            cuda.h2d(memory.ptr, there.array, there.nbytes, stream)
            cuda.d2h(back.array, memory.ptr, back.nbytes, stream)
            stream.synchronize()
            got[:] = back.array.view(dtype)
        stream.synchronize()
    assert np.array_equal(sent, got)


def test_a_copy_that_is_made_again(cuda: Cuda) -> None:
    with cuda.context():
        stream, memory = cuda.stream(), cuda.alloc(400)
        there, back = cuda.pinned(400), cuda.pinned(400)
        up = cuda.h2d_each(memory.ptr, there.array, 400, stream)
        down = cuda.d2h_each(back.array, memory.ptr, 400, stream)
        for start in range(3):
            sent = np.arange(start, start + 100, dtype=np.float32)
            there.array.view(np.float32)[:] = sent
            up()
            down()
            stream.synchronize()
            assert np.array_equal(back.array.view(np.float32), sent)
        with pytest.raises(UsageError, match="an array of 32 bytes is too small for 64"):
            cuda.h2d_each(memory.ptr, np.zeros(8, np.float32), 64, stream)


def test_a_part_of_an_array_and_of_the_memory(cuda: Cuda) -> None:
    sent = np.arange(100, dtype=np.float32)
    got = np.zeros(100, np.float32)
    with cuda.context():
        stream, memory = cuda.stream(), cuda.alloc(400)
        cuda.h2d(memory.ptr, sent, 400, stream)
        cuda.d2h(got, memory.ptr + 40, 80, stream)
        cuda.h2d(memory.ptr, sent, 0, stream)
        cuda.d2h(got, memory.ptr, 0, stream)
        stream.synchronize()
    assert np.array_equal(got[:20], sent[10:30]) and not got[20:].any()


def test_a_read_only_source(cuda: Cuda) -> None:
    sent = np.frombuffer(b"0123456789", np.uint8)
    got = np.zeros(10, np.uint8)
    with cuda.context():
        stream, memory = cuda.stream(), cuda.alloc(10)
        cuda.h2d(memory.ptr, sent, 10, stream)
        cuda.d2h(got, memory.ptr, 10, stream)
        stream.synchronize()
    assert got.tobytes() == b"0123456789"


def test_arrays_that_do_not_fit(cuda: Cuda) -> None:
    with cuda.context():
        stream, memory = cuda.stream(), cuda.alloc(64)
        with pytest.raises(UsageError, match="an array of 32 bytes is too small for 64"):
            cuda.h2d(memory.ptr, np.zeros(8, np.float32), 64, stream)
        with pytest.raises(UsageError, match="an array of 32 bytes is too small for 64"):
            cuda.d2h(np.zeros(8, np.float32), memory.ptr, 64, stream)
        for copy in (
            lambda array: cuda.h2d(memory.ptr, array, 64, stream),
            lambda array: cuda.d2h(array, memory.ptr, 64, stream),
        ):
            with pytest.raises(UsageError, match="not C-contiguous"):
                copy(np.zeros((4, 4), np.float32).T)


def test_memory_is_aligned(cuda: Cuda) -> None:
    for nbytes in (0, 1, 255, 257, MIB + 1):
        one = cuda.alloc(nbytes)
        assert one.ptr and one.ptr % 256 == 0 and one.nbytes == nbytes


def test_pinned_memory(cuda: Cuda, driver: Driver) -> None:
    one = cuda.pinned(1000)
    assert (one.nbytes, one.array.dtype, one.array.shape, one.ptr) == (1000, np.uint8, (1000,), one.array.ctypes.data)
    one.array[:] = 7
    flags = ctypes.c_uint()
    with cuda.context():
        ours = driver.library.cuMemHostGetFlags(ctypes.byref(flags), ctypes.c_size_t(one.ptr))
        pageable = np.zeros(1000, np.uint8)
        theirs = driver.library.cuMemHostGetFlags(ctypes.byref(flags), ctypes.c_size_t(pageable.ctypes.data))
    assert ours == 0 and theirs != 0
    empty = cuda.pinned(0)
    assert (empty.nbytes, empty.array.size) == (0, 0)


def test_several_streams(cuda: Cuda) -> None:
    with cuda.context():
        streams = [cuda.stream() for _ in range(4)]
        assert len({stream.handle for stream in streams} - {0}) == 4
        sent = [np.full(MIB, number, np.uint8) for number in range(4)]
        got = [np.zeros(MIB, np.uint8) for _ in range(4)]
        memory = [cuda.alloc(MIB) for _ in range(4)]
        for array, one, stream in zip(sent, memory, streams):
            cuda.h2d(one.ptr, array, MIB, stream)
        for array, one, stream in zip(got, memory, streams):
            cuda.d2h(array, one.ptr, MIB, stream)
        cuda.synchronize()
    assert all(np.array_equal(one, two) for one, two in zip(sent, got))


def test_events_measure(cuda: Cuda) -> None:
    with cuda.context():
        stream, memory, pinned = cuda.stream(), cuda.alloc(64 * MIB), cuda.pinned(64 * MIB)
        events = [cuda.event() for _ in range(3)]
        cuda.h2d(memory.ptr, pinned.array, 64 * MIB, stream)
        events[0].record(stream)
        cuda.h2d(memory.ptr, pinned.array, MIB, stream)
        events[1].record(stream)
        cuda.h2d(memory.ptr, pinned.array, 64 * MIB, stream)
        events[2].record(stream)
        events[2].synchronize()
        short, long = cuda.elapsed_ms(events[0], events[1]), cuda.elapsed_ms(events[1], events[2])
    assert 0 < short < long < 1000


def test_an_event_that_was_never_recorded(cuda: Cuda) -> None:
    with cuda.context(), pytest.raises(CudaError, match="CUDA refused to tell the time between two events"):
        cuda.elapsed_ms(cuda.event(), cuda.event())


def everything(cuda: Cuda) -> None:
    """Each operation that makes, frees or asks, outside of any `with`."""
    made = [cuda.alloc(1000), cuda.pinned(1000), cuda.stream(), cuda.event()]
    cuda.memory()
    cuda.synchronize()
    for one in made:
        one.free()
    with cuda.context():
        pass


def test_no_context_stays_where_none_was(cuda: Cuda, driver: Driver) -> None:
    assert driver.current == 0
    everything(cuda)
    assert driver.current == 0
    with cuda.context():
        inside = driver.current
        with cuda.context():
            assert driver.current == inside
        everything(cuda)
        assert driver.current == inside != 0
    assert driver.current == 0


def test_the_primary_context_stays(cuda: Cuda, driver: Driver) -> None:
    with cuda.context():
        primary = driver.current
    driver.push(primary)
    everything(cuda)
    assert driver.pop() == primary
    assert driver.current == 0


def test_another_context_stays(cuda: Cuda, driver: Driver) -> None:
    other = driver.create()
    try:
        everything(cuda)
        assert driver.current == other
        with cuda.context():
            assert driver.current not in (0, other)
            stream, memory = cuda.stream(), cuda.alloc(8)
            cuda.h2d(memory.ptr, np.ones(1), 8, stream)
            stream.synchronize()
        assert driver.current == other
    finally:
        driver.destroy(other)


def test_both_have_one_context(driver: Driver) -> None:
    try:
        both = [choose(name, 0) for name in NAMES]
    except BackendMissing as missing:
        pytest.skip(missing.what)
    sent, got = np.arange(1000.0), np.zeros(1000)
    currents = []
    for one, other in (both, both[::-1]):
        memory = one.alloc(8000)
        with one.context(), other.context():
            currents.append(driver.current)
            stream = other.stream()
            other.h2d(memory.ptr, sent, 8000, stream)
            stream.synchronize()
            stream = one.stream()
            got[:] = 0
            one.d2h(got, memory.ptr, 8000, stream)
            stream.synchronize()
        assert np.array_equal(sent, got)
    assert currents[0] == currents[1] != 0 and driver.current == 0


SCRIPT = """
import ctypes, os, sys, threading
import numpy as np
from pytest_trt.engines.cuda import choose
def current():
    found = ctypes.c_size_t()
    assert ctypes.CDLL("libcuda.so.1").cuCtxGetCurrent(ctypes.byref(found)) == 0
    return found.value
def active():
    flags, found = ctypes.c_uint(), ctypes.c_int()
    assert ctypes.CDLL("libcuda.so.1").cuDevicePrimaryCtxGetState(0, ctypes.byref(flags), ctypes.byref(found)) == 0
    return found.value
def copy(cuda):
    sent, got = np.arange(9.0), np.zeros(9)
    with cuda.context():
        stream, memory = cuda.stream(), cuda.alloc(72)
        cuda.h2d(memory.ptr, sent, 72, stream)
        cuda.d2h(got, memory.ptr, 72, stream)
        stream.synchronize()
    return bool((sent == got).all())
"""


def test_after_cuda_core_made_the_primary_context_current(name: str) -> None:
    needs("cuda.core")
    script = SCRIPT + (
        "try: from cuda.core import Device\nexcept ImportError: from cuda.core.experimental import Device\n"
        f"Device(0).set_current(); before = current(); cuda = choose({name!r}, 0)\n"
        "print(copy(cuda), current() == before != 0)"
    )
    assert finished(script) == "True True"


def test_inside_of_a_context_of_pycudas_own(name: str) -> None:
    needs("pycuda")
    script = SCRIPT + (
        "import pycuda.driver\n"
        "pycuda.driver.init(); own = pycuda.driver.Device(0).make_context()\n"
        f"cuda = choose({name!r}, 0)\n"
        "print(copy(cuda), current() == own.handle, pycuda.driver.Context.get_current() == own)\n"
        "memory = pycuda.driver.mem_alloc(100); memory.free(); own.pop(); print(current(), copy(cuda)); own.detach()"
    )
    assert finished(script).splitlines() == ["True True True", "0 True"]


def test_beside_pycuda_autoprimaryctx(name: str) -> None:
    needs("pycuda")
    script = SCRIPT + (
        f"import pycuda.autoprimaryctx as auto; cuda = choose({name!r}, 0)\n"
        "print(copy(cuda), current() == auto.context.handle)"
    )
    assert finished(script) == "True True"


@pytest.mark.parametrize("option", ["pycuda", None])
@pytest.mark.parametrize("before", [True, False], ids=["before", "between"])
def test_autoinit_is_refused(option: str | None, before: bool) -> None:
    needs("pycuda")
    script = SCRIPT + (
        ("" if before else f"choose({option!r}, 0)\n")
        + f"import pycuda.autoinit\ntry: choose({option!r}, 0)\nexcept Exception as error: print(type(error).__name__)"
    )
    assert finished(script) == "ContextConflict"


ENDS = {
    "nothing closed": "",
    "in a reference cycle": "hold = [cuda.alloc(9), cuda.pinned(9), cuda.stream(), cuda.event()]; hold.append(hold)",
    "inside": "cuda.context().__enter__(); keep = cuda.alloc(9)",
    "exit inside": "with cuda.context(): sys.exit(0)",
    "a thread inside": "def wait():\n    with cuda.context(): started.set(); threading.Event().wait()\n"
    "started = threading.Event(); threading.Thread(target=wait, daemon=True).start(); started.wait()",
    "closed": "cuda.close(); cuda.close()",
    "closed inside": "with cuda.context(): cuda.close()",
    "made in a thread": "one = threading.Thread(target=lambda: copy(cuda)); one.start(); one.join()",
}


@pytest.mark.parametrize("end", ENDS)
def test_the_interpreter_ends_well(name: str, end: str) -> None:
    script = SCRIPT + (
        f"cuda = choose({name!r}, 0)\n"
        "kept = [cuda.alloc(1 << 20), cuda.pinned(1 << 20), cuda.stream(), cuda.event()]\n"
        f"print(copy(cuda), flush=True)\n{ENDS[end]}"
    )
    assert finished(script) == "True"


@pytest.mark.parametrize("maker", ["here", "in a thread"])
@pytest.mark.parametrize("closer", ["here", "in a thread"])
def test_close_lets_go_of_the_primary_context(name: str, maker: str, closer: str) -> None:
    if name == "cuda-core":
        pytest.skip("cuda-core itself keeps the primary context until the process ends")
    script = SCRIPT + (
        "def run(where, what):\n"
        "    if where == 'here': return what()\n"
        "    one = threading.Thread(target=what); one.start(); one.join()\n"
        "found = []\n"
        f"run({maker!r}, lambda: found.append(choose({name!r}, 0))); cuda = found[0]\n"
        "kept = [cuda.alloc(1 << 20), cuda.pinned(1 << 20), cuda.stream(), cuda.event()]\n"
        f"print(active(), copy(cuda)); run({closer!r}, cuda.close)\n"
        "print(active(), current(), cuda.closed, kept[0].ptr, kept[1].array.size)\n"
        f"again = choose({name!r}, 0); print(again is cuda, copy(again))"
    )
    assert finished(script).splitlines() == ["1 True", "0 0 True 0 0", "False True"]


def test_a_forked_child(name: str) -> None:
    script = SCRIPT + (
        "import warnings; warnings.simplefilter('ignore')\n"
        f"cuda = choose({name!r}, 0); copy(cuda)\n"
        "kept = [cuda.alloc(9), cuda.pinned(9), cuda.stream(), cuda.event()]\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        f"    try: choose({name!r}, 0)\n"
        "    except Exception as error: print(type(error).__name__, 'forked' in str(error), cuda.closed, flush=True)\n"
        "    cuda.close(); del kept; os._exit(0)\n"
        "print(os.waitpid(child, 0)[1], copy(cuda), cuda.closed)"
    )
    assert finished(script).splitlines() == ["DeviceUnavailable True True", "0 True False"]


def test_any_thread_may_make_use_and_free(cuda: Cuda) -> None:
    sent, got = np.arange(1000.0), np.zeros(1000)
    kept: dict[str, object] = {}
    failures: list[BaseException] = []

    def run(step: int) -> None:
        try:
            with cuda.context():
                if step == 0:
                    kept.update(stream=cuda.stream(), memory=cuda.alloc(8000), event=cuda.event())
                elif step == 1:
                    cuda.h2d(kept["memory"].ptr, sent, 8000, kept["stream"])  # type: ignore[attr-defined]
                    kept["event"].record(kept["stream"])  # type: ignore[attr-defined]
                    kept["event"].synchronize()  # type: ignore[attr-defined]
                elif step == 2:
                    cuda.d2h(got, kept["memory"].ptr, 8000, kept["stream"])  # type: ignore[attr-defined]
                    kept["stream"].synchronize()  # type: ignore[attr-defined]
                else:
                    for one in kept.values():
                        one.free()  # type: ignore[attr-defined]
        except BaseException as failure:
            failures.append(failure)

    for step in range(4):
        thread = threading.Thread(target=run, args=(step,))
        thread.start()
        thread.join()
    assert failures == [] and np.array_equal(sent, got)


def test_threads_at_the_same_time(cuda: Cuda) -> None:
    failures: list[object] = []

    def run(number: int) -> None:
        try:
            sent, got = np.full(10_000, number, np.float32), np.zeros(10_000, np.float32)
            for _ in range(50):
                with cuda.context():
                    stream, memory = cuda.stream(), cuda.alloc(sent.nbytes)
                    cuda.h2d(memory.ptr, sent, sent.nbytes, stream)
                    cuda.d2h(got, memory.ptr, got.nbytes, stream)
                    stream.synchronize()
                    memory.free()
                    stream.free()
                if not np.array_equal(sent, got):
                    failures.append(number)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_no_room(cuda: Cuda) -> None:
    free, total = cuda.memory()
    assert 0 < free <= total == pytest.approx(device.require(0).total_memory, rel=0.02)
    with pytest.raises(OutOfDeviceMemory, match="the GPU has no room for 10995116277760 bytes") as caught:
        cuda.alloc(10 << 40)
    assert f"free of {total} " in caught.value.what
    with pytest.raises(CudaError, match="page-locked bytes of the host") as other:
        cuda.pinned(1 << 50)
    assert not isinstance(other.value, OutOfDeviceMemory)
    cuda.alloc(MIB).free()


@pytest.mark.parametrize("how", ["free", "collector"])
def test_memory_comes_back(cuda: Cuda, how: str) -> None:
    cuda.alloc(512 * MIB).free()
    before, _ = cuda.memory()
    one = cuda.alloc(512 * MIB)
    during, _ = cuda.memory()
    if how == "free":
        one.free()
    else:
        cycle = [one]
        cycle.append(cycle)  # type: ignore[arg-type]
        del one, cycle
        gc.collect()
    after, _ = cuda.memory()
    assert before - during >= 512 * MIB and after >= before - 2 * MIB


def test_free_twice_and_what_is_left(cuda: Cuda) -> None:
    memory, pinned, stream, event = cuda.alloc(9), cuda.pinned(9), cuda.stream(), cuda.event()
    for one in (memory, pinned, stream, event, memory, pinned, stream, event):
        one.free()
    assert (memory.ptr, pinned.ptr, pinned.array.size, stream.handle) == (0, 0, 0, 0)


def test_an_address_that_is_none(cuda: Cuda) -> None:
    with cuda.context():
        stream = cuda.stream()
        with pytest.raises(CudaError, match="CUDA refused to copy 8 bytes to the GPU: .*invalid argument"):
            cuda.h2d(0, np.zeros(1), 8, stream)
        with pytest.raises(CudaError, match="CUDA refused to copy 8 bytes from the GPU: .*invalid argument"):
            cuda.d2h(np.zeros(1), 0, 8, stream)
        memory = cuda.alloc(8)
        cuda.h2d(memory.ptr, np.zeros(1), 8, stream)
        stream.synchronize()


def test_a_context_is_entered_within_microseconds(cuda: Cuda, capsys: pytest.CaptureFixture[str]) -> None:
    """The bound is far above what a quiet machine needs; -s shows the numbers."""

    def each() -> float:
        best = float("inf")
        for _ in range(20):
            start = time.perf_counter()
            for _ in range(500):
                with cuda.context():
                    pass
            best = min(best, (time.perf_counter() - start) / 500)
        return best * 1e6

    outer = each()
    with cuda.context():
        inner = each()
    with capsys.disabled():
        print(f"\n{cuda.name}: entering {outer:.2f} us, where it is current already {inner:.2f} us")
    assert outer < 10 and inner < 5
