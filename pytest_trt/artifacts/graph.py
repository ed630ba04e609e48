"""GraphDef and its functions: which ops, which devices, and node by node where somebody asks.

A body is the main graph or one function; both are walked by the same code.
"""

from __future__ import annotations

from pytest_trt.artifacts import proto
from pytest_trt.artifacts.attrs import attr_entry, decode, text_fields
from pytest_trt.artifacts.location import Location
from pytest_trt.artifacts.nodes import GRAPH_DEPTH, Node, Tally, walk
from pytest_trt.artifacts.wire import LAST_WINDOW, WHOLE, Source, fields, int32, message, varint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

GRAPH_NODE, FUNCTION_NODE = 0x0A, 0x1A


class Body:
    """The main graph (name "") or a function of the library.

    ops: op -> Tally. devices: device text -> Tally; "" is left out. valueless: the Consts without a value.
    ret, control_ret: of a function, result -> node output, in the file's order. inputs: its arguments' names.
    """

    __slots__ = (
        "name",
        "source",
        "spans",
        "node_tag",
        "ops",
        "devices",
        "ret",
        "control_ret",
        "inputs",
        "attrs",
        "stateful",
        "offset",
        "callers",
        "valueless",
        "wanted",
        "_named",
        "_index",
        "_arguments",
        "_nodes",
    )

    def __init__(self, name: str, source: Source, spans: list[tuple[int, int]], node_tag: int) -> None:
        self.name = name
        self.source = source
        self.spans = spans
        self.node_tag = node_tag
        self.ops: dict[str, Tally] = {}
        self.devices: dict[str, Tally] = {}
        self.ret: dict[str, str] = {}
        self.control_ret: dict[str, str] = {}
        self.inputs: list[str] = []
        self.attrs: dict[str, bytes] = {}
        self.stateful = False
        self.offset = spans[0][0] if spans else 0
        self.callers: list[Node] = []
        self.valueless: list[Node] = []
        self.wanted: frozenset[bytes] = frozenset()
        self._named: dict[str, Node] = {}
        self._index: dict[str, Node] | None = None
        self._arguments: dict[str, int] | None = None
        self._nodes: list[Node] | None = None

    def calling(self) -> list[Node]:
        """The nodes that name functions in attributes; does not read the others."""
        if self._nodes is None:
            return self.callers
        return [node for node in self._nodes if node.calls]

    def nodes(self) -> list[Node]:
        """Every node in the file's order; read once, then kept."""
        if self._nodes is None:
            self._nodes = []
            for start, end in self.spans:
                for _ in walk(self.source, start, end, self, keep=True, counting=False):
                    pass
        return self._nodes

    def node(self, name: str) -> Node | None:
        """The first node of this name."""
        if self._index is None:
            self._index = {}
            for node in self.nodes():
                self._index.setdefault(node.name, node)
        return self._index.get(name)

    def argument(self, name: str) -> int | None:
        """Which argument of the function this is, None where it is none."""
        if self._arguments is None:
            self._arguments = {argument: place for place, argument in enumerate(self.inputs)}
        return self._arguments.get(name)

    def find(self, names: set[str]) -> dict[str, tuple[str, str]]:
        """name -> (name, op) of those of these nodes that exist; each must be among the names asked for at first."""
        if self._nodes is not None:
            return {node.name: (node.name, node.op) for node in self._nodes if node.name in names}
        return {name: (name, self._named[name].op) for name in names if name in self._named}

    def trail(self) -> tuple[tuple[str, str], ...]:
        return (("function", self.name),) if self.name else ()

    def add(self, node: Node) -> None:
        if self._nodes is None:
            self._nodes = []
        self._nodes.append(node)


class Graph:
    """A GraphDef: main graph, functions by name, versions.

    functions: the first definition of each name. duplicates: names that are defined again; different: those whose
    definitions differ.
    gradients: function -> its gradient function. producer, min_consumer: GraphDef versions, 0 if unset.
    """

    __slots__ = (
        "main",
        "functions",
        "duplicates",
        "different",
        "gradients",
        "producer",
        "min_consumer",
        "bad_consumers",
    )

    def __init__(self, main: Body) -> None:
        self.main = main
        self.functions: dict[str, Body] = {}
        self.duplicates: list[str] = []
        self.different: set[str] = set()
        self.gradients: dict[str, str] = {}
        self.producer = 0
        self.min_consumer = 0
        self.bad_consumers: list[int] = []

    def bodies(self) -> Iterator[Body]:
        yield self.main
        yield from self.functions.values()


def read_graph(source: Source, spans: list[tuple[int, int]], wanted: frozenset[str] = frozenset()) -> Graph:
    """The GraphDef whose bytes are these spans of the file (more than one where protobuf would merge them).

    wanted: nodes of the main graph that somebody will ask for by name. Raises Malformed.
    Small files are checked to the last field, of large ones the frame of every node.
    """
    graph = Graph(Body("", source, spans, GRAPH_NODE))
    graph.main.wanted = frozenset(name.encode() for name in wanted)
    deep = source.size <= WHOLE
    for start, end in spans:
        for tag, value, _, at, stop in walk(source, start, end, graph.main, keep=deep, checked=deep):
            if tag == 0x12:
                _read_library(source, at, stop, graph, deep)
            elif tag == 0x22:
                _read_versions(source, at, stop, graph)
            elif tag == 0x18 and not graph.producer:
                graph.producer = int32(value)
            elif tag == 0x2A and deep:
                _check(source, at, stop, "GraphDebugInfo", 3)
    return graph


def _read_library(source: Source, start: int, end: int, graph: Graph, deep: bool) -> None:
    for tag, _, _, at, stop in fields(source, start, end, GRAPH_DEPTH + 1):
        if tag == 0x0A:
            function = _read_function(source, at, stop, deep)
            if function.name in graph.functions:
                graph.duplicates.append(function.name)
                first = graph.functions[function.name].spans[0]
                if function.name not in graph.different and not _same(source, first, (at, stop)):
                    graph.different.add(function.name)
            else:
                graph.functions[function.name] = function
        elif tag == 0x12:
            entry = text_fields(source, at, stop)
            graph.gradients.setdefault(entry.get(1, ""), entry.get(2, ""))
        elif tag == 0x1A and deep:
            _check(source, at, stop, "RegisteredGradient", 4)


def _same(source: Source, one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether two spans hold the same bytes, a piece at a time."""
    length = one[1] - one[0]
    if length != other[1] - other[0]:
        return False
    for done in range(0, length, LAST_WINDOW):
        piece = min(LAST_WINDOW, length - done)
        if source.at(one[0] + done, piece) != source.at(other[0] + done, piece):
            return False
    return True


def _read_function(source: Source, start: int, end: int, deep: bool) -> Body:
    body = Body("", source, [(start, end)], FUNCTION_NODE)
    body.offset = start
    for tag, _, _, at, stop in walk(source, start, end, body, keep=False, checked=deep):
        if tag == 0x0A:
            if deep:
                _check(source, at, stop, "OpDef", 5)
            for inner, value, _, left, right in fields(source, at, stop):
                if inner == 0x0A:
                    body.name = decode(source, left, right)
                elif inner == 0x12:
                    body.inputs.append(text_fields(source, left, right, only=1).get(1, ""))
                elif inner == 0x88:
                    body.stateful = bool(value)
        elif tag in (0x22, 0x32):
            entry = text_fields(source, at, stop)
            (body.ret if tag == 0x22 else body.control_ret)[entry.get(1, "")] = entry.get(2, "")
        elif tag == 0x2A:
            if deep:
                _check(source, at, stop, "FunctionDef.AttrEntry", 5)
            key, value_span = attr_entry(source, at, stop)
            body.attrs[key] = message(source, *value_span) if value_span[1] - value_span[0] < 4096 else b""
        elif deep and tag in (0x3A, 0x42):
            name = "FunctionDef.ArgAttrEntry" if tag == 0x3A else "FunctionDef.ResourceArgUniqueIdEntry"
            _check(source, at, stop, name, 5)
    return body


def _read_versions(source: Source, start: int, end: int, graph: Graph) -> None:
    for tag, value, _, at, stop in fields(source, start, end, GRAPH_DEPTH + 1):
        if tag == 0x08:
            graph.producer = int32(value)
        elif tag == 0x10:
            graph.min_consumer = int32(value)
        elif tag == 0x18:
            graph.bad_consumers.append(int32(value))
        elif tag == 0x1A:
            data = message(source, at, stop)
            pos = 0
            while pos < len(data):
                number, pos = varint(data, pos)
                graph.bad_consumers.append(int32(number))


def _check(source: Source, start: int, end: int, name: str, depth: int) -> None:
    """Check a message of a file that is held whole. Raises Malformed."""
    if end - start > WHOLE or end - source.base > len(source.window):
        return
    base = source.base
    try:
        proto.check_once(source.window, start - base, end - base, name, depth)
    except proto.Fault as fault:
        raise source.malformed(base + fault.position, fault.why) from None


def place(body: Body, node: Node | None, metagraph: str | None = None) -> Location:
    """Where a node (or a whole body) is."""
    trail = ((("metagraph", metagraph),) if metagraph else ()) + body.trail()
    if node is None:
        return Location(body.source.shown, trail, body.offset)
    return Location(body.source.shown, (*trail, ("node", node.name)), node.offset, node.length)
