"""GraphDef and its functions: which ops, which devices, and node by node where somebody asks.

A body is the main graph or one function; both are walked by the same code. A scan counts ops and devices and
costs about a microsecond a node; read() gives the nodes with their inputs and the functions that they call.
"""

from __future__ import annotations

from pytest_trt.artifacts import proto
from pytest_trt.artifacts.errors import Malformed
from pytest_trt.artifacts.location import Location
from pytest_trt.artifacts.wire import WHOLE, Source, fields, message, one_field, signed, varint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

# Tags: field number << 3 | wire type.
_NAME, _OP, _INPUT, _DEVICE, _ATTR = 0x0A, 0x12, 0x1A, 0x22, 0x2A
GRAPH_NODE, FUNCTION_NODE = 0x0A, 0x1A
# The key of the attribute that every Const must have, as a map entry begins.
_VALUE = b"\x0a\x05value"
NODES_LIMIT = 20_000_000


class Node:
    """A NodeDef. calls: (attribute, function) for every func and list(func) attribute, in order."""

    __slots__ = ("name", "op", "inputs", "device", "calls", "offset", "length")

    def __init__(
        self,
        name: str,
        op: str,
        inputs: tuple[str, ...],
        device: str,
        calls: tuple[tuple[str, str], ...],
        offset: int,
        length: int,
    ) -> None:
        self.name = name
        self.op = op
        self.inputs = inputs
        self.device = device
        self.calls = calls
        self.offset = offset
        self.length = length


class Tally:
    """How often an op stands in a body, and the first places (offset and length of the NodeDef).

    calls: whether its nodes name functions (known in a scan only; nodes of one op have the same attributes).
    """

    __slots__ = ("count", "places", "calls")

    def __init__(self) -> None:
        self.count = 0
        self.places: list[tuple[int, int]] = []
        self.calls = False


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
                for _ in walk(self.source, start, end, self, deep=True, counting=False):
                    pass
        return self._nodes

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

    wanted: nodes of the main graph that somebody will ask for by name. Raises Malformed. Small files are checked to the last field, of large ones the frame of every node.
    """
    graph = Graph(Body("", source, spans, GRAPH_NODE))
    graph.main.wanted = frozenset(name.encode() for name in wanted)
    deep = source.size <= WHOLE
    for start, end in spans:
        for tag, value, _, at, stop in walk(source, start, end, graph.main, deep):
            if tag == 0x12:
                _read_library(source, at, stop, graph, deep)
            elif tag == 0x22:
                _read_versions(source, at, stop, graph)
            elif tag == 0x18 and not graph.producer:
                graph.producer = value
            elif tag == 0x2A and deep:
                _check(source, at, stop, "GraphDebugInfo", 3)
    return graph


def _read_library(source: Source, start: int, end: int, graph: Graph, deep: bool) -> None:
    for tag, _, _, at, stop in fields(source, start, end):
        if tag == 0x0A:
            function = _read_function(source, at, stop, deep)
            if function.name in graph.functions:
                graph.duplicates.append(function.name)
                first = graph.functions[function.name].spans[0]
                if first[1] - first[0] != stop - at or source.at(*_length(first)) != source.at(at, stop - at):
                    graph.different.add(function.name)
            else:
                graph.functions[function.name] = function
        elif tag == 0x12:
            entry = text_fields(source, at, stop)
            graph.gradients.setdefault(entry.get(1, ""), entry.get(2, ""))
        elif tag == 0x1A and deep:
            _check(source, at, stop, "RegisteredGradient", 4)


def _length(span: tuple[int, int]) -> tuple[int, int]:
    return span[0], span[1] - span[0]


def _read_function(source: Source, start: int, end: int, deep: bool) -> Body:
    body = Body("", source, [(start, end)], FUNCTION_NODE)
    body.offset = start
    for tag, _, _, at, stop in walk(source, start, end, body, deep):
        if tag == 0x0A:
            if deep:
                _check(source, at, stop, "OpDef", 5)
            for inner, value, _, left, right in fields(source, at, stop):
                if inner == 0x0A:
                    body.name = decode(source, left, right)
                elif inner == 0x12:
                    body.inputs.append(_first_text(source.at(left, right - left)))
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
    for tag, value, _, at, stop in fields(source, start, end):
        if tag == 0x08:
            graph.producer = value
        elif tag == 0x10:
            graph.min_consumer = value
        elif tag == 0x18:
            graph.bad_consumers.append(value)
        elif tag == 0x1A:
            data = message(source, at, stop)
            pos = 0
            while pos < len(data):
                number, pos = varint(data, pos)
                graph.bad_consumers.append(number)


def walk(
    source: Source, start: int, end: int, body: Body, deep: bool, counting: bool = True
) -> Iterator[tuple[int, int, int, int, int]]:
    """Add the nodes at [start, end) to the body; yield the fields that are not nodes, as wire.fields does.

    deep: keep the nodes and check every field of theirs. Otherwise count ops and devices only.
    """
    node_tag = body.node_tag
    ops = body.ops
    wanted = body.wanted
    pos = start
    sequential = True
    while pos < end:
        window = source.window
        base = source.base
        offset = pos - base
        if offset < 0 or offset + 20 > len(window):
            if base + len(window) < end or offset < 0:
                window = source.load(pos, end, sequential)
                base = source.base
                offset = pos - base
        limit = min(len(window), end - base)
        # The common case: a node that lies in the window whole, its fields in order.
        while offset < limit and window[offset] == node_tag:
            try:
                size = window[offset + 1]
                at = offset + 2
                if size > 127:
                    byte = window[offset + 2]
                    if byte < 128:
                        size = size & 127 | byte << 7
                        at = offset + 3
                    else:
                        size, at = varint(window, offset + 1)
                stop = at + size
                if stop > limit:
                    break
                if deep:
                    node = _parse_node(source, window, base, at, stop)
                    body.add(node)
                    if counting:
                        tally = ops.get(node.op)
                        if tally is None:
                            tally = ops[node.op] = Tally()
                        tally.count += 1
                        if tally.count <= 3:
                            tally.places.append((base + at, size))
                        if node.device:
                            _count(body.devices, node.device, base + at, size)
                        if node.op == "Const" and _VALUE not in window[at:stop]:
                            body.valueless.append(node)
                    offset = stop
                    continue
                name_size = window[at + 1]
                place = at + 2 + name_size
                if window[at] == _NAME and name_size < 128 and window[place] == _OP and place + 2 < stop:
                    op_size = window[place + 1]
                    here = place + 2 + op_size
                    if op_size > 127 or here > stop:
                        raise IndexError
                    op = window[place + 2 : here]
                    while here < stop and window[here] == _INPUT:
                        here += 2 + window[here + 1]
                    if here < stop:
                        tag = window[here]
                        if tag == _DEVICE:
                            size = window[here + 1]
                            _count(body.devices, window[here + 2 : here + 2 + size].decode(), base + at, stop - at)
                        elif tag != _ATTR:
                            raise IndexError
                    tally = ops.get(op)  # type: ignore[call-overload]
                    if tally is None:
                        tally = ops[op] = Tally()  # type: ignore[index]
                        tally.calls = bool(_node_in(window, base, at, stop).calls)
                    if op == b"Const" and _VALUE not in window[here:stop]:
                        body.valueless.append(_node_in(window, base, at, stop))
                    if tally.calls:
                        body.callers.append(_node_in(window, base, at, stop))
                    tally.count += 1
                    if tally.count <= 3:
                        tally.places.append((base + at, stop - at))
                    if wanted and window[at + 2 : place] in wanted:
                        node = _node_in(window, base, at, stop)
                        body._named[node.name] = node
                    offset = stop
                    continue
            except (IndexError, ValueError):
                pass
            # Out of order, long or broken: the careful way tells which.
            _add_carefully(source, body, base + offset, end, deep, counting)
            window, base = source.window, source.base
            offset = _end_of_field(source, base + offset, end) - base
            if offset < 0 or offset >= limit:
                break
        pos = base + offset
        if pos >= end:
            break
        if offset < limit and window[offset] == node_tag:
            # Longer than the window: read it field by field, jumping over payloads.
            _add_carefully(source, body, pos, end, deep, counting)
            after = _end_of_field(source, pos, end)
            sequential = after - pos <= len(window)
            pos = after
            continue
        if offset >= limit:
            sequential = True
            continue
        field = one_field(source, pos, end)
        yield field
        sequential = field[4] <= source.base + len(source.window)
        pos = field[4]
    if not deep:
        for op in [op for op in ops if isinstance(op, bytes)]:
            try:
                tally = ops.pop(op)
                kept = ops.setdefault(op.decode(), tally)  # type: ignore[attr-defined]
            except UnicodeDecodeError:
                raise source.malformed(tally.places[0][0], "an op that is not UTF-8") from None
            if kept is not tally:
                kept.count += tally.count
                kept.places = sorted(kept.places + tally.places)[:3]


def _count(tallies: dict[str, Tally], key: str, offset: int, length: int) -> None:
    tally = tallies.get(key)
    if tally is None:
        tally = tallies[key] = Tally()
    tally.count += 1
    if tally.count <= 3:
        tally.places.append((offset, length))


def _end_of_field(source: Source, pos: int, end: int) -> int:
    return one_field(source, pos, end)[4]


def _add_carefully(source: Source, body: Body, pos: int, end: int, deep: bool, counting: bool) -> None:
    """The node whose field begins at pos, wherever its fields stand and however long they are."""
    for _, _, _, at, stop in fields(source, pos, end):
        node = _node_by_fields(source, at, stop)
        if counting and node.op == "Const" and attribute(node, source, "value") is None:
            body.valueless.append(node)
        if counting:
            _count(body.ops, node.op, at, stop - at)
            if node.device:
                _count(body.devices, node.device, at, stop - at)
        if deep:
            body.add(node)
        else:
            if node.calls:
                body.callers.append(node)
            if body.wanted and node.name.encode() in body.wanted:
                body._named[node.name] = node
        return


def _node_in(window: bytes, base: int, pos: int, stop: int) -> Node:
    """A node that lies in the window, unchecked, without its inputs."""
    name = op = device = ""
    calls: list[tuple[str, str]] = []
    for tag, data in parts(window[pos:stop]):
        if tag == _NAME:
            name = data.decode("utf-8", "replace")
        elif tag == _OP:
            op = data.decode("utf-8", "replace")
        elif tag == _DEVICE:
            device = data.decode("utf-8", "replace")
        elif tag == _ATTR:
            key = value = b""
            for inner, text in parts(data):
                if inner == 0x0A:
                    key = text
                elif inner == 0x12:
                    value = text
            calls += ((key.decode("utf-8", "replace"), function) for function in functions_in(value))
    return Node(name, op, (), device, tuple(calls), base + pos, stop - pos)


def _node_by_fields(source: Source, start: int, end: int) -> Node:
    name = op = device = ""
    inputs: list[str] = []
    calls: list[tuple[str, str]] = []
    for tag, _, _, at, stop in fields(source, start, end):
        if tag == _NAME:
            name = decode(source, at, stop)
        elif tag == _OP:
            op = decode(source, at, stop)
        elif tag == _INPUT:
            inputs.append(decode(source, at, stop))
        elif tag == _DEVICE:
            device = decode(source, at, stop)
        elif tag == _ATTR:
            key, (left, right) = attr_entry(source, at, stop)
            if right - left < 64 << 10:
                calls += ((key, function) for function in functions_in(source.at(left, right - left)))
    return Node(name, op, tuple(inputs), device, tuple(calls), start, end - start)


_calls_of: dict[bytes, tuple[tuple[str, str], ...]] = {}
_texts: dict[bytes, str] = {}


def _parse_node(source: Source, window: bytes, base: int, pos: int, stop: int) -> Node:
    """A node that lies in the window, every field checked. Raises Malformed."""
    name = op = device = ""
    inputs: list[str] = []
    calls: tuple[tuple[str, str], ...] = ()
    start = pos
    try:
        while pos < stop:
            tag = window[pos]
            size = window[pos + 1]
            at = pos + 2
            if tag > 127 or tag & 7 != 2:
                proto.check(window, pos, stop, proto.table("NodeDef"), 3)
                return _node_by_fields(source, base + start, base + stop)
            if size > 127:
                size, at = varint(window, pos + 1)
            after = at + size
            if after > stop:
                raise proto.Fault(pos, f"a field that is {after - stop:,} bytes longer than its node")
            if tag == _ATTR:
                # Attributes repeat from node to node: an entry seen before is sound, and what it calls is known.
                entry = window[at:after] if size < 200 else b""
                known = _calls_of.get(entry)
                if known is None:
                    proto.check(window, at, after, proto.table("NodeDef.AttrEntry"), 4)
                    key, (left, right) = attr_entry_in(window, at, after)
                    known = tuple((key, function) for function in functions_in(window[left:right]))
                    if entry and len(_calls_of) < 20_000:
                        _calls_of[entry] = known
                if known:
                    calls += known
            elif tag == _INPUT:
                inputs.append(window[at:after].decode())
            elif tag == _OP:
                raw = window[at:after]
                op = _texts.get(raw) or _texts.setdefault(raw, raw.decode())
            elif tag == _NAME:
                name = window[at:after].decode()
            elif tag == _DEVICE:
                device = window[at:after].decode()
            else:
                proto.check(window, pos, after, proto.table("NodeDef"), 3)
            pos = after
    except proto.Fault as fault:
        raise source.malformed(base + fault.position, fault.why) from None
    except UnicodeDecodeError:
        raise source.malformed(base + pos, "a string that is not UTF-8") from None
    except ValueError as error:
        raise source.malformed(base + pos, str(error)) from None
    except IndexError:
        raise source.malformed(base + pos, "a node that ends inside a field") from None
    return Node(name, op, tuple(inputs), device, calls, base + start, stop - start)


def decode(source: Source, start: int, end: int) -> str:
    """A string field. Raises Malformed unless it is UTF-8."""
    try:
        return message(source, start, end).decode()
    except UnicodeDecodeError:
        raise source.malformed(start, "a string that is not UTF-8") from None


def text_fields(source: Source, start: int, end: int, only: int = 2) -> dict[int, str]:
    """Fields 1 and 2 (up to only) of a small message as text: a name and its value; the last of each counts."""
    found = {}
    window = source.window
    pos, stop = start - source.base, end - source.base
    if 0 <= pos and 4 <= stop - pos < 128 and stop <= len(window) and window[pos] == 0x0A and only == 2:
        # Nearly always: both, in order, short.
        middle = pos + 2 + window[pos + 1]
        if middle + 1 < stop and window[middle] == 0x12 and middle + 2 + window[middle + 1] == stop:
            try:
                return {1: window[pos + 2 : middle].decode(), 2: window[middle + 2 : stop].decode()}
            except UnicodeDecodeError:
                raise source.malformed(start, "a string that is not UTF-8") from None
    for tag, _, _, at, stop in fields(source, start, end):
        if tag in (0x0A, 0x12) and tag >> 3 <= only:
            found[tag >> 3] = decode(source, at, stop)
    return found


def attr_entry(source: Source, start: int, end: int) -> tuple[str, tuple[int, int]]:
    """A map entry's key and the span of its value in the file."""
    key, span = "", (start, start)
    window, base = source.window, source.base
    pos, stop = start - base, end - base
    if 0 <= pos and 4 <= stop - pos < 128 and stop <= len(window) and window[pos] == 0x0A:
        middle = pos + 2 + window[pos + 1]
        if middle + 1 < stop and window[middle] == 0x12 and middle + 2 + window[middle + 1] == stop:
            try:
                return window[pos + 2 : middle].decode(), (base + middle + 2, end)
            except UnicodeDecodeError:
                raise source.malformed(start, "a string that is not UTF-8") from None
    for tag, _, _, at, stop in fields(source, start, end):
        if tag == 0x0A:
            key = decode(source, at, stop)
        elif tag == 0x12:
            span = (at, stop)
    return key, span


def attr_entry_in(buffer: bytes, pos: int, end: int) -> tuple[str, tuple[int, int]]:
    """attr_entry for bytes that proto.check has passed."""
    key, span = "", (pos, pos)
    while pos < end:
        tag, pos = varint(buffer, pos)
        if tag & 7 != 2:
            pos = varint(buffer, pos)[1] if tag & 7 == 0 else pos + (8 if tag & 7 == 1 else 4)
            continue
        size, pos = varint(buffer, pos)
        if tag == 0x0A:
            key = buffer[pos : pos + size].decode()
        elif tag == 0x12:
            span = (pos, pos + size)
        pos += size
    return key, span


def functions_in(value: bytes) -> list[str]:
    """The functions that an AttrValue names: its func, or the funcs of its list. [] where it holds none."""
    if b"\x52" not in value and b"\x4a" not in value:
        return []
    names = []
    for tag, payload in parts(value):
        if tag == 0x52:
            names.append(_first_text(payload))
        elif tag == 0x0A:
            names += [_first_text(inner) for inner_tag, inner in parts(payload) if inner_tag == 0x4A]
    return names


def _first_text(payload: bytes) -> str:
    for tag, text in parts(payload):
        if tag == 0x0A:
            return text.decode("utf-8", "replace")
    return ""


def parts(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The length-delimited fields of a small message in memory, as (tag, bytes); stops at what is broken."""
    pos = 0
    try:
        while pos < len(data):
            tag, pos = varint(data, pos)
            kind = tag & 7
            if kind == 2:
                size, pos = varint(data, pos)
                if pos + size > len(data):
                    return
                yield tag, data[pos : pos + size]
                pos += size
            elif kind == 0:
                pos = varint(data, pos)[1]
            elif kind in (1, 5):
                pos += 8 if kind == 1 else 4
            else:
                return
    except (IndexError, ValueError):
        return


def numbers(data: bytes) -> dict[int, int]:
    """The varint fields of a small message in memory, by number, as int64; the last of each counts."""
    found = {}
    pos = 0
    try:
        while pos < len(data):
            tag, pos = varint(data, pos)
            kind = tag & 7
            if kind == 0:
                value, pos = varint(data, pos)
                found[tag >> 3] = signed(value)
            elif kind == 2:
                size, pos = varint(data, pos)
                pos += size
            elif kind in (1, 5):
                pos += 8 if kind == 1 else 4
            else:
                break
    except (IndexError, ValueError):
        pass
    return found


def attribute(node: Node, source: Source, key: str) -> tuple[int, int] | None:
    """The span of an attribute's AttrValue in the file, None where the node does not have it."""
    for tag, _, _, at, stop in fields(source, node.offset, node.offset + node.length):
        if tag == _ATTR:
            found, span = attr_entry(source, at, stop)
            if found == key:
                return span
    return None


def node_name(source: Source, offset: int, length: int) -> str:
    """The name of the NodeDef at a place."""
    return text_fields(source, offset, offset + length).get(1, "")


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


__all__ = ["Body", "Graph", "Malformed", "Node", "Tally", "read_graph"]
