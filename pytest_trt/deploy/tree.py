"""The files around a deployment file: read within bounds, never outside of the scanned folders and their repository."""

from __future__ import annotations

import errno
import os
import stat

from pytest_trt.artifacts.errors import LimitReached, Unreadable
from pytest_trt.artifacts.location import Location
from pytest_trt.artifacts.wire import READ_FLAGS, kind_of_file, os_reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

# A deployment file is written by people, or rendered from what they wrote.
SIZE_LIMIT = 8 << 20
BYTE_ORDER_MARK = "\ufeff"
_NO_LINK = READ_FLAGS | getattr(os, "O_NOFOLLOW", 0)


class Tree:
    """roots: the folders that may be looked into, as the user named them; links that lead out of them are not followed.

    bases: folders that relative paths may start from besides the file's own: the repository's root, the working
    directory without one. rooted: whether all roots are in repositories, so that nothing relative lies elsewhere.
    Paths in and out are as the user gave them, joined and normalised with `/`.
    """

    def __init__(self, roots: Sequence[str]) -> None:
        self._real: list[str] = []
        self._inside: dict[str, bool] = {}
        self.bases: list[str] = []
        self.rooted = True
        for root in roots:
            folder = root if os.path.isdir(root) else os.path.dirname(root) or "."
            repository = _repository(folder)
            if repository is not None:
                self._add(repository)
            else:
                self.rooted = False
                self._add(folder)
                if os.path.abspath(folder).startswith(os.getcwd().rstrip(os.sep) + os.sep):
                    self._add(".")

    def _add(self, base: str) -> None:
        if base not in self.bases:
            self.bases.append(base)
            self._real.append(os.path.realpath(base))

    def candidates(self, path: str, beside: str) -> tuple[str, ...]:
        """Where a relative path of the file `beside` may lie: its folder, the bases. An absolute one is itself."""
        if os.path.isabs(path):
            return (self._as_given(_normal(path)),)
        found = [_normal(os.path.join(base, path)) for base in (os.path.dirname(beside), *self.bases)]
        return tuple(dict.fromkeys(found))

    def _as_given(self, path: str) -> str:
        """An absolute path below a base, as the user would write it."""
        for base in self.bases:
            whole = os.path.abspath(base).replace(os.sep, "/").rstrip("/") + "/"
            if path.startswith(whole) and not os.path.isabs(base):
                return _normal(os.path.join(base, path[len(whole) :]))
        return path

    def inside(self, path: str) -> bool:
        """Whether a path, links followed, is inside of what may be looked into."""
        try:
            folder, name = os.path.split(path)
            if name not in ("", "..") and self._holds(folder) and not os.path.islink(path):
                return True
            return self._within(os.path.realpath(path))
        except (OSError, ValueError):
            return False

    def _holds(self, folder: str) -> bool:
        """Whether a folder lies inside, links followed."""
        known = self._inside.get(folder)
        if known is None:
            known = self._inside[folder] = self._within(os.path.realpath(folder or "."))
        return known

    def _within(self, real: str) -> bool:
        return any(real == root or real.startswith(root.rstrip(os.sep) + os.sep) for root in self._real)

    def is_file(self, path: str) -> bool:
        return self.inside(path) and os.path.isfile(path)

    def is_folder(self, path: str) -> bool:
        return self.inside(path) and os.path.isdir(path)

    def names(self, path: str) -> list[str]:
        """The names in a folder, sorted; none where it cannot be listed."""
        if not self.inside(path):
            return []
        try:
            return sorted(os.listdir(path))
        except OSError:
            return []

    def first(self, paths: Sequence[str]) -> str | None:
        """The first of these that exists."""
        return next((path for path in paths if self.inside(path) and os.path.exists(path)), None)

    def read(self, path: str, limit: int = SIZE_LIMIT, mark: bool = False) -> str:
        """A text file: UTF-8 (with or without BOM) or UTF-16 with BOM; what is no text becomes U+FFFD.

        mark: a BOM stays, as BYTE_ORDER_MARK. Raises as bytes_of does.
        """
        return decoded(self.bytes_of(path, limit), mark)

    def bytes_of(self, path: str, limit: int = SIZE_LIMIT) -> bytes:
        """A file's bytes.

        Raises Unreadable for what is outside, is no regular file or cannot be read, LimitReached beyond the limit.
        """
        try:
            handle = self._opened(path)
        except OSError as error:
            raise Unreadable(_place(path), os_reason(error)) from None
        except ValueError:
            raise Unreadable(_place(path), "the name holds a NUL character") from None
        try:
            state = os.fstat(handle)
            if not stat.S_ISREG(state.st_mode):
                raise Unreadable(_place(path), f"{kind_of_file(state.st_mode)}, not a regular file")
            if state.st_size > limit:
                why = f"{state.st_size:,} bytes; deployment files are read up to {limit:,}"
                raise LimitReached(_place(path), why)
            # One byte more than there should be, so that one call shows the end.
            wanted = min(limit, state.st_size + 1)
            found = os.read(handle, wanted)
            while len(found) == wanted < limit:
                # It grows while it is read.
                wanted = min(limit, 2 * wanted)
                found += os.read(handle, wanted - len(found))
            return found
        except OSError as error:
            raise Unreadable(_place(path), os_reason(error)) from None
        finally:
            os.close(handle)

    def _opened(self, path: str) -> int:
        """A descriptor of what lies inside; a link is followed only once it is known to lead there."""
        at = path.rfind("/")
        if self._holds(path[:at] if at > 0 else os.path.dirname(path)):
            try:
                return os.open(path, _NO_LINK)
            except OSError as error:
                if error.errno not in (errno.ELOOP, errno.EMLINK):
                    raise
        if not self.inside(path):
            raise Unreadable(_place(path), "leads out of the folders that are checked")
        return os.open(path, READ_FLAGS)

    def head(self, path: str, length: int) -> str:
        """The beginning of a file that is too large to be read; "" where it cannot be."""
        if not self.inside(path):
            return ""
        try:
            with open(path, "rb") as file:
                return decoded(file.read(length))
        except (OSError, ValueError):
            return ""


def _place(path: str) -> Location:
    return Location(path.replace(os.sep, "/"))


def decoded(data: bytes, mark: bool = False) -> str:
    """Text of bytes, as Tree.read has it; line ends stay as they are."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return (BYTE_ORDER_MARK if mark else "") + data.decode("utf-16", "replace")
    return (data if mark else data.removeprefix(b"\xef\xbb\xbf")).decode("utf-8", "replace")


def _normal(path: str) -> str:
    return os.path.normpath(path).replace(os.sep, "/")


def _repository(folder: str) -> str | None:
    """The nearest folder at or above that has `.git`, as the user would write it; None where there is none."""
    here = os.path.abspath(folder)
    step = folder
    while True:
        if os.path.exists(os.path.join(here, ".git")):
            return _normal(step)
        above = os.path.dirname(here)
        if above == here:
            return None
        here = above
        step = os.path.join(step, "..")
