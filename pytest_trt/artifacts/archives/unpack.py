"""Bytes of an archive in order, unpacked within bounds; and what is kept of them."""

from __future__ import annotations

from pytest_trt.artifacts.errors import LimitReached, Malformed
from pytest_trt.artifacts.location import Location

TYPE_CHECKING = False
if TYPE_CHECKING:
    import io
    from collections.abc import Callable

    from pytest_trt.artifacts.wire import Source

# Of one archive at most so many bytes are unpacked, and where it swells more than so many times, no more than these.
UNPACKED_LIMIT = 16 << 30
RATIO_LIMIT, RATIO_FROM = 200, 256 << 20
# What readers want of the members of one archive; in memory up to MEMORY, from there on in a file without a name.
KEPT_LIMIT = 4 << 30
MEMORY = 8 << 20
_CHUNK = 256 << 10
GZIP = b"\x1f\x8b"


class Budget:
    """What was unpacked of an archive of so many bytes. Raises LimitReached where that is too much."""

    __slots__ = ("shown", "unpacked")

    def __init__(self, shown: str) -> None:
        self.shown = shown
        self.unpacked = 0

    def spend(self, count: int, packed: int) -> None:
        """packed: bytes of the archive that gave all that was unpacked so far."""
        self.unpacked += count
        if self.unpacked > UNPACKED_LIMIT:
            raise LimitReached(Location(self.shown), f"unpacks to more than {UNPACKED_LIMIT:,} bytes")
        if self.unpacked > RATIO_FROM and self.unpacked > RATIO_LIMIT * packed:
            why = f"unpacks to more than {RATIO_LIMIT} times its size: {packed:,} bytes gave {self.unpacked:,}"
            raise LimitReached(Location(self.shown), why)


class Stream:
    """A file's bytes in order, fewer than asked for at its end; what is skipped is not read.

    position: how many went by. seeks: whether offsets are those of the file, which Gzip has not.
    """

    __slots__ = ("source", "shown", "position", "seeks")

    def __init__(self, source: Source) -> None:
        self.source = source
        self.shown = source.shown
        self.position = 0
        self.seeks = True

    def read(self, count: int) -> bytes:
        count = min(count, self.source.size - self.position)
        data = self.source.at(self.position, count) if count else b""
        self.position += count
        return data

    def skip(self, count: int) -> bool:
        """Whether as many bytes were there."""
        there = min(count, self.source.size - self.position)
        self.position += there
        return there == count


class Gzip(Stream):
    """What a gzip file unpacks to. Raises Malformed where it is cut or its checksum differs."""

    __slots__ = ("_budget", "_pos", "_engine", "_left", "_waiting", "_taken")

    def __init__(self, source: Source) -> None:
        import zlib

        super().__init__(source)
        self.seeks = False
        self._budget = Budget(source.shown)
        self._pos = 0
        self._engine = zlib.decompressobj(31)
        self._left = b""
        # What is unpacked and not yet asked for lies behind _taken.
        self._waiting = b""
        self._taken = 0

    def read(self, count: int) -> bytes:
        parts = []
        while count > 0 and (self._taken < len(self._waiting) or self._more()):
            piece = self._waiting[self._taken : self._taken + count]
            self._taken += len(piece)
            self.position += len(piece)
            count -= len(piece)
            parts.append(piece)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def skip(self, count: int) -> bool:
        while count > 0 and (self._taken < len(self._waiting) or self._more()):
            step = min(count, len(self._waiting) - self._taken)
            self._taken += step
            self.position += step
            count -= step
        return count == 0

    def drain(self) -> None:
        """Unpack to the end, so that a cut or a wrong checksum behind the last member shows."""
        while self._more():
            pass

    def _more(self) -> bool:
        """Unpack the next bytes, in place of those that are waiting; False at the end."""
        import zlib

        while True:
            if self._engine.eof and not self._next():
                return False
            if not self._left:
                self._left = self._packed()
            try:
                data = self._engine.decompress(self._left, _CHUNK)
            except zlib.error as error:
                why = str(error).partition(": ")[2] or str(error)
                raise Malformed(Location(self.shown, offset=self._pos), f"not sound as gzip: {why}") from None
            self._left = self._engine.unused_data if self._engine.eof else self._engine.unconsumed_tail
            if data:
                self._budget.spend(len(data), self._pos - len(self._left))
                self._waiting = data
                self._taken = 0
                return True

    def _packed(self) -> bytes:
        count = min(_CHUNK // 4, self.source.size - self._pos)
        if not count:
            at = Location(self.shown, offset=self._pos)
            raise Malformed(at, f"cut: its {self._pos:,} bytes end inside the compressed data", True)
        data = self.source.at(self._pos, count)
        self._pos += count
        return data

    def _next(self) -> bool:
        """Whether another gzip member follows; zeros and what is no gzip behind one are nobody's, as gzip has it."""
        import zlib

        if len(self._left) < 2 and self._pos < self.source.size:
            self._left += self._packed()
        if not self._left.startswith(GZIP):
            return False
        self._engine = zlib.decompressobj(31)
        return True


class Handle:
    """A file object over a source, for zipfile."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._at = 0

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = max(0, offset + (0, self._at, self._source.size)[whence])
        return self._at

    def read(self, count: int = -1) -> bytes:
        left = max(0, self._source.size - self._at)
        count = left if count is None or count < 0 else min(count, left)
        data = self._source.at(self._at, count) if count else b""
        self._at += count
        return data


class Store:
    """Bytes that are kept, by offset."""

    __slots__ = ("size", "_memory", "_file")

    def __init__(self) -> None:
        self.size = 0
        self._memory = bytearray()
        self._file: io.BufferedRandom | None = None

    def add(self, data: bytes) -> None:
        if self._file is None and self.size + len(data) > MEMORY:
            from tempfile import TemporaryFile

            self._file = TemporaryFile()
            self._file.write(self._memory)
            self._memory = bytearray()
        if self._file is None:
            self._memory += data
        else:
            self._file.seek(self.size)
            self._file.write(data)
        self.size += len(data)

    def read(self, offset: int, length: int) -> bytes:
        if self._file is None:
            return bytes(self._memory[offset : offset + length])
        self._file.seek(offset)
        return self._file.read(length)

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        self._memory = bytearray()
        if self._file is not None:
            self._file.close()
            self._file = None


def spans(
    stream_read: Callable[[int], bytes], store: Store, head: bytes, wanted: list[tuple[int, int]], at: Location
) -> list[tuple[int, int, int]]:
    """Keep these spans (sorted, apart) of a member whose head was read; (start, stop, offset in the store) of each.

    Raises Malformed where the stream ends before the last one.
    """
    pos = 0
    kept = []
    waiting = head
    for start, stop in wanted:
        kept.append((start, stop, store.size))
        while pos < stop:
            piece = waiting or stream_read(min(_CHUNK, stop - pos))
            waiting = b""
            if not piece:
                raise Malformed(at, "cut: the archive ends inside of it", True)
            if pos + len(piece) > start:
                store.add(piece[max(0, start - pos) : stop - pos])
            taken = min(len(piece), stop - pos)
            waiting = piece[taken:]
            pos += taken
    return kept
