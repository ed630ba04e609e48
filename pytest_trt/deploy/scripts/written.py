"""Files that a script writes itself, as `cat > models.config <<EOF` does, where a container sees them."""

from __future__ import annotations

import posixpath

from pytest_trt.deploy.reading import LITERAL, Mount
from pytest_trt.deploy.scope import below

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_trt.deploy.edge import Said

FILE_LIMIT = 200


class Written:
    """Paths on the host, seen from the folder that the script begins in, with their text."""

    __slots__ = ("_files",)

    def __init__(self) -> None:
        self._files: dict[str, tuple[str, Said]] = {}

    def add(self, folder: str | None, name: str, text: Said) -> None:
        path = below(folder, name)
        if path is not None and len(self._files) < FILE_LIMIT:
            self._files[posixpath.normpath(path)] = (name, text)

    def seen(self, mounts: Sequence[Mount], folder: str | None) -> list[Mount]:
        """Those that lie in what is mounted. folder: where the script is."""
        found: list[Mount] = []
        for mount in mounts if self._files else ():
            source = below(folder, mount.source.text) if mount.source.text is not None and mount.paths else None
            if source is None:
                continue
            source = posixpath.normpath(source)
            for path, (name, text) in self._files.items():
                if source == ".":
                    rest = path
                elif path == source or path.startswith(source.rstrip("/") + "/"):
                    rest = path[len(source) :]
                else:
                    continue
                target = posixpath.normpath(f"{mount.target}/{rest}") if rest else mount.target
                found.append(Mount(target, LITERAL, text, text.at, why=f"the script writes {name} itself"))
        return found
