"""A SavedModel folder: metagraphs, tags, signatures, initialisation, assets, variables.

What counts is what TensorFlow's C++ loader reads, in its order: saved_model.pb, else saved_model.pbtxt. Source:
tensorflow/cc/saved_model/{loader,reader,loader_util}.cc.
"""

from __future__ import annotations

import os

from pytest_trt.artifacts import proto
from pytest_trt.artifacts.attrs import decode, parts, text_fields
from pytest_trt.artifacts.errors import ArtifactError, LimitReached, Unreadable
from pytest_trt.artifacts.graph import Graph, read_graph
from pytest_trt.artifacts.location import Location
from pytest_trt.artifacts.member import Folder
from pytest_trt.artifacts.wire import WHOLE, Source, fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

GRAPH_FILES = ("saved_model.pb", "saved_model.pbtxt", "saved_model.cpb")
INIT_SIGNATURE = "__saved_model_init_op"
WARMUP = ("assets.extra", "tf_serving_warmup_requests")
_SIGNATURES_LIMIT = 10_000


class Signature:
    """A SignatureDef. inputs, outputs: alias -> tensor name ("" where the TensorInfo names none)."""

    __slots__ = ("inputs", "outputs", "method_name", "defaults")

    def __init__(self) -> None:
        self.inputs: dict[str, str] = {}
        self.outputs: dict[str, str] = {}
        self.method_name = ""
        self.defaults: list[str] = []


class MetaGraph:
    """A MetaGraphDef of the file. graph is read when it is first asked for.

    assets: (tensor name that is fed with the path, file name below assets/), in the file's order.
    node_lists: collection -> names. restore_op, filename_tensor: of the SaverDef, None where there is none.
    """

    __slots__ = (
        "tags",
        "tensorflow_version",
        "signatures",
        "restore_op",
        "filename_tensor",
        "save_tensor",
        "assets",
        "node_lists",
        "offset",
        "span",
        "_source",
        "_graph_spans",
        "_graph",
        "_collection_assets",
    )

    def __init__(self, source: Source, start: int, end: int) -> None:
        self._source = source
        self.span = (start, end)
        self.offset = start
        self.tags: list[str] = []
        self.tensorflow_version = ""
        self.signatures: dict[str, Signature] = {}
        self.restore_op: str | None = None
        self.filename_tensor = ""
        self.save_tensor = ""
        self.assets: list[tuple[str, str]] = []
        self.node_lists: dict[str, list[str]] = {}
        self._graph_spans: list[tuple[int, int]] = []
        self._graph: Graph | None = None
        self._collection_assets: list[tuple[str, str]] = []
        self._read(start, end)

    @property
    def source(self) -> Source:
        return self._source

    @property
    def graph(self) -> Graph:
        """The GraphDef. Raises Malformed."""
        if self._graph is None:
            self._graph = read_graph(self._source, self._graph_spans, frozenset(self._named()))
        return self._graph

    def release(self) -> None:
        """Let go of the graph."""
        self._graph = None

    def _named(self) -> Iterator[str]:
        """The nodes of the main graph that the metagraph names."""
        for signature in self.signatures.values():
            for tensor in (*signature.inputs.values(), *signature.outputs.values()):
                yield tensor.partition(":")[0].lstrip("^")

    @property
    def label(self) -> str:
        """How the metagraph is named in a trail: its tags."""
        return ",".join(self.tags) or "no tags"

    def _read(self, start: int, end: int) -> None:
        source = self._source
        for tag, _, _, at, stop in fields(source, start, end, 1):
            if tag == 0x0A:
                for inner, _, _, left, right in fields(source, at, stop):
                    if inner == 0x22:
                        self.tags.append(decode(source, left, right))
                    elif inner == 0x2A:
                        self.tensorflow_version = decode(source, left, right)
            elif tag == 0x12:
                self._graph_spans.append((at, stop))
            elif tag == 0x1A:
                for inner, _, _, left, right in fields(source, at, stop):
                    if inner == 0x0A:
                        self.filename_tensor = decode(source, left, right)
                    elif inner == 0x12:
                        self.save_tensor = decode(source, left, right)
                    elif inner == 0x1A:
                        self.restore_op = decode(source, left, right)
                self.restore_op = self.restore_op or ""
            elif tag == 0x22:
                self._read_collection(at, stop)
            elif tag == 0x2A:
                if len(self.signatures) >= _SIGNATURES_LIMIT:
                    place = Location(source.shown, offset=at, length=stop - at)
                    raise LimitReached(place, f"more than {_SIGNATURES_LIMIT:,} signatures")
                self._read_signature(at, stop)
            elif tag == 0x32:
                self.assets.append(_asset(source, at, stop))
        if not self.assets:
            self.assets = self._collection_assets

    def check_frame(self) -> None:
        """Check everything but the graph (which is checked when it is read) to the last field. Raises Malformed."""
        start, end = self.span
        source = self._source
        if source.size > WHOLE:
            return
        table = proto.table("MetaGraphDef")
        for tag, _, _, at, stop in fields(source, start, end, 1):
            inside = table.get(tag)
            if tag == 0x12 or not isinstance(inside, dict):
                continue
            offset = source.base
            try:
                proto.check(source.window, at - offset, stop - offset, inside, 2)
            except proto.Fault as fault:
                raise source.malformed(offset + fault.position, fault.why) from None

    def check(self) -> None:
        """Check all of a metagraph that is not served, as the server's parser does. Raises Malformed."""
        start, end = self.span
        source = self._source
        if source.size > WHOLE:
            return
        try:
            proto.check(source.window, start - source.base, end - source.base, proto.table("MetaGraphDef"), 1)
        except proto.Fault as fault:
            raise source.malformed(source.base + fault.position, fault.why) from None

    def _read_collection(self, start: int, end: int) -> None:
        source = self._source
        key = ""
        values = []
        for tag, _, _, at, stop in fields(source, start, end):
            if tag == 0x0A:
                key = decode(source, at, stop)
            elif tag == 0x12:
                values.append((at, stop))
        if key not in ("saved_model_main_op", "legacy_init_op", "saved_model_assets"):
            return
        names: list[str] = []
        for at, stop in values:
            for inner, _, _, left, right in fields(source, at, stop):
                if inner == 0x0A:
                    names += [decode(source, *span) for kind, span in _spans(source, left, right) if kind == 0x0A]
                elif inner == 0x2A and key == "saved_model_assets":
                    for kind, span in _spans(source, left, right):
                        if kind == 0x0A:
                            self._collection_assets += _any_asset(source, *span)
        self.node_lists[key] = names

    def _read_signature(self, start: int, end: int) -> None:
        source = self._source
        key = ""
        signature = Signature()
        for tag, _, _, at, stop in fields(source, start, end):
            if tag == 0x0A:
                key = decode(source, at, stop)
            elif tag == 0x12:
                for inner, _, _, left, right in fields(source, at, stop):
                    if inner in (0x0A, 0x12):
                        alias, name = _tensor_entry(source, left, right)
                        (signature.inputs if inner == 0x0A else signature.outputs)[alias] = name
                    elif inner == 0x1A:
                        signature.method_name = decode(source, left, right)
                    elif inner == 0x22:
                        alias = text_fields(source, left, right, only=1).get(1, "")
                        signature.defaults.append(alias)
        self.signatures[key] = signature


class SavedModel:
    """A folder that TensorFlow Serving is given as one version of a model.

    path: the folder. shown: its name in messages. folder: what lies in it, on disk or elsewhere.
    graph_file: the file that the loader reads, None if there is none.
    content: what that file is (see contracts in docs/output.md); "saved_model" when its metagraphs could be listed.
    metagraphs: in the file's order. Errors in the served graph appear when it is asked for.
    """

    __slots__ = ("path", "shown", "folder", "graph_file", "content", "metagraphs", "source", "error", "text")

    def __init__(self, path: str, shown: str, folder: Folder | None = None) -> None:
        self.path = path
        self.shown = shown
        self.folder = folder if folder is not None else Folder(path)
        self.graph_file: str | None = None
        self.content = "absent"
        self.metagraphs: list[MetaGraph] = []
        self.source: Source | None = None
        self.error: ArtifactError | None = None
        self.text = False

    def served(self, tags: frozenset[str] = frozenset({"serve"})) -> MetaGraph | None:
        """The first metagraph with exactly these tags, None where there is none."""
        for metagraph in self.metagraphs:
            if frozenset(metagraph.tags) == tags:
                return metagraph
        return None

    def inside(self, *names: str) -> str:
        return os.path.join(self.path, *names)

    def named(self, *names: str) -> str:
        return "/".join((self.shown, *names)) if self.shown not in (".", "") else "/".join(names)

    @property
    def has_warmup(self) -> bool:
        """Whether the server replays requests before it calls the model available."""
        return self.folder.is_file(*WARMUP)

    def close(self) -> None:
        """Close the file and let go of the graphs that were read."""
        for metagraph in self.metagraphs:
            metagraph.release()
        if self.source is not None:
            self.source.close()


def metagraphs_of(source: Source) -> list[MetaGraph]:
    """The metagraphs of a binary SavedModel. Raises Malformed, Unreadable."""
    found = []
    for tag, _, _, at, stop in fields(source, 0, source.size):
        if tag == 0x12:
            found.append(MetaGraph(source, at, stop))
    return found


def init_op(metagraph: MetaGraph) -> tuple[str | None, str | None]:
    """(op that the loader runs at the end of loading, None) or (None, the loader's refusal).

    As GetInitOp of loader_util.cc: the signature first, then the main op, then the legacy init op.
    """
    signature = metagraph.signatures.get(INIT_SIGNATURE)
    if signature is not None:
        if INIT_SIGNATURE not in signature.outputs:
            return None, f"FAILED_PRECONDITION: Could not find output {INIT_SIGNATURE}"
        return signature.outputs[INIT_SIGNATURE] or None, None
    for key in ("saved_model_main_op", "legacy_init_op"):
        names = metagraph.node_lists.get(key)
        if names is not None:
            if len(names) != 1:
                return None, "FAILED_PRECONDITION: Expected exactly one main op in : "
            return names[0] or None, None
    return None, None


def _spans(source: Source, start: int, end: int) -> Iterator[tuple[int, tuple[int, int]]]:
    for tag, _, _, at, stop in fields(source, start, end):
        if tag & 7 == 2:
            yield tag, (at, stop)


def _tensor_entry(source: Source, start: int, end: int) -> tuple[str, str]:
    """A map entry alias -> TensorInfo: the alias and the tensor's name."""
    alias = name = ""
    for tag, _, _, at, stop in fields(source, start, end):
        if tag == 0x0A:
            alias = decode(source, at, stop)
        elif tag == 0x12:
            for inner, _, _, left, right in fields(source, at, stop):
                if inner == 0x0A:
                    name = decode(source, left, right)
    return alias, name


def _asset(source: Source, start: int, end: int) -> tuple[str, str]:
    tensor = filename = ""
    for tag, _, _, at, stop in fields(source, start, end):
        if tag == 0x0A:
            tensor = text_fields(source, at, stop, only=1).get(1, "")
        elif tag == 0x12:
            filename = decode(source, at, stop)
    return tensor, filename


def _any_asset(source: Source, start: int, end: int) -> list[tuple[str, str]]:
    """An AssetFileDef packed into an Any, as TensorFlow 1 writes it."""
    for tag, _, _, at, stop in fields(source, start, end):
        if tag == 0x12:
            return [_asset(source, at, stop)]
    return []


__all__ = ["GRAPH_FILES", "MetaGraph", "SavedModel", "Signature", "Unreadable", "init_op", "metagraphs_of", "parts"]
