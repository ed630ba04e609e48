"""A user's test suite on a GPU: built once, then hits, with and without xdist; failures that explain themselves."""

from __future__ import annotations

import importlib.metadata
import json
import os
import subprocess
import sys
from pathlib import Path

import onnx
import pytest
from networks import in_onnx

from pytest_trt.evidence.record import SUFFIX, read_evidence

SUITE = """
import numpy as np
import pytest

TACTICS = ["EDGE_MASK_CONVOLUTIONS", "JIT_CONVOLUTIONS"]
PROFILES = {"x": ((1, 3, 32, 32), (4, 3, 32, 32), (8, 3, 32, 32))}


@pytest.fixture(scope="module", params=["fp32", "tf32", "fp16"])
def engine(request, trt_engine):
    return trt_engine("right.onnx", precision=request.param, profiles=PROFILES, tactic_sources=TACTICS)


def test_same(engine, assert_trt_equivalent):
    assert_trt_equivalent(engine, "right.onnx")


def test_shape(engine):
    assert engine.infer({"x": np.zeros((2, 3, 32, 32), np.float32)})["y"].shape == (2, 10)


@pytest.mark.trt(tensorrt=">=8.6", compute_capability=">=8.0", memory="8GiB")
def test_met(trt_device):
    assert trt_device.total_memory > 8 * 2**30


@pytest.mark.trt(compute_capability=">=99.0")
def test_not_met(trt_device):
    raise AssertionError


@pytest.mark.trt(gpus=1000)
def test_not_so_many():
    raise AssertionError
"""
WRONG = """
def test_dropped_bias(trt_engine, assert_trt_equivalent):
    engine = trt_engine(
        "wrong.onnx",
        profiles={"x": ((1, 3, 32, 32), (4, 3, 32, 32), (8, 3, 32, 32))},
        tactic_sources=["EDGE_MASK_CONVOLUTIONS", "JIT_CONVOLUTIONS"],
    )
    assert_trt_equivalent(engine, "right.onnx")
"""
RACER = """
import sys
sys.path[:0] = {path!r}
import tensorrt
made = tensorrt.Builder
def counted(*arguments):
    with open({log!r}, "a") as log:
        log.write("Builder\\n")
    return made(*arguments)
tensorrt.Builder = counted
from pytest_trt.engines.provide import Provider
provider = Provider(cache_root={root!r}, backend="tensorrt")
engine = provider.engine({model!r}, profiles={profiles!r}, tactic_sources={tactics!r})
print(provider.events[0]["origin"], engine.key)
"""


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    import numpy as np

    right = in_onnx.convolutions()
    onnx.save(right, tmp_path / "right.onnx")
    onnx.save(in_onnx.with_weight(right, "dense.b", np.zeros_like), tmp_path / "wrong.onnx")
    (tmp_path / "test_suite.py").write_text(SUITE)
    return tmp_path


def run(folder: Path, *words: str) -> tuple[int, str]:
    named = any(point.name == "trt" for point in importlib.metadata.entry_points(group="pytest11"))
    plugin = [] if named else ["-p", "pytest_trt.plugin"]
    command = [sys.executable, "-m", "pytest", *plugin, "--trt-cache-dir", str(folder / "cache"), *words]
    made = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=400)
    print(made.stdout[-6000:], made.stderr[-2000:])
    return made.returncode, made.stdout


def built(folder: Path) -> list[str]:
    lines = (folder / "cache" / "v1" / "log.jsonl").read_text().splitlines()
    return [line["key"] for line in map(json.loads, lines) if line["event"] == "built"]


def test_first_run_builds_and_the_second_hits(suite: Path) -> None:
    code, text = run(suite, "-rs")
    assert code == 0, text
    assert "7 passed, 2 skipped" in text
    assert "NVIDIA" in text
    assert "needs compute capability" in text
    assert len(built(suite)) == len(set(built(suite))) == 3
    code, text = run(suite)
    assert code == 0, text
    assert "hit" in text
    assert "built" not in text
    assert len(built(suite)) == 3


@pytest.mark.parametrize("distribution", ["load", "loadgroup"])
def test_four_workers(suite: Path, distribution: str) -> None:
    code, text = run(suite, "-n", "4", "--dist", distribution)
    assert code == 0, text
    assert "7 passed, 2 skipped" in text
    assert len(built(suite)) == len(set(built(suite))) == 3


def test_planted_fault(suite: Path) -> None:
    (suite / "test_suite.py").write_text(WRONG)
    code, text = run(suite, "--trt-evidence", "evidence")
    assert code == 1
    for words in ("does not compute what", "y: float32", "Tolerance(", "bias", "seed", ".npz", "TensorRT", "NVIDIA"):
        assert words in text, words
    assert "pytest_trt/equivalence" not in text, "our own frames are hidden"
    record = read_evidence(next((suite / "evidence").glob(f"*{SUFFIX}")))
    assert record.failures()


def test_evidence_of_what_passes(suite: Path) -> None:
    code, text = run(suite, "--trt-evidence", "evidence", "-k", "test_same", f"--junitxml={suite / 'junit.xml'}")
    assert code == 0, text
    records = [read_evidence(path) for path in (suite / "evidence").glob(f"*{SUFFIX}")]
    assert len(records) == 3
    assert [record.failures() for record in records] == [[], [], []]
    fields = records[0].fields
    plans = {path.stat().st_size for path in (suite / "cache" / "v1").glob("??/*/plan")}
    assert fields["plan"]["size"] in plans
    assert fields["gpu"]["compute_capability"]
    assert fields["test"].startswith("test_suite.py::test_same")
    assert fields["tensorrt"]["product"] == "tensorrt"
    assert "trt_engine" in (suite / "junit.xml").read_text()


def test_eight_processes_make_one_builder(suite: Path) -> None:
    log = suite / "builders.log"
    program = RACER.format(
        path=[entry for entry in sys.path if entry],
        log=str(log),
        root=str(suite / "cache"),
        model=str(suite / "right.onnx"),
        profiles=in_onnx.CONVOLUTION_PROFILE,
        tactics=in_onnx.TACTICS,
    )
    racers = [
        subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=os.environ)
        for _ in range(8)
    ]
    said = [racer.communicate(timeout=300)[0].split() for racer in racers]
    assert [racer.returncode for racer in racers] == [0] * 8
    assert log.read_text().splitlines() == ["Builder"]
    assert len({key for _, key in said}) == 1
    assert sorted(origin for origin, _ in said).count("built") == 1
