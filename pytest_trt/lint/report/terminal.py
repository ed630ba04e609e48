"""The report as people see it on a terminal, drawn by rich.

Text from artifacts only ever goes into Text objects, after visible(): rich reads no markup in it.
"""

from __future__ import annotations

import re
import sys

from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from pytest_trt.lint.report import places, words
from pytest_trt.lint.report.visible import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from pytest_trt.artifacts.location import Location
    from pytest_trt.lint.finding import Finding
    from pytest_trt.lint.report.words import Part
    from pytest_trt.lint.rule import Rule
    from pytest_trt.lint.runner import Report

SEVERITY = {"error": "bold red", "warning": "bold yellow", "note": "bold cyan"}
_STATE = {"ok": "green", "fail": "red", "unknown": "yellow"}
_SYMBOLS = {"ok": "✓", "fail": "✗", "unknown": "?", "and": " · ", "in": " › ", "more": " …"}
_ASCII = {"ok": "+", "fail": "x", "unknown": "?", "and": "; ", "in": " > ", "more": " ..."}
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
        told = words.Told()
        if not quiet:
            for line in _clean(clean, symbols, out.width):
                out.print(line)
        for part in rest:
            if part.findings or not quiet:
                out.print(_part(part, symbols, report, told, quiet, out.width))
        if statistics:
            out.print(_statistics(report))
        if not quiet:
            out.print(_summary(report, symbols))
    return _trimmed(capture.get())


def _trimmed(text: str) -> str:
    """Without the spaces that fill a column to its width."""
    return re.sub(r" +((?:\x1b\[[\d;]*m)*)$", r"\1", text, flags=re.MULTILINE)


def _clean(parts: Sequence[Part], symbols: dict[str, str], width: int) -> Iterator[RenderableType]:
    """A line for each, in columns where these are wide enough."""
    shown = [(visible(part.path), words.served(part), bool(part.case and part.case.verdicts)) for part in parts]
    del shown[words.CLEAN_SHOWN :]
    column = max((len(path) for path, _, _ in shown), default=0)
    beside = column + 4 + max((len(served) for _, served, _ in shown), default=0) <= width
    for path, served, asked in shown:
        mark = Text(f"{symbols['ok']} ", _STATE["ok"]) if asked else Text("- ", "dim")
        if beside:
            yield Text.assemble(mark, f"{path:{column}}  ", (served, "dim"))
        else:
            yield _hanging(mark, Group(Text(path, overflow="fold"), Text(served, "dim", overflow="fold")))
    if len(parts) > words.CLEAN_SHOWN:
        yield Text(f"  and {words.number(len(parts) - words.CLEAN_SHOWN, 'more artifact')} without problems", "dim")
    if parts:
        yield Text()


def _part(
    part: Part, symbols: dict[str, str], report: Report, told: words.Told, quiet: bool, width: int
) -> RenderableType:
    head = Text(visible(part.path), "bold", overflow="fold")
    if part.case is not None and words.kind(part.case):
        head.append(f"  {words.kind(part.case)}", "not bold dim")
    rows: list[RenderableType] = [head]
    if not quiet:
        rows += [Padding(line, (0, 0, 0, 2)) for line in _verdicts(part, symbols, width - 2)]
    for finding in part.ordered():
        rows += [Padding(_finding(finding, part, report, told, symbols), (0, 0, 0, 2))]
    rows.append(Text())
    return Group(*rows)


def _verdicts(part: Part, symbols: dict[str, str], width: int) -> Iterator[RenderableType]:
    """A line for each thing that is said, with the targets of which it is said; two lines where one is too narrow."""
    rows = [(state, clauses, words.targets(names)) for state, clauses, names in words.said(part)]
    column = max((len(names) for _, _, names in rows), default=0)
    longest = max((len(symbols["and"].join(clause for _, clause in clauses)) for _, clauses, _ in rows), default=0)
    for state, clauses, names in rows:
        text = Text()
        for place, (one, clause) in enumerate(clauses):
            text.append(symbols["and"] if place else "", "dim")
            text.append(clause, _STATE[one])
        head = Text.assemble((f"{symbols[state]} ", f"bold {_STATE[state]}"))
        if column + longest + 4 <= width:
            yield Text.assemble(head, f"{names:{column}}  ", text)
        else:
            yield _hanging(head, Group(Text(names, overflow="fold"), text))


def _hanging(head: Text, rest: RenderableType) -> Table:
    grid = Table.grid()
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(head, rest)
    return grid


def _finding(finding: Finding, part: Part, report: Report, told: words.Told, symbols: dict[str, str]) -> RenderableType:
    """Whole the first time; of what an earlier finding has said, only that it has."""
    style = SEVERITY.get(finding.severity, "bold")
    message, quote, (cure, new) = told.message(finding), told.quote(finding), told.cure(finding, part)
    head = Text.assemble((finding.severity, style), " ", (finding.code, style), " ", (finding.name, "bold"))
    if words.concerned(finding, report):
        head.append(f"  on {words.targets(finding.targets)}", "dim")
    notes = Table.grid(padding=(0, 1, 0, 0))
    notes.add_column(no_wrap=True, min_width=6)
    notes.add_column(overflow="fold")
    where: list[RenderableType] = list(_places(finding, part, symbols))
    if words.more_places(finding):
        where.append(Text(f"and {words.number(words.more_places(finding), 'more place')}", "dim"))
    notes.add_row(Text("where", "dim"), Group(*where))
    if quote:
        notes.add_row(Text("server", "dim"), _folded(quote, symbols))
    if finding.hint and new:
        notes.add_row(Text("cure", "green"), _prose(visible(cure, _QUOTE_LIMIT)))
    elif message:
        notes.add_row(Text("cure", "dim"), Text(visible(cure), "dim", overflow="fold"))
    if not message:
        return Group(head.append("  as above" if not new else "", "dim"), notes)
    return Group(Text(), head, Text(visible(message, _QUOTE_LIMIT), overflow="fold"), notes)


def _folded(quote: str, symbols: dict[str, str]) -> Text:
    """The first sentence of the server's words; the plain format has them whole."""
    first = words.sentence(quote)
    text = Text(visible(first, _QUOTE_LIMIT), "italic", overflow="fold")
    return text.append(symbols["more"] if len(first) < len(quote) else "", "dim")


def _places(finding: Finding, part: Part, symbols: dict[str, str]) -> Iterator[RenderableType]:
    """The place and the first of the others: as lines, and as trees where a way leads there."""
    found = [(finding.at, _short(words.steps(finding)), "")]
    found += [(place, places.steps(place), message) for place, message in finding.also]
    trees: dict[tuple[str, str], list[tuple[Location, list[tuple[str, str]], str]]] = {}
    for place, steps, message in found:
        metagraph = steps.pop(0)[1] if steps and steps[0][0] == "metagraph" else ""
        named = places.shown(place, words.inside(place.path, part) or place.path)
        trees.setdefault((named, metagraph), []).append((place, steps, message))
    for (named, metagraph), ways in trees.items():
        root = Text(named, overflow="fold")
        if metagraph:
            root.append(symbols["in"], "dim").append(visible(metagraph))
        place, steps, message = ways[0]
        if len(ways) == 1 and not _calls(steps):
            for number, (what, name) in enumerate(steps, 1):
                root.append(symbols["in"] + (f"{what} " if what in ("signature", "stage") else ""), "dim")
                root.append(visible(name, 160), "bold" if number == len(steps) else "")
            yield _ended(root, place, message)
        else:
            yield _tree(root, ways)


def _calls(steps: Sequence[tuple[str, str]]) -> bool:
    return any(one[0] == "node" and other[0] == "function" for one, other in zip(steps, steps[1:]))


def _tree(root: Text, ways: Sequence[tuple[Location, list[tuple[str, str]], str]]) -> Tree:
    """Ways that begin at the same place, what they share drawn once."""
    trunk = Tree(root, guide_style="dim")
    branches: dict[tuple[str, str], Tree] = {}
    for number, (place, steps, message) in enumerate(ways):
        tree = trunk
        caller = None
        for depth, step in enumerate(steps):
            last = depth == len(steps) - 1
            known = branches.get(step)
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
            label.append(visible(step[1], 160), "bold" if last and not number else "")
            tree = tree.add(_ended(label, place, message) if last else label)
            branches.setdefault(step, tree)
    return trunk


def _ended(label: Text, place: Location, message: str) -> Text:
    """A place's last step, with what is there and its byte."""
    if message:
        label.append(f"  {visible(message)}", "dim")
    if place.offset is not None:
        label.append(f"  byte {place.offset:,}", "dim")
    return label


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
