"""A protobuf message in text form, as C++'s DebugString prints it."""

from __future__ import annotations

import struct

from pytest_trt.artifacts.schema import ENUMS, MESSAGES
from pytest_trt.artifacts.wire import signed, varint

_ESCAPES = {0x0A: "\\n", 0x0D: "\\r", 0x09: "\\t", 0x22: '\\"', 0x27: "\\'", 0x5C: "\\\\"}


def dump(data: bytes, message: str, depth: int = 0) -> str:
    """The text of a sound message, two spaces a level; fields in the order of the schema, maps by key."""
    found: dict[int, list[tuple[int, int | bytes]]] = {}
    pos = 0
    while pos < len(data):
        tag, pos = varint(data, pos)
        kind = tag & 7
        if kind == 0:
            number, pos = varint(data, pos)
            found.setdefault(tag >> 3, []).append((kind, number))
            continue
        if kind == 2:
            size, pos = varint(data, pos)
        else:
            size = 8 if kind == 1 else 4
        found.setdefault(tag >> 3, []).append((kind, data[pos : pos + size]))
        pos += size
    out = []
    indent = "  " * depth
    for field, name, declared in sorted(MESSAGES[message]):
        plain = declared.rstrip("*")
        for kind, value in _in_order(found.get(field, []), plain):
            if kind not in _wires(plain, declared.endswith("*")):
                continue
            for text in _values(value, plain, depth):
                out.append(f"{indent}{name}{text}\n")
    return "".join(out)


def _wires(declared: str, repeated: bool) -> tuple[int, ...]:
    """The wire types under which a field of this type is known; under others it is an unknown field, left out here."""
    if declared in MESSAGES or declared in ("string", "bytes"):
        return (2,)
    kind = (
        5 if declared in ("float", "fixed32", "sfixed32") else 1 if declared in ("double", "fixed64", "sfixed64") else 0
    )
    return (kind, 2) if repeated else (kind,)


def _in_order(values: list[tuple[int, int | bytes]], declared: str) -> list[tuple[int, int | bytes]]:
    return sorted(values, key=_key) if declared.endswith("Entry") else values


def _key(item: tuple[int, int | bytes]) -> bytes:
    """The key of a map's entry."""
    entry = item[1]
    if not isinstance(entry, bytes) or entry[:1] != b"\x0a":
        return b""
    size, pos = varint(entry, 1)
    return entry[pos : pos + size]


def _values(value: int | bytes, declared: str, depth: int) -> list[str]:
    if declared in MESSAGES:
        assert isinstance(value, bytes)
        return [f" {{\n{dump(value, declared, depth + 1)}{'  ' * depth}}}"]
    if declared in ("string", "bytes"):
        assert isinstance(value, bytes)
        return [f': "{_escaped(value)}"']
    if isinstance(value, int):
        return [f": {_number(value, declared)}"]
    if declared in ("float", "double"):
        form = "<f" if declared == "float" else "<d"
        return [f": {one:g}" for (one,) in struct.iter_unpack(form, value)]
    numbers = []
    pos = 0
    while pos < len(value):
        number, pos = varint(value, pos)
        numbers.append(f": {_number(number, declared)}")
    return numbers


def _number(value: int, declared: str) -> str:
    if declared == "bool":
        return "true" if value else "false"
    if declared in ENUMS:
        return next((name for name, number in ENUMS[declared].items() if number == value), str(value))
    return str(signed(value))


def _escaped(value: bytes) -> str:
    return "".join(_ESCAPES.get(byte) or (chr(byte) if 0x20 <= byte < 0x7F else f"\\{byte:03o}") for byte in value)
