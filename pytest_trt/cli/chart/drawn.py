"""The map drawn on a terminal by rich."""

from __future__ import annotations

from rich.text import Text
from rich.tree import Tree

from pytest_trt.cli.chart.words import NOWHERE, summary, tree
from pytest_trt.lint.report.visible import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rich.console import Console

    from pytest_trt.lint.destinations.whole_map import Map


def show(drawn: Map, console: Console) -> None:
    for head, kind, servers in tree(drawn):
        branches = Tree(Text.assemble((head, "bold"), ("  " + kind, "dim")))
        for name, reasons in servers:
            branch = branches.add(Text(name, "yellow" if name == NOWHERE else "cyan"))
            for reason in reasons:
                branch.add(Text(reason, "dim"))
        console.print(branches)
    for error in drawn.unread:
        console.print(Text(f"not read: {visible(str(error), 1000)}", "red"))
    console.print(Text(summary(drawn), "bold"))
