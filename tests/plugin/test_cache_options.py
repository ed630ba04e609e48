"""--trt-cache-info and --trt-cache-clear: print, and run no tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from suites import Suite

from pytest_trt.engines.cache.cache import Built, Cache

KEY = "ab" * 32


def fill(root: Path) -> None:
    cache = Cache(root)
    cache.obtain(KEY, {}, lambda: Built(b"plan" * 1000, {"what": "conv.onnx", "precision": "fp16"}))
    assert cache.find(KEY) is not None


@pytest.fixture
def failing(suite: Suite) -> Suite:
    suite.write(test_x="def test_one():\n    assert 0\n")
    return suite


def test_info(failing: Suite) -> None:
    fill(failing.home / ".cache" / "pytest-trt")
    out = failing.run("--trt-cache-info", code=0).out
    assert "conv.onnx" in out
    assert KEY[:12] in out
    assert "test session starts" not in out


def test_info_of_an_empty_cache(failing: Suite, tmp_path: Path) -> None:
    out = failing.run("--trt-cache-info", "--trt-cache-dir", str(tmp_path / "none"), code=0).out
    assert str(tmp_path / "none") in out
    assert not (tmp_path / "none").exists()


def test_clear(failing: Suite, tmp_path: Path) -> None:
    root = tmp_path / "cache"
    fill(root)
    out = failing.run("--trt-cache-clear", env={"PYTEST_TRT_CACHE_DIR": str(root)}, code=0).out
    assert out.startswith("removed 1 engine, ")
    assert str(root) in out
    assert Cache(root).find(KEY) is None
    assert failing.run("--trt-cache-clear", "--trt-cache-dir", str(root), code=0).out.startswith("removed 0 engines, ")


def test_clear_and_info(failing: Suite) -> None:
    fill(failing.home / ".cache" / "pytest-trt")
    out = failing.run("--trt-cache-clear", "--trt-cache-info", code=0).out
    assert out.startswith("removed 1 engine, ")
    assert "conv.onnx" not in out
    assert "engine cache" in out


def test_clear_read_only(failing: Suite) -> None:
    run = failing.run("--trt-cache-clear", "--trt-cache-read-only", code=4)
    assert run.err.startswith("ERROR: the engine cache ")
    assert "Traceback" not in run.err


def test_unsafe(failing: Suite, tmp_path: Path) -> None:
    root = tmp_path / "open"
    fill(root)
    root.chmod(0o777)
    run = failing.run("--trt-cache-info", "--trt-cache-dir", str(root), code=4)
    assert "ERROR: " in run.err
    assert "chmod" in run.err
    assert "Traceback" not in run.err


def test_bad_setting(failing: Suite) -> None:
    assert "--trt-cache-size" in failing.run("--trt-cache-info", "--trt-cache-size=x", code=4).err
