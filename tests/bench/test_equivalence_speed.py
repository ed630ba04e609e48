"""Measuring 100 million float32 values against `numpy.allclose` on the same arrays: time as a ratio, memory on top.

Both take turns in one process, and the ratio is the median of the ratios of the turns. numpy.allclose's times vary
with how fast the system gives it its temporary arrays, of the size of its arguments: so its fastest turn counts.
"""

from __future__ import annotations

import statistics
import time
import tracemalloc

import numpy as np
import pytest

from pytest_trt.equivalence.measure import Metrics, measure
from pytest_trt.equivalence.tolerance import DEFAULTS, Tolerance
from pytest_trt.equivalence.verdict import failures

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.conftest import Results

SIZE = 100_000_000
TURNS = 5
TIMES = 3.0
MIB = 1 << 20
Pair = tuple[np.ndarray, np.ndarray]


@pytest.fixture(scope="module")
def pair() -> Pair:
    rng = np.random.default_rng(0)
    reference = rng.standard_normal(SIZE, dtype=np.float32)
    return reference + np.float32(1e-4) * rng.standard_normal(SIZE, dtype=np.float32), reference


def seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def compared(results: Results, what: str, pair: Pair, tolerance: Tolerance) -> Metrics:
    """Measures in turns with numpy.allclose, and holds the promise."""
    found = measure(*pair, tolerance)
    theirs, ours = [], []
    for _ in range(TURNS):
        theirs.append(seconds(lambda: np.allclose(*pair, rtol=1e-3, atol=1e-3)))
        ours.append(seconds(lambda: measure(*pair, tolerance)))
    typical = statistics.median(one / two for one, two in zip(ours, theirs))
    strict = statistics.median(ours) / min(theirs)
    results.row("equivalence", f"{what}: seconds", f"{statistics.median(ours):.2f}", "")
    results.row("equivalence", f"{what}: times numpy.allclose, median of the turns", f"{typical:.1f}", "")
    results.row("equivalence", f"{what}: times numpy.allclose at its fastest", f"{strict:.1f}", f"{TIMES:g}")
    assert strict <= TIMES
    return found


def test_an_output_that_passes(results: Results, pair: Pair) -> None:
    found = compared(results, "all within the tolerance", pair, DEFAULTS["tf32"])
    assert failures(found.as_dict(), DEFAULTS["tf32"].as_dict()) == []


def test_an_output_that_fails(results: Results, pair: Pair) -> None:
    """Every second element out."""
    found = compared(results, "every second out of it", pair, DEFAULTS["fp32"])
    assert found.out is not None and found.out > SIZE // 3


def test_the_percentile_is_numpys(pair: Pair) -> None:
    found = measure(*pair, DEFAULTS["tf32"])
    error = np.abs(np.subtract(*pair, dtype=np.float64))
    at = SIZE - SIZE // 100 - 1
    assert found.p99_abs == float(np.partition(error, at)[at])


def test_memory(results: Results, pair: Pair) -> None:
    """At most 64 MiB, for arrays of 763 MiB. NumPy tells tracemalloc of its arrays."""
    tracemalloc.start()
    try:
        measure(*pair, DEFAULTS["int8"])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    results.row("equivalence", "memory above the two arrays of 381 MiB", f"{peak / MIB:.0f} MiB", "64 MiB")
    assert 0 < peak <= 64 * MIB
