"""Storage URIs of KServe and Seldon: what their storage initializer puts at /mnt/models."""

from __future__ import annotations

from pytest_trt.deploy.edge import Remark, Said
from pytest_trt.deploy.reading import HOST, URI, VOLUME, Mount

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_trt.artifacts.location import Location
    from pytest_trt.deploy.edge import Edge
    from pytest_trt.deploy.reading import Reading
    from pytest_trt.deploy.tree import Tree

MODELS = "/mnt/models"


class Storage:
    """What a storage URI names: local candidates, a remote URI, or why it is not known."""

    __slots__ = ("said", "paths", "uri", "unknown")

    def __init__(self, said: Said | None, at: Location, beside: str, tree: Tree, missing: str) -> None:
        self.said = said if said is not None else Said(None, at, missing)
        self.paths: tuple[str, ...] = ()
        self.uri: str | None = None
        self.unknown = ""
        text = self.said.text
        if text is None:
            self.unknown = self.said.why
        elif text.startswith("pvc://"):
            self.unknown = f"{text}: what the claim holds is not in the files"
        elif text.startswith("file://") or "://" not in text:
            self.paths = tree.candidates(text.removeprefix("file://"), beside)
        else:
            self.uri = text

    def mount(self, target: str) -> Mount:
        why = f"the storage initializer puts the content of {self.said.text} here" if self.said.text else ""
        if self.uri is not None:
            return Mount(target, URI, self.said, self.said.at, (), why)
        if self.paths:
            return Mount(target, HOST, self.said, self.said.at, self.paths, why)
        return Mount(target, VOLUME, Said(None, self.said.at, self.unknown), self.said.at, (), self.unknown)


def serve(reading: Reading, edge: Edge) -> None:
    """Adds an edge, and a note where what it serves is not known."""
    reading.edges.append(edge)
    if edge.unknown:
        reading.remarks.append(Remark("TRT418", edge.at, {"what": "path", "why": edge.unknown}))
