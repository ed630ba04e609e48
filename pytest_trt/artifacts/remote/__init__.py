"""Models at URLs: s3, gs and az through fsspec, https by byte ranges; nothing is fetched that is not looked at.

Only object stores can be listed. On https a URL names a file; of the SavedModel that it belongs to, the other files
are asked for by name.
"""

from __future__ import annotations

from pytest_trt.artifacts.errors import ArtifactError, LimitReached
from pytest_trt.artifacts.location import Location
from pytest_trt.artifacts.member import Folder
from pytest_trt.artifacts.remote.ask import Missing, Unreached, unreached
from pytest_trt.artifacts.remote.url import Url, UrlError, is_url, parse
from pytest_trt.artifacts.wire import Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Protocol

    from pytest_trt.artifacts.remote.http import Session
    from pytest_trt.artifacts.remote.store import Entry, Store

    class File(Protocol):
        """Bytes somewhere else. transferred: how many came; head: the first of them; held: all of them, if here."""

        size: int
        transferred: int
        head: bytes
        held: bytes | None

        def read(self, offset: int, length: int) -> bytes: ...
        def unchanged(self) -> None: ...

    Lists = dict[str, dict[str, Entry]]
    Files = dict[str, File | None]


# Bytes are fetched by blocks, and so many of these are kept. While the reading goes on where it was, more and more of
# them are fetched at once.
BLOCK = 8 << 10
KEPT = 512
AHEAD = 64
_OBJECTS_LIMIT = 100_000
# Folders of a SavedModel.
_PARTS = ("variables", "assets", "assets.extra")


class RangeSource(Source):
    """A file that is fetched block by block. bytes_read: what came over the network, headers apart."""

    __slots__ = ("_file", "_blocks", "_next", "_ahead")

    def __init__(self, file: File, shown: str) -> None:
        self.begin(shown, shown, file.size)
        self._file = file
        self._blocks: dict[int, bytes] = {0: file.head} if len(file.head) == min(BLOCK, file.size) else {}
        # The block behind the latest that was fetched, and how many more to fetch if the reading goes on there.
        self._next = -1
        self._ahead = 0
        self.bytes_read = file.transferred

    def close(self) -> None:
        self.window = b""
        self._blocks = {}

    def unchanged(self) -> None:
        try:
            self._file.unchanged()
        except ArtifactError as error:
            raise unreached(error) from None

    def _read(self, offset: int, length: int) -> bytes:
        try:
            if self._file.held is not None or length > BLOCK * KEPT // 2:
                return self._file.read(offset, length)
            return self._of_blocks(offset, length)
        except ArtifactError as error:
            raise unreached(error) from None
        finally:
            self.bytes_read = self._file.transferred

    def _of_blocks(self, offset: int, length: int) -> bytes:
        first, last = offset // BLOCK, (offset + length - 1) // BLOCK
        blocks = self._blocks
        missing: list[tuple[int, int]] = []
        for number in range(first, last + 1):
            if number in blocks:
                blocks[number] = blocks.pop(number)
            elif missing and missing[-1][1] == number:
                missing[-1] = (missing[-1][0], number + 1)
            else:
                missing.append((number, number + 1))
        for begin, end in missing:
            if begin == self._next:
                self._ahead = min(max(2 * self._ahead, end - begin), AHEAD)
                end = max(end, min(begin + self._ahead, -(-self.size // BLOCK)))
            else:
                self._ahead = 0
            self._next = end
            at = begin * BLOCK
            data = self._file.read(at, min(end * BLOCK, self.size) - at)
            for number in range(begin, end):
                blocks[number] = data[number * BLOCK - at : (number + 1) * BLOCK - at]
        whole = b"".join(blocks[number] for number in range(first, last + 1))
        while len(blocks) > KEPT:
            del blocks[next(iter(blocks))]
        return whole[offset - first * BLOCK : offset - first * BLOCK + length]


class StoreFolder(Folder):
    """A folder of an object store: what a listing says, asked for once a folder.

    What cannot be listed raises Unreached; of what only surrounds a model (quiet), it is taken as empty.
    """

    __slots__ = ("_store", "_base", "_lists", "_quiet")

    def __init__(self, store: Store, base: str, lists: Lists | None = None, quiet: bool = False) -> None:
        """base: the folder's path in its bucket. lists: what is known already, by path."""
        super().__init__(store.url.at(base).shown)
        self._store = store
        self._base = base
        self._lists: Lists = lists if lists is not None else {}
        self._quiet = quiet

    def listing(self, *names: str) -> dict[str, Entry]:
        """What lies in a folder, by name; nothing where there is none. Raises Unreached."""
        path = self._path(names)
        if path not in self._lists:
            faults = self._store.faults
            try:
                if path in faults:
                    raise faults[path]
                if sum(map(len, self._lists.values())) > _OBJECTS_LIMIT:
                    raise LimitReached(Location(self.path), f"more than {_OBJECTS_LIMIT:,} objects and folders")
                found = self._store.children(path)
            except Missing:
                found = []
            except ArtifactError as error:
                faults[path] = error
                if self._quiet:
                    return {}
                raise unreached(error) from None
            self._lists[path] = {entry.name: entry for entry in found}
        return self._lists[path]

    @property
    def doubled(self) -> bool:
        """Whether names of objects go on with another slash here; known once it is listed."""
        return self._base in self._store.doubled

    def _path(self, names: tuple[str, ...]) -> str:
        return "/".join(step for step in (self._base, *names) if step).strip("/")

    def entry(self, *names: str) -> Entry | None:
        """Raises Unreached."""
        steps = [step for name in names for step in name.split("/") if step]
        for count, step in enumerate(steps):
            entry = self.listing(*steps[:count]).get(step)
            if entry is None or entry.size is not None and count < len(steps) - 1:
                return None
        return entry if steps else None

    @property
    def doubt(self) -> ArtifactError | None:
        try:
            for name, entry in self.listing().items():
                if entry.size is None and name in _PARTS:
                    self.listing(name)
        except ArtifactError as error:
            return error
        return None

    def whole(self, *names: str) -> str:
        return self._store.url.at(self._path(names)).shown

    def exists(self, *names: str) -> bool:
        return self.entry(*names) is not None

    def named(self, *names: str) -> bool:
        return self.exists(*names)

    def is_file(self, *names: str) -> bool:
        return self.size(*names) is not None

    def is_folder(self, *names: str) -> bool:
        entry = self.entry(*names)
        return entry is not None and entry.size is None

    def size(self, *names: str) -> int | None:
        entry = self.entry(*names)
        return entry.size if entry is not None else None

    def names(self, *names: str) -> list[str]:
        return sorted(self.listing(*names))

    def files(self, *names: str, limit: int = _OBJECTS_LIMIT) -> Iterator[tuple[str, int]]:
        for name, entry in sorted(self.listing(*names).items()):
            if limit <= 0:
                return
            if entry.size is not None:
                limit -= 1
                yield name, entry.size
                continue
            for inner, size in self.files(*names, name, limit=limit):
                limit -= 1
                yield f"{name}/{inner}", size

    def open(self, shown: str, *names: str) -> Source:
        from pytest_trt.artifacts.remote.store import StoreFile

        try:
            return RangeSource(StoreFile(self._store, self._path(names), self.entry(*names)), shown)
        except ArtifactError as error:
            raise unreached(error) from None

    def below(self, *names: str) -> StoreFolder:
        return StoreFolder(self._store, self._path(names), self._lists, self._quiet)

    def above(self) -> StoreFolder:
        return StoreFolder(self._store, self._base.rpartition("/")[0], self._lists, quiet=True)

    def judged(self) -> StoreFolder:
        """The same, as a model that a verdict needs all of."""
        return StoreFolder(self._store, self._base, self._lists)

    def surroundings(self) -> StoreFolder:
        """The same, as the place of a file."""
        return StoreFolder(self._store, self._base, self._lists, quiet=True)


class WebFolder(Folder):
    """A folder of a web server, which cannot be listed: each name is asked for, once. quiet: as StoreFolder has it."""

    __slots__ = ("_session", "_url", "_files", "_quiet")

    def __init__(self, session: Session, url: Url, files: Files | None = None, quiet: bool = False) -> None:
        """url: of the folder, without a slash at its end. files: what is known already, by path."""
        super().__init__(url.shown)
        self._session = session
        self._url = url
        self._files: Files = files if files is not None else {}
        self._quiet = quiet

    def _at(self, names: tuple[str, ...]) -> Url:
        from urllib.parse import quote

        return self._url.at("/".join((self._url.path, *(quote(name) for name in names))))

    def put(self, file: File, name: str) -> None:
        """A file that was asked for already, with a query that the others do not have."""
        self._files[self._at((name,)).path] = file

    def file(self, *names: str) -> File | None:
        """A file, None where the server says that there is none. Raises Unreached."""
        from pytest_trt.artifacts.remote.http import WebFile

        url = self._at(names)
        if url.path not in self._files:
            try:
                self._files[url.path] = WebFile(url, self._session)
            except Missing:
                self._files[url.path] = None
            except ArtifactError as error:
                if self._quiet or names == ("export.meta",):
                    return None
                why = error.why
                if "HTTP 403" in why:
                    why += "; some servers say so of files that are not there"
                raise Unreached(error.location, why) from None
        return self._files[url.path]

    @property
    def doubt(self) -> ArtifactError | None:
        try:
            self.file("variables", "variables.index")
        except ArtifactError as error:
            return error
        return None

    def whole(self, *names: str) -> str:
        return self._at(names).shown

    def exists(self, *names: str) -> bool:
        return self.file(*names) is not None

    def named(self, *names: str) -> bool:
        return self.exists(*names)

    def is_file(self, *names: str) -> bool:
        return self.exists(*names)

    def is_folder(self, *names: str) -> bool:
        return False

    def size(self, *names: str) -> int | None:
        file = self.file(*names)
        return file.size if file is not None else None

    def names(self, *names: str) -> list[str]:
        return []

    def files(self, *names: str, limit: int = _OBJECTS_LIMIT) -> Iterator[tuple[str, int]]:
        return iter(())

    def open(self, shown: str, *names: str) -> Source:
        file = self.file(*names)
        if file is None:
            raise Unreached(Location(shown), "no such file (HTTP 404)")
        return RangeSource(file, shown)

    def below(self, *names: str) -> WebFolder:
        return WebFolder(self._session, self._at(names), self._files, self._quiet)

    def above(self) -> WebFolder:
        return WebFolder(self._session, self._url.at(self._url.path.rpartition("/")[0]), self._files, quiet=True)

    def judged(self) -> WebFolder:
        """The same, as a model that a verdict needs all of."""
        return WebFolder(self._session, self._url, self._files)


def check(text: str) -> Url:
    """A URL that could be read here: its scheme is taken, and the packages for it are there. Raises UrlError."""
    url = parse(text)
    if url.is_store:
        from pytest_trt.artifacts.remote.store import available

        available(url.scheme)
    elif not url.path.strip("/") or url.path.endswith("/"):
        raise UrlError(
            f"{url.shown}: https cannot be listed; name a file, as in {url.shown.rstrip('/')}/saved_model.pb"
        )
    return url


__all__ = ["RangeSource", "StoreFolder", "Unreached", "UrlError", "WebFolder", "check", "is_url"]
