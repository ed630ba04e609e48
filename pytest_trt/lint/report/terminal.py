"""The report as people see it on a terminal, drawn by rich.

Text from artifacts only ever goes into Text objects, after visible(): rich reads no markup in it.
"""

from __future__ import annotations

import sys

from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from pytest_trt.lint.report import words
from pytest_trt.lint.report.visible import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType
    from rich.style import StyleType

    from pytest_trt.artifacts.location import Location
    from pytest_trt.lint.finding import Finding
    from pytest_trt.lint.report.words import Part
    from pytest_trt.lint.rule import Rule
    from pytest_trt.lint.runner import Report
    from pytest_trt.serving.verdict import Verdict

SEVERITY = {"error": "bold red", "warning": "bold yellow", "note": "bold cyan"}
_STATE = {"ok": "green", "fail": "red", "unknown": "yellow"}
_SYMBOLS = {"ok": "✓", "fail": "✗", "unknown": "?", "and": " · ", "open": "“", "close": "”"}
_ASCII = {"ok": "+", "fail": "x", "unknown": "?", "and": "; ", "open": '"', "close": '"'}
_WIDEST = 110  # lines of prose that are longer are hard to read
_NARROWEST = 44  # below it a tree would lose its leaves; the terminal breaks the lines then
_STEPS_SHOWN = 12
_QUOTE_LIMIT = 1200


def console(colours: bool, styled: bool = True, width: int | None = None) -> Console:
    """Terminal colours only, so that the user's palette decides. styled: bold and dim though there are no colours."""
    wide = Console(file=sys.stdout).width if width is None else width
    return Console(
        file=sys.stdout,
        force_terminal=True,
        color_system="standard" if styled else None,
        no_color=not colours,
        highlight=False,
        markup=False,
        emoji=False,
        width=max(wide, _NARROWEST),
    )


def render(report: Report, out: Console, quiet: bool = False, statistics: bool = False) -> str:
    """The drawn report as text with escape sequences. quiet: findings only."""
    out.width = min(out.width, _WIDEST)
    symbols = _SYMBOLS if out.encoding.startswith("utf") else _ASCII
    with out.capture() as capture:
        clean, rest = words.split(words.parts(report))
        if not quiet:
            for line in _clean(clean, symbols):
                out.print(line)
        for part in rest:
            if part.findings or not quiet:
                out.print(_part(part, symbols, report, quiet, out.width))
        if statistics:
            out.print(_statistics(report))
        if not quiet:
            out.print(_summary(report, symbols))
    return _trimmed(capture.get())


def _trimmed(text: str) -> str:
    """Without the spaces that fill a column to its width."""
    return "\n".join(line.rstrip(" ") for line in text.split("\n"))


def _clean(parts: Sequence[Part], symbols: dict[str, str]) -> Iterator[RenderableType]:
    grid = Table.grid(padding=(0, 2, 0, 0))
    for part in parts[: words.CLEAN_SHOWN]:
        name = Text.assemble((f"{symbols['ok']} ", _STATE["ok"]), visible(part.path))
        grid.add_row(name, Text(words.served(part), "dim"))
    if parts:
        yield grid
        if len(parts) > words.CLEAN_SHOWN:
            yield Text(f"  and {words.number(len(parts) - words.CLEAN_SHOWN, 'more artifact')} without problems", "dim")
        yield Text()


def _part(part: Part, symbols: dict[str, str], report: Report, quiet: bool, width: int) -> RenderableType:
    head = Text(visible(part.path), "bold", overflow="fold")
    if part.case is not None and words.kind(part.case):
        head.append(f"  {words.kind(part.case)}", "not bold dim")
    rows: list[RenderableType] = [head]
    if part.case is not None and part.case.verdicts and not quiet:
        rows += [Padding(line, (0, 0, 0, 2)) for line in _verdicts(part.case.verdicts, symbols, width - 2)]
    for finding in part.ordered():
        rows += [Text(), Padding(_finding(finding, report, symbols), (0, 0, 0, 2))]
    rows.append(Text())
    return Group(*rows)


def _verdicts(verdicts: Sequence[Verdict], symbols: dict[str, str], width: int) -> Iterator[RenderableType]:
    """A line for each thing that is said, with the targets of which it is said; two lines where one is too narrow."""
    said: dict[tuple[tuple[str, str], ...], list[str]] = {}
    states: dict[tuple[tuple[str, str], ...], str] = {}
    for verdict in verdicts:
        clauses = tuple(words.clauses(verdict))
        said.setdefault(clauses, []).append(verdict.target.name)
        states[clauses] = words.state(verdict)
    named = {clauses: words.targets(names) for clauses, names in said.items()}
    column = max(map(len, named.values()))
    longest = max(len(symbols["and"].join(clause for _, clause in clauses)) for clauses in said)
    beside = column + longest + 4 <= width
    for clauses, names in named.items():
        text = Text()
        for place, (one, clause) in enumerate(clauses):
            text.append(symbols["and"] if place else "", "dim")
            text.append(clause, _STATE[one])
        head = Text.assemble((f"{symbols[states[clauses]]} ", f"bold {_STATE[states[clauses]]}"))
        if beside:
            yield Text.assemble(head, f"{names:{column}}  ", text)
        else:
            yield _hanging(head, Group(Text(names, overflow="fold"), text))


def _hanging(head: Text, rest: RenderableType) -> Table:
    grid = Table.grid()
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(head, rest)
    return grid


def _finding(finding: Finding, report: Report, symbols: dict[str, str]) -> RenderableType:
    style = SEVERITY.get(finding.severity, "bold")
    head = Text.assemble((finding.severity, style), " ", (finding.code, style), " ", (finding.name, "bold"))
    if set(finding.targets) not in (set(), set(report.targets)):
        head.append(f"  on {words.targets(finding.targets)}", "dim")
    notes = Table.grid(padding=(0, 1, 0, 0))
    notes.add_column(no_wrap=True, min_width=6)
    notes.add_column(overflow="fold")
    places: list[RenderableType] = list(_trees(finding))
    if words.more_places(finding):
        places.append(Text(f"and {words.number(words.more_places(finding), 'more place')}", "dim"))
    notes.add_row(Text("where", "dim"), Group(*places))
    if finding.quote:
        quote = symbols["open"] + visible(finding.quote, _QUOTE_LIMIT) + symbols["close"]
        notes.add_row(Text("server", "dim"), Text(quote, "dim italic"))
    if finding.hint:
        notes.add_row(Text("cure", "green"), _prose(visible(finding.hint, _QUOTE_LIMIT)))
    return Group(head, Text(visible(finding.message, _QUOTE_LIMIT), overflow="fold"), notes)


def _trees(finding: Finding) -> Iterator[Tree]:
    """The place and the first of the others, as trees from their files."""
    roots: dict[str, Tree] = {}
    branches: dict[tuple[str, tuple[str, str]], Tree] = {}

    def grow(place: Location, steps: list[tuple[str, str]], style: StyleType, message: str) -> None:
        if place.path not in roots:
            roots[place.path] = Tree(Text(visible(place.path), overflow="fold"), guide_style="dim")
        tree = roots[place.path]
        caller = None
        for depth, step in enumerate(steps):
            last = depth == len(steps) - 1
            known = branches.get((place.path, step))
            if known is not None and not last:
                tree = known
                continue
            if step[0] == "node" and not last and steps[depth + 1][0] == "function":
                caller = step
                continue
            label = Text(overflow="fold")
            if caller is not None:
                label.append(visible(caller[1], 160)).append(" calls ", "dim")
                caller = None
            elif step[0]:
                label.append(f"{step[0]} ", "dim")
            label.append(visible(step[1], 160), style if last else "")
            if last and place.offset is not None:
                label.append(f"  byte {place.offset:,}", "dim")
            if last and message:
                label.append(f"  {visible(message)}", "dim")
            tree = tree.add(label)
            branches.setdefault((place.path, step), tree)

    grow(finding.at, _short(words.steps(finding)), "bold", "")
    for place, message in finding.also:
        grow(place, list(place.trail), "", message)
    yield from roots.values()


def _short(steps: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """A long way with its middle left out."""
    left_out = len(steps) - _STEPS_SHOWN
    if left_out < 2:
        return steps
    head = _STEPS_SHOWN - 4
    return [*steps[:head], ("", f"... {left_out} more steps ..."), *steps[head + left_out :]]


def _prose(text: str) -> Text:
    """Prose in which `code` stands out."""
    result = Text(overflow="fold")
    for place, piece in enumerate(text.split("`")):
        result.append(piece, "bold" if place % 2 else "")
    return result


def _statistics(report: Report) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(justify="right")
    for count, code, severity, name in words.statistics(report):
        grid.add_row(Text(f"{count:,}", "bold"), Text(code, SEVERITY.get(severity, "")), Text(name))
    grid.add_row(Text())
    return grid


def _summary(report: Report, symbols: dict[str, str]) -> Text:
    bad = report.count("error") or report.unread
    state = "fail" if bad else "unknown" if report.count("warning") or not report.cases else "ok"
    return Text.assemble((f"{symbols[state]} ", f"bold {_STATE[state]}"), (words.summary(report), "bold"))


def table(out: Console, head: Sequence[str], rows: Sequence[Sequence[str]], styles: Sequence[str]) -> str:
    """A listing. styles: of rich, by column; "severity" and "yes": by what the cell says; "ditto": dim, and shown
    only where it differs from the row above.
    """
    from rich.box import SIMPLE_HEAD

    before: Sequence[str] = [""] * len(head)
    drawing = Table(box=SIMPLE_HEAD, header_style="bold", pad_edge=False, show_edge=False, border_style="dim")
    for title in head:
        drawing.add_column(Text(title), overflow="fold")
    for row in rows:
        cells = []
        for place, cell in enumerate(row):
            style = styles[place] if place < len(styles) else ""
            if style == "severity":
                style = SEVERITY.get(cell, "")
            elif style == "yes":
                style = "green" if cell == "yes" else "dim"
            elif style == "ditto":
                style, cell = "dim", "" if cell == before[place] else cell
            cells.append(Text(visible(cell), style))
        before = row
        drawing.add_row(*cells)
    with out.capture() as capture:
        out.print(drawing)
    return _trimmed(capture.get())


def rule(out: Console, one: Rule, documentation: str) -> str:
    """A rule's page: paragraphs flow to the width, what is indented stays as it is."""
    out.width = min(out.width, _WIDEST)
    with out.capture() as capture:
        style = SEVERITY.get(one.severity, "bold")
        out.print(
            Text.assemble((one.code, style), " ", (one.name, "bold"), (f"  {one.severity}, stage: {one.stage}", "dim"))
        )
        out.print()
        for place, block in enumerate(documentation.strip().split("\n\n")):
            if place:
                out.print()
            for line in _block(block.strip("\n")):
                out.print(line)
    return _trimmed(capture.get())


def _block(block: str) -> Iterator[RenderableType]:
    lines = block.splitlines()
    if len(lines) > 1 and lines[1] and not lines[1].strip("-"):
        yield Text(lines[0], "bold underline")
        lines = lines[2:]
    flowing: list[str] = []
    for line in lines:
        if line.startswith("    "):
            yield from _flow(flowing)
            flowing = []
            yield Padding(Text(line.strip(), "dim"), (0, 0, 0, 4))
        elif line.startswith("- "):
            yield from _flow(flowing)
            flowing = [line]
        else:
            flowing.append(line.strip())
    yield from _flow(flowing)


def _flow(lines: list[str]) -> Iterator[RenderableType]:
    if not lines:
        return
    text = " ".join(lines)
    if text.startswith("- "):
        grid = Table.grid(padding=(0, 1, 0, 0))
        grid.add_row(Text("•"), _prose(text[2:]))
        yield grid
    else:
        yield _prose(text)
