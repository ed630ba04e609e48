"""The report as JUnit XML, as Jenkins, GitLab and Azure take it: a test case for each artifact and deployment file."""

from __future__ import annotations

from pytest_trt.lint.report import places, words
from pytest_trt.lint.report.visible import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_trt.lint.finding import Finding
    from pytest_trt.lint.report.words import Part
    from pytest_trt.lint.runner import Report

_LIMIT = 4000


def render(report: Report, strict: bool = False) -> str:
    """strict: warnings fail a test case; without it they stand in its output, as notes do."""
    cases = []
    counts = {"failure": 0, "error": 0}
    parts = words.parts(report)
    for part in parts:
        lines, outcome = _case(part, strict)
        cases += lines
        if outcome:
            counts[outcome] += 1
    numbers = f'tests="{len(parts)}" failures="{counts["failure"]}" errors="{counts["error"]}"'
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<testsuites name="trt-lint" {numbers}>',
        f'  <testsuite name="trt-lint" {numbers} skipped="0">',
        "    <properties>",
        *(f'      <property name="target" value="{_escaped(name)}"/>' for name in report.targets),
        "    </properties>",
        *cases,
        "  </testsuite>",
        "</testsuites>",
    ]
    return "".join(f"{line}\n" for line in lines)


def _case(part: Part, strict: bool) -> tuple[list[str], str]:
    """The lines of a test case, and what it counts as: "failure", "error" or nothing."""
    found = words.gravest_first(part.findings)
    bad = ("error", "warning") if strict else ("error",)
    failing = [one for one in found if one.severity in bad]
    rest = [one for one in found if one.severity not in bad]
    unread = part.case is not None and not part.case.artifact.complete
    outcome = "error" if unread else "failure" if failing else ""
    lines = [f'    <testcase classname="trt-lint.{_group(part)}" name="{_escaped(part.path)}">']
    if outcome:
        head = _head(failing) or "was not read wholly"
        what = failing[0].code if failing else "unread"
        lines.append(
            f'      <{outcome} type="{_escaped(what)}" message="{_escaped(head)}">{_listed(failing)}</{outcome}>'
        )
    if rest:
        lines.append(f"      <system-out>{_listed(rest)}</system-out>")
    lines.append("    </testcase>")
    return lines, outcome


def _group(part: Part) -> str:
    if part.case is None:
        return "other"
    return "deployment" if part.case.artifact.kind == "deployment" else "artifact"


def _head(findings: Sequence[Finding]) -> str:
    if not findings:
        return ""
    first = findings[0]
    more = f" (and {words.number(len(findings) - 1, 'more finding')})" if len(findings) > 1 else ""
    return f"{first.code} {first.name}: {first.message}{more}"


def _listed(findings: Sequence[Finding]) -> str:
    return "\n\n".join("\n".join(map(_escaped, _lines(finding))) for finding in findings)


def _lines(finding: Finding) -> list[str]:
    lines = [f"{finding.severity} {finding.code} {finding.name}", places.whole(finding.at), finding.message]
    if finding.targets:
        lines.append(f"on {words.targets(finding.targets)}")
    if finding.quote:
        lines.append(f"server: {words.in_line(finding.quote)}")
    if finding.hint:
        lines.append(f"cure: {finding.hint}")
    lines += [f"also: {places.whole(place)}" + (f" ({message})" if message else "") for place, message in finding.also]
    if words.more_places(finding):
        lines.append(f"also: {words.number(words.more_places(finding), 'more place')}")
    return lines


def _escaped(text: str) -> str:
    """Printable characters, which are legal in XML 1.0, and no markup."""
    text = visible(text, _LIMIT)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
