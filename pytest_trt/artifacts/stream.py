"""Does protobuf's reader ask for more than the file holds before it refuses it? Then its status says OUT_OF_RANGE.

It looks behind the end when a field begins in the last 16 bytes, or a string goes past them, and no sooner. Source:
EpsCopyInputStream of protobuf's parse_context.h and parse_context.cc; TensorFlow's FileStream in core/platform/env.cc.
Asked only of files that are refused.
"""

from __future__ import annotations

from pytest_trt.artifacts import proto
from pytest_trt.artifacts.wire import DEPTH_LIMIT, SLOP, long_size, long_tag, varint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_trt.artifacts.proto import Table


def runs_out(data: bytes, message: str) -> bool:
    """Whether the reader of these bytes as this message meets their end before it meets what it refuses."""
    reader = _Reader(data)
    try:
        reader.read(0, 1 << 62, proto.table(message), 0, 0)
    except (_Refused, IndexError, ValueError):
        pass
    return reader.met_end


class _Refused(Exception):
    """The reader stops."""


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.met_end = False
        self.turned = False

    def read(self, pos: int, limit: int, fields: Table, depth: int, group: int) -> int:
        """The end of a message that may go on up to limit, of a group if that is its number."""
        data, size = self.data, len(self.data)
        while pos != limit:
            if pos >= size - SLOP and pos < limit and not self.turned:
                self.turned = True
                self.met_end = not _ends(data[pos:])
            if pos > limit or pos >= size:
                raise _Refused
            tag, pos = long_tag(data, pos)
            kind = tag & 7
            if not tag >> 3 or kind > 5:
                raise _Refused
            if kind == 0:
                pos = varint(data, pos)[1]
            elif kind in (1, 5):
                pos += 8 if kind == 1 else 4
            elif kind == 2:
                length, pos = long_size(data, pos)
                pos = self.value(pos, pos + length, limit, fields.get(tag), depth)
            elif kind == 3:
                if depth >= DEPTH_LIMIT:
                    raise _Refused
                pos = self.read(pos, limit, {}, depth + 1, tag >> 3)
            elif group and tag >> 3 == group:
                return pos
            else:
                raise _Refused
        if group:
            raise _Refused
        return pos

    def value(self, pos: int, stop: int, limit: int, inside: Table | int | None, depth: int) -> int:
        if isinstance(inside, dict):
            if depth >= DEPTH_LIMIT:
                raise _Refused
            return self.read(pos, stop, inside, depth + 1, 0)
        if stop > len(self.data):
            self.met_end = self.met_end or limit > len(self.data) and not self.turned
            raise _Refused
        if inside is proto.STRING:
            self.data[pos:stop].decode()
        elif inside is not None:
            proto.check_packed(self.data, pos, stop, inside, pos)
        return stop


def _ends(last: bytes) -> bool:
    """Whether the last bytes, read flat, end a message; then nobody looks behind them (ParseEndsInSlopRegion)."""
    pos = depth = 0
    try:
        while pos < len(last):
            tag, pos = long_tag(last, pos)
            if not tag:
                return True
            kind = tag & 7
            if kind == 0:
                pos = varint(last, pos)[1]
            elif kind in (1, 5):
                pos += 8 if kind == 1 else 4
            elif kind == 2:
                size, pos = long_size(last, pos)
                pos += size
            elif kind == 3:
                depth += 1
            elif kind == 4:
                depth -= 1
                if depth < 0:
                    return True
            else:
                return False
    except (IndexError, ValueError):
        pass
    return False
