"""The report as plain text, for pipes, files and CI logs; standard library only."""

from __future__ import annotations

from pytest_trt.lint.report import words
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
        if part.case is not None and not quiet:
            width = max((len(visible(verdict.target.name)) for verdict in part.case.verdicts), default=0)
            for verdict in part.case.verdicts:
                said = "; ".join(text for _, text in words.clauses(verdict))
                lines.append(f"  {visible(verdict.target.name):{width}}  {said}")
        for finding in part.ordered():
            lines += ["", *_finding(finding)]
        lines.append("")
    if not quiet:
        lines.append(words.summary(report))
    return "".join(f"{line}\n" for line in lines)


def _finding(finding: Finding) -> list[str]:
    place = visible(finding.at.path)
    if finding.at.trail:
        place += ": " + " > ".join(visible(name) for _, name in finding.at.trail)
    if finding.at.offset is not None:
        place += f" (byte {finding.at.offset:,})"
    lines = [f"  {finding.severity} {finding.code} {finding.name}"]
    lines += [f"    {line}" for line in words.wrapped(visible(finding.message, _QUOTE_LIMIT), _WIDTH)]
    lines += _labelled("at", [place])
    if words.via(finding):
        lines += _labelled("via", [" > ".join(visible(f"{what} {name}") for what, name in words.via(finding))])
    if finding.targets:
        lines += _labelled("on", [words.targets(finding.targets)])
    if finding.quote:
        lines += _labelled("server", words.wrapped(visible(finding.quote, _QUOTE_LIMIT), _WIDTH - 8))
    if finding.hint:
        lines += _labelled("cure", words.wrapped(visible(finding.hint, _QUOTE_LIMIT), _WIDTH - 8))
    also = [
        visible(str(place_also)) + (f" ({visible(message)})" if message else "") for place_also, message in finding.also
    ]
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
