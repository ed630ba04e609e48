"""The map as plain lines."""

from __future__ import annotations

from pytest_trt.cli.chart.words import summary, tree
from pytest_trt.lint.report.visible import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.destinations.whole_map import Map


def render(drawn: Map) -> str:
    return "\n".join(_lines(drawn)) + "\n"


def _lines(drawn: Map) -> Iterator[str]:
    for head, kind, servers in tree(drawn):
        yield f"{head}  ({kind})"
        for name, reasons in servers:
            yield f"  -> {name}"
            yield from (f"       {reason}" for reason in reasons)
    yield from (f"not read: {visible(str(error), 1000)}" for error in drawn.unread)
    yield summary(drawn)
