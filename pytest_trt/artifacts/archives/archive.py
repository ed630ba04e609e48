"""Archives read in place: tar, tar.gz and zip, their members as folders and files that the readers open.

A gzip file cannot be jumped in: one pass unpacks it, and of each member keeps what the readers of models look at
(unpack.py has the bounds). Links in archives are not followed, names that lead outside count for nothing, archives
inside archives stay closed.
"""

from __future__ import annotations

import os

from pytest_trt.artifacts.archives import kept, tar
from pytest_trt.artifacts.archives.kept import GRAPH_NAMES, Member
from pytest_trt.artifacts.archives.unpack import GZIP, Budget, Gzip, Handle, Store, Stream
from pytest_trt.artifacts.errors import ArtifactError, LimitReached, Malformed, Unreadable
from pytest_trt.artifacts.location import Location
from pytest_trt.artifacts.member import ARCHIVES, Folder
from pytest_trt.artifacts.wire import Source, os_reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

# Between an archive and its member: `model.tar.gz!/a/1`.
MARK = "!/"
# A walk reads archives that show a model among their first members, and are no larger than this.
WALK_LIMIT = 512 << 20
_NAME_LIMIT, _DEPTH_LIMIT = 4096, 100
_PEEK_MEMBERS, _PEEK_BYTES = 1000, 1 << 20
_PLANS = (".plan", ".engine", ".trt")
_PART_FOLDERS = ("variables", "assets", "assets.extra")


class MemberSource(Source):
    """The bytes of a member, as far as they are kept."""

    __slots__ = ("_member",)

    def __init__(self, member: Member, shown: str) -> None:
        self.begin("", shown, member.size)
        self._member = member

    def unchanged(self) -> None:
        """The archive was asked when it had been read."""

    def _read(self, offset: int, length: int) -> bytes:
        for start, stop, where in self._member.spans:
            if start <= offset and offset + length <= stop and self._member.of is not None:
                self.bytes_read += length
                return self._member.of(where + offset - start, length)
        if not length:
            return b""
        raise LimitReached(Location(self.shown, offset=offset), self._member.why)


class Archive:
    """An archive's members by name: no `.`, no `..`, no empty steps. Of two with one name the last counts.

    path: how to open it. shown: its name in messages. folders: those that hold something, "" is the root.
    links: names of members that were links when they were added.
    outside: names that lead out of it, as written. error: why it cannot be read (wholly), None where it can.
    """

    def __init__(self, path: str, shown: str) -> None:
        self.path = path
        self.shown = shown
        self.members: dict[str, Member] = {}
        self.folders: set[str] = {""}
        self.links: set[str] = set()
        self.outside: list[str] = []
        self.error: ArtifactError | None = None
        self.unpacked: Budget | None = None
        self.store = Store()
        self.source: Source | None = None
        self._listed: dict[str, set[str]] | None = None

    def root(self) -> ArchiveFolder:
        return ArchiveFolder(self, "")

    def close(self) -> None:
        """Let go of what was kept; names and sizes stay."""
        self.store.close()
        if self.source is not None:
            self.source.close()

    def add(self, name: str, kind: str, size: int, target: str) -> tuple[str, Member] | None:
        """A member of this name; None for a folder, for what is no file, and for a name that leads outside.

        Raises LimitReached for names longer or deeper than any file system has them.
        """
        if len(name) > _NAME_LIMIT or name.count("/") > _DEPTH_LIMIT:
            why = f"a member whose name has {len(name):,} characters and {name.count('/'):,} slashes"
            raise LimitReached(Location(self.shown), why)
        clean = steps(name)
        if clean is None:
            self.outside.append(name)
            return None
        if kind in (tar.FOLDER, tar.ELSE) or not clean:
            if kind == tar.FOLDER:
                self._folder(clean)
            return None
        self._folder(clean.rpartition("/")[0])
        earlier = self.members.get(steps(target) or "") if kind == tar.COPY else None
        if earlier is not None:
            self.members[clean] = earlier
            return None
        member = self.members[clean] = Member(size, target or "?" if kind in (tar.LINK, tar.COPY) else "")
        if member.link:
            self.links.add(clean)
            member.why = f"a link to {target}: links in archives are not followed"
            return None
        return clean, member

    def _folder(self, name: str) -> None:
        while name not in self.folders:
            self.folders.add(name)
            name = name.rpartition("/")[0]
        if len(self.folders) > tar.MEMBERS_LIMIT:
            raise LimitReached(Location(self.shown), f"more than {tar.MEMBERS_LIMIT:,} folders")

    def children(self, folder: str) -> set[str]:
        """Names of what lies directly in a folder."""
        if self._listed is None:
            self._listed = {}
            for name in (*self.members, *self.folders):
                above, _, last = name.rpartition("/")
                if name:
                    self._listed.setdefault(above, set()).add(last)
        return self._listed.get(folder, set())


class ArchiveFolder(Folder):
    """A folder in an archive; path is its text form, as `model.tar.gz!/a/1`."""

    __slots__ = ("archive", "inside")

    def __init__(self, archive: Archive, inside: str) -> None:
        super().__init__(archive.path + MARK + inside if inside else archive.path + MARK[:-1])
        self.archive = archive
        self.inside = inside

    def _name(self, *names: str) -> str:
        """The member's name; one that leads out of the folder is none's."""
        found = steps("/".join(name for name in names if name))
        if found is None:
            return "\0"
        return "/".join(step for step in (self.inside, found) if step)

    @property
    def doubt(self) -> ArtifactError | None:
        """A link among what the loader reads; it may lead to what is there or not."""
        for name in self.archive.links:
            member = self.archive.members[name]
            if member.link and name.startswith(self.inside + "/" if self.inside else ""):
                first = name[len(self.inside) :].lstrip("/").partition("/")[0]
                if first in GRAPH_NAMES or first in _PART_FOLDERS:
                    return LimitReached(Location(f"{self.archive.shown}{MARK}{name}"), member.why)
        return None

    def exists(self, *names: str) -> bool:
        name = self._name(*names)
        return name in self.archive.folders or name in self.archive.members

    def named(self, *names: str) -> bool:
        return self.exists(*names)

    def is_file(self, *names: str) -> bool:
        return self._name(*names) in self.archive.members

    def is_folder(self, *names: str) -> bool:
        return self._name(*names) in self.archive.folders

    def size(self, *names: str) -> int | None:
        member = self.archive.members.get(self._name(*names))
        return None if member is None or member.link else member.size

    def names(self, *names: str) -> list[str]:
        return sorted(self.archive.children(self._name(*names)))

    def files(self, *names: str, limit: int = 100_000) -> Iterator[tuple[str, int]]:
        above = self._name(*names) + "/"
        found = sorted(name for name in self.archive.members if name.startswith(above))
        for name in found[:limit]:
            yield name[len(above) :], self.archive.members[name].size

    def open(self, shown: str, *names: str) -> Source:
        member = self.archive.members.get(self._name(*names))
        if member is None:
            why = "a folder, not a regular file" if self.is_folder(*names) else "no such file or folder"
            raise Unreadable(Location(shown), why)
        if member.fetch is not None:
            fetch, member.fetch = member.fetch, None
            try:
                fetch()
            except ArtifactError as error:
                member.error = error
        if member.error is not None:
            raise member.error
        if member.link or member.size and not member.spans:
            raise LimitReached(Location(shown), member.why)
        return MemberSource(member, shown)

    def below(self, *names: str) -> Folder:
        return ArchiveFolder(self.archive, self._name(*names))

    def above(self) -> Folder:
        return ArchiveFolder(self.archive, self.inside.rpartition("/")[0])


def steps(name: str) -> str | None:
    """A member's name without `.` and empty steps, "" for the root; None where it leads outside."""
    found = [step for step in name.split("/") if step not in ("", ".")]
    if name.startswith("/") or ".." in found or "\0" in name:
        return None
    return "/".join(found)


def is_archive(name: str) -> bool:
    return name.lower().endswith(ARCHIVES)


def split(path: str) -> tuple[str, str] | None:
    """(archive, name in it) of `model.tar.gz!/a/1`; None where the text names no member."""
    at = path.find(MARK)
    while at >= 0:
        if is_archive(path[:at]):
            return path[:at], path[at + len(MARK) :].strip("/")
        at = path.find(MARK, at + 1)
    return (path[:-1], "") if path.endswith(MARK[0]) and is_archive(path[:-1]) else None


class _OnDisk(Source):
    """An archive's file, which is closed when nobody holds it any more: members outlive the list of the latest."""

    __slots__ = ()

    def __del__(self) -> None:
        if hasattr(self, "_fd"):
            self.close()


# The archives that were read last, by path, shown name and what tells a changed file.
_LATEST = 4
_latest: dict[tuple[str, str, int, int, int], Archive] = {}


def read_archive(path: str, shown: str | None = None) -> Archive:
    """An archive on disk; what is wrong with it is in its error. The last ones that were read are kept at hand."""
    shown = shown if shown is not None else path.replace(os.sep, "/")
    try:
        state = os.stat(path)
        stamp = (path, shown, state.st_ino, state.st_size, state.st_mtime_ns)
        archive = _latest.get(stamp)
        if archive is not None:
            return archive
        archive = of_source(_OnDisk(path, shown))
    except (OSError, ValueError, ArtifactError) as error:
        archive = Archive(path, shown)
        if isinstance(error, ArtifactError):
            archive.error = error
        else:
            why = os_reason(error) if isinstance(error, OSError) else "the name holds a NUL character"
            archive.error = Unreadable(Location(shown), why)
        return archive
    while len(_latest) >= _LATEST:
        del _latest[next(iter(_latest))]
    _latest[stamp] = archive
    return archive


def of_source(source: Source) -> Archive:
    """The archive that these bytes are; close() closes the source too."""
    archive = Archive(source.path, source.shown)
    archive.source = source
    try:
        stream = _stream(source)
        if stream is None:
            _read_zip(archive, source)
        else:
            _read_tar(archive, stream)
        source.unchanged()
    except ArtifactError as error:
        archive.error = error
    return archive


def shows_model(source: Source) -> bool:
    """Whether the first members of an archive look like a model's; False for what is no archive."""
    try:
        stream = _stream(source)
        if stream is None:
            from pytest_trt.artifacts.archives import zips

            return any(_shows(name) for name in zips.names(source))
        for count, entry in enumerate(tar.entries(stream)):
            if _shows(entry.name):
                return True
            beyond = not stream.seeks and stream.position + entry.stored > _PEEK_BYTES
            if beyond or count >= _PEEK_MEMBERS:
                return False
    except ArtifactError:
        pass
    return False


def _shows(name: str) -> bool:
    above, _, last = name.rstrip("/").rpartition("/")
    if last in GRAPH_NAMES or last == "config.pbtxt" or last.endswith(_PLANS):
        return True
    return last.startswith("variables.") and above.rpartition("/")[2] == "variables"


def _stream(source: Source) -> Stream | None:
    """The bytes of a tar file; None for a zip file. Raises Malformed for what does not begin as its name says."""
    head = source.at(0, min(4, source.size))
    name = source.shown.lower()
    if not head:
        raise Malformed(Location(source.shown), "an empty file, not an archive")
    if name.endswith(".zip"):
        return None
    if name.endswith((".gz", ".tgz")):
        if not head.startswith(GZIP):
            raise Malformed(Location(source.shown, offset=0), "named as gzip, but does not begin as gzip data does")
        return Gzip(source)
    return Stream(source)


def _read_tar(archive: Archive, stream: Stream) -> None:
    for entry in tar.entries(stream):
        added = archive.add(entry.name, entry.kind, entry.size, entry.target)
        if added is None:
            continue
        name, member = added
        if entry.stored != entry.size:
            member.why = "stored as a sparse file, which is not read in archives"
        elif stream.seeks:
            member.of = stream.source.at
            member.spans = [(0, entry.size, entry.offset)]
        else:
            kept.keep(archive.store, f"{archive.shown}{MARK}{name}", member, stream.read)
    if isinstance(stream, Gzip):
        stream.drain()


def _read_zip(archive: Archive, source: Source) -> None:
    from pytest_trt.artifacts.archives import zips

    budget = archive.unpacked = Budget(archive.shown)
    for found in zips.entries(source, Handle(source)):
        added = archive.add(found.name, found.kind, found.size, found.target)
        if added is None:
            continue
        name, member = added
        if found.offset is not None:
            member.of = source.at
            member.spans = [(0, found.size, found.offset)]
            continue

        def fetch(name: str = name, member: Member = member, found: zips.Entry = found) -> None:
            with found.opened(budget) as read:
                kept.keep(archive.store, f"{archive.shown}{MARK}{name}", member, read)

        member.fetch = fetch
