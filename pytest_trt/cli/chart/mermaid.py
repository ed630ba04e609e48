"""The map as a flow chart of Mermaid, which GitHub and GitLab draw in Markdown."""

from __future__ import annotations

from pytest_trt.cli.chart.words import place, server, what
from pytest_trt.lint.report.visible import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_trt.lint.destinations.destination import Destination
    from pytest_trt.lint.destinations.whole_map import Map


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
    return "".join(one if one.isalnum() or one in " ./:-_,()=+" else f"#{ord(one)};" for one in text)
