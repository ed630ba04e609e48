"""Small messages: map entries, names, attribute values, in a file or in memory."""

from __future__ import annotations

from pytest_trt.artifacts.wire import Source, fields, message, signed, varint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.artifacts.nodes import Node

_ATTR = 0x2A


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
            names.append(first_text(payload))
        elif tag == 0x0A:
            names += [first_text(inner) for inner_tag, inner in parts(payload) if inner_tag == 0x4A]
    return names


def functions_at(source: Source, start: int, end: int) -> list[str]:
    """functions_in for a value in the file, however long: tensors are jumped over."""
    if end - start < 4096:
        return functions_in(source.at(start, end - start))
    names = []
    for tag, _, _, at, stop in fields(source, start, end):
        if tag == 0x52:
            names.append(text_fields(source, at, stop, only=1).get(1, ""))
        elif tag == 0x0A:
            for inner, _, _, left, right in fields(source, at, stop):
                if inner == 0x4A:
                    names.append(text_fields(source, left, right, only=1).get(1, ""))
    return names


def first_text(payload: bytes) -> str:
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
