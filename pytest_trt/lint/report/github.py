"""The report as annotations of GitHub Actions: `::error file=...,line=...,title=...::message`, the gravest first.

GitHub shows the first 10 of each level that a step prints, and the log has all of them.
"""

from __future__ import annotations

from pytest_trt.lint.report import places, words
from pytest_trt.lint.report.visible import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_trt.lint.finding import Finding
    from pytest_trt.lint.runner import Report

_LEVELS = {"error": "error", "warning": "warning", "note": "notice"}
_LIMIT = 2000


def render(report: Report) -> str:
    root = places.root()
    return "".join(f"{_annotation(finding, root)}\n" for finding in words.gravest_first(report.findings))


def _annotation(finding: Finding, root: str) -> str:
    properties = {"title": f"{finding.code} {finding.name}"}
    where = ""
    if places.is_url(finding.at.path):  # GitHub looks for the file in the repository
        where = f"{places.whole(finding.at)}: "
    else:
        file, member = places.member(finding.at.path)
        properties = {"file": visible(places.relative(file, root), _LIMIT), **properties}
        line = places.line(finding.at)
        if line is not None:
            properties["line"] = str(line)
        inside = ([member] if member else []) + [name for _, name in places.steps(finding.at)]
        if inside:
            where = " > ".join(visible(name) for name in inside) + ": "
    message = where + visible(finding.message, _LIMIT)
    if finding.targets:
        message += f" ({words.targets(finding.targets)})"
    if finding.hint:
        message += f"\nCure: {visible(finding.hint, _LIMIT)}"
    said = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{_LEVELS.get(finding.severity, 'notice')} {said}::{_data(message)}"


def _data(text: str) -> str:
    """What the runner turns back into % and ends of lines (actions/runner, ActionCommand.cs)."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
