"""The plugin with real engines: TensorRT-RTX builds them here, and what needs a GPU is skipped on a machine without."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path

import pytest
from suites import Suite

from pytest_trt.engines.device import probe
from pytest_trt.evidence.record import read_evidence

NETWORK = """
import numpy as np
import pytest

WEIGHTS = np.arange(16, dtype=np.float32).reshape(1, 16)

def net(network, trt):
    x = network.add_input("x", trt.float32, (4, 16))
    constant = network.add_constant((1, 16), WEIGHTS)
    y = network.add_elementwise(x, constant.get_output(0), trt.ElementWiseOperation.PROD).get_output(0)
    y.name = "y"
    network.mark_output(y)
"""
ENGINES = (
    NETWORK
    + """
@pytest.fixture(scope="module")
def engine(trt_engine):
    engine = trt_engine(net, key="product-1")
    yield engine
    print("<closing>")

def test_built(engine, trt_cache):
    assert engine.io[0].name == "x"
    assert trt_cache.find(engine.key).plan == engine.plan_path

def test_again(engine, trt_engine):
    again = trt_engine(net, key="product-1")
    assert again is not engine
    assert again.key == engine.key

def test_run(engine):
    x = np.ones((4, 16), np.float32)
    assert np.array_equal(engine.infer({"x": x})["y"], x * WEIGHTS)

def test_same(engine, assert_trt_equivalent):
    assert_trt_equivalent(engine, lambda feed: {"y": feed["x"] * WEIGHTS})

def test_device(trt_device):
    assert trt_device.total_memory > 0
"""
)
# A real engine that NumPy runs, so that checks can be seen without a GPU.
CHECKS = """
import numpy as np
import pytest

def net(network, trt):
    x = network.add_input("x", trt.float32, (4, 16))
    y = network.add_elementwise(x, x, trt.ElementWiseOperation.SUM).get_output(0)
    y.name = "y"
    network.mark_output(y)

class InNumPy:
    def __init__(self, engine):
        self.engine = engine
    def __getattr__(self, name):
        return getattr(self.engine, name)
    def infer(self, feed, *, profile=None):
        return {"y": feed["x"] * 2}

@pytest.fixture(scope="module")
def engine(trt_engine):
    return InNumPy(trt_engine(net, key="sum"))

def test_same(engine, assert_trt_equivalent):
    assert assert_trt_equivalent(engine, lambda feed: {"y": feed["x"] * 2}).passed

def test_other(engine, assert_trt_equivalent):
    assert_trt_equivalent(engine, lambda feed: {"y": feed["x"] * 2 + 0.5})
"""


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    return Suite(tmp_path)


needs_no_gpu = pytest.mark.skipif(bool(probe().devices), reason="a GPU is there")


@needs_no_gpu
def test_built_and_not_run(suite: Suite) -> None:
    suite.write(test_x=ENGINES)
    run = suite.run("-rs", code=0)
    assert run.outcomes == {"passed": 2, "skipped": 3}
    assert [int(line.split(":")[1]) for line in run.out.splitlines() if line.startswith("SKIPPED")] == [29, 33, 36]
    assert "trt: 5 tests use TensorRT; no GPU: " in run.out
    assert "; engines are built by TensorRT-RTX " in run.out
    title = next(line for line in run.out.splitlines() if line.startswith("=") and "TensorRT-RTX" in line)
    section = run.section(title.strip("= "))
    assert section[0].split() == ["engine", "precision", "made", "seconds"]
    assert section[1].split()[:6] == ["network", "function", "net", "tf32", "built,", "hit"]
    assert section[2].startswith("3 tests skipped: ")


@needs_no_gpu
def test_second_run_hits(suite: Suite) -> None:
    suite.write(test_x=ENGINES)
    first = suite.properties(code=0)
    second = suite.properties(code=0)
    assert [fact["origin"] for name, fact in first["test_built"] if name == "trt_engine"] == ["built"]
    assert [fact["origin"] for name, fact in second["test_built"] if name == "trt_engine"] == ["hit"]
    assert (suite.home / ".cache" / "pytest-trt" / "v1").is_dir()


def test_options_reach_the_provider(suite: Suite, tmp_path: Path) -> None:
    suite.write(
        test_x=NETWORK
        + "def test_one(trt_engine, trt_cache):\n"
        + "    assert trt_engine(net, key='k').plan_path is None\n"
        + "    assert trt_cache.read_only and trt_cache.max_bytes == 2**30 and trt_cache.build_timeout == 7\n"
    )
    words = ["--trt-cache-read-only", "--trt-cache-size=1GiB", "--trt-build-timeout=7"]
    suite.run(f"--trt-cache-dir={tmp_path / 'mine'}", *words, "--trt-backend=tensorrt_rtx", code=0)
    assert not (tmp_path / "mine").exists()


@needs_no_gpu
def test_require_gpu(suite: Suite) -> None:
    suite.write(test_x=ENGINES)
    run = suite.run("--trt-require-gpu", code=1)
    assert run.outcomes == {"passed": 2, "failed": 2, "error": 1}
    assert run.out.count("\nGPU required (--trt-require-gpu): ") == 3


def test_workers_build_once(suite: Suite) -> None:
    if importlib.util.find_spec("xdist") is None:
        pytest.skip("xdist is not installed")
    suite.write(
        test_x=NETWORK
        + "@pytest.mark.parametrize('number', range(6))\n"
        + "def test_one(trt_engine, number):\n    trt_engine(net, key='k')\n"
    )
    found = suite.properties("-n3", code=0)
    origins = [fact["origin"] for facts in found.values() for _, fact in facts]
    assert origins.count("built") == 1
    assert set(origins) <= {"built", "hit", "waited"}
    assert len(origins) == 6


def test_error_names_the_file(suite: Suite) -> None:
    (suite.folder / "model.onnx").write_bytes(b"not a model at all")
    suite.write(test_x="def test_one(trt_engine):\n    trt_engine('model.onnx')\n")
    run = suite.run(code=1)
    assert "errors.NotOnnx: model.onnx" in run.out
    assert "cure: " in run.out
    assert "pytest_trt/" not in run.out


def test_memory_is_freed_with_its_scope(suite: Suite) -> None:
    text = """
kept = []
@pytest.fixture(scope="module")
def engine(trt_engine):
    return trt_engine(net, key="k")
def test_a(engine, trt_engine):
    kept.extend([engine, trt_engine(net, key="k")])
def test_b():
    assert "closed" not in repr(kept[0])
    assert "closed" in repr(kept[1])
"""
    suite.write(
        test_x=NETWORK + text,
        test_y="def test_c():\n    from test_x import kept\n    assert 'closed' in repr(kept[0])\n",
    )
    suite.run(code=0)


def test_checks(suite: Suite) -> None:
    suite.write(test_x=CHECKS)
    run = suite.run(code=1)
    assert run.outcomes == {"passed": 1, "failed": 1}
    assert "pytest_trt/" not in run.out
    assert "NotEquivalent: network function net does not compute what" in run.out
    checked = next(line for line in run.out.splitlines() if line.startswith("network "))
    assert checked.split()[-7:] == ["1", "passed,", "1", "failed", "5.0e-01", "in", "y"]


def test_check_is_a_property(suite: Suite) -> None:
    suite.write(test_x=CHECKS)
    found = suite.properties(code=1)
    facts = dict(found["test_other"])["trt_check"]
    assert (facts["what"], facts["passed"], facts["output"]) == ("network function net", False, "y")
    assert dict(found["test_same"])["trt_check"]["max_abs"] == 0


def test_evidence(suite: Suite) -> None:
    """A record of each check, whether it passes; the reader computes which does."""
    suite.write(test_x=CHECKS)
    suite.run("--trt-evidence=records", code=1)
    records = [read_evidence(path) for path in (suite.folder / "records").iterdir()]
    found = {record.fields["test"]: record for record in records}
    assert set(found) == {"test_x.py::test_same", "test_x.py::test_other"}
    assert found["test_x.py::test_same"].failures() == []
    assert found["test_x.py::test_other"].failures() != []
    (plan,) = (suite.home / ".cache" / "pytest-trt" / "v1").glob("*/*/plan")
    assert {record.plan_sha256 for record in records} == {hashlib.sha256(plan.read_bytes()).hexdigest()}


def test_evidence_of_a_plan_that_is_not_stored(suite: Suite) -> None:
    suite.write(test_x=CHECKS.replace('key="sum"', "key=None"))
    suite.run("--trt-evidence=records", code=1)
    records = [read_evidence(path) for path in (suite.folder / "records").iterdir()]
    assert len(records) == 2
    assert all(record.fields["plan"]["size"] > 1000 for record in records)


def test_golden_is_written_and_fails_first(suite: Suite) -> None:
    suite.write(test_x=CHECKS.replace('lambda feed: {"y": feed["x"] * 2 + 0.5}', '"made.npz"'))
    assert suite.run(code=1).outcomes == {"passed": 1, "failed": 1}
    assert suite.run(code=0).outcomes == {"passed": 2}
    (suite.folder / "made.npz").unlink()
    assert suite.run("--trt-update-goldens", code=0).outcomes == {"passed": 2}


def test_seed(suite: Suite) -> None:
    """The run's seed, unless the test has its own."""
    suite.write(test_x=CHECKS)
    suite.run("--trt-evidence=records", "--trt-seed=7", "-k", "same", code=0)
    (path,) = (suite.folder / "records").iterdir()
    assert {case["seed"] for case in read_evidence(path).fields["cases"]} == {7}
