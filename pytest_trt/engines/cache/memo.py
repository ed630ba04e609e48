"""What the cache remembers of sources: digests of files that did not change, small records, and converted models.

All of it lies in ROOT/v1/sources: stat-HASH (of a path), record-HASH (of a name), file-HASH (of a name) with its
record. What was not touched for a month goes. A disk that fails means that nothing is remembered.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from contextlib import ExitStack
from pathlib import Path

from pytest_trt.artifacts.errors import Unreadable
from pytest_trt.artifacts.location import Location
from pytest_trt.engines.cache.digests import Stamp, hashed, record, recorded, seal, stamp, unseal
from pytest_trt.engines.cache.folders import Folder, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pytest_trt.engines.cache.cache import Cache

_RECORD_LIMIT = 1 << 24
_TOUCH_EVERY = 86400.0
_ATTEMPTS = 3


def digest(path: str | os.PathLike[str]) -> tuple[str, int]:
    """(SHA-256 in hexadecimal, bytes) of a regular file, links followed.

    Raises Unreadable for one that cannot be read, is not regular, or is being written.
    """
    return _digest(path, {}, None)


class Memo:
    """The memory of a cache. Raises CacheUnsafe where the cache's folder is somebody else's."""

    def __init__(self, cache: Cache) -> None:
        self._store = cache.store
        self._known = cache.digests

    def digest(self, path: str | os.PathLike[str]) -> tuple[str, int]:
        """As digest() does; a file that did not change since it was read is not read again."""
        return _digest(path, self._known, self)

    def get(self, name: str) -> Any:
        """What was put under this name; None where that is nothing."""
        table = unseal(self._read("record-" + _hash(name)) or b"")
        return table["value"] if table is not None and table.get("name") == name else None

    def put(self, name: str, value: Any) -> None:
        """Remember a JSON value under this name. None means nothing."""
        self._write("record-" + _hash(name), seal({"name": name, "value": value}))

    def file(self, name: str) -> Path | None:
        """The file that was put under this name, if it is as it was written."""
        about = self.get(f"file {name}")
        place = "file-" + _hash(name)
        if not isinstance(about, dict):
            return None
        try:
            with ExitStack() as held:
                folder = self._folder(held, create=False)
                fd = folder.open(place)
                try:
                    mark = stamp(os.fstat(fd))
                    sha256 = self._known.get(mark) or self.recall(place, mark)
                    if sha256 is None:
                        sha256 = self._hash_file(fd, place)
                finally:
                    os.close(fd)
                if sha256 != about.get("sha256"):
                    return None
                self._touch(folder, place)
                return folder.path / place
        except OSError:
            return None

    def put_file(self, name: str, data: bytes) -> Path | None:
        """Keep a file under this name; its path, None where it could not be kept."""
        place = "file-" + _hash(name)
        if not self._write(place, data):
            return None
        self.put(f"file {name}", {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)})
        return self._store.path / "sources" / place

    def recall(self, name: str, mark: Stamp) -> str | None:
        """The digest of the file of that name while it had this stamp."""
        return recorded(self._read("stat-" + _hash(name)) or b"", mark)

    def remember(self, name: str, mark: Stamp, sha256: str) -> None:
        self._known[mark] = sha256
        self._write("stat-" + _hash(name), record(mark, sha256))

    def _hash_file(self, fd: int, name: str) -> str | None:
        result = hashed(fd)
        if result is None:
            return None
        sha256, mark, settled = result
        if settled:
            self.remember(name, mark, sha256)
        return sha256

    def _folder(self, held: ExitStack, create: bool) -> Folder:
        version = held.enter_context(self._store.version(create))
        return held.enter_context(version.inner("sources", create))

    def _read(self, name: str) -> bytes | None:
        try:
            with ExitStack() as held:
                folder = self._folder(held, create=False)
                data = folder.read(name, _RECORD_LIMIT)
                self._touch(folder, name)
                return data
        except OSError:
            return None

    def _write(self, name: str, data: bytes) -> bool:
        if self._store.read_only:
            return False
        try:
            with self._store.version(create=True) as version, version.inner("sources", create=True) as folder:
                replace(version, folder, name, data)
        except OSError:
            return False
        return True

    def _touch(self, folder: Folder, name: str) -> None:
        """So that upkeep sees that it is in use."""
        if self._store.read_only or time.time() - folder.stat(name).st_mtime < _TOUCH_EVERY:
            return
        fd = folder.open(name)
        try:
            os.utime(fd)
        finally:
            os.close(fd)


def _digest(path: str | os.PathLike[str], known: dict[Stamp, str], memo: Memo | None) -> tuple[str, int]:
    shown = os.fspath(path)
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "the name holds a NUL character"
        raise Unreadable(Location(shown), str(why)) from None
    try:
        about = os.fstat(fd)
        if not stat.S_ISREG(about.st_mode):
            raise Unreadable(Location(shown), "not a regular file")
        mark = stamp(about)
        name = os.path.realpath(path)
        sha256 = known.get(mark)
        if sha256 is None and memo is not None:
            sha256 = memo.recall(name, mark)
        if sha256 is not None:
            known[mark] = sha256
            return sha256, about.st_size
        for _ in range(_ATTEMPTS):
            result = hashed(fd)
            if result is not None:
                sha256, mark, settled = result
                if settled and memo is not None:
                    memo.remember(name, mark, sha256)
                return sha256, mark[2]
    except OSError as error:
        raise Unreadable(Location(shown), error.strerror or str(error)) from None
    finally:
        os.close(fd)
    raise Unreadable(Location(shown), "it is being written: it changed whenever it was read")


def _hash(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
