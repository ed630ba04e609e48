"""The members of a zip file: its directory within bounds, their bytes unpacked one at a time.

Source: PKWARE's APPNOTE.TXT 6.3 (4.3.7 local file header, 4.3.14 and 4.3.16 ends of the directory).
"""

from __future__ import annotations

from pytest_trt.artifacts.archives.tar import FILE, FOLDER, LINK, MEMBERS_LIMIT
from pytest_trt.artifacts.errors import ArtifactError, LimitReached, Malformed, Unreadable
from pytest_trt.artifacts.location import Location

TYPE_CHECKING = False
if TYPE_CHECKING:
    import zipfile
    from collections.abc import Callable, Iterator

    from pytest_trt.artifacts.archives.unpack import Budget
    from pytest_trt.artifacts.wire import Source

_DIRECTORY_LIMIT = 16 << 20
_END, _END64, _LOCAL, _MEMBER = b"PK\5\6", b"PK\6\6", b"PK\3\4", b"PK\1\2"
_COMMENT_LIMIT = 0xFFFF


class Entry:
    """A member. offset: where its bytes begin in the file, None where they are compressed."""

    __slots__ = ("kind", "name", "size", "target", "offset", "_file", "_info", "_source")

    def __init__(self, file: zipfile.ZipFile, info: zipfile.ZipInfo, source: Source) -> None:
        self._file = file
        self._info = info
        self._source = source
        self.name = info.filename
        self.size = info.file_size
        self.target = ""
        self.offset: int | None = None
        mode = info.external_attr >> 16
        self.kind = FOLDER if info.is_dir() else LINK if info.create_system == 3 and mode >> 12 == 0o12 else FILE
        if self.kind == FILE and not info.compress_type and not info.flag_bits & 1:
            self.offset = _start(source, info)

    def opened(self, budget: Budget) -> Member:
        return Member(self._file, self._info, self._source.shown, budget)


class Member:
    """The bytes of a member, which come once: `with entry.opened(budget) as read`. Raises ArtifactError."""

    def __init__(self, file: zipfile.ZipFile, info: zipfile.ZipInfo, shown: str, budget: Budget) -> None:
        self._file = file
        self._info = info
        self._at = Location(f"{shown}!/{info.filename}")
        self._budget = budget

    def __enter__(self) -> Callable[[int], bytes]:
        try:
            if self._info.flag_bits & 1:
                raise Unreadable(self._at, "encrypted")
            stream = self._file.open(self._info)
        except Exception as error:
            raise self._of(error) from None
        self._stream = stream

        def read(count: int) -> bytes:
            try:
                data = stream.read(count)
            except Exception as error:
                raise self._of(error) from None
            self._budget.spend(len(data), self._info.compress_size)
            return data

        return read

    def __exit__(self, *error: object) -> None:
        self._stream.close()

    def _of(self, error: Exception) -> ArtifactError:
        """What zipfile and the decompressors raise: BadZipFile, zlib.error, EOFError and others."""
        if isinstance(error, ArtifactError):
            return error
        if isinstance(error, NotImplementedError):
            return Unreadable(self._at, f"compressed by a method that is not read ({self._info.compress_type})")
        return Malformed(self._at, f"not sound as a member of a zip file: {str(error) or type(error).__name__}")


def entries(source: Source, handle: object) -> Iterator[Entry]:
    """The files of a zip file. Raises Malformed, LimitReached."""
    import zipfile

    _directory(source)
    try:
        file = zipfile.ZipFile(handle)  # type: ignore[call-overload]
    except ArtifactError:
        raise
    except Exception as error:
        raise Malformed(Location(source.shown), f"not sound as a zip file: {str(error) or 'cut'}") from None
    for info in file.infolist():
        yield Entry(file, info, source)


def names(source: Source) -> Iterator[str]:
    """The names in the directory, as far as it is sound. Raises Malformed, LimitReached."""
    begin, size = _directory(source)
    data = source.at(begin, size)
    pos = 0
    while data[pos : pos + 4] == _MEMBER and pos + 46 <= size:
        lengths = [int.from_bytes(data[at : at + 2], "little") for at in range(pos + 28, pos + 34, 2)]
        yield data[pos + 46 : pos + 46 + lengths[0]].decode("utf-8", "surrogateescape")
        pos += 46 + sum(lengths)


def _directory(source: Source) -> tuple[int, int]:
    """(where the directory begins, its size); that there is one, of a size that may be read."""
    begin = max(0, source.size - _COMMENT_LIMIT - 22)
    tail = source.at(begin, source.size - begin)
    at = tail.rfind(_END)
    if at < 0 or at + 22 > len(tail):
        raise Malformed(Location(source.shown), "not a zip file, or cut: the directory at its end is missing")
    count = int.from_bytes(tail[at + 10 : at + 12], "little")
    size = int.from_bytes(tail[at + 12 : at + 16], "little")
    end = begin + at
    wide = tail.rfind(_END64, 0, at)
    if wide >= 0 and wide + 56 <= len(tail):
        count = max(count, int.from_bytes(tail[wide + 32 : wide + 40], "little"))
        # 32 bits full of ones say that the number stands here.
        wider = int.from_bytes(tail[wide + 40 : wide + 48], "little")
        if size == 0xFFFFFFFF:
            size, end = wider, begin + wide
        size = max(size, wider)
    if count > MEMBERS_LIMIT or size > _DIRECTORY_LIMIT:
        most = f"at most {MEMBERS_LIMIT:,} and {_DIRECTORY_LIMIT:,} are read"
        raise LimitReached(Location(source.shown), f"a directory of {count:,} members and {size:,} bytes; {most}")
    if size > end:
        raise Malformed(Location(source.shown), "not sound as a zip file: a directory that is longer than the file")
    return end - size, size


def _start(source: Source, info: zipfile.ZipInfo) -> int | None:
    """Where the bytes of a member that is stored as it is begin; None where its own header is none."""
    at = info.header_offset
    if at < 0 or at + 30 > source.size:
        return None
    head = source.at(at, 30)
    begin = at + 30 + int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
    if head[:4] != _LOCAL or info.compress_size != info.file_size or begin + info.file_size > source.size:
        return None
    return begin
