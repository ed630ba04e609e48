"""The report as plain text, for pipes, files and CI logs; standard library only."""

from __future__ import annotations

from pytest_trt.lint.report import places, words
from pytest_trt.lint.report.visible import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_trt.lint.finding import Finding
    from pytest_trt.lint.runner import Report

_QUOTE_LIMIT = 1200
_WIDTH = 100


def render(report: Report, quiet: bool = False) -> str:
    """quiet: findings only, without verdicts and summary."""
    lines: list[str] = []
    told = words.Told()
    clean, rest = words.split(words.parts(report))
    if clean and not quiet:
        lines += [f"{visible(part.path)}: {words.served(part)}" for part in clean[: words.CLEAN_SHOWN]]
        if len(clean) > words.CLEAN_SHOWN:
            lines.append(f"and {words.number(len(clean) - words.CLEAN_SHOWN, 'more artifact')} without problems")
        lines.append("")
    for part in rest:
        if quiet and not part.findings:
            continue
        head = visible(part.path)
        if part.case is not None and words.kind(part.case):
            head += f": {words.kind(part.case)}"
        lines.append(head)
        if not quiet:
            lines += _verdicts(part)
        for finding in part.ordered():
            lines += ["", *_finding(finding, part, report, told)]
        lines.append("")
    if not quiet:
        lines.append(words.summary(report))
    return "".join(f"{line}\n" for line in lines)


def _verdicts(part: words.Part) -> list[str]:
    said = words.said(part)
    width = max((len(words.targets(names)) for _, _, names in said), default=0)
    return [f"  {words.targets(names):{width}}  {'; '.join(text for _, text in clauses)}" for _, clauses, names in said]


def _finding(finding: Finding, part: words.Part, report: Report, told: words.Told) -> list[str]:
    head = f"  {finding.severity} {finding.code} {finding.name}"
    if words.concerned(finding, report):
        head += f" (on {words.targets(finding.targets)})"
    lines = [head]
    lines += [f"    {line}" for line in words.wrapped(visible(finding.message, _QUOTE_LIMIT), _WIDTH - 4)]
    lines += _labelled("at", [places.whole(finding.at)])
    if len(words.via(finding)) > 1:
        way = " > ".join(f"{what}\0{visible(name)}" for what, name in words.via(finding))
        lines += _labelled("via", [line.replace("\0", " ") for line in words.wrapped(way, _WIDTH - 12)])
    if finding.quote:
        quote = told.quote(finding)
        lines += _labelled(
            "server", words.wrapped(visible(words.in_line(quote) or "as above", _QUOTE_LIMIT), _WIDTH - 12)
        )
    if finding.hint:
        cure, _ = told.cure(finding, part)
        lines += _labelled("cure", words.wrapped(visible(cure, _QUOTE_LIMIT), _WIDTH - 12))
    also = [places.whole(place) + (f" ({visible(message)})" if message else "") for place, message in finding.also]
    if words.more_places(finding):
        also.append(f"and {words.number(words.more_places(finding), 'more place')}")
    return lines + _labelled("also", also)


def _labelled(label: str, lines: list[str]) -> list[str]:
    return [f"    {f'{label}:' if place == 0 else '':8}{line}" for place, line in enumerate(lines)]


def statistics(report: Report) -> str:
    """How often each rule has a finding."""
    rows = words.statistics(report)
    width = max((len(str(row[0])) for row in rows), default=0)
    return "".join(f"{count:>{width}}  {code}  {severity:7}  {name}\n" for count, code, severity, name in rows)
