"""Folders and files of the cache, opened so that what they hold can only come from its owner.

Every name is looked up relative to an open folder, symbolic links are never followed below the root, only regular
files are opened, and whatever somebody else owns or may write is CacheUnsafe. OSError passes through.
"""

from __future__ import annotations

import os
import secrets
import shlex
import stat
from pathlib import Path

from pytest_trt.engines.errors import CacheUnsafe
from pytest_trt.errors import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

_OPEN_FOLDER = os.O_RDONLY | os.O_DIRECTORY
_OPEN_FILE = os.O_NOFOLLOW | os.O_NONBLOCK
_CHUNK = 1 << 26
HOST = os.uname().nodename


def shell(path: Path) -> str:
    """The path as one word of a POSIX shell."""
    return shlex.quote(visible(path))


class Folder:
    """An open folder. path: for messages and for users. owners: the user ids that may own what lies in it."""

    __slots__ = ("fd", "path", "owners")

    def __init__(self, fd: int, path: Path, owners: frozenset[int]) -> None:
        self.fd = fd
        self.path = path
        self.owners = owners

    def __enter__(self) -> Folder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self.fd)

    def inner(self, name: str, create: bool = False) -> Folder:
        """The folder of that name in it, made with mode 0700 if create. Raises CacheUnsafe, FileNotFoundError."""
        if create:
            try:
                os.mkdir(name, 0o700, dir_fd=self.fd)
            except FileExistsError:
                pass
        try:
            fd = os.open(name, _OPEN_FOLDER | os.O_NOFOLLOW, dir_fd=self.fd)
        except OSError:
            # O_DIRECTORY with O_NOFOLLOW is ENOTDIR for a link on Linux, ELOOP on macOS.
            self._refuse_link(name)
            raise
        return _checked(fd, self.path / name, self.owners)

    def open(self, name: str, flags: int = os.O_RDONLY) -> int:
        """A descriptor of the regular file of that name; with O_CREAT it is made with mode 0600."""
        try:
            fd = os.open(name, flags | _OPEN_FILE, 0o600, dir_fd=self.fd)
        except OSError:
            self._refuse_other(name)
            raise
        try:
            _check(os.fstat(fd), self.path / name, self.owners, stat.S_ISREG, "a regular file")
        except BaseException:
            os.close(fd)
            raise
        return fd

    def read(self, name: str, limit: int) -> bytes:
        """The file's bytes, of which limit + 1 at most."""
        fd = self.open(name)
        try:
            parts = []
            left = limit + 1
            while left and (part := os.read(fd, min(left, _CHUNK))):
                parts.append(part)
                left -= len(part)
            return b"".join(parts)
        finally:
            os.close(fd)

    def create(self, name: str, data: bytes | bytearray | memoryview) -> None:
        """A new file of mode 0600 with these bytes, on the disk when this returns. Raises FileExistsError."""
        fd = self.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        try:
            view = memoryview(data).cast("B")
            while view:
                view = view[os.write(fd, view[:_CHUNK]) :]
            os.fsync(fd)
        finally:
            os.close(fd)

    def names(self) -> list[str]:
        return sorted(os.listdir(self.fd))

    def stat(self, name: str) -> os.stat_result:
        """Of the name itself, not of what a link leads to."""
        return os.stat(name, dir_fd=self.fd, follow_symlinks=False)

    def holds(self, name: str, folder: Folder) -> bool:
        """Whether that name is still the folder that was opened."""
        try:
            there = self.stat(name)
        except FileNotFoundError:
            return False
        opened = os.fstat(folder.fd)
        return (there.st_dev, there.st_ino) == (opened.st_dev, opened.st_ino)

    def move(self, name: str, to: Folder, new: str) -> None:
        os.rename(name, new, src_dir_fd=self.fd, dst_dir_fd=to.fd)

    def remove(self, name: str) -> int:
        """Remove a file, or a folder with all that is in it; links are removed, not followed. Gives the bytes freed."""
        about = self.stat(name)
        if not stat.S_ISDIR(about.st_mode):
            os.unlink(name, dir_fd=self.fd)
            return about.st_size
        freed = 0
        with Folder(
            os.open(name, _OPEN_FOLDER | os.O_NOFOLLOW, dir_fd=self.fd), self.path / name, self.owners
        ) as inner:
            for child in inner.names():
                freed += inner.remove(child)
        os.rmdir(name, dir_fd=self.fd)
        return freed

    def size(self, name: str) -> int:
        """Bytes of a file, or of all files in a folder; 0 for what is gone."""
        try:
            about = self.stat(name)
            if not stat.S_ISDIR(about.st_mode):
                return about.st_size
            with Folder(os.open(name, _OPEN_FOLDER | os.O_NOFOLLOW, dir_fd=self.fd), self.path, self.owners) as inner:
                return sum(inner.size(child) for child in inner.names())
        except FileNotFoundError:
            return 0

    def _refuse_link(self, name: str) -> None:
        try:
            mode = self.stat(name).st_mode
        except OSError:
            return
        if stat.S_ISLNK(mode):
            raise _is_not(self.path / name, mode, "a folder")

    def _refuse_other(self, name: str) -> None:
        """A link, or a FIFO or socket, for which open() has errors of its own."""
        try:
            mode = self.stat(name).st_mode
        except OSError:
            return
        if not stat.S_ISREG(mode):
            raise _is_not(self.path / name, mode, "a regular file")


def open_root(path: Path, create: bool, foreign: bool) -> Folder:
    """The cache's root. create: make it, and the folders above it that are missing, with mode 0700.

    foreign: it may belong to another user, to whom all in it may then belong as well. The root may be a link, if root
    or the user made it. Raises CacheUnsafe, FileNotFoundError.
    """
    user = os.geteuid()
    if create and not path.exists():
        for folder in (*reversed(path.parents), path):
            try:
                os.mkdir(folder, 0o700)
            except OSError:
                if not folder.is_dir():
                    raise
    fd = os.open(path, _OPEN_FOLDER)
    try:
        link = os.lstat(path)
        if stat.S_ISLNK(link.st_mode) and link.st_uid not in (0, user):
            raise _belongs(path, link.st_uid)
        owner = os.fstat(fd).st_uid
    except BaseException:
        os.close(fd)
        raise
    return _checked(fd, path, frozenset((user, 0, owner) if foreign else (user,)))


def temporary(name: str) -> str:
    """A name in v1/tmp that nobody else takes, and that says who took it."""
    return f"{name[:16]}-{HOST.replace('/', '_')}-{os.getpid()}-{secrets.token_hex(4)}"


def replace(version: Folder, folder: Folder, name: str, data: bytes) -> None:
    """Write a file of a folder of v1 so that a reader finds the old bytes or the new, whole."""
    with version.inner("tmp", create=True) as work:
        new = temporary(name)
        try:
            work.create(new, data)
            work.move(new, folder, name)
        except BaseException:
            try:
                os.unlink(new, dir_fd=work.fd)
            except OSError:
                pass
            raise


def _checked(fd: int, path: Path, owners: frozenset[int]) -> Folder:
    try:
        _check(os.fstat(fd), path, owners, stat.S_ISDIR, "a folder")
    except BaseException:
        os.close(fd)
        raise
    return Folder(fd, path, owners)


def _check(
    about: os.stat_result, path: Path, owners: frozenset[int], is_kind: Callable[[int], bool], kind: str
) -> None:
    if not is_kind(about.st_mode):
        raise _is_not(path, about.st_mode, kind)
    if about.st_uid not in owners:
        raise _belongs(path, about.st_uid)
    if about.st_mode & 0o022:
        who = "everybody" if about.st_mode & 0o002 else "its group"
        raise CacheUnsafe(
            f"{visible(path)} can be written by {who} (mode {stat.S_IMODE(about.st_mode):04o})",
            f"chmod go-w {shell(path)}, if nobody else has written there, or name another folder with --trt-cache-dir",
        )


def _belongs(path: Path, owner: int) -> CacheUnsafe:
    user = os.geteuid()
    return CacheUnsafe(
        f"{visible(path)} belongs to user {owner}, and this is user {user}",
        f"chown -R {user} {shell(path)}, if you trust what it holds, or name another folder with --trt-cache-dir;"
        " a cache of somebody else can be used read-only",
    )


def _is_not(path: Path, mode: int, kind: str) -> CacheUnsafe:
    kinds = ((stat.S_ISLNK, "a symbolic link"), (stat.S_ISFIFO, "a FIFO"), (stat.S_ISSOCK, "a socket"))
    found = next((name for test, name in kinds if test(mode)), None)
    found = found or ("a folder" if stat.S_ISDIR(mode) else "a file" if stat.S_ISREG(mode) else "a device")
    return CacheUnsafe(
        f"{visible(path)} is {found}, where the cache has {kind}",
        f"look at where it came from, then remove it: rm -r {shell(path)}",
    )
