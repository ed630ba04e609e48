"""The report as Markdown, for $GITHUB_STEP_SUMMARY and comments: a table by artifact and server, then the findings.

Names stand in code spans. In prose every mark of Markdown and HTML is escaped, and what GitHub and GitLab would make a
mention or a reference (@user, #1, !1, GH-1) is broken up by a space of no width.
"""

from __future__ import annotations

import re

from pytest_trt.lint.report import places, words
from pytest_trt.lint.report.visible import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_trt.artifacts.location import Location
    from pytest_trt.lint.finding import Finding
    from pytest_trt.lint.report.words import Part
    from pytest_trt.lint.runner import Report

SIZE_LIMIT = 900_000  # GitHub refuses a step's summary of more than 1 MiB
_TEXT_LIMIT = 1200
_ROWS = 200
_SYMBOLS = {"ok": "✅", "fail": "❌", "unknown": "❔"}
_SEVERITIES = {"error": "❌", "warning": "⚠️", "note": "ℹ️"}
_BREAK = "\u200b"
# What becomes a link once it is shown: @user, #1, !1, GH-1, www.x, https://x, and :emoji:.
_REFERENCES = re.compile(r"[@#!$%&~^](?=[\w\"])|\bGH(?=-\d)|\bwww(?=\.)|:(?=//|[\w+-]+:)", re.IGNORECASE)
_MARKS = re.compile(r"[\\\\`*_{}\[\]<>()#+!|&~$^=]")
_BEGINNINGS = re.compile(r"^(\d*)([-.)])")  # of lists and rulers


def render(report: Report, quiet: bool = False) -> str:
    """quiet: findings only, without table and summary."""
    found = words.parts(report)
    blocks = ["## trt-lint"]
    if not quiet:
        blocks.append(f"**{prose(words.summary(report))}**")
        blocks += _table(found)
    told = words.Told()
    size = sum(map(_size, blocks))
    left = 0
    for part in sorted(found, key=_gravity):
        if not part.findings:
            continue
        section = [f"### {code(part.path)}"]
        for finding in part.ordered():
            section += _finding(finding, part, report, told)
        size += sum(map(_size, section))
        if size > SIZE_LIMIT:
            left += len(part.findings)
            continue
        blocks += section
    if left:
        blocks.append(f"{words.number(left, 'finding')} left out: more than a step's summary can hold.")
    return "\n\n".join(blocks) + "\n"


def _size(block: str) -> int:
    return len(block.encode()) + 2


def _gravity(part: Part) -> int:
    severities = [finding.severity for finding in part.findings]
    return next((number for number, one in enumerate(("error", "warning", "note")) if one in severities), 3)


def _table(found: Sequence[Part]) -> list[str]:
    """A row for each artifact and what is said alike of servers; files of deployments without verdicts have one."""
    rows = []
    for part in found:
        what = words.kind(part.case) if part.case is not None else ""
        name = code(part.path, cell=True) + (f"<br>{prose(what)}" if what else "")
        said = words.said(part)
        for state, clauses, names in said:
            servers = ", ".join(code(one, cell=True) for one in names)
            rows.append(f"| {name} | {servers} | {_SYMBOLS[state]} {prose('; '.join(text for _, text in clauses))} |")
        if not said and (part.findings or part.case is not None):
            rows.append(f"| {name} | | {_counts(part)} |")
    if not rows:
        return []
    lines = ["| what | server | verdict |", "|---|---|---|", *rows[:_ROWS]]
    more = [f"and {words.number(len(rows) - _ROWS, 'more row')}"] if len(rows) > _ROWS else []
    return ["\n".join(lines), *more]


def _counts(part: Part) -> str:
    severities = [finding.severity for finding in part.findings]
    counts = [(one, severities.count(one)) for one in ("error", "warning", "note") if one in severities]
    if not counts:
        return f"{_SYMBOLS['ok']} nothing to report"
    return f"{_SEVERITIES[counts[0][0]]} {words.listed([words.number(count, one) for one, count in counts])}"


def _finding(finding: Finding, part: Part, report: Report, told: words.Told) -> list[str]:
    head = f"{_SEVERITIES.get(finding.severity, '')} **{prose(finding.severity)} {prose(finding.code)}**"
    head += f" {prose(finding.name)}"
    if words.concerned(finding, report):
        head += " on " + ", ".join(map(code, finding.targets))
    blocks = [f"{head}<br>{_place(finding.at)}", prose(finding.message)]
    inside = {}
    if finding.hint:
        inside["What to do"] = spans(told.cure(finding, part)[0])
    quote = told.quote(finding)
    if quote:
        inside["The server's words"] = code(words.in_line(quote), limit=_TEXT_LIMIT)
    also = [f"- {_place(place)}" + (f": {prose(message)}" if message else "") for place, message in finding.also]
    if words.more_places(finding):
        also.append(f"- and {words.number(words.more_places(finding), 'more place')}")
    if also:
        inside["Other places"] = "\n".join(also)
    if inside:
        blocks.append(f"<details><summary>{'; '.join(inside)}</summary>")
        for title, text in inside.items():
            blocks += [f"**{title}:**", text] if len(inside) > 1 else [text]
        blocks.append("</details>")
    return blocks


def _place(at: Location) -> str:
    steps = [code(places.shown(at)), *(code(name) for _, name in places.steps(at))]
    return " › ".join(steps) + ("" if at.offset is None else f" (byte {at.offset:,})")


def code(text: str, cell: bool = False, limit: int = 400) -> str:
    """A code span that holds the text, whatever it is. cell: of a table, where no `|` may stand."""
    text = visible(text, limit)
    if cell:
        text = text.replace("|", "\\x7c")
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    pad = " " if text[:1] in ("`", " ") or text[-1:] in ("`", " ") else ""
    return f"{fence}{pad}{text}{pad}{fence}" if text.strip(" ") else "``  ``"


def prose(text: str) -> str:
    """Text that Markdown, HTML and the services that show it take for nothing but text."""
    text = _REFERENCES.sub(lambda match: match[0] + _BREAK, visible(text, _TEXT_LIMIT).replace("\u200b", ""))
    text = _MARKS.sub(r"\\\g<0>", text)
    return _BEGINNINGS.sub(r"\1\\\2", text).replace(_BREAK, "&#8203;")


def spans(text: str) -> str:
    """Prose in which `code` is code."""
    pieces = visible(text, _TEXT_LIMIT).split("`")
    if len(pieces) % 2 == 0:
        return prose(text)
    return "".join(code(piece) if place % 2 else prose(piece) for place, piece in enumerate(pieces))
