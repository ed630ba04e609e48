"""The map as JSON, for programs."""

from __future__ import annotations

import json

from pytest_trt import __version__
from pytest_trt.lint.report.visible import whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_trt.artifacts.location import Location
    from pytest_trt.lint.destinations.destination import Destination
    from pytest_trt.lint.destinations.whole_map import Map

SCHEMA_VERSION = 1


def render(drawn: Map) -> str:
    document = {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "trt-lint", "version": __version__},
        "artifacts": [
            {"path": whole(stop.path), "kind": stop.kind, "destinations": [_entry(one) for one in stop.destinations]}
            for stop in drawn.stops
        ],
        "elsewhere": [_entry(one) for one in drawn.elsewhere],
        "unread": [{"path": whole(error.location.path), "why": whole(error.why)} for error in drawn.unread],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _entry(one: Destination) -> dict[str, object]:
    edge = one.edge
    return {
        "server": {
            "name": whole(one.name),
            "family": one.family,
            "image": _text(edge.server.image.text) if edge is not None else None,
            "target": whole(one.target.name) if one.target is not None else None,
            "gpu": edge.server.gpu if edge is not None else None,
            "capability": edge.server.capability if edge is not None else None,
        },
        "model": _text(edge.model) if edge is not None else None,
        "inside": _text(edge.inside) if edge is not None else None,
        "uri": _text(edge.uri) if edge is not None else None,
        "served": one.served,
        "at": _at(edge.at) if edge is not None else None,
        "because": [{**_at(at), "text": whole(words)} for at, words in one.why],
        "unknown": _text(one.unknown or None),
    }


def _text(text: str | None) -> str | None:
    return None if text is None else whole(text)


def _at(at: Location) -> dict[str, object]:
    return {"path": whole(at.path), "line": at.line}
