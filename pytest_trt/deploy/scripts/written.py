"""Files that a script writes itself, as `cat > models.config <<EOF` does, where a container sees them."""

from __future__ import annotations

import posixpath

from pytest_trt.deploy.edge import Said
from pytest_trt.deploy.reading import LITERAL, Mount
from pytest_trt.deploy.scope import below, said, shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

FILE_LIMIT = 200


class Written:
    """Paths on the host, seen from the folder that the script begins in, with their text."""

    __slots__ = ("_files",)

    def __init__(self) -> None:
        self._files: dict[str, tuple[str, Said]] = {}

    def add(self, folder: str | None, name: Said, text: Said | None, more: bool = False) -> None:
        """A command writes a file. text: None where it is not known. more: behind what is there (`>>`)."""
        path = below(folder, name.text or "")
        if path is None or len(self._files) >= FILE_LIMIT:
            return
        path = posixpath.normpath(path)
        before = self._files.get(path)
        if before is None and (text is None or more):
            return  # the tree may have it
        if text is None:
            text = Said(None, name.at, f"what {name.text} holds is known only when the script has run")
        if more and before is not None:
            old = before[1]
            # A heredoc ends with a line end, and echo adds one.
            gap = "" if shape(old).endswith("\n") else "\n"
            text = said(shape(old) + gap + shape(text), old.why or text.why, old.at)
        self._files[path] = (name.text or "", text)

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
