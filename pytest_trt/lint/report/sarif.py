"""The report as SARIF 2.1.0 (OASIS, with Errata 01), as GitHub code scanning takes it. See docs/output.md."""

from __future__ import annotations

import json
import os
import re

from pytest_trt import __version__
from pytest_trt.lint.report import places, words
from pytest_trt.lint.report.visible import printable, whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_trt.artifacts.location import Location
    from pytest_trt.lint.case import Case
    from pytest_trt.lint.finding import Finding
    from pytest_trt.lint.rule import Rule
    from pytest_trt.lint.runner import Report

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT = "trtLint/v1"
_ROOT = "%SRCROOT%"
_UNREAD = "not-read-wholly"
_UNREAD_DESCRIPTOR = {
    "id": _UNREAD,
    "name": "NotReadWholly",
    "shortDescription": {"text": "Something could not be read wholly."},
    "fullDescription": {"text": "Something could not be read wholly, so nothing is promised of it."},
    "help": {"text": "The message says why; trt-lint rule TRT901, TRT902 and TRT903 say what to do."},
    "defaultConfiguration": {"level": "error"},
}
_TEXT_LIMIT = 4000
RESULTS_LIMIT = 25_000  # GitHub refuses a run of more
_DESCRIPTION_LIMIT = 1000  # GitHub shows 1,024 characters of a rule's descriptions
_PROBLEM = {"error": "error", "warning": "warning", "note": "recommendation"}  # GitHub's words for a severity


def render(report: Report, rules: Sequence[Rule], status: int) -> str:
    """The log, a line for each member; two runs over the same artifacts give the same text.

    rules: at least those with a finding. status: with which the process will end.
    """
    return json.dumps(document(report, rules, status), indent=1) + "\n"


def document(report: Report, rules: Sequence[Rule], status: int) -> dict[str, object]:
    """The log as Python values."""
    root = places.root()
    fired = {finding.code for finding in report.findings}
    told = [rule for rule in rules if rule.code in fired]
    index = {rule.code: number for number, rule in enumerate(told)}
    findings: Sequence[Finding] = report.findings
    notifications = list(_notifications(report, root))
    if len(findings) > RESULTS_LIMIT:
        notifications.append(_left_out(len(findings) - RESULTS_LIMIT))
        findings = words.gravest_first(findings)[:RESULTS_LIMIT]
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "trt-lint",
                        "version": __version__,
                        "semanticVersion": __version__,
                        "rules": [_rule(rule) for rule in told],
                        "notifications": [_UNREAD_DESCRIPTOR],
                    }
                },
                "invocations": [
                    {
                        "executionSuccessful": status != 3,
                        "exitCode": status,
                        "toolExecutionNotifications": notifications,
                    }
                ],
                "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the checked repository."}}},
                "columnKind": "unicodeCodePoints",
                "results": [_result(finding, index, root) for finding in findings],
                "properties": {"targets": [whole(name) for name in report.targets]},
            }
        ],
    }


def _rule(rule: Rule) -> dict[str, object]:
    summary, sections = _documentation(rule)
    why = next(iter(sections.partition("Why it matters")[2].strip("-\n ").split("\n\n")), "")
    markdown = re.sub(r"^(\w[^\n]*)\n-+$", r"## \1\n", sections, flags=re.MULTILINE)
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": _text(summary, _DESCRIPTION_LIMIT)},
        "fullDescription": {"text": _text(" ".join(f"{summary} {why}".split()), _DESCRIPTION_LIMIT)},
        "help": {"text": _braces(f"{summary}\n\n{sections}"), "markdown": _braces(f"{summary}\n\n{markdown}")},
        "defaultConfiguration": {"level": rule.severity},
        "properties": {
            "tags": ["tensorrt", "deployment", f"stage-{rule.stage}"],
            "problem.severity": _PROBLEM.get(rule.severity, "warning"),
        },
    }


def _documentation(rule: Rule) -> tuple[str, str]:
    """The first sentence of a rule's documentation, and its sections."""
    from inspect import cleandoc

    summary, _, sections = cleandoc(whole(rule.documentation)).partition("\n\n")
    return " ".join(summary.split()) or rule.name, sections


def _result(finding: Finding, index: dict[str, int], root: str) -> dict[str, object]:
    text = _text(finding.message)
    if finding.hint:
        text += f"\n\nCure: {_text(finding.hint)}"
    properties: dict[str, object] = {"count": finding.count, "targets": [whole(name) for name in finding.targets]}
    if finding.quote:
        properties["server"] = printable(words.in_line(finding.quote), _TEXT_LIMIT)
    result: dict[str, object] = {
        "ruleId": finding.code,
        "level": finding.severity,
        "kind": "fail",
        "message": {"text": text},
        "locations": [_location(finding.at, root)],
        "partialFingerprints": {FINGERPRINT: finding.fingerprint()},
        "properties": properties,
    }
    if finding.code in index:
        result["ruleIndex"] = index[finding.code]
    if finding.also:
        result["relatedLocations"] = [
            {"id": number, **_location(place, root), **({"message": {"text": _text(message)}} if message else {})}
            for number, (place, message) in enumerate(finding.also, 1)
        ]
    return result


def _location(at: Location, root: str) -> dict[str, object]:
    location: dict[str, object] = {
        "physicalLocation": {"artifactLocation": _artifact(at.path, root), "region": _region(at)}
    }
    member = places.member(at.path)[1]
    steps = [("member", member)] if member else []
    steps += places.steps(at)
    if steps:
        kind, name = steps[-1]
        location["logicalLocations"] = [
            {
                "name": printable(name, _TEXT_LIMIT),
                "fullyQualifiedName": " > ".join(printable(one, _TEXT_LIMIT) for _, one in steps),
                "kind": kind,
            }
        ]
    return location


def _region(at: Location) -> dict[str, int]:
    """GitHub shows no result without startLine, so there always is one; bytes where they are known and it is not."""
    line = places.line(at)
    region = {"startLine": line or 1}
    if line is None and at.offset is not None:
        region["byteOffset"] = at.offset
        if at.length is not None:
            region["byteLength"] = at.length
    return region


def _artifact(path: str, root: str) -> dict[str, object]:
    """A file's URI; of a member of an archive the archive's.

    What is at a URL gets a relative one, with the URL as its description: GitHub refuses a whole log for one absolute
    URI whose scheme is not that of its checkout (github/codeql-action#754).
    """
    if places.is_url(path):
        scheme, _, rest = places.member(path)[0].partition("://")
        return {"uri": f"{scheme.lower()}/{_quoted(rest, '/~')}", "description": {"text": printable(path, _TEXT_LIMIT)}}
    file = places.relative(places.member(path)[0], root)
    if os.path.isabs(file):
        return {"uri": "file://" + ("" if file.startswith("/") else "/") + _quoted(file, "/:~")}
    return {"uri": _quoted(file, "/~"), "uriBaseId": _ROOT}


def _quoted(text: str, safe: str) -> str:
    from urllib.parse import quote_from_bytes

    try:
        data = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half of a pair, which is no byte of a file's name
        data = whole(text).encode()
    return quote_from_bytes(data, safe)


def _notifications(report: Report, root: str) -> Iterator[dict[str, object]]:
    for case in (*report.cases, *report.deployments):
        if not case.artifact.complete:
            yield _notification(case, root)


def _notification(case: Case, root: str) -> dict[str, object]:
    error = case.artifact.error
    why = f": {error.why}" if error is not None and error.why else ""
    path = error.location.path if error is not None else case.artifact.path
    return {
        "level": "error",
        "descriptor": {"id": _UNREAD, "index": 0},
        "message": {"text": _text(f"{case.artifact.path} was not read wholly{why}.")},
        "locations": [{"physicalLocation": {"artifactLocation": _artifact(path, root)}}],
    }


def _left_out(count: int) -> dict[str, object]:
    why = f"{words.number(count, 'finding')} left out: GitHub takes {RESULTS_LIMIT:,} of a run. The gravest are here."
    return {"level": "warning", "message": {"text": why}}


def _text(text: str, limit: int = _TEXT_LIMIT) -> str:
    """A plain text message in which no name is a link or a placeholder (SARIF 3.11.5, 3.11.6)."""
    text = _braces(printable(text, limit))
    if "](" in text:
        text = re.sub(r"[\\\[\]]", r"\\\g<0>", text)
    return text


def _braces(text: str) -> str:
    """{0} would be replaced by an argument that we do not have; other braces are shown as they are."""
    return text.replace("{", "{{").replace("}", "}}") if re.search(r"\{\d+\}", text) else text
