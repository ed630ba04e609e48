"""The marker in a run: skips at the test's own place, with the reason; what is malformed stops the run."""

from __future__ import annotations

import pytest
from suites import Suite

NO_GPU = {"CUDA_VISIBLE_DEVICES": ""}
TESTS = """
import pytest

@pytest.mark.trt(gpus=1)
def test_one():
    raise AssertionError

@pytest.mark.trt
def test_two():
    pass

@pytest.mark.trt(memory="1GiB")
class TestThree:
    @pytest.mark.trt(compute_capability=">=7.0")
    def test_three(self, tmp_path):
        raise AssertionError
"""


def test_skips(suite: Suite) -> None:
    suite.write(test_x=TESTS)
    run = suite.run("--strict-markers", "-rs", env=NO_GPU, code=0)
    assert run.outcomes == {"passed": 1, "skipped": 2}
    assert "SKIPPED [1] test_x.py:4: needs a GPU, none is there: " in run.out
    assert "SKIPPED [1] test_x.py:14: needs a GPU, none is there: " in run.out


@pytest.mark.parametrize("words", [(), ("-n2",), ("-n0",)], ids=["alone", "n2", "n0"])
def test_summary_counts_skips(suite: Suite, words: tuple[str, ...], request: pytest.FixtureRequest) -> None:
    if words:
        request.getfixturevalue("xdist")
    suite.write(test_x=TESTS)
    run = suite.run(*words, env=NO_GPU, code=0)
    assert [line.partition(",")[0] for line in run.section("TensorRT")] == ["2 tests skipped: needs a GPU"]


def test_skip_before_other_fixtures(suite: Suite) -> None:
    text = "import pytest\n@pytest.fixture\ndef costly():\n    print('<made>')\n"
    suite.write(test_x=text + "@pytest.mark.trt(gpus=1)\ndef test_one(costly):\n    pass\n")
    assert "<made>" not in suite.run("-s", env=NO_GPU, code=0).out


def test_other_skips_first(suite: Suite) -> None:
    marks = '@pytest.mark.skip(reason="mine")\n@pytest.mark.trt(gpus=1)\n'
    suite.write(test_x=f"import pytest\n{marks}def test_one():\n    pass\n")
    assert "test_x.py:2: mine" in suite.run("-rs", env=NO_GPU, code=0).out


def test_skip_is_no_expected_failure(suite: Suite) -> None:
    marks = "@pytest.mark.xfail(strict=True)\n@pytest.mark.trt(gpus=1)\n"
    suite.write(test_x=f"import pytest\n{marks}def test_one():\n    assert 0\n")
    assert suite.run(env=NO_GPU, code=0).outcomes == {"skipped": 1}


@pytest.mark.parametrize(
    ("mark", "text"),
    [
        ('tensorRT=">=8"', "there is no requirement 'tensorRT'; did you mean tensorrt?"),
        ('memory="x"', "memory='x': 'x' is no size; write it as 20GiB or 500MB"),
        ('">=8.6"', "takes keywords only, not '>=8.6'; name what it is: tensorrt, compute_capability, memory"),
    ],
)
def test_malformed(suite: Suite, mark: str, text: str) -> None:
    suite.write(test_x=f"import pytest\n@pytest.mark.trt({mark})\ndef test_one():\n    pass\n")
    assert f"ERROR: test_x.py::test_one: @pytest.mark.trt: {text}" in suite.run(code=4).err


def test_malformed_in_a_worker(suite: Suite, xdist: None) -> None:
    """There the test itself says it, as the others run."""
    suite.write(test_x="import pytest\n@pytest.mark.trt(gpus=0)\ndef test_one():\n    pass\ndef test_two(): pass\n")
    run = suite.run("-n1", code=1)
    assert run.outcomes == {"passed": 1, "error": 1}
    assert "@pytest.mark.trt: gpus=0: give a whole number from 1 up" in run.out
    assert "Traceback" not in run.out


def test_selected_by_the_mark(suite: Suite) -> None:
    suite.write(test_x=TESTS)
    assert suite.run("-m", "not trt", code=5).outcomes == {"deselected": 3}
    assert suite.run("-m", "trt", "-k", "two", code=0).outcomes == {"passed": 1, "deselected": 2}


def test_line_after_collection(suite: Suite) -> None:
    suite.write(test_x=TESTS)
    assert "\ntrt: 3 tests use TensorRT" in suite.run(env=NO_GPU).out
    assert "\ntrt: 1 test uses TensorRT" in suite.run("-k", "one", env=NO_GPU).out
    assert "\ntrt: " not in suite.run("-q", "--collect-only", env=NO_GPU).out
    suite.write(test_x="def test_one(trt_device): pass\n")
    assert "\ntrt: 1 test uses TensorRT" in suite.run("--collect-only", env=NO_GPU).out
