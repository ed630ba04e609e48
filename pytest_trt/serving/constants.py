"""Values that a graph holds itself: strings of a Const, the branch that a constant predicate takes."""

from __future__ import annotations

from pytest_trt.artifacts.graph import attribute, parts
from pytest_trt.artifacts.wire import varint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_trt.artifacts.graph import Body, Node

_LIMIT = 16 << 20
_PASSING = frozenset(("Identity", "StopGradient", "ToBool", "Squeeze", "Reshape"))


def strings(node: Node, body: Body) -> list[bytes] | None:
    """The values of a string Const, None where it is none or larger than anybody writes."""
    tensor = _tensor(node, body)
    if tensor is None:
        return None
    return [value for tag, value in parts(tensor) if tag == 0x42]


def number(node: Node, body: Body) -> int | float | None:
    """The value of a scalar Const of a number or bool, None where it is none."""
    tensor = _tensor(node, body)
    if tensor is None:
        return None
    pos = 0
    value: int | float | None = None
    try:
        while pos < len(tensor):
            tag, pos = varint(tensor, pos)
            kind = tag & 7
            if kind == 0:
                plain, pos = varint(tensor, pos)
                if tag >> 3 in (7, 10, 11):
                    value = plain
            elif kind == 2:
                size, pos = varint(tensor, pos)
                payload = tensor[pos : pos + size]
                pos += size
                if tag >> 3 == 4 and 0 < size <= 8:
                    value = int(any(payload)) if size != 4 else int.from_bytes(payload, "little", signed=True)
                elif tag >> 3 in (7, 10, 11) and payload:
                    value = varint(payload, 0)[0]
                elif tag >> 3 in (5, 6) and payload:
                    value = int(any(payload))
            elif kind == 5 or kind == 1:
                width = 4 if kind == 5 else 8
                value = int(any(tensor[pos : pos + width]))
                pos += width
            else:
                return None
    except (IndexError, ValueError):
        return None
    return 0 if value is None else value


def taken(node: Node, body: Body) -> set[str] | None:
    """Of an If, While or Case: the attributes of the functions that run, None where requests decide it."""
    nodes = {one.name: one for one in body.nodes()}
    if node.op in ("If", "StatelessIf", "_If"):
        value = _follow(node.inputs[0] if node.inputs else "", nodes, body)
        return None if value is None else {"then_branch" if value else "else_branch"}
    return None


def case_taken(node: Node, body: Body, branches: int) -> int | None:
    """The branch that a Case takes, None where requests decide it; out of range means the last one."""
    nodes = {one.name: one for one in body.nodes()}
    value = _follow(node.inputs[0] if node.inputs else "", nodes, body)
    if value is None:
        return None
    index = int(value)
    return index if 0 <= index < branches else branches - 1


def returns(function: Body) -> int | float | None:
    """The constant that a function's first result is, None where it depends on anything."""
    nodes = {one.name: one for one in function.nodes()}
    for tensor in function.ret.values():
        return _follow(tensor, nodes, function)
    return None


def _follow(tensor: str, nodes: dict[str, Node], body: Body) -> int | float | None:
    for _ in range(32):
        node = nodes.get(tensor.partition(":")[0])
        if node is None:
            return None
        if node.op == "Const":
            return number(node, body)
        if node.op == "LogicalNot" and node.inputs:
            value = _follow(node.inputs[0], nodes, body)
            return None if value is None else int(not value)
        if node.op not in _PASSING or not node.inputs:
            return None
        tensor = node.inputs[0]
    return None


def _tensor(node: Node, body: Body) -> bytes | None:
    if node.op not in ("Const", "HostConst"):
        return None
    span = attribute(node, body.source, "value")
    if span is None or span[1] - span[0] > _LIMIT:
        return None
    return next((data for tag, data in parts(body.source.at(span[0], span[1] - span[0])) if tag == 0x42), None)
