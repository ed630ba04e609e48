"""The blocks as people see them on a terminal, drawn by rich.

Text from artifacts only ever goes into Text objects, after visible(): rich reads no markup in it.
"""

from __future__ import annotations

import re

from rich.box import Box
from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pytest_trt.cli.inspection import view
from pytest_trt.lint.report.visible import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console, RenderableType

    from pytest_trt.cli.inspection.view import Block, Entry, Row

_WIDEST = 120
_BAR = 24
_SYMBOLS = {"branch": "├─ ", "last": "└─ ", "bar": "━", "rule": "─"}
_ASCII = {"branch": "|- ", "last": "`- ", "bar": "=", "rule": "-"}
_MARKS = {"trt": "magenta", "bad": "red", "dim": "dim", "title": "bold", "": ""}


def render(entries: Sequence[Entry], out: Console) -> str:
    out.width = min(out.width, _WIDEST)
    symbols = _SYMBOLS if out.encoding.startswith("utf") else _ASCII
    with out.capture() as capture:
        for number, entry in enumerate(entries):
            if number:
                out.print()
            path, kind = view.title(entry)
            out.print(Text.assemble((visible(path), "bold"), f"  {kind}", overflow="fold"))
            for block in view.blocks(entry):
                out.print(_block(block, symbols))
    ends = r"(?: |\x1b\[[\d;]*m)+$"
    return re.sub(ends, lambda end: end[0].replace(" ", ""), capture.get(), flags=re.MULTILINE)


def _block(block: Block, symbols: dict[str, str]) -> RenderableType:
    parts: list[RenderableType] = []
    if block.title:
        head = Text("\n", overflow="fold").append(visible(block.title), "bold cyan")
        parts.append(head.append(f"  {visible(block.note, 1000)}" if block.note else "", "dim"))
    if block.rows:
        parts.append(Padding(_table(block, symbols), (0, 0, 0, 2)))
    if block.more:
        parts.append(Text(f"  {block.more}", "dim"))
    return Group(*parts)


def _table(block: Block, symbols: dict[str, str]) -> Table:
    rule = symbols["rule"]
    box = Box(f"    \n    \n {rule}{rule} \n    \n    \n    \n    \n    \n", ascii=rule == "-")
    table = Table(box=box, show_header=bool(block.head), show_edge=False, pad_edge=False, border_style="dim")
    table.padding = (0, 1, 0, 0)
    table.header_style = "not bold"
    columns = max(len(row.cells) for row in block.rows)
    for at in range(columns):
        name = block.head[at] if at < len(block.head) else ""
        right = at in block.numbers
        table.add_column(
            Text(name, "dim"), justify="right" if right else "left", no_wrap=right, overflow="fold", min_width=len(name)
        )
    if block.bars is not None:
        table.add_column()
    most = max((_count(row, block.bars) for row in block.rows), default=0)
    for row in block.rows:
        table.add_row(*_cells(row, block, symbols), *_bar(row, block, most, symbols))
    return table


def _cells(row: Row, block: Block, symbols: dict[str, str]) -> Iterator[Text]:
    style = _MARKS[row.mark]
    for at, cell in enumerate(row.cells):
        if at == 0:
            text = Text(overflow="fold")
            if row.depth:
                text.append(symbols["last" if row.last else "branch"], "dim")
            yield text.append(visible(cell), style if block.head or row.mark == "bad" else "dim")
        else:
            yield Text(visible(cell, 1000), "dim" if row.mark == "title" else style, overflow="fold")


def _count(row: Row, column: int | None) -> int:
    return int(row.cells[column].replace(",", "")) if column is not None else 0


def _bar(row: Row, block: Block, most: int, symbols: dict[str, str]) -> Iterator[Text]:
    if block.bars is not None:
        length = max(1, round(_BAR * _count(row, block.bars) / most)) if most else 0
        yield Text(symbols["bar"] * length, _MARKS[row.mark] or "blue")
