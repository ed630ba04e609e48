"""A folder and what lies in it, wherever that is: on disk, or elsewhere through a subclass."""

from __future__ import annotations

import os

from pytest_trt.artifacts.errors import ArtifactError
from pytest_trt.artifacts.wire import Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_FILES_LIMIT = 100_000
# Names of archives, whose members are looked at.
ARCHIVES = (".tar.gz", ".tgz", ".tar", ".zip")


class Folder:
    """A folder on disk; path "" takes names as paths of their own. Names go one step down each, or hold `/`.

    A subclass for what is not on disk has its own of every method but whole(). Links count as what they lead to.
    doubt: why the folder cannot be judged by what is known of it, None where it can.
    """

    __slots__ = ("path",)

    def __init__(self, path: str) -> None:
        self.path = path

    def whole(self, *names: str) -> str:
        """The text of a place in the folder."""
        return os.path.join(self.path, *names)

    @property
    def doubt(self) -> ArtifactError | None:
        return None

    def exists(self, *names: str) -> bool:
        return os.path.exists(self.whole(*names))

    def named(self, *names: str) -> bool:
        """Whether something has the name, be it a link that leads nowhere."""
        return os.path.lexists(self.whole(*names))

    def is_file(self, *names: str) -> bool:
        return os.path.isfile(self.whole(*names))

    def is_folder(self, *names: str) -> bool:
        return os.path.isdir(self.whole(*names))

    def size(self, *names: str) -> int | None:
        """Bytes of a file, None where none can be found."""
        try:
            return os.stat(self.whole(*names)).st_size
        except (OSError, ValueError):
            return None

    def names(self, *names: str) -> list[str]:
        """What lies in a folder, sorted; nothing where it cannot be listed."""
        try:
            return sorted(os.listdir(self.whole(*names) or "."))
        except (OSError, ValueError):
            return []

    def files(self, *names: str, limit: int = _FILES_LIMIT) -> Iterator[tuple[str, int]]:
        """Files below a folder, at most limit, with their sizes; links to folders are not followed."""
        top = self.whole(*names)
        count = 0
        for path, folders, found in os.walk(top):
            folders.sort()
            for name in sorted(found):
                count += 1
                if count > limit:
                    return
                file = os.path.join(path, name)
                try:
                    yield os.path.relpath(file, top).replace(os.sep, "/"), os.stat(file).st_size
                except OSError:
                    continue

    def open(self, shown: str, *names: str) -> Source:
        """A file to read; shown: its name in messages. Raises Unreadable, LimitReached."""
        return Source(self.whole(*names), shown)

    def below(self, *names: str) -> Folder:
        return Folder(self.whole(*names))

    def above(self) -> Folder:
        return Folder(os.path.dirname(os.path.abspath(self.path)))


# Names are paths.
DISK = Folder("")
