"""Does protobuf accept these bytes as this message? The check that TensorFlow's parser makes, field by field."""

from __future__ import annotations

from pytest_trt.artifacts.schema import MESSAGES
from pytest_trt.artifacts.wire import DEPTH_LIMIT, long_size, long_tag, skip, varint

TYPE_CHECKING = False
if TYPE_CHECKING:
    Table = dict[int, "Table | int"]

STRING, VARINTS, FOURS, EIGHTS = 1, 2, 3, 4
_PACKED = {"float*": FOURS, "fixed32*": FOURS, "sfixed32*": FOURS, "double*": EIGHTS, "fixed64*": EIGHTS}
_VARINTS = {"int32*", "int64*", "uint32*", "uint64*", "sint32*", "sint64*", "bool*", "DataType*"}

_REMEMBERED = 600
_tables: dict[str, Table] = {}
# By table: messages that were sound -> at which depth.
_sound: dict[int, dict[bytes, int]] = {}


def table(message: str) -> Table:
    """tag -> what is inside a length-delimited field: another table, STRING, or a packed kind."""
    found = _tables.get(message)
    if found is None:
        found = _tables[message] = {}
        _sound[id(found)] = {}
        for number, _, kind in MESSAGES[message]:
            name = kind.rstrip("*")
            if name in MESSAGES:
                found[number << 3 | 2] = table(name)
            elif name == "string":
                found[number << 3 | 2] = STRING
            elif kind in _PACKED:
                found[number << 3 | 2] = _PACKED[kind]
            elif kind in _VARINTS:
                found[number << 3 | 2] = VARINTS
    return found


class Fault(ValueError):
    """Where, relative to the buffer, and why a message is not one."""

    def __init__(self, position: int, why: str) -> None:
        super().__init__(position, why)
        self.position = position
        self.why = why


def check(buffer: bytes, pos: int, end: int, fields: Table, depth: int) -> None:
    """Raise Fault unless protobuf's C++ parser takes buffer[pos:end] as the message of this table.

    depth: messages around this one; protobuf stops at 100.
    """
    while pos < end:
        start = pos
        try:
            tag = buffer[pos]
            pos += 1
            if tag >= 128:
                tag, pos = long_tag(buffer, start)
            kind = tag & 7
            if kind == 2 and tag > 7:
                size = buffer[pos]
                pos += 1
                if size >= 128:
                    size, pos = long_size(buffer, pos - 1)
                stop = pos + size
                if stop > end:
                    raise Fault(start, f"a field that is {stop - end:,} bytes longer than what it is in")
                inside = fields.get(tag)
                if inside is None:
                    pass
                elif not size:
                    if depth >= DEPTH_LIMIT and not isinstance(inside, int):
                        raise Fault(start, f"more than {DEPTH_LIMIT} messages inside one another")
                elif inside is STRING:
                    text = buffer[pos:stop]
                    if not text.isascii():
                        text.decode()
                elif isinstance(inside, int):
                    check_packed(buffer, pos, stop, inside, start)
                elif depth >= DEPTH_LIMIT:
                    raise Fault(start, f"more than {DEPTH_LIMIT} messages inside one another")
                elif size > _REMEMBERED:
                    check(buffer, pos, stop, inside, depth + 1)
                else:
                    # Small messages repeat, within a model and from model to model: what was sound is sound again.
                    sound = _sound[id(inside)]
                    chunk = buffer[pos:stop]
                    if depth > sound.get(chunk, -1):
                        check(buffer, pos, stop, inside, depth + 1)
                        if len(sound) < 5_000:
                            sound[chunk] = depth
                pos = stop
            elif kind == 0 and tag > 7:
                if buffer[pos] < 128:
                    pos += 1
                else:
                    pos = varint(buffer, pos)[1]
            else:
                pos = skip(buffer, pos, tag, depth)
        except UnicodeDecodeError:
            raise Fault(start, "a string that is not UTF-8") from None
        except Fault:
            raise
        except ValueError as error:
            raise Fault(start, str(error)) from None
        except IndexError:
            raise Fault(start, "the bytes end inside a field") from None
        if pos > end:
            raise Fault(start, "a field that is longer than what it is in")


def check_once(buffer: bytes, pos: int, end: int, message: str, depth: int) -> None:
    """check for a message that is likely to come again."""
    fields = table(message)
    if end - pos > _REMEMBERED:
        check(buffer, pos, end, fields, depth)
        return
    sound = _sound[id(fields)]
    chunk = buffer[pos:end]
    if depth > sound.get(chunk, -1):
        check(buffer, pos, end, fields, depth)
        if len(sound) < 5_000:
            sound[chunk] = depth


def check_packed(buffer: bytes, pos: int, stop: int, kind: int, start: int) -> None:
    """Raise Fault unless buffer[pos:stop] are packed numbers of this kind."""
    if kind == VARINTS:
        while pos < stop:
            pos = varint(buffer, pos)[1]
        if pos > stop:
            raise Fault(start, "packed numbers that end inside a number")
    elif (stop - pos) % (4 if kind == FOURS else 8):
        raise Fault(start, "packed numbers that end inside a number")
