"""An error of this package is its own text below the user's line, without frames of ours."""

from __future__ import annotations

import pytest
from suites import Suite

TESTS = """
import pytest
from pytest_trt.artifacts import location
from pytest_trt.engines.errors import NotOnnx
from pytest_trt.suite import settings

CODE = '''
def inner(NotOnnx):
    try:
        raise KeyError("inside")
    except KeyError as error:
        raise NotOnnx("model.onnx is no ONNX model", "export it again") from error
'''
# A function of this package, so far as its frame tells.
names = {"__name__": "pytest_trt.engines.made_up"}
exec(compile(CODE, "internal.py", "exec"), names)

@pytest.mark.trt
def test_one():
    names["inner"](NotOnnx)

@pytest.fixture
def engine():
    names["inner"](NotOnnx)

@pytest.mark.trt
def test_two(engine):
    pass
"""


@pytest.mark.parametrize("style", ["auto", "short", "long", "native"])
def test_text(suite: Suite, style: str) -> None:
    suite.write(test_x=TESTS)
    run = suite.run(f"--tb={style}", code=1)
    assert run.outcomes == {"failed": 1, "error": 1}
    assert run.out.count("NotOnnx: model.onnx is no ONNX model\n") == 2
    assert run.out.count("  cure: export it again\n") == 2
    assert run.out.count('names["inner"](NotOnnx)') >= 2
    assert "internal.py" not in run.out
    assert "KeyError" not in run.out


def test_everything_with_full_trace(suite: Suite) -> None:
    suite.write(test_x=TESTS)
    out = suite.run("--full-trace", code=1).out
    assert "internal.py" in out
    assert "KeyError" in out


def test_others_are_left_alone(suite: Suite) -> None:
    suite.write(test_x="import pytest\n@pytest.mark.trt\ndef test_one():\n    raise KeyError('x')\n")
    assert "KeyError" in suite.run(code=1).out
