"""Files that no TensorFlow Serving loads as they are: bare graphs. What is worth saying of them."""

from __future__ import annotations

from pytest_trt.artifacts.attrs import node_name
from pytest_trt.artifacts.location import Location
from pytest_trt.serving.target import TENSORRT_OPS
from pytest_trt.serving.verdict import FILE, Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_trt.artifacts.open import Artifact

_KINDS = {"graph_def": "GraphDef", "meta_graph_def": "MetaGraphDef", "saved_model": "SavedModel under another name"}


def notices(artifact: Artifact) -> list[Reason]:
    """Reading errors, and TF-TRT ops of a bare graph."""
    found = []
    if artifact.error is not None:
        found.append(Reason.of_error(artifact.error))
    if artifact.kind == "lfs_pointer":
        facts = {"file": artifact.path.rpartition("/")[2], "cause": "TRT208"}
        found.append(Reason(FILE, "TRT208", "", Location(artifact.path), facts=facts))
    elif artifact.kind == "timing_cache" and artifact.path.endswith((".plan", ".engine", ".trt")):
        facts = {"file": artifact.path.rpartition("/")[2], "cause": "TRT209"}
        found.append(Reason(FILE, "TRT209", "", Location(artifact.path), facts=facts))
    graph = artifact.graph
    if graph is None:
        return found
    ops: list[str] = []
    places: list[tuple[Location, str]] = []
    count = 0
    for body in graph.bodies():
        for op, tally in body.ops.items():
            if op not in TENSORRT_OPS or op in graph.functions:
                continue
            ops += [op] if op not in ops else []
            count += tally.count
            for offset, length in tally.places:
                trail = ((("metagraph", artifact.metagraph),) if artifact.metagraph else ()) + body.trail()
                node = node_name(body.source, offset, length)
                places.append((Location(artifact.path, (*trail, ("node", node)), offset, length), op))
    if ops:
        facts = {"ops": ", ".join(sorted(ops)), "kind": _KINDS.get(artifact.kind, artifact.kind)}
        at = places[0][0]
        found.append(Reason(FILE, "TRT104", "", at, also=places[1:4], count=count, facts=facts))
    return found
