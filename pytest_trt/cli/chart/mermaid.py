"""The map as a flow chart of Mermaid, which GitHub and GitLab draw in Markdown."""

from __future__ import annotations

import re

from pytest_trt.cli.chart.words import place, server, what
from pytest_trt.lint.report.visible import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_trt.lint.destinations.destination import Destination
    from pytest_trt.lint.destinations.whole_map import Map

# What Mermaid draws where nobody changes its settings, as nobody can on GitHub (maxTextSize, maxEdges).
TEXT_LIMIT = 50_000
EDGES_LIMIT = 500
# What Markdown, as which several versions of Mermaid read every label, takes for a list, a link or emphasis.
# The last character of each match is the one that is written as an entity.
_MARKDOWN = re.compile(r"^\d*[-+.)](?= )|(?:https?|ftp):(?=//)|www\.|(?<![^\W_])_|_(?![^\W_])", re.IGNORECASE)


def render(drawn: Map) -> str:
    """Artifacts on the left, servers on the right, the deploying line on the arrow."""
    lines = ["flowchart LR"]
    servers: dict[str, str] = {}

    def arrows(source: str, destinations: Sequence[Destination]) -> None:
        for one in destinations:
            name = server(one)
            known = servers.get(name)
            if known is None:
                known = servers[name] = f"s{len(servers)}"
                lines.append(f'    {known}(["{_label(name)}"])')
            label = place(one.edge.at) if one.edge is not None else "configuration"
            style = "-->" if one.target is not None else "-.->"
            lines.append(f'    {source} {style}|"{_label(label)}"| {known}')

    for number, stop in enumerate(drawn.stops):
        lines.append(f'    a{number}["{_label(visible(stop.path))}"]')
        arrows(f"a{number}", stop.destinations)
    for number, one in enumerate(drawn.elsewhere):
        lines.append(f'    e{number}[/"{_label(what(one))}"/]')
        arrows(f"e{number}", [one])
    return "\n".join(lines) + "\n"


def _label(text: str) -> str:
    """Text in a quoted label: what Mermaid, Markdown or HTML would read as its own becomes an entity."""
    marks = {match.end() - 1 for match in _MARKDOWN.finditer(text)}
    plain = (one.isalnum() or one in " ./:-_,()=+" and place not in marks for place, one in enumerate(text))
    return "".join(one if kept else f"#{ord(one)};" for one, kept in zip(text, plain))


def too_large(text: str) -> str:
    """Why a rendered chart is not drawn everywhere, "" where it is."""
    edges = sum('|"' in line for line in text.splitlines())
    if len(text) <= TEXT_LIMIT and edges <= EDGES_LIMIT:
        return ""
    return (
        f"a chart of {len(text):,} characters and {edges:,} arrows; GitHub, and Mermaid as it comes, draw"
        f" {TEXT_LIMIT:,} and {EDGES_LIMIT:,} at most: name fewer folders"
    )
