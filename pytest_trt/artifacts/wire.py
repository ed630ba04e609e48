"""Protobuf's wire format, read from a file by pread and jumped over where nobody asks.

What C++ protobuf refuses is refused here: cut messages, field number 0, wire types 6 and 7, varints over ten
bytes, lengths over 2 GiB, groups that do not close, strings that are not UTF-8, more than 100 messages inside
one another. Source: protobuf's parse_context.h and wire_format_lite.cc; held against TensorFlow's protos by
tests/artifacts.
"""

from __future__ import annotations

import errno
import os
import stat

from pytest_trt.artifacts.errors import LimitReached, Malformed, Unreadable
from pytest_trt.artifacts.location import Location

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

# For a FIFO an open would wait.
READ_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
# A protobuf message, hence a SavedModel or GraphDef that TensorFlow reads, is at most this long.
MESSAGE_LIMIT = 2**31 - 1
DEPTH_LIMIT = 100
# Files up to this size are read in one piece and checked to the last field.
WHOLE = 2 << 20
# Names and other small messages are read up to this size.
SMALL = 2 << 20
FIRST_WINDOW = 1 << 10
LAST_WINDOW = 256 << 10
# Fields of a group (which nobody writes since 2010) of a large file.
_GROUP_LIMIT = 1_000_000
# protobuf's stream reader looks this many bytes ahead for the end of the stream.
SLOP = 16


class Source:
    """A regular file, read at offsets. Keeps the latest window; notices when the file changes.

    path: how to open it. shown: how to name it in messages, the path with forward slashes if not given.
    Raises Unreadable for anything that is not a regular file that can be read.
    Other bytes are read by a subclass: its __init__ calls begin(), it has its own _read() and unchanged(), and
    close() if it holds anything.
    """

    __slots__ = ("path", "shown", "size", "window", "base", "bytes_read", "_fd", "_stamp", "_step")

    def __init__(self, path: str, shown: str | None = None) -> None:
        self.begin(path, shown if shown is not None else path.replace(os.sep, "/"), 0)
        try:
            self._fd = os.open(path, READ_FLAGS)
        except OSError as error:
            raise Unreadable(Location(self.shown), os_reason(error)) from None
        except ValueError:
            raise Unreadable(Location(self.shown), "the name holds a NUL character") from None
        state = os.fstat(self._fd)
        if not stat.S_ISREG(state.st_mode):
            self.close()
            raise Unreadable(Location(self.shown), f"{kind_of_file(state.st_mode)}, not a regular file")
        self.size = state.st_size
        self._stamp = (state.st_size, state.st_mtime_ns)

    def begin(self, path: str, shown: str, size: int) -> None:
        """A source of this many bytes, of which none is read yet and for which no file is open."""
        self.path = path
        self.shown = shown
        self.size = size
        self.window = b""
        self.base = 0
        self.bytes_read = 0
        self._fd = -1
        self._stamp = (0, 0)
        self._step = FIRST_WINDOW

    def __enter__(self) -> Source:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self.window = b""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def at(self, offset: int, length: int) -> bytes:
        """Exactly these bytes; raises Malformed where the file ends before them, Unreadable where it changed."""
        if offset >= self.base and offset + length <= self.base + len(self.window):
            start = offset - self.base
            return self.window[start : start + length]
        if offset + length > self.size:
            raise self.cut(offset)
        return self._read(offset, length)

    def load(self, offset: int, end: int, sequential: bool) -> bytes:
        """Have a window that holds offset: the whole of a small file, else from there on, within end.

        The window of a large file grows while the reading is sequential, so that a jump costs little.
        """
        if self.size <= WHOLE:
            if not self.window:
                self.window = self._read(0, self.size)
            return self.window
        self._step = min(self._step * 4, LAST_WINDOW) if sequential else FIRST_WINDOW
        wanted = min(self._step, end - offset, self.size - offset)
        self.window = self._read(offset, wanted) if wanted > 0 else b""
        self.base = offset
        return self.window

    def unchanged(self) -> None:
        """Raise Unreadable if the file was written to since it was opened."""
        state = os.fstat(self._fd)
        if (state.st_size, state.st_mtime_ns) != self._stamp:
            raise Unreadable(Location(self.shown), "changed while it was read; run again when nobody writes it")

    def one_message(self) -> None:
        """Raise Malformed if the file is longer than a message can be. It would be parsed up to there."""
        if self.size > MESSAGE_LIMIT:
            at = Location(self.shown, offset=MESSAGE_LIMIT)
            raise Malformed(at, f"{self.size:,} bytes, of which protobuf reads {MESSAGE_LIMIT:,} at most")

    def cut(self, offset: int) -> Malformed:
        return Malformed(
            Location(self.shown, offset=offset, length=max(0, self.size - offset)),
            f"the file ends at byte {self.size:,} inside what begins at byte {offset:,}",
            ran_out=True,
        )

    def malformed(self, offset: int, why: str) -> Malformed:
        return Malformed(Location(self.shown, offset=offset), why, ran_out=offset >= self.size - SLOP)

    def _read(self, offset: int, length: int) -> bytes:
        """Exactly these bytes, which are within size; counts them in bytes_read. Raises ArtifactError."""
        parts = []
        wanted = length
        while wanted:
            try:
                part = os.pread(self._fd, wanted, offset)
            except OSError as error:
                raise Unreadable(Location(self.shown, offset=offset), os_reason(error)) from None
            if not part:
                raise Unreadable(Location(self.shown, offset=offset), "became shorter while it was read")
            self.bytes_read += len(part)
            parts.append(part)
            offset += len(part)
            wanted -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)


class Memory(Source):
    """Bytes that are in memory already, read as a Source. shown: how to name them in messages."""

    __slots__ = ("_data",)

    def __init__(self, data: bytes, shown: str) -> None:
        self.begin("", shown, len(data))
        self._data = data

    def unchanged(self) -> None:
        """Bytes never change."""

    def _read(self, offset: int, length: int) -> bytes:
        return bytes(self._data[offset : offset + length])


def os_reason(error: OSError) -> str:
    known = {
        errno.ENOENT: "no such file or folder",
        errno.EACCES: "permission denied",
        errno.ELOOP: "a symbolic link that leads back to itself",
        errno.ENXIO: "a socket, or a FIFO that nobody writes, not a regular file",
        errno.EISDIR: "a folder, not a regular file",
    }
    return known.get(error.errno or 0) or (error.strerror or "cannot be read").lower()


def kind_of_file(mode: int) -> str:
    for test, name in (
        (stat.S_ISDIR, "a folder"),
        (stat.S_ISFIFO, "a FIFO"),
        (stat.S_ISCHR, "a character device"),
        (stat.S_ISBLK, "a block device"),
        (stat.S_ISSOCK, "a socket"),
    ):
        if test(mode):
            return name
    return "something special"


def varint(buffer: bytes, pos: int) -> tuple[int, int]:
    """(value, position behind it); IndexError where the buffer ends, ValueError over ten bytes."""
    byte = buffer[pos]
    pos += 1
    if byte < 128:
        return byte, pos
    value = byte & 127
    shift = 7
    while True:
        byte = buffer[pos]
        pos += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value & 0xFFFFFFFFFFFFFFFF, pos
        shift += 7
        if shift >= 70:
            raise ValueError("a varint of more than ten bytes")


def long_tag(buffer: bytes, pos: int) -> tuple[int, int]:
    """(tag, position behind it); ValueError over five bytes. Of a field number over 2**29 the upper bits are lost."""
    value, at = varint(buffer, pos)
    if at - pos > 5:
        raise ValueError("a tag of more than five bytes")
    return value & 0xFFFFFFFF, at


def long_size(buffer: bytes, pos: int) -> tuple[int, int]:
    """(length, position behind it); ValueError over five bytes, or where no message can be as long."""
    value, at = varint(buffer, pos)
    if at - pos > 5 or value > MESSAGE_LIMIT - SLOP:
        raise ValueError(
            f"a length of {value:,} bytes, more than a message can hold"
            if value > MESSAGE_LIMIT - SLOP
            else "a length written in more than five bytes"
        )
    return value, at


def signed(value: int) -> int:
    """A varint's value read as int64."""
    return value - (1 << 64) if value >> 63 else value


def int32(value: int) -> int:
    """A varint's value read as int32."""
    value &= 0xFFFFFFFF
    return value - (1 << 32) if value >> 31 else value


def skip(buffer: bytes, pos: int, tag: int, depth: int = 0) -> int:
    """The position behind the value of a field whose tag was read; may lie behind the buffer's end.

    ValueError for what no parser accepts, IndexError where the buffer ends inside.
    """
    kind = tag & 7
    if not tag >> 3:
        raise ValueError("a field with number 0")
    if kind == 0:
        return varint(buffer, pos)[1]
    if kind == 1:
        return pos + 8
    if kind == 5:
        return pos + 4
    if kind == 2:
        size, pos = long_size(buffer, pos)
        return pos + size
    if kind == 3:
        if depth >= DEPTH_LIMIT:
            raise ValueError(f"more than {DEPTH_LIMIT} groups inside one another")
        while True:
            inner, pos = long_tag(buffer, pos)
            if inner & 7 == 4:
                if inner >> 3 != tag >> 3:
                    raise ValueError("a group that ends another group")
                return pos
            pos = skip(buffer, pos, inner, depth + 1)
    if kind == 4:
        raise ValueError("the end of a group that never began")
    raise ValueError(f"wire type {kind}, which does not exist")


def fields(source: Source, start: int, end: int, depth: int = 0) -> Iterator[tuple[int, int, int, int, int]]:
    """The fields of a message at [start, end): (tag, value, field's offset, value's start, value's end).

    value is the number for varints, else 0; payloads are not read. depth: messages around this one. Raises Malformed,
    LimitReached.
    """
    if source.size <= WHOLE:
        return _fields_of_whole(source, start, end, depth)
    return _fields_by_windows(source, start, end, depth)


def _fields_of_whole(source: Source, start: int, end: int, depth: int) -> Iterator[tuple[int, int, int, int, int]]:
    """fields() of a file that is held whole: offsets in the file are offsets in the window."""
    window = source.window or source.load(0, source.size, True)
    pos = start
    try:
        while pos < end:
            tag = window[pos]
            at = pos + 1
            if tag > 127:
                tag, at = long_tag(window, pos)
            value = 0
            if tag & 7 == 2 and tag >= 8:
                size = window[at]
                at += 1
                if size > 127:
                    size, at = long_size(window, at - 1)
                stop = at + size
            elif tag & 7 == 0 and tag >= 8:
                value, stop = varint(window, at)
            else:
                stop = skip(window, at, tag, depth)
            if stop > end:
                if end >= source.size:
                    raise source.cut(pos)
                raise source.malformed(pos, f"a field that is {stop - end:,} bytes longer than its message")
            yield tag, value, pos, at, stop
            pos = stop
    except ValueError as error:
        raise source.malformed(pos, str(error)) from None
    except IndexError:
        raise source.cut(pos) from None


def one_field(source: Source, pos: int, end: int, depth: int = 0) -> tuple[int, int, int, int, int]:
    """The first of fields(source, pos, end, depth); pos must be before end."""
    window = source.window
    if source.size <= WHOLE and window and pos + 3 < end:
        # A length-delimited field with a short tag, as nearly all are.
        tag = window[pos]
        size = window[pos + 1]
        at = pos + 2
        if tag & 7 == 2 and 8 <= tag < 128:
            if size > 127:
                size = size & 127 | window[at] << 7
                at += 1
            if size < 1 << 14 and at + size <= end:
                return tag, 0, pos, at, at + size
    return next(fields(source, pos, end, depth))


def _fields_by_windows(source: Source, start: int, end: int, depth: int) -> Iterator[tuple[int, int, int, int, int]]:
    pos = start
    sequential = True
    while pos < end:
        offset = pos - source.base
        window = source.window
        if offset < 0 or offset + 20 > len(window):
            if source.base + len(window) < end or offset < 0:
                window = source.load(pos, end, sequential)
                offset = pos - source.base
        try:
            tag, at = long_tag(window, offset)
            kind = tag & 7
            value = 0
            if kind == 2 and tag >= 8:
                size, at = long_size(window, at)
                stop = at + size
            elif kind == 0 and tag >= 8:
                value, stop = varint(window, at)
            elif kind == 3 and tag >= 8:
                stop = _end_of_group(source, source.base + at, end, tag, depth) - source.base
            else:
                stop = skip(window, at, tag)
        except ValueError as error:
            raise source.malformed(pos, str(error)) from None
        except IndexError:
            if end >= source.size:
                raise source.cut(pos) from None
            raise source.malformed(pos, "a message that ends inside a field") from None
        base = source.base
        if base + stop > end:
            if end >= source.size:
                raise source.cut(pos)
            raise source.malformed(pos, f"a field that is {base + stop - end:,} bytes longer than its message")
        yield tag, value, pos, base + at, base + stop
        sequential = base + stop <= source.base + len(source.window)
        pos = base + stop


def _end_of_group(source: Source, at: int, end: int, tag: int, depth: int) -> int:
    """Where a group ends whose fields begin at this offset, read piece by piece. Raises ValueError, IndexError."""
    open_groups = [tag >> 3]
    if depth >= DEPTH_LIMIT:
        raise ValueError(f"more than {DEPTH_LIMIT} groups inside one another")
    piece, base = b"", at
    for _ in range(_GROUP_LIMIT):
        if at - base + 20 > len(piece):
            base, piece = at, source.at(at, min(FIRST_WINDOW, source.size - at)) if at < source.size else b""
        inner, pos = long_tag(piece, at - base)
        if inner & 7 == 4:
            if open_groups.pop() != inner >> 3:
                raise ValueError("a group that ends another group")
            if not open_groups:
                return base + pos
        elif inner & 7 == 3 and inner >> 3:
            if depth + len(open_groups) >= DEPTH_LIMIT:
                raise ValueError(f"more than {DEPTH_LIMIT} groups inside one another")
            open_groups.append(inner >> 3)
        else:
            pos = skip(piece, pos, inner)
        at = base + pos
        if at > end:
            raise IndexError
    raise LimitReached(Location(source.shown, offset=base), f"a group of more than {_GROUP_LIMIT:,} fields")


def message(source: Source, start: int, end: int) -> bytes:
    """The bytes of a small message. Raises LimitReached where they are over SMALL."""
    if end - start > SMALL:
        at = Location(source.shown, offset=start, length=end - start)
        raise LimitReached(at, f"{end - start:,} bytes where a name belongs; names are read up to {SMALL:,} bytes")
    return source.at(start, end - start)
