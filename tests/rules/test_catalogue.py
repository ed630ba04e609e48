"""RULES against the contracts' table, the folder, the documentation and the tests that mirror it."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import pytest_trt_rules
from pytest_trt.artifacts.location import Location
from pytest_trt.artifacts.open import Artifact
from pytest_trt.lint.case import Case
from pytest_trt.lint.rule import Rule
from pytest_trt.serving.verdict import Reason
from pytest_trt_rules import RULES

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent

# Code, name, severity. Codes are never reused, names are what people write behind "allow": neither changes.
TABLE = """
TRT101 engine-op-fails-load error
TRT102 engine-op-fails-request error
TRT103 engine-op-unreached note
TRT104 engine-op-in-bare-graph error
TRT105 engine-built-in-first-request warning
TRT106 calibration-on-live-traffic warning
TRT107 engine-from-another-tensorrt error
TRT108 engine-asset-missing error
TRT109 engine-damaged error
TRT110 no-native-segment warning
TRT111 engine-from-another-gpu error
TRT201 plan-on-tensorflow-serving error
TRT202 plan-named-as-graph error
TRT203 plan-without-home note
TRT204 plan-damaged error
TRT205 plan-for-another-tensorrt error
TRT206 plan-for-another-gpu error
TRT207 plan-holds-native-code warning
TRT208 lfs-pointer error
TRT209 timing-cache-as-plan error
TRT301 op-not-registered error
TRT302 op-without-kernel error
TRT303 device-not-there error
TRT304 no-serve-tag error
TRT305 no-signature warning
TRT306 signature-tensor-missing error
TRT307 variables-missing error
TRT308 asset-missing error
TRT309 not-a-saved-model error
TRT310 needs-newer-tensorflow error
TRT311 version-folder-name warning
TRT312 function-undefined error
TRT313 python-function error
TRT314 graph-refused error
TRT401 image-without-engine-ops error
TRT402 cpu-image-for-gpu-model error
TRT403 floating-tag warning
TRT404 tensorrt-variable-misleads warning
TRT405 base-path-relative error
TRT406 base-path-missing error
TRT407 base-path-without-versions error
TRT408 model-platform-refused error
TRT409 config-of-another-server error
TRT410 tf-trt-inside-triton error
TRT411 tensorflow-backend-gone error
TRT412 plan-on-another-triton error
TRT413 plan-for-another-node error
TRT414 lfs-pointer-deployed error
TRT415 no-warm-up warning
TRT416 plan-sent-to-tensorflow-serving error
TRT417 model-file-missing error
TRT418 destination-unknown note
TRT419 server-config-refused error
TRT420 deployment-malformed warning
TRT421 archive-layout error
TRT422 runtime-version-refused error
TRT423 arguments-ignored warning
TRT901 unreadable error
TRT902 malformed error
TRT903 limit-reached error
TRT904 not-understood warning
TRT905 allowance-expired warning
TRT906 allowance-unused warning
TRT907 baseline-outdated note
"""
# Rules that no artifact fires, and why.
NO_ARTIFACT: dict[str, str] = {}

EACH_RULE = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)


def file_of(rule: Rule) -> str:
    return f"{rule.code.lower()}_{rule.name.replace('-', '_')}.py"


def test_the_table() -> None:
    assert [f"{rule.code} {rule.name} {rule.severity}" for rule in RULES] == TABLE.split("\n")[1:-1]


def test_the_folder() -> None:
    folder = Path(inspect.getfile(pytest_trt_rules)).parent
    assert sorted(path.name for path in folder.glob("trt*.py")) == sorted(map(file_of, RULES))
    assert (folder / "py.typed").exists()


@EACH_RULE
def test_one_file_a_rule(rule: Rule) -> None:
    assert rule.check.__module__ == f"pytest_trt_rules.{file_of(rule)[:-3]}"
    assert rule.check.__name__ == rule.name.replace("-", "_")
    assert rule.stage in ("load", "warmup", "request", "file", "any")


@EACH_RULE
def test_documentation(rule: Rule) -> None:
    text = inspect.cleandoc(rule.documentation)
    first = text.partition("\n\n")[0]
    assert "\n" not in first and first.endswith(".")
    lines = text.split("\n")
    headings = [lines[number - 1] for number, line in enumerate(lines) if set(line) == {"-"}]
    assert headings == ["Why it matters", "What to do", "Example"]
    for heading in headings:
        assert f"\n\n{heading}\n{'-' * len(heading)}\n" in text
    assert all(line.startswith("    ") or not line for line in text.partition("Example\n-------\n")[2].split("\n"))


def test_the_mirror() -> None:
    assert sorted(path.name for path in HERE.glob("test_trt*.py")) == sorted(f"test_{file_of(rule)}" for rule in RULES)


@EACH_RULE
def test_the_mirror_shows_the_example_and_fires_the_rule(rule: Rule) -> None:
    tests = {
        node.name: {argument.arg for argument in node.args.args}
        for node in ast.parse((HERE / f"test_{file_of(rule)}").read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
    }
    assert "example" in tests.get("test_example", ())
    if rule.code not in NO_ARTIFACT:
        assert any(arguments & {"fires", "deploys"} for arguments in tests.values())


@pytest.fixture(scope="module")
def generate() -> Any:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_pages(generate: Any) -> None:
    assert generate.main(["--check"]) == 0


@EACH_RULE
@pytest.mark.parametrize("stage", ["load", "warmup", "request", "file"])
@pytest.mark.parametrize("facts", [{}, {"why": "", "node": "", "function": "", "where": ""}], ids=["none", "empty"])
def test_no_fact_is_needed(says: Any, rule: Rule, stage: str, facts: dict[str, str]) -> None:
    says(rule, stage, **{key: value for key, value in facts.items() if value})
    quiet = Reason(stage, rule.code, "", Location("x"), facts=facts)
    (finding,) = rule.check(Case(Artifact("x", "saved_model", "saved_model"), [], [quiet]))
    assert finding.quote is None


@EACH_RULE
def test_silent_without_its_reason(rule: Rule) -> None:
    other = Reason("file", "TRT999", "", Location("x"))
    assert not list(rule.check(Case(Artifact("x", "other", "other"), [], [other])))


def test_what_importing_the_rules_imports() -> None:
    """The start of trt-lint pays for it."""
    program = (
        "import sys; sys.path[:0] = sys.argv[1:]; before = set(sys.modules); import pytest_trt_rules;"
        "print(*sorted(name for name in set(sys.modules) - before if not name.startswith('pytest_trt')))"
    )
    run = [sys.executable, "-S", "-E", "-c", program, str(ROOT), str(ROOT / "rules")]
    assert subprocess.run(run, capture_output=True, text=True, check=True).stdout.split() == ["__future__"]
