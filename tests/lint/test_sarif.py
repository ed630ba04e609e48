"""SARIF 2.1.0: valid by the schema of OASIS, and with what GitHub code scanning asks for."""

from __future__ import annotations

import json
import re
from pathlib import Path

import made
import pytest
from jsonschema import Draft202012Validator

import pytest_trt_rules
from pytest_trt.lint.report import sarif

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

SCHEMA = json.loads((Path(__file__).parents[1] / "data" / "schemas" / "sarif-2.1.0.json").read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("GITHUB_WORKSPACE", "CI_PROJECT_DIR", "WORKSPACE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def run_of(report: made.Report, status: int = 1) -> Any:
    document = json.loads(sarif.render(report, pytest_trt_rules.RULES, status))
    problems = [f"{error.json_path}: {error.message}" for error in Draft202012Validator(SCHEMA).iter_errors(document)]
    assert problems == []
    assert document["version"] == "2.1.0"
    return document["runs"][0]


@pytest.mark.parametrize("make", [made.report, made.deployed, made.hostile, lambda: made.Report([made.NAMES[0]])])
def test_valid(make: Callable[[], made.Report]) -> None:
    report = make()
    run = run_of(report)
    assert len(run["results"]) == len(report.findings)


def test_golden(golden: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_trt.lint.report.sarif.__version__", "1.2.3")
    golden("deployed.sarif", sarif.render(made.deployed(), [], 1))


def test_rules_are_those_with_findings() -> None:
    run = run_of(made.report())
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["TRT101", "TRT102", "TRT104", "TRT105", "TRT902"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    first = rules[0]
    assert first["name"] == "engine-op-fails-load"
    assert first["shortDescription"]["text"].startswith("The server refuses to load the model")
    assert "1.11 to 2.17" in first["fullDescription"]["text"]
    assert first["defaultConfiguration"] == {"level": "error"}
    assert "## Why it matters\n" in first["help"]["markdown"] and "## What to do\n" in first["help"]["markdown"]
    assert "Why it matters\n---" in first["help"]["text"]
    assert "stage-load" in first["properties"]["tags"]


@pytest.mark.parametrize("rule", pytest_trt_rules.RULES, ids=lambda rule: rule.code)
def test_every_rule_has_what_github_shows(rule: Any) -> None:
    entry: Any = sarif._rule(rule)
    for key in ("shortDescription", "fullDescription"):
        assert 10 < len(entry[key]["text"]) <= 1024
    assert entry["help"]["text"] and "## What to do" in entry["help"]["markdown"]
    assert entry["defaultConfiguration"]["level"] in ("error", "warning", "note")
    assert len(entry["properties"]["tags"]) <= 10


def test_a_rule_that_is_not_ours() -> None:
    report = made.deployed()
    report.findings[0].code = "ACME1"
    result = run_of(report)["results"][0]
    assert result["ruleId"] == "ACME1" and "ruleIndex" not in result


def test_places() -> None:
    """A line in text; bytes in a binary, and the line 1 without which GitHub shows no result."""
    results = run_of(made.deployed())["results"]
    assert [one["ruleId"] for one in results] == ["TRT401", "TRT403", "TRT906"]
    first = results[0]
    assert first["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "deploy/Dockerfile", "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": 12},
            }
        }
    ]
    model, image = first["relatedLocations"]
    assert model["physicalLocation"]["region"] == {"startLine": 1, "byteOffset": 812, "byteLength": 90}
    assert model["logicalLocations"] == [
        {"name": "TRTEngineOp_0", "fullyQualifiedName": "serve > TRTEngineOp_0", "kind": "node"}
    ]
    assert model["message"] == {"text": "the model"}
    assert (model["id"], image["id"]) == (1, 2)
    assert results[2]["locations"][0]["physicalLocation"]["region"] == {"startLine": 4}
    assert results[2]["locations"][0]["logicalLocations"][0]["kind"] == "allow"


@pytest.mark.parametrize("make", [made.report, made.deployed, made.hostile])
def test_every_result_has_what_github_needs(make: Callable[[], made.Report]) -> None:
    for result in run_of(make())["results"]:
        (location,) = result["locations"]
        assert location["physicalLocation"]["artifactLocation"]["uri"]
        assert location["physicalLocation"]["region"]["startLine"] >= 1
        assert result["message"]["text"] and result["level"] in ("error", "warning", "note")


def test_fingerprints() -> None:
    report = made.report()
    for result, finding in zip(run_of(report)["results"], report.findings):
        assert result["partialFingerprints"] == {"trtLint/v1": finding.fingerprint()}


def test_what_was_not_read() -> None:
    run = run_of(made.report(), 3)
    (invocation,) = run["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 3)
    (notification,) = invocation["toolExecutionNotifications"]
    assert notification["level"] == "error"
    assert "models/torn/1 was not read wholly: a field of 70,000 bytes" in notification["message"]["text"]
    location = notification["locations"][0]["physicalLocation"]["artifactLocation"]
    assert location["uri"] == "models/torn/1/saved_model.pb"
    assert run["tool"]["driver"]["notifications"][0]["id"] == notification["descriptor"]["id"]


def test_no_more_results_than_github_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The gravest stay, and what is left out is counted."""
    monkeypatch.setattr(sarif, "RESULTS_LIMIT", 2)
    report = made.deployed()
    run = run_of(report)
    assert [one["ruleId"] for one in run["results"]] == ["TRT401", "TRT403"]
    (notification,) = run["invocations"][0]["toolExecutionNotifications"]
    assert notification["message"]["text"].startswith("1 finding left out")
    monkeypatch.setattr(sarif, "RESULTS_LIMIT", 3)
    assert len(run_of(report)["results"]) == 3


def test_no_scheme_but_that_of_a_checkout() -> None:
    """GitHub refuses a whole log for one absolute URI of another scheme, also of a related place."""
    report = made.Report([made.NAMES[0]])
    there = made.Location("s3://bucket/1/saved_model.pb")
    made.add_finding(report, made.Finding("x", there, "", also=[(there, "the model")]), "TRT208", "x", "error")
    assert '"uri": "s3:' not in sarif.render(report, [], 1)


def test_status() -> None:
    for status in (0, 1):
        (invocation,) = run_of(made.deployed(), status)["invocations"]
        assert (invocation["executionSuccessful"], invocation["exitCode"]) == (True, status)
        assert invocation["toolExecutionNotifications"] == []


@pytest.mark.parametrize(
    ("path", "artifact"),
    [
        ("a b/ü#?%.pb", {"uri": "a%20b/%C3%BC%23%3F%25.pb", "uriBaseId": "%SRCROOT%"}),
        ("c:d/e", {"uri": "c%3Ad/e", "uriBaseId": "%SRCROOT%"}),
        (b"m\xff".decode("utf-8", "surrogateescape"), {"uri": "m%FF", "uriBaseId": "%SRCROOT%"}),
        ("./x/../y", {"uri": "y", "uriBaseId": "%SRCROOT%"}),
        ("model.tar.gz!/1/saved_model.pb", {"uri": "model.tar.gz", "uriBaseId": "%SRCROOT%"}),
        ("/elsewhere/a b", {"uri": "file:///elsewhere/a%20b"}),
        ("s3://b/a b/x?y#z.pb", {"uri": "s3/b/a%20b/x%3Fy%23z.pb", "description": {"text": "s3://b/a b/x?y#z.pb"}}),
        ("https://h:1/x.pb", {"uri": "https/h%3A1/x.pb", "description": {"text": "https://h:1/x.pb"}}),
        (
            "s3://b/model.tar.gz!/1/saved_model.pb",
            {"uri": "s3/b/model.tar.gz", "description": {"text": "s3://b/model.tar.gz!/1/saved_model.pb"}},
        ),
    ],
)
def test_uris(path: str, artifact: dict[str, str]) -> None:
    report = made.Report([made.NAMES[0]])
    made.add_finding(report, made.Finding("x", made.Location(path), ""), "TRT208", "lfs-pointer", "error")
    location = run_of(report)["results"][0]["locations"][0]
    assert location["physicalLocation"]["artifactLocation"] == artifact
    if "!/" in path:
        assert location["logicalLocations"][0] == {
            "name": "1/saved_model.pb",
            "fullyQualifiedName": "1/saved_model.pb",
            "kind": "member",
        }


def test_absolute_paths_of_the_repository(here: Path) -> None:
    report = made.Report([made.NAMES[0]])
    at = made.Location(str(here / "a" / "b.pb"))
    made.add_finding(report, made.Finding("x", at, ""), "TRT208", "lfs-pointer", "error")
    shown = sarif.render(report, [], 1)
    assert '"uri": "a/b.pb"' in shown
    assert str(here) not in shown, "two machines give the same text"


def test_messages() -> None:
    results = run_of(made.report())["results"]
    text = results[0]["message"]["text"]
    assert re.fullmatch(r"The server will refuse to load this model: .*\n\nCure: Serve it with .*", text)
    assert results[0]["properties"]["count"] == 12
    assert results[0]["properties"]["server"].startswith("NOT_FOUND: Op type not registered")
