"""NodeDefs of a body, one after another: counted where that is enough, read where somebody asks.

A scan costs about a microsecond a node; it is what judges a graph of a hundred thousand nodes in a tenth of a second.
"""

from __future__ import annotations

from pytest_trt.artifacts import proto
from pytest_trt.artifacts.attrs import attr_entry, attr_entry_in, decode, functions_at, functions_in, parts
from pytest_trt.artifacts.wire import WHOLE, Source, fields, long_size, one_field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pytest_trt.artifacts.graph import Body

# Tags: field number << 3 | wire type.
_NAME, _OP, _INPUT, _DEVICE, _ATTR = 0x0A, 0x12, 0x1A, 0x22, 0x2A
# Messages around a GraphDef in a SavedModel, and around a function of its library.
GRAPH_DEPTH, FUNCTION_DEPTH = 2, 4
# The key of the attribute that every Const must have, as a map entry begins.
_VALUE = b"\x0a\x05value"


class Node:
    """A NodeDef.

    calls: (attribute, function) for every func and list(func) attribute, in order. valued: whether it has an
    attribute called value, as a Const must.
    """

    __slots__ = ("name", "op", "inputs", "device", "calls", "valued", "offset", "length")

    def __init__(
        self,
        name: str,
        op: str,
        inputs: tuple[str, ...],
        device: str,
        calls: tuple[tuple[str, str], ...],
        valued: bool,
        offset: int,
        length: int,
    ) -> None:
        self.name = name
        self.op = op
        self.inputs = inputs
        self.device = device
        self.calls = calls
        self.valued = valued
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


def walk(
    source: Source, start: int, end: int, body: Body, keep: bool, checked: bool = True, counting: bool = True
) -> Iterator[tuple[int, int, int, int, int]]:
    """Add the nodes at [start, end) to the body; yield the fields that are not nodes, as wire.fields does.

    keep: keep the nodes. checked: check every field of theirs (of kept ones always). counting: count ops and devices.
    """
    node_tag = body.node_tag
    depth = GRAPH_DEPTH if node_tag == 0x0A else FUNCTION_DEPTH
    # A scan counts under the op's bytes, which it turns into text when it is done.
    ops: dict[Any, Tally] = body.ops
    wanted = body.wanted
    scanned = _scanned
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
                        size, at = long_size(window, offset + 1)
                stop = at + size
                if stop > limit:
                    break
                if keep:
                    node = _parse_node(source, window, base, at, stop, depth + 1)
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
                        if not node.valued and node.op == "Const":
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
                        size = window[here + 1]
                        if size > 127:
                            raise IndexError
                        here += 2 + size
                    device = ""
                    if here < stop and window[here] == _DEVICE:
                        size = window[here + 1]
                        after = here + 2 + size
                        if size > 127 or after > stop:
                            raise IndexError
                        device = window[here + 2 : after].decode()
                        here = after
                    if here > stop:
                        raise IndexError
                    if checked:
                        tail = window[here:stop]
                        seen = _tails.get(tail)
                        if seen is None:
                            _parse_node(source, window, base, at, stop, depth + 1)
                            # Not remembered where a field that is no attribute stands among them.
                            seen = _tails.get(tail) or _scan_tail(window, here, stop)
                        if seen[0] or not seen[1] and op == b"Const" or not window[at:here].isascii():
                            node = _parse_node(source, window, base, at, stop, depth + 1)
                            if node.calls:
                                body.callers.append(node)
                            if not node.valued and op == b"Const":
                                body.valueless.append(node)
                    else:
                        seen = scanned.get(window[here:stop]) if stop - here < 1000 else None
                        if seen is None:
                            seen = _scan_tail(window, here, stop)
                        if seen[0]:
                            body.callers.append(_node_in(window, base, at, stop))
                        if op == b"Const" and not seen[1]:
                            body.valueless.append(_node_in(window, base, at, stop))
                    tally = ops.get(op)
                    if tally is None:
                        tally = ops[op] = Tally()
                    if device:
                        _count(body.devices, device, base + at, stop - at)
                    count = tally.count = tally.count + 1
                    if count < 4:
                        tally.places.append((base + at, stop - at))
                    if wanted and window[at + 2 : place] in wanted:
                        node = _node_in(window, base, at, stop)
                        body._named[node.name] = node
                    offset = stop
                    continue
            except (IndexError, ValueError):
                pass
            # Out of order, long or broken: the careful way tells which.
            pos = base + offset
            _add_carefully(source, body, pos, end, keep, checked, counting, depth)
            after = one_field(source, pos, end, depth)[4]
            # Both may have moved the window.
            window, base = source.window, source.base
            limit = min(len(window), end - base)
            offset = after - base
            if offset < 0 or offset >= limit:
                break
        pos = base + offset
        if pos >= end:
            break
        if offset < limit and window[offset] == node_tag:
            # Longer than the window: read it field by field, jumping over payloads.
            _add_carefully(source, body, pos, end, keep, checked, counting, depth)
            after = one_field(source, pos, end, depth)[4]
            sequential = after - pos <= len(window)
            pos = after
            continue
        if offset >= limit:
            sequential = True
            continue
        field = one_field(source, pos, end, depth)
        yield field
        sequential = field[4] <= source.base + len(source.window)
        pos = field[4]
    if not keep:
        _decode_ops(source, ops)


def _decode_ops(source: Source, ops: dict[Any, Tally]) -> None:
    """Turn the ops that a scan counted as bytes into text. Raises Malformed."""
    for key in list(ops):
        if not isinstance(key, bytes):
            continue
        tally = ops.pop(key)
        try:
            kept = ops.setdefault(key.decode(), tally)
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


def _add_carefully(
    source: Source, body: Body, pos: int, end: int, keep: bool, checked: bool, counting: bool, depth: int
) -> None:
    """The node whose field begins at pos, wherever its fields stand and however long they are."""
    for _, _, _, at, stop in fields(source, pos, end, depth):
        if checked and source.size <= WHOLE:
            _parse_node(source, source.window, source.base, at - source.base, stop - source.base, depth + 1)
        node = _node_by_fields(source, at, stop)
        if counting and node.op == "Const" and not node.valued:
            body.valueless.append(node)
        if counting:
            _count(body.ops, node.op, at, stop - at)
            if node.device:
                _count(body.devices, node.device, at, stop - at)
        if keep:
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
    valued = False
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
            valued |= key == b"value"
            calls += ((key.decode("utf-8", "replace"), function) for function in functions_in(value))
    return Node(name, op, (), device, tuple(calls), valued, base + pos, stop - pos)


def _node_by_fields(source: Source, start: int, end: int) -> Node:
    name = op = device = ""
    valued = False
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
            valued |= key == "value"
            calls += ((key, function) for function in functions_at(source, left, right))
    return Node(name, op, tuple(inputs), device, tuple(calls), valued, start, end - start)


# One attribute -> its calls.
_calls_of: dict[bytes, tuple[tuple[str, str], ...]] = {}
# All attributes of a node together -> its calls, and whether one of them is called value.
_tails: dict[bytes, tuple[tuple[tuple[str, str], ...], bool]] = {b"": ((), False)}
_texts: dict[bytes, str] = {}
# The same, unchecked.
_scanned: dict[bytes, tuple[tuple[tuple[str, str], ...], bool]] = {b"": ((), False)}
# Attributes are remembered together up to this many bytes, an attribute up to so many: too few to nest too deep.
_TAIL, _ENTRY = 1000, 160


def _scan_tail(window: bytes, start: int, stop: int) -> tuple[tuple[tuple[str, str], ...], bool]:
    """As _tails has it, the attributes unchecked. Raises IndexError for what is better read carefully."""
    calls: list[tuple[str, str]] = []
    valued = False
    pos = start
    while pos < stop:
        tag = window[pos]
        size, at = window[pos + 1], pos + 2
        if size > 127:
            size, at = long_size(window, pos + 1)
        pos = at + size
        if pos > stop or tag not in (_ATTR, 0x32, 0x3A):
            raise IndexError
        if tag != _ATTR:
            continue
        if not window.startswith(b"\x0a", at):
            raise IndexError
        value = at + 2 + window[at + 1]
        if window[at + 1] > 127 or value < pos and window[value] != 0x12:
            raise IndexError
        valued |= window.startswith(_VALUE, at)
        if value < pos:
            size, begin = long_size(window, value + 1)
            if begin + size != pos:
                raise IndexError
            # A list or a function is never behind the bytes of a tensor.
            if size < 4096 or window[begin] in (0x0A, 0x52):
                names = functions_in(window[begin:pos])
                if names:
                    key = window[at + 2 : value].decode()
                    calls += ((key, name) for name in names)
    found = tuple(calls), valued
    if stop - start < _TAIL and len(_scanned) < 20_000:
        _scanned[window[start:stop]] = found
    return found


def _parse_node(source: Source, window: bytes, base: int, pos: int, stop: int, depth: int) -> Node:
    """A node that lies in the window, every field checked. depth: messages around it. Raises Malformed."""
    name = op = device = ""
    valued = False
    inputs: list[str] = []
    calls: list[tuple[str, str]] = []
    start = pos
    tail: bytes | None = None
    try:
        while pos < stop:
            tag = window[pos]
            size = window[pos + 1]
            at = pos + 2
            if tag > 127 or tag & 7 != 2:
                proto.check(window, pos, stop, proto.table("NodeDef"), depth)
                return _node_by_fields(source, base + start, base + stop)
            if size > 127:
                size, at = long_size(window, pos + 1)
            after = at + size
            if after > stop:
                raise proto.Fault(pos, f"a field that is {after - stop:,} bytes longer than its node")
            if tag == _ATTR:
                if tail is None:
                    # Nodes of an op have the same attributes: what was sound is sound again, and calls the same.
                    tail = window[pos:stop] if stop - pos < _TAIL else b""
                    seen = _tails.get(tail) if tail else None
                    if seen is not None:
                        calls += seen[0]
                        valued = seen[1]
                        tail = b""
                        break
                valued |= window.startswith(_VALUE, at)
                # Attributes repeat from node to node: an entry seen before is sound, and what it calls is known.
                entry = window[at:after] if size < _ENTRY else b""
                tail = entry and tail
                known = _calls_of.get(entry)
                if known is None:
                    proto.check(window, at, after, proto.table("NodeDef.AttrEntry"), depth + 1)
                    key, (left, right) = attr_entry_in(window, at, after)
                    known = tuple((key, function) for function in functions_in(window[left:right]))
                    if entry and len(_calls_of) < 20_000:
                        _calls_of[entry] = known
                if known:
                    calls += known
            elif tag == _INPUT:
                inputs.append(window[at:after].decode())
                tail = tail and b""
            elif tag == _OP:
                raw = window[at:after]
                op = _texts.get(raw) or _texts.setdefault(raw, raw.decode())
                tail = tail and b""
            elif tag == _NAME:
                name = window[at:after].decode()
                tail = tail and b""
            elif tag == _DEVICE:
                device = window[at:after].decode()
                tail = tail and b""
            else:
                proto.check(window, pos, after, proto.table("NodeDef"), depth)
            pos = after
    except proto.Fault as fault:
        raise source.malformed(base + fault.position, fault.why) from None
    except UnicodeDecodeError:
        raise source.malformed(base + pos, "a string that is not UTF-8") from None
    except ValueError as error:
        raise source.malformed(base + pos, str(error)) from None
    except IndexError:
        raise source.malformed(base + pos, "a node that ends inside a field") from None
    found = tuple(calls)
    if tail and len(_tails) < 20_000:
        _tails[tail] = found, valued
    return Node(name, op, tuple(inputs), device, found, valued, base + start, stop - start)
