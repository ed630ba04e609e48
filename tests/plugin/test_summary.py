"""The table at the end: every engine and check once, with xdist and reruns, in 80 columns, hostile names escaped."""

from __future__ import annotations

import importlib.util
import json
from typing import Any

import pytest
from suites import Suite

from pytest_trt.suite.summary import Summary, table
from pytest_trt.suite.width import columns, fit, pad

# Facts as the fixtures note them, without building anything.
CONFTEST = """
import pytest
from pytest_trt.suite import session

@pytest.fixture(scope="session")
def facts(request):
    note = session.of(request).note
    class Facts:
        def engine(self, what, origin="built", seconds=1.0, key=None, precision="fp16"):
            note("trt_engine", dict(what=what, key=key or what, origin=origin, seconds=seconds,
                 product="tensorrt", tensorrt="8.6.1.6", precision=precision, gpu=None))
        def check(self, what, passed=True, max_abs=1e-4, nan=False, key=None):
            note("trt_check", dict(what=what, key=key or what, passed=passed, product="tensorrt", tensorrt="8.6.1.6",
                 precision="fp16", reference="r", cases=3, output="y", max_abs=max_abs, nan=nan))
            assert passed
    return Facts()
"""
TESTS = """
import pytest
pytestmark = pytest.mark.trt

@pytest.fixture(scope="module")
def engine(facts):
    facts.engine("resnet50.onnx", "built", 41.25)

@pytest.mark.xdist_group("resnet50")
@pytest.mark.parametrize("number", range(3))
def test_many(engine, facts, number):
    facts.check("resnet50.onnx", max_abs=number * 1e-3)

@pytest.mark.xdist_group("conv")
def test_one(facts):
    facts.engine("conv.onnx", "hit", 0.01)
    facts.check("conv.onnx", passed=False, max_abs=0.5)
"""
PRODUCT = "TensorRT 8.6.1.6"
TABLE = [
    "engine         precision  made   seconds  checks    worst error",
    "resnet50.onnx  fp16       built    41.25  3 passed  2.0e-03 in y",
    "conv.onnx      fp16       hit       0.01  1 failed  5.0e-01 in y",
]


def test_table(suite: Suite) -> None:
    suite.write(conftest=CONFTEST, test_x=TESTS)
    assert suite.run(code=1).section(PRODUCT) == TABLE


def test_on_the_controller(suite: Suite, xdist: None) -> None:
    """loadfile: all on one worker, in order."""
    suite.write(conftest=CONFTEST, test_x=TESTS)
    assert suite.run("-n2", "--dist=loadfile", code=1).section(PRODUCT) == TABLE


@pytest.mark.parametrize("dist", ["load", "loadgroup"])
def test_whoever_ran_it(suite: Suite, xdist: None, dist: str) -> None:
    suite.write(conftest=CONFTEST, test_x=TESTS)
    found = suite.run("-n2", f"--dist={dist}", code=1).section(PRODUCT)
    assert sorted((line.split()[0], *line.split()[-5:]) for line in found[1:]) == [
        ("conv.onnx", "1", "failed", "5.0e-01", "in", "y"),
        ("resnet50.onnx", "3", "passed", "2.0e-03", "in", "y"),
    ]


def test_each_counts_every_worker(suite: Suite, xdist: None) -> None:
    suite.write(conftest=CONFTEST, test_x=TESTS)
    found = suite.run("-n2", "--dist=each", code=1).section(PRODUCT)
    assert sorted(" ".join(line.split()[2:-3]) for line in found[1:]) == [
        "2 built 41.25 6 passed",
        "2 hit 0.01 2 failed",
    ]


def test_without_colour_and_quiet(suite: Suite) -> None:
    suite.write(conftest=CONFTEST, test_x=TESTS)
    assert suite.run("-q", "-q", code=1).section(PRODUCT) == TABLE
    assert "\x1b[31mconv.onnx" in suite.run("--color=yes", code=1).out


def test_properties(suite: Suite) -> None:
    """What the test that asked first made is its property; each fact once."""
    suite.write(conftest=CONFTEST, test_x=TESTS)
    found = suite.properties(code=1)
    assert [name for name, _ in found["test_many[0]"]] == ["trt_engine", "trt_check"]
    assert [name for name, _ in found["test_many[1]"]] == ["trt_check"]
    engine = found["test_many[0]"][0][1]
    assert (engine["what"], engine["origin"], engine["seconds"]) == ("resnet50.onnx", "built", 41.25)
    assert found["test_one"][1][1]["passed"] is False


RERUN = """
import pytest
pytestmark = pytest.mark.trt
runs = []

@pytest.fixture
def engine(facts):
    if not runs:
        facts.engine("conv.onnx")

def test_flaky(engine, facts):
    runs.append(1)
    facts.check("other.onnx", max_abs=0.25)
    facts.check("conv.onnx", passed=len(runs) > 2, max_abs=0.5 / len(runs))
"""


def test_rerun_counts_once(suite: Suite) -> None:
    if importlib.util.find_spec("pytest_rerunfailures") is None:
        pytest.skip("pytest-rerunfailures is not installed")
    suite.write(conftest=CONFTEST, test_x=RERUN)
    run = suite.run("--reruns=3", code=0)
    assert run.outcomes == {"passed": 1, "rerun": 2}
    assert [line.split()[-5:] for line in run.section(PRODUCT)[1:3]] == [
        ["1", "passed", "1.7e-01", "in", "y"],
        ["1", "passed", "2.5e-01", "in", "y"],
    ]
    assert run.section(PRODUCT)[3] == "4 checks of runs that were repeated not counted"


def test_hostile_names(suite: Suite) -> None:
    tests = 'import pytest\n@pytest.mark.trt\ndef test_x(facts):\n    facts.engine("a\\x1b[31m\\n::error::b\\u202e")\n'
    suite.write(conftest=CONFTEST, test_x=tests)
    run = suite.run(code=0)
    assert "a\\x1b[31m\\n:\\x3aerror:\\x3ab\\u202e" in run.section(PRODUCT)[1]
    assert "\x1b" not in run.out


class Report:
    """What Summary reads of a report of pytest."""

    def __init__(self, nodeid: str, *properties: tuple[str, object]) -> None:
        self.nodeid = nodeid
        self.user_properties = list(properties)


def engine(number: str, **facts: Any) -> tuple[str, str]:
    return "trt_engine", json.dumps({"id": number, "attempt": 1, "key": "k", "what": "m", "origin": "hit", **facts})


def test_one_engine_made_often() -> None:
    """Copies of a fact in the reports of one test count once; makings of one engine share a row."""
    built = engine("gw0-0", origin="built", seconds=3.0)
    reports = [
        Report("a", built),
        Report("a", built, engine("gw0-1", seconds=0.5)),
        Report("b", engine("gw1-0", seconds=0.25)),
    ]
    (row,) = Summary(reports).rows.values()  # type: ignore[arg-type]
    assert row.cells()[3:5] == ("built, 2 hit", "3.00")


@pytest.mark.parametrize("value", ["", "[]", "{}", '{"id": 1, "attempt": 1}', '{"id": "x"}', "null", "NaN", "\udcff"])
def test_what_others_wrote_is_passed_over(value: str) -> None:
    summary = Summary([Report("a", ("trt_engine", value), ("trt_check", value), ("other", 1))])  # type: ignore[list-item]
    assert not summary.rows
    assert not summary.skips


def test_worst_is_what_cannot_be_measured() -> None:
    def check(number: int, **facts: Any) -> Report:
        known = {"id": f"m-{number}", "attempt": 1, "key": "k", "output": "y", "passed": False, **facts}
        return Report(str(number), ("trt_check", json.dumps(known)))

    reports = [check(0, max_abs=1e9, nan=False), check(1, max_abs=1.0, nan=True), check(2, max_abs=0.0, nan=False)]
    (row,) = Summary(reports).rows.values()  # type: ignore[arg-type]
    assert row.cells()[5:] == ("3 failed", "NaN in y")
    (row,) = Summary([check(0, max_abs=None)]).rows.values()  # type: ignore[list-item]
    assert row.cells()[6] == "another shape in y"


def test_products_that_differ_have_a_column() -> None:
    rtx = engine("m-1", key="l", product="tensorrt-rtx", tensorrt="1.7.1")
    rows = Summary([Report("a", engine("m-0", product="tensorrt"), rtx)]).rows  # type: ignore[list-item]
    lines = [line for line, _ in table([row.cells() for row in rows.values()], 80)]
    assert lines[0].split()[:3] == ["engine", "built", "by"]
    assert "TensorRT-RTX 1.7.1" in lines[2]


def test_columns() -> None:
    """The first column gives way, measured in columns and not in characters."""
    rows = [("模型" * 30 + ".onnx", "TensorRT 8.6.1.6", "fp16", "built", "1.00", "", "")]
    lines = [line for line, _ in table(rows, 60)]
    assert all(columns(line) <= 60 for line in lines)
    assert "checks" not in lines[0]
    assert lines[0].index("built by") == columns(lines[1].partition("TensorRT")[0])


def test_width() -> None:
    assert fit("model.onnx", 10) == "model.onnx"
    assert fit("a-rather-long-name.onnx", 12) == "a-rat...onnx"
    assert columns(fit("模" * 20, 11)) <= 11
    assert columns("e\u0301") == 1
    assert pad("ab", 4) == "ab  "
    assert pad("ab", 4, right=True) == "  ab"
