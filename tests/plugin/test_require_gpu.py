"""Without a GPU what needs one is skipped; with --trt-require-gpu it fails, and says why in a line."""

from __future__ import annotations

import pytest
from suites import Suite

NO_GPU = {"CUDA_VISIBLE_DEVICES": ""}
TESTS = """
import pytest
import unittest
from pytest_trt.engines.errors import BackendMissing, DeviceUnavailable

def test_fixture(trt_device):
    pass

@pytest.mark.trt
def test_call():
    raise DeviceUnavailable("why\\x1b[2J", "cure")

@pytest.mark.trt
def test_backend():
    raise BackendMissing("tensorrt is not installed", "cure")

@pytest.fixture(scope="module")
def engine(trt_device):
    return trt_device

class TestClass:
    def test_inner(self, engine):
        pass
    def test_again(self, engine):
        pass

@pytest.mark.trt(gpus=1)
def test_marked():
    pass

@pytest.mark.trt
class TestCase(unittest.TestCase):
    def test_in_unittest(self):
        raise DeviceUnavailable("in unittest", "cure")

@pytest.mark.trt
def test_caught():
    with pytest.raises(DeviceUnavailable):
        raise DeviceUnavailable("why", "cure")
"""


def test_skips(suite: Suite) -> None:
    suite.write(test_x=TESTS)
    run = suite.run("-rs", env=NO_GPU, code=0)
    assert run.outcomes == {"passed": 1, "skipped": 7}
    assert "SKIPPED [1] test_x.py:9: why\\x1b[2J" in run.out
    assert "SKIPPED [1] test_x.py:13: tensorrt is not installed" in run.out
    assert "SKIPPED [1] test_x.py:22: " in run.out
    assert "SKIPPED [1] test_x.py:33: in unittest" in run.out


def test_fails(suite: Suite) -> None:
    suite.write(test_x=TESTS)
    run = suite.run("--trt-require-gpu", env=NO_GPU, code=1)
    assert run.outcomes == {"passed": 1, "failed": 3, "error": 4}
    assert "GPU required (--trt-require-gpu): why\\x1b[2J\n" in run.out
    assert "TensorRT required (--trt-require-gpu): tensorrt is not installed\n" in run.out
    assert "GPU required (--trt-require-gpu): needs a GPU, none is there: " in run.out
    # No line of code: the message is all.
    assert "raise " not in run.out
    assert "hidden" not in run.out


@pytest.mark.parametrize("variable", ["1", "true", "yes"])
def test_by_environment(suite: Suite, variable: str) -> None:
    suite.write(test_x="def test_fixture(trt_device):\n    pass\n")
    run = suite.run(env={**NO_GPU, "PYTEST_TRT_REQUIRE_GPU": variable}, code=1)
    assert run.outcomes == {"error": 1}


def test_requirement_that_is_no_absence_stays_a_skip(suite: Suite) -> None:
    """The switch says that a GPU must be there, not that it must be larger than it is."""
    conftest = """
from pytest_trt.suite import requirements, session
def pytest_runtest_setup(item):
    raise session.Missing(requirements.Unmet("needs 2 GPUs, 1 is visible", absent=False))
"""
    suite.write(conftest=conftest, test_x="import pytest\n@pytest.mark.trt\ndef test_one():\n    pass\n")
    assert suite.run("--trt-require-gpu", code=0).outcomes == {"skipped": 1}


def test_in_the_middle_of_a_test(suite: Suite) -> None:
    """A fixture that is asked for by name alone: the skip is the same."""
    suite.write(test_x='def test_one(request):\n    request.getfixturevalue("trt_device")\n')
    assert "test_x.py:1: " in suite.run("-rs", env=NO_GPU, code=0).out
