"""The map in words, harmless for people."""

from __future__ import annotations

from pytest_trt.lint.report.visible import visible, whole
from pytest_trt.lint.report.words import KINDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.artifacts.location import Location
    from pytest_trt.lint.destinations.destination import Destination
    from pytest_trt.lint.destinations.whole_map import Map

NOWHERE = "no deployment file or configuration says which server gets it"


def place(at: Location) -> str:
    """`file:12`, harmless."""
    line = at.line
    return visible(at.path) + (f":{line}" if line is not None else "")


def server(one: Destination) -> str:
    """A server in one line: its name, what it was taken for, its GPU."""
    words = visible(one.name)
    if one.target is not None and one.target.name != one.name:
        words += f" (judged as {visible(one.target.name)})"
    capability = one.edge.server.capability if one.edge is not None else None
    return words + (f", GPU of capability {visible(capability)}" if capability else "")


def because(one: Destination) -> Iterator[str]:
    """The chain of reasons, each with its place."""
    if one.edge is not None:
        name = f" as {visible(one.edge.model)!r}" if one.edge.model else ""
        inside = f" from {visible(one.edge.inside)}" if one.edge.inside else ""
        yield f"{place(one.edge.at)}: serves it{name}{inside}"
    for at, words in one.why:
        yield f"{place(at)}: {visible(words)}"
    if one.path is not None and not one.served:
        yield "its version policy leaves this version out"
    if one.unknown:
        yield f"not known: {visible(one.unknown)}"


def what(one: Destination) -> str:
    """What a destination serves that is no artifact here."""
    edge = one.edge
    assert edge is not None
    what = edge.uri or (edge.paths[0] if edge.paths else edge.inside or edge.model or "a model")
    return visible(whole(what))


def tree(drawn: Map) -> Iterator[tuple[str, str, list[tuple[str, list[str]]]]]:
    """(head, its kind, servers with their reasons): artifacts, then deployments of what is not among them."""
    for stop in drawn.stops:
        servers = [(server(one), list(because(one))) for one in stop.destinations]
        yield visible(stop.path), KINDS.get(stop.kind, stop.kind), servers or [(NOWHERE, [])]
    for one in drawn.elsewhere:
        yield what(one), "not among these files", [(server(one), list(because(one)))]


def summary(drawn: Map) -> str:
    if not drawn.stops and not drawn.elsewhere:
        return "No model artifacts and no deployments found."
    homeless = sum(not stop.destinations for stop in drawn.stops)
    count = len(drawn.stops)
    words = f"{count} artifact{'' if count == 1 else 's'}, {homeless} of them without a known server"
    other = len(drawn.elsewhere)
    return words + (f"; {other} deployment{'' if other == 1 else 's'} of models that are not here" if other else "")
