"""Values that a graph holds itself: strings of a Const, the branch that a constant predicate takes."""

from __future__ import annotations

import operator
import struct

from pytest_trt.artifacts.attrs import attribute, numbers, parts
from pytest_trt.artifacts.wire import signed, varint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pytest_trt.artifacts.graph import Body
    from pytest_trt.artifacts.nodes import Node

_LIMIT = 16 << 20
# DataType -> struct's form of a value in tensor_content, and the field of single values.
_FORMS = {1: "<f", 2: "<d", 3: "<i", 9: "<q", 10: "<?"}
_FIELDS = {1: 5, 2: 6, 3: 7, 9: 10, 10: 11}
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "Greater": operator.gt,
    "GreaterEqual": operator.ge,
    "Less": operator.lt,
    "LessEqual": operator.le,
    "Equal": operator.eq,
    "NotEqual": operator.ne,
    "LogicalAnd": lambda left, right: bool(left and right),
    "LogicalOr": lambda left, right: bool(left or right),
}
_PASSING = frozenset(("Identity", "StopGradient", "ToBool", "Squeeze", "Reshape"))


def strings(node: Node, body: Body) -> list[bytes] | None:
    """The values of a string Const, None where it is none or larger than anybody writes."""
    tensor = _tensor(node, body)
    if tensor is None:
        return None
    return [value for tag, value in parts(tensor) if tag == 0x42]


def number(node: Node, body: Body) -> int | float | None:
    """The value of a scalar Const of a number or bool, None where it is none that decides anything."""
    tensor = _tensor(node, body)
    if tensor is None:
        return None
    dtype = numbers(tensor).get(1, 0)
    form = _FORMS.get(dtype)
    if form is None:
        return None
    size = struct.calcsize(form)
    content = next((data for tag, data in parts(tensor) if tag == 0x22), b"")
    if len(content) >= size:
        return struct.unpack(form, content[:size])[0]  # type: ignore[no-any-return]
    field = _FIELDS[dtype]
    for tag, data in parts(tensor):
        if tag == field << 3 | 2 and data:
            if dtype in (1, 2):
                return struct.unpack(form, data[:size])[0]  # type: ignore[no-any-return]
            return signed(varint(data, 0)[0])
    if dtype in (1, 2):
        at = tensor.find(bytes([field << 3 | (5 if dtype == 1 else 1)]))
        if at >= 0 and len(tensor) - at > size:
            return struct.unpack(form, tensor[at + 1 : at + 1 + size])[0]  # type: ignore[no-any-return]
        return 0.0
    return numbers(tensor).get(field, 0)


def taken(node: Node, body: Body) -> set[str] | None:
    """Of an If, While or Case: the attributes of the functions that run, None where requests decide it."""
    if node.op in ("If", "StatelessIf", "_If"):
        value = _follow(node.inputs[0] if node.inputs else "", body)
        return None if value is None else {"then_branch" if value else "else_branch"}
    return None


def case_taken(node: Node, body: Body, branches: int) -> int | None:
    """The branch that a Case takes, None where requests decide it; out of range means the last one."""
    value = _follow(node.inputs[0] if node.inputs else "", body)
    if value is None:
        return None
    index = int(value)
    return index if 0 <= index < branches else branches - 1


def returns(function: Body) -> int | float | None:
    """The constant that a function's first result is, None where it depends on anything."""
    for tensor in function.ret.values():
        return _follow(tensor, function)
    return None


def _follow(tensor: str, body: Body) -> int | float | None:
    for _ in range(32):
        node = body.node(tensor.partition(":")[0])
        if node is None:
            return None
        if node.op == "Const":
            return number(node, body)
        if node.op == "LogicalNot" and node.inputs:
            value = _follow(node.inputs[0], body)
            return None if value is None else int(not value)
        compare = _COMPARE.get(node.op)
        if compare is not None and len(node.inputs) >= 2:
            left, right = (_follow(text, body) for text in node.inputs[:2])
            return None if left is None or right is None else int(compare(left, right))
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
