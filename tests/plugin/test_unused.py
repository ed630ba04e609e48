"""A suite that does not use the plugin does not notice it."""

from __future__ import annotations

import json

import pytest
from suites import Suite

PLAIN = "def test_plain(tmp_path):\n    assert tmp_path.exists()\n"
# Written at the very end of a run, the summary included.
MODULES = """
import json, sys
from pathlib import Path
def pytest_unconfigure(config):
    Path(config.rootpath, "modules.json").write_text(json.dumps(sorted(sys.modules)))
"""


def modules(suite: Suite, *words: str) -> set[str]:
    suite.write(test_plain=PLAIN, conftest=MODULES)
    suite.run(*words, code=0)
    return set(json.loads((suite.folder / "modules.json").read_text()))


def test_imports_itself_alone(suite: Suite) -> None:
    added = modules(suite) - modules(suite, "-p", "no:trt")
    assert added == {"pytest_trt", "pytest_trt.plugin"}


def test_imports_itself_alone_on_the_controller(suite: Suite, xdist: None) -> None:
    added = modules(suite, "-n1") - modules(suite, "-n1", "-p", "no:trt")
    assert added <= {"pytest_trt", "pytest_trt.plugin", "pytest_trt.suite", "pytest_trt.suite.workers"}


@pytest.mark.parametrize("words", [(), ("-v",), ("-q",), ("--collect-only",), ("-p", "no:terminal")])
def test_prints_nothing(suite: Suite, words: tuple[str, ...]) -> None:
    suite.write(test_plain=PLAIN)
    assert "trt" not in suite.run(*words, code=0).out.replace("plugins: trt-", "").replace("pytest-trt", "")


def test_other_marks_and_properties(suite: Suite) -> None:
    """A property or an option of somebody else that has a similar name is nobody's business."""
    suite.write(test_plain='def test_one(record_property):\n    record_property("trt_engine", "not ours")\n')
    assert "TensorRT" not in suite.run(code=0).out


def test_switched_off(suite: Suite) -> None:
    suite.write(test_x="def test_one(trt_engine):\n    pass\n", ini="trt_device = x")
    run = suite.run("-p", "no:trt", code=1)
    assert "fixture 'trt_engine' not found" in run.out
    assert "unrecognized arguments: --trt-lint" in suite.run("-p", "no:trt", "--trt-lint", code=4).err


def test_without_the_terminal(suite: Suite) -> None:
    suite.write(test_x="def test_one(trt_device):\n    pass\n")
    assert suite.run("-p", "no:terminal", env={"CUDA_VISIBLE_DEVICES": ""}, code=0).out == ""


def test_documented(suite: Suite) -> None:
    """`pytest --fixtures` and `--markers` show each with an example."""
    fixtures = suite.run("--fixtures", "-v").out
    for name in ("trt_engine", "assert_trt_equivalent", "trt_cache", "trt_device"):
        assert f"{name} [session scope]" in fixtures
    assert 'trt_engine("model.onnx", precision="fp16")' in fixtures
    markers = suite.run("--markers").out
    assert (
        "@pytest.mark.trt(tensorrt='>=8.6', compute_capability='>=8.0', memory='8GiB', gpus=1, product=None):"
        in markers
    )
    assert "@pytest.mark.trt_lint:" in markers
