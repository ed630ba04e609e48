"""The members of a tar file in one pass: ustar, GNU and pax headers, none of their data held.

Source: POSIX pax (ustar, extended headers), GNU tar's manual ("Basic Tar Format", "Storing Sparse Files").
"""

from __future__ import annotations

from pytest_trt.artifacts.errors import ArtifactError, LimitReached, Malformed
from pytest_trt.artifacts.location import Location

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.artifacts.archives.unpack import Stream

BLOCK = 512
FILE, FOLDER, LINK, COPY, ELSE = "file", "folder", "link", "copy", "else"
MEMBERS_LIMIT = 100_000
# Long names, and the extended headers that hold them.
_HEADER_LIMIT = 1 << 20
_KINDS = {b"0": FILE, b"\0": FILE, b"7": FILE, b"S": FILE, b"5": FOLDER, b"1": COPY, b"2": LINK}
_WITHOUT_DATA = b"123456"


class Entry:
    """A member. kind: FILE, FOLDER, LINK (symbolic), COPY (a second name of an earlier member), ELSE.

    name: as written. size: bytes of the file; stored: bytes in the archive, fewer where it is sparse.
    target: of a link or copy. offset: where its bytes begin.
    """

    __slots__ = ("kind", "name", "size", "stored", "target", "offset")

    def __init__(self, kind: str, name: str, size: int, target: str) -> None:
        self.kind = kind
        self.name = name
        self.size = self.stored = size
        self.target = target
        self.offset = 0


def entries(stream: Stream) -> Iterator[Entry]:
    """The members in order; the data of the last one yielded may be read from the stream before the next is asked for.

    Raises Malformed, LimitReached, and what the stream raises.
    """
    common: dict[str, str] = {}
    said: dict[str, str] = {}
    count = 0
    while True:
        at = stream.position
        header = stream.read(BLOCK)
        if not header and at or header == bytes(BLOCK):
            return
        if len(header) < BLOCK or not _sound(header):
            raise _unsound(stream, at, header)
        count += 1
        if count > MEMBERS_LIMIT:
            raise LimitReached(Location(stream.shown), f"more than {MEMBERS_LIMIT:,} members")
        size = _number(stream, at, header[124:136])
        kind = header[156:157]
        if kind in b"xgLK":
            data = _long(stream, at, size)
            if kind == b"L":
                said["path"] = _text(data)
            elif kind == b"K":
                said["linkpath"] = _text(data)
            else:
                (said if kind == b"x" else common).update(_records(stream, at, data))
            continue
        entry = _entry(stream, at, header, kind, size, common | said)
        said = {}
        entry.offset = stream.position
        yield entry
        last = entry.offset + entry.stored
        if stream.position < last and not stream.skip(last - stream.position):
            raise cut(stream, at)
        # The padding behind the last member may be missing.
        stream.read(-entry.stored % BLOCK)


def _entry(stream: Stream, at: int, header: bytes, kind: bytes, size: int, said: dict[str, str]) -> Entry:
    name = _text(header[:100])
    if header[257:263] == b"ustar\0" and header[345] and "path" not in said:
        name = f"{_text(header[345:500])}/{name}"
    name = said.get("GNU.sparse.name", said.get("path", name))
    entry = Entry(_KINDS.get(kind, ELSE), name, size, said.get("linkpath", _text(header[157:257])))
    if kind in _WITHOUT_DATA:
        # Whatever its size says.
        entry.size = entry.stored = 0
        return entry
    if "size" in said:
        entry.size = entry.stored = _decimal(stream, at, said["size"])
    if kind == b"S":
        entry.size = _number(stream, at, header[483:495])
        more = header[482]
        while more:
            block = stream.read(BLOCK)
            if len(block) < BLOCK:
                raise cut(stream, at)
            more = block[504]
    for key in ("GNU.sparse.realsize", "GNU.sparse.size"):
        if key in said:
            entry.size = _decimal(stream, at, said[key])
    if entry.kind == FILE and name.endswith("/"):
        # As tar wrote folders before there was a type for them.
        entry.kind = FOLDER
    return entry


def _sound(header: bytes) -> bool:
    """Whether a header's checksum is right: a sum of bytes, which some write as signed ones."""
    try:
        wanted = int(header[148:156].split(b"\0")[0].strip() or b"0", 8)
    except ValueError:
        return False
    plain = header[:148] + b" " * 8 + header[156:]
    total = sum(plain)
    return wanted == total or wanted == total - 256 * sum(byte > 127 for byte in plain)


def _unsound(stream: Stream, at: int, header: bytes) -> ArtifactError:
    if not header:
        return Malformed(Location(stream.shown), "holds nothing, not even the end of a tar file")
    if len(header) < BLOCK:
        return cut(stream, at)
    if at:
        return Malformed(place(stream, at), f"no tar header at byte {at:,}{_of(stream)}, where the next member begins")
    return Malformed(Location(stream.shown), "not a tar file: it does not begin with a tar header")


def cut(stream: Stream, at: int) -> Malformed:
    """The error of a stream that ends inside what begins at a position."""
    return Malformed(place(stream, at), f"cut: it ends inside the member that begins at byte {at:,}{_of(stream)}", True)


def place(stream: Stream, at: int) -> Location:
    return Location(stream.shown, offset=at) if stream.seeks else Location(stream.shown)


def _of(stream: Stream) -> str:
    return "" if stream.seeks else " of what it unpacks to"


def _long(stream: Stream, at: int, size: int) -> bytes:
    if size > _HEADER_LIMIT:
        why = f"a header of {size:,} bytes; headers are read up to {_HEADER_LIMIT:,}"
        raise LimitReached(place(stream, at), why)
    data = stream.read((size + BLOCK - 1) // BLOCK * BLOCK)
    if len(data) < size:
        raise cut(stream, at)
    return data[:size]


def _records(stream: Stream, at: int, data: bytes) -> dict[str, str]:
    """The keywords of a pax header: `LENGTH KEY=VALUE` and a line end each."""
    found = {}
    pos = 0
    while pos < len(data) and data[pos]:
        digits, blank, _ = data[pos : pos + 20].partition(b" ")
        length = int(digits) if blank and digits.isdigit() else 0
        record = data[pos + len(digits) + 1 : pos + length]
        key, equals, value = record.partition(b"=")
        if pos + length > len(data) or not equals or not value.endswith(b"\n"):
            raise Malformed(place(stream, at), "a pax header that is none")
        found[_text(key)] = value[:-1].decode("utf-8", "surrogateescape")
        pos += length
    return found


def _text(data: bytes) -> str:
    return data.split(b"\0")[0].decode("utf-8", "surrogateescape")


def _number(stream: Stream, at: int, field: bytes) -> int:
    """A number of a header: octal digits, or base 256 where the first bit is set."""
    if field[0] & 0x80:
        value = int.from_bytes(bytes([field[0] & 0x7F]) + field[1:], "big")
        if field[0] == 0xFF or value >= 1 << 63:
            raise Malformed(place(stream, at), "a member whose size is no number of bytes")
        return value
    digits = field.split(b"\0")[0].strip()
    if not all(48 <= digit < 56 for digit in digits):
        raise Malformed(place(stream, at), "a member whose size is no number")
    return int(digits or b"0", 8)


def _decimal(stream: Stream, at: int, text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise Malformed(place(stream, at), "a member whose size is no number")
    return int(text)
