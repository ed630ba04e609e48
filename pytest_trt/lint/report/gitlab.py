"""The report as GitLab's Code Quality: a JSON array, as its artifact `reports: codequality` takes it."""

from __future__ import annotations

import json

from pytest_trt.lint.report import places, words
from pytest_trt.lint.report.visible import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_trt.lint.finding import Finding
    from pytest_trt.lint.runner import Report

_SEVERITIES = {"error": "critical", "warning": "major", "note": "info"}
_BLOCKERS = ("TRT901", "TRT902", "TRT903")  # not read wholly: nothing is promised
_LIMIT = 4000


def render(report: Report) -> str:
    """The array with a newline at its end; two runs over the same artifacts give the same text."""
    return json.dumps(document(report), indent=2) + "\n"


def document(report: Report) -> list[dict[str, object]]:
    """The array as Python values, the gravest first."""
    root = places.root()
    seen: dict[str, int] = {}
    entries = []
    for finding in words.gravest_first(report.findings):
        fingerprint = finding.fingerprint()
        count = seen[fingerprint] = seen.get(fingerprint, 0) + 1
        entries.append(_entry(finding, f"{fingerprint}:{count}" if count > 1 else fingerprint, root))
    return entries


def _entry(finding: Finding, fingerprint: str, root: str) -> dict[str, object]:
    file, member = places.member(finding.at.path)
    path = file if places.is_url(file) else places.relative(file, root)
    inside = ([member] if member else []) + [name for _, name in places.steps(finding.at)]
    where = " > ".join(printable(name) for name in inside)
    return {
        "type": "issue",
        "check_name": finding.code,
        "description": ": ".join(filter(None, (where, printable(finding.message, _LIMIT)))),
        "categories": ["Compatibility"],
        "severity": _severity(finding),
        "fingerprint": fingerprint,
        "location": {"path": printable(path, _LIMIT), "lines": {"begin": places.line(finding.at) or 1}},
    }


def _severity(finding: Finding) -> str:
    if finding.code in _BLOCKERS and finding.severity == "error":
        return "blocker"
    return _SEVERITIES.get(finding.severity, "info")
