"""GitLab's Code Quality."""

from __future__ import annotations

import json
from pathlib import Path

import made
import pytest
from jsonschema import Draft202012Validator

from pytest_trt.lint.report import gitlab

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

# What GitLab's documentation asks of an entry ("Code Quality report format"), and its importer checks.
SCHEMA = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "minLength": 1},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "minLength": 1, "pattern": r"^(?!\./)"},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
    },
}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CI_PROJECT_DIR", raising=False)
    return tmp_path


@pytest.mark.parametrize("make", [made.report, made.deployed, made.hostile, lambda: made.Report([made.NAMES[0]])])
def test_valid(make: Callable[[], made.Report]) -> None:
    report = make()
    entries = json.loads(gitlab.render(report))
    assert [error.message for error in Draft202012Validator(SCHEMA).iter_errors(entries)] == []
    assert len(entries) == len(report.findings)


def test_golden(golden: Callable[[str, str], None]) -> None:
    golden("deployed.gitlab.json", gitlab.render(made.deployed()))


def test_severities() -> None:
    found = {one["check_name"]: one["severity"] for one in gitlab.document(made.report())}
    assert found == {
        "TRT101": "critical",
        "TRT102": "critical",
        "TRT104": "critical",
        "TRT105": "major",
        "TRT902": "blocker",
    }
    assert gitlab.document(made.deployed())[-1]["severity"] == "info"


def test_fingerprints_differ() -> None:
    """GitLab drops an entry whose fingerprint it has seen."""
    report = made.Report([made.NAMES[0]])
    for number in range(3):
        at = made.Location("deploy/compose.yaml", [("line", str(number + 1))])
        made.add_finding(report, made.Finding("x", at, ""), "TRT403", "floating-tag", "warning")
    first, second, third = (str(one["fingerprint"]) for one in gitlab.document(report))
    assert first == report.findings[0].fingerprint()
    assert (second, third) == (f"{first}:2", f"{first}:3")


def test_paths(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "sub").mkdir()
    monkeypatch.chdir(here / "sub")
    monkeypatch.setenv("CI_PROJECT_DIR", str(here))
    report = made.Report([made.NAMES[0]])
    for path in ("m", "m.zip!/1/x", "s3://b/m"):
        made.add_finding(report, made.Finding("x", made.Location(path), ""), "TRT208", "lfs-pointer", "error")
    assert [one["location"]["path"] for one in gitlab.document(report)] == ["sub/m", "sub/m.zip", "s3://b/m"]  # type: ignore[index]
