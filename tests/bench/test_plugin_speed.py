"""What the plugin costs a suite that does not use it, and what a cache hit costs one that does."""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

import onnx
from bench.measure import measure
from networks.in_onnx import convolutions

from pytest_trt.engines.provide import Provider

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.conftest import Results

PYTEST = str(Path(sys.executable).with_name("pytest"))
TURNS = 41
MOST = 0.010
HITS = 31
PROFILE = {"x": ((1, 3, 32, 32), (8, 3, 32, 32), (16, 3, 32, 32))}


def test_unused(results: Results, tmp_path: Path) -> None:
    """At most 10 ms of CPU."""
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_one.py").write_text("def test_one():\n    pass\n")
    command = [PYTEST, "--collect-only", "-p", "no:cacheprovider"]
    without = [*command, "-p", "no:trt"]
    # Each before the other once a turn: what the first one warms is nobody's gain.
    base, ours, again, last = measure([without, command, command, without], TURNS)
    assert {process.status for process in (base, ours, again, last)} == {0}
    more = statistics.median((b + c - a - d) / 2 for a, b, c, d in zip(base.cpu, ours.cpu, again.cpu, last.cpu))
    whole = f"of {statistics.median(ours.cpu) * 1000:.0f} ms"
    results.row("plugin", "CPU time of the unused plugin", f"{more * 1000:.1f} ms, {whole}", f"{MOST * 1000:g} ms")
    assert more <= MOST


def timed(call: Callable[[], object]) -> tuple[float, float]:
    """Seconds on the clock and of the processor, all threads."""
    wall, cpu = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - wall, time.process_time() - cpu


def test_cache_hit(results: Results, tmp_path: Path) -> None:
    """TensorRT-RTX, which builds and caches without a GPU; each hit is a new Provider's first."""
    path = tmp_path / "model.onnx"
    onnx.save(convolutions(), path)

    def ask() -> str:
        provider = Provider(cache_root=tmp_path / "cache", backend="tensorrt_rtx")
        provider.engine(path, profiles=PROFILE)
        return str(provider.events[-1]["origin"])

    Provider(cache_root=tmp_path / "other", backend="tensorrt_rtx").backend()  # imports TensorRT-RTX
    origins: list[str] = []
    build, *hits = [timed(lambda: origins.append(ask())) for _ in range(HITS + 1)]
    assert origins == ["built", *["hit"] * HITS]
    for what, runs in (("build", [build]), ("cache hit", hits)):
        wall, cpu = (statistics.median(column) * 1000 for column in zip(*runs))
        case = f"{what} by TensorRT-RTX of a model of {path.stat().st_size >> 10} KiB, no GPU"
        results.row("plugin", case, f"{wall:.1f} ms, {cpu:.1f} ms of CPU", "")
