"""Tables of the commands that list things: drawn by rich on a terminal, aligned text elsewhere."""

from __future__ import annotations

from pytest_trt.cli import output
from pytest_trt.lint.report.visible import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def show(head: Sequence[str], rows: Sequence[Sequence[str]], color: str, styles: Sequence[str] = ()) -> None:
    """rows: as many texts each as head has. styles: of rich, one a column."""
    if output.drawn(color):
        from pytest_trt.lint.report import terminal

        output.write(terminal.table(output.console(color), head, rows, styles))
        return
    lines = [[visible(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    output.write(
        "".join("  ".join(f"{cell:{width}}" for cell, width in zip(line, widths)).rstrip() + "\n" for line in lines)
    )
