"""The blocks as aligned text."""

from __future__ import annotations

from pytest_trt.cli.inspection import view
from pytest_trt.lint.report.visible import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_trt.cli.inspection.view import Entry


def render(entries: Sequence[Entry]) -> str:
    return "\n".join("\n".join(_artifact(entry)) + "\n" for entry in entries)


def _artifact(entry: Entry) -> Iterator[str]:
    path, kind = view.title(entry)
    yield f"{visible(path)}: {kind}"
    for number, block in enumerate(view.blocks(entry)):
        if block.title:
            if number:
                yield ""
            yield f"{visible(block.title)}{f': {visible(block.note, 1000)}' if block.note else ''}"
        rows = [("", block.head)] if block.head else []
        rows += [("  " * row.depth, row.cells) for row in block.rows]
        yield from _table(rows, block.numbers)
        if block.more:
            yield f"  {block.more}"


def _table(rows: Sequence[tuple[str, Sequence[str]]], numbers: Sequence[int]) -> Iterator[str]:
    lines = [[indent + visible(cells[0]), *map(visible, cells[1:])] for indent, cells in rows]
    widths = [max(map(len, column)) for column in zip(*lines)]
    for line in lines:
        cells = (f"{cell:{'>' if at in numbers else '<'}{width}}" for at, (cell, width) in enumerate(zip(line, widths)))
        yield "  " + "  ".join(cells).rstrip()
