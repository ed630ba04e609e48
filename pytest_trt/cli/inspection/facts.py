"""The document of `trt-lint inspect`: what is in an artifact. docs/inspect.md describes it; its version is 1."""

from __future__ import annotations

from pytest_trt.artifacts import sniff
from pytest_trt.artifacts.engine_asset import PREFIX, read_engines
from pytest_trt.artifacts.errors import ArtifactError
from pytest_trt.artifacts.graph import read_graph
from pytest_trt.artifacts.member import DISK
from pytest_trt.artifacts.plan import read_plan
from pytest_trt.artifacts.saved_model import WARMUP, MetaGraph, init_op, metagraphs_of
from pytest_trt.artifacts.warmup import signatures as warmup_signatures
from pytest_trt.cli.inspection import tensors, variables
from pytest_trt.serving.engines import EngineOp, segment_plan
from pytest_trt.serving.target import TENSORRT_OPS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.artifacts.graph import Body, Graph
    from pytest_trt.artifacts.nodes import Node
    from pytest_trt.artifacts.open import Artifact
    from pytest_trt.artifacts.plan import Plan
    from pytest_trt.artifacts.saved_model import SavedModel
    from pytest_trt.artifacts.wire import Source

    Entry = dict[str, object]

SCHEMA_VERSION = 1
FUNCTIONS_LISTED = 20
# What a SavedModel's graph file may be instead.
_ELSE = frozenset((sniff.PLAN, sniff.GRAPH_DEF, sniff.META_GRAPH_DEF, sniff.LFS_POINTER, sniff.EMPTY))
FILES_LIMIT = 10_000
_PLAN_FACTS = (
    "tensorrt_version",
    "platform",
    "compute_capability",
    "multiprocessors",
    "memory",
    "hardware_compatibility",
)


def document(artifacts: list[Entry]) -> Entry:
    from pytest_trt import __version__

    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "trt-lint", "version": __version__},
        "artifacts": artifacts,
    }


def of(artifact: Artifact) -> Entry:
    """An artifact. What cannot be read is null or left out, and `error` says why."""
    entry: Entry = {
        "path": artifact.path,
        "kind": artifact.kind,
        "content": artifact.content,
        "complete": artifact.complete,
        "error": None,
    }
    errors = [artifact.error] if artifact.error is not None else []
    source = artifact.source
    if artifact.model is not None:
        source = artifact.model.source
        if artifact.content in _ELSE:
            errors.clear()  # all that is wrong with it is that it is no SavedModel
            entry["complete"] = True
        entry |= _saved_model(artifact.model, errors)
    else:
        entry["bytes"] = _size(source) if source is not None else None
    if source is not None and (artifact.model is None or artifact.content in _ELSE):
        if artifact.content in ("graph_def", "meta_graph_def", "saved_model"):
            entry |= _bare(artifact.content, source, errors)
    if artifact.content == sniff.PLAN and source is not None:
        entry["plan"] = _plan_of_file(artifact, source, errors)
    elif artifact.content == sniff.LFS_POINTER and source is not None:
        entry["lfs"] = _pointer(source.at(0, min(source.size, 1024)))
    if errors:
        error = errors[0]
        entry["complete"] = False
        entry["error"] = {
            "code": error.code,
            "message": error.why,
            "path": error.location.path,
            "offset": error.location.offset,
        }
    return entry


def _saved_model(model: SavedModel, errors: list[ArtifactError]) -> Entry:
    metagraphs = []
    served = model.served()
    for metagraph in model.metagraphs if model.content not in _ELSE else ():
        one: Entry = {
            "tags": metagraph.tags,
            "served": metagraph is served,
            "tensorflow_version": metagraph.tensorflow_version or None,
            "init_op": init_op(metagraph)[0],
            "restore_op": metagraph.restore_op or None,
        }
        metagraphs.append(one | _metagraph(metagraph, errors))
    try:
        found = variables.of(model)
    except ArtifactError as error:
        errors.append(error)
        found = None
    return {
        "file": model.graph_file,
        "bytes": model.folder.size(model.graph_file or "") if model.source is not None else None,
        "metagraphs": metagraphs,
        "engines": list(_stored(model, errors)),
        "assets": _assets(model),
        "extra_assets": [{"file": name, "bytes": size} for name, size in _files(model, WARMUP[0])],
        "variables": found,
        "warmup": _warmup(model),
    }


def _bare(content: str, source: Source, errors: list[ArtifactError]) -> Entry:
    """A graph that is a file of its own, whatever its name; of a MetaGraphDef what a SavedModel has of it."""
    found: list[MetaGraph] = []
    try:
        if content == sniff.GRAPH_DEF:
            return {"metagraphs": [], "graph": _graph(read_graph(source, [(0, source.size)]), errors)}
        found = [MetaGraph(source, 0, source.size)] if content == sniff.META_GRAPH_DEF else metagraphs_of(source)
    except ArtifactError as error:
        errors.append(error)
    entries: list[Entry] = []
    for one in found:
        known: Entry = {"tags": one.tags, "tensorflow_version": one.tensorflow_version or None}
        entries.append(known | _metagraph(one, errors))
    return {"metagraphs": entries, "graph": None}


def _metagraph(metagraph: MetaGraph, errors: list[ArtifactError]) -> Entry:
    try:
        return {"signatures": tensors.signatures(metagraph), "graph": _graph(metagraph.graph, errors)}
    except ArtifactError as error:
        errors.append(error)
        return {"signatures": {}, "graph": None}
    finally:
        metagraph.release()


def _graph(graph: Graph, errors: list[ArtifactError]) -> Entry:
    ops: dict[str, int] = {}
    devices: dict[str, int] = {}
    for body in graph.bodies():
        for op, tally in body.ops.items():
            ops[op] = ops.get(op, 0) + tally.count
        for device, tally in body.devices.items():
            devices[device] = devices.get(device, 0) + tally.count
    sizes = [(sum(tally.count for tally in body.ops.values()), name) for name, body in graph.functions.items()]
    sizes.sort(key=lambda one: (-one[0], one[1]))
    nodes = sum(ops.values())
    return {
        "producer": graph.producer or None,
        "min_consumer": graph.min_consumer or None,
        "nodes": nodes,
        "nodes_in_functions": sum(size for size, _ in sizes),
        "ops": _counted(ops),
        "devices": _counted(devices),
        "functions": {
            "count": len(sizes),
            "largest": [{"name": name, "nodes": size} for size, name in sizes[:FUNCTIONS_LISTED]],
        },
        "tensorrt": list(_engine_ops(graph, errors)),
    }


def _counted(counts: dict[str, int]) -> dict[str, int]:
    """The most frequent first."""
    return dict(sorted(counts.items(), key=lambda one: (-one[1], one[0])))


def _engine_ops(graph: Graph, errors: list[ArtifactError]) -> Iterator[Entry]:
    """Every node with an op of TF-TRT."""
    for body in graph.bodies():
        if TENSORRT_OPS.isdisjoint(body.ops):
            continue
        try:
            for node in body.nodes():
                if node.op in TENSORRT_OPS and node.op not in graph.functions:
                    yield _engine_op(graph, body, node)
        except ArtifactError as error:
            errors.append(error)


def _engine_op(graph: Graph, body: Body, node: Node) -> Entry:
    """A node; of a TRTEngineOp its attributes. Raises ArtifactError."""
    entry: Entry = {"name": node.name, "op": node.op, "function": body.name or None}
    if node.op != "TRTEngineOp":
        return entry
    # Before TensorFlow 1.14 the native segment stands in another attribute.
    engine = EngineOp(body, node, body.source, (2, 0, 0))
    native = engine.native or EngineOp(body, node, body.source, (1, 13, 0)).native
    plan = segment_plan(engine, body.source)
    return entry | {
        "precision": engine.precision or None,
        "static": engine.static,
        "use_calibration": engine.use_calibration,
        "calibrated": engine.calibrated,
        "builds_at_runtime": engine.may_build,
        "native_segment": native or None,
        "native_segment_defined": native in graph.functions,
        "resource": engine.name,
        "segment_bytes": engine.segment[1],
        "engine": plan_entry(plan) if plan is not None else None,
    }


def _stored(model: SavedModel, errors: list[ArtifactError]) -> Iterator[Entry]:
    """The engines in assets/trt-serialized-engine.*: one entry an engine."""
    for name, _ in _files(model, "assets"):
        if not name.startswith(PREFIX):
            continue
        try:
            for engine in read_engines(f"assets/{name}", model.named("assets", name), model.folder):
                yield {
                    "file": name,
                    "resource": name.removeprefix(PREFIX),
                    "offset": engine.offset,
                    "bytes": engine.plan.actual if engine.plan is not None else None,
                    "damage": engine.damage,
                    "engine": plan_entry(engine.plan) if engine.plan is not None else None,
                }
        except ArtifactError as error:
            errors.append(error)


def _assets(model: SavedModel) -> list[Entry]:
    """The files below assets/, and those that a metagraph names though they are not there."""
    tensor_of = {filename: tensor for metagraph in model.metagraphs for tensor, filename in metagraph.assets}
    there = dict(_files(model, "assets"))
    names = [*there, *(name for name in tensor_of if name not in there)]
    return [{"file": name, "bytes": there.get(name), "tensor": tensor_of.get(name)} for name in names]


def _files(model: SavedModel, folder: str) -> Iterator[tuple[str, int]]:
    return model.folder.files(folder, limit=FILES_LIMIT)


def _size(source: Source) -> int:
    """Bytes of a file; of a text file those of the text, of which source has the wire format."""
    there = DISK.size(source.path)
    return source.size if there is None else there


def _warmup(model: SavedModel) -> Entry | None:
    if not model.has_warmup:
        return None
    named = warmup_signatures("/".join(WARMUP), model.folder)
    return {"bytes": model.folder.size(*WARMUP), "signatures": None if named is None else sorted(named)}


def _plan_of_file(artifact: Artifact, source: Source, errors: list[ArtifactError]) -> Entry | None:
    try:
        plan = artifact.plan or read_plan(source.at, source.size)
    except ArtifactError as error:
        errors.append(error)
        return None
    return plan_entry(plan) if plan is not None else None


def plan_entry(plan: Plan) -> Entry:
    """A plan's header. `unknown` has the reason for every fact that is null."""
    entry: Entry = {
        "product": plan.product,
        "layout": plan.layout,
        "tensorrt_version": plan.version,
        "platform": plan.platform,
        "compute_capability": plan.compute_capability,
        "multiprocessors": plan.multiprocessors,
        "memory": plan.memory,
        "hardware_compatibility": plan.hardware_compatibility,
        "compute_capabilities": list(plan.capabilities) if plan.product == "tensorrt-rtx" else None,
        "minimum_driver": plan.minimum_driver,
        "minimum_memory": plan.minimum_memory,
        "prefix_bytes": plan.prefix,
        "declared_bytes": plan.size,
        "bytes": plan.actual,
        "entries": [{"name": name, "offset": offset, "bytes": size} for name, offset, size in plan.entries],
        "damage": plan.damage,
    }
    unknown = {"tensorrt_version" if fact == "version" else fact: why for fact, why in plan.unknown.items()}
    for fact in _PLAN_FACTS:
        if entry[fact] is None:
            unknown.setdefault(fact, "not in the header")
    entry["unknown"] = {fact: why for fact, why in unknown.items() if entry.get(fact) is None}
    return entry


def _pointer(data: bytes) -> Entry:
    """What a git-LFS pointer says of the file that it stands for."""
    said = dict(line.split(" ", 1) for line in data.decode("utf-8", "replace").splitlines() if " " in line)
    size = said.get("size", "")
    return {
        "oid": said.get("oid"),
        "bytes": int(size) if size.isascii() and size.isdigit() and len(size) < 20 else None,
    }
