"""A server's program that a script starts on the host itself."""

from __future__ import annotations

import posixpath
import re

from pytest_trt.deploy.edge import Said
from pytest_trt.deploy.reading import HOST, Container, Mount
from pytest_trt.deploy.scope import unanchored
from pytest_trt.deploy.scripts.docker_run import SERVERS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_trt.deploy.scripts.docker_run import Where

_FROM_HERE = re.compile(r"(?<![^=,])\.//[^,]*")


def host_server(words: Sequence[Said], where: Where) -> Container | None:
    """The container that stands for it: its paths are the host's. None where the words start no server.

    What begins at $PWD is absolute there, and known only from the folder that the script begins in: it stands as
    `/$PWD/...`, at which that folder is mounted.
    """
    first = words[0].text
    if first is None or first.rpartition("/")[2] not in SERVERS:
        return None
    at = words[0].at
    why = "the server runs on the host itself"
    mounts = {"/": Mount("/", HOST, Said("/", at), at, ("/",), why)}

    def absolute(match: re.Match[str]) -> str:
        path = posixpath.normpath(match[0][3:])
        above = 0
        while path == ".." or path.startswith("../"):
            path, above = path[3:], above + 1
        root = "/$PWD" + "^" * above
        folder = "../" * above or "."
        mounts[root] = Mount(root, HOST, Said(folder, at), at, where.tree.candidates(folder, where.path), why)
        return f"{root}/{path}" if path not in ("", ".") else root

    entrypoint = [
        Said(_FROM_HERE.sub(absolute, word.text), word.at) if word.text is not None else word for word in words
    ]
    workdir = Said(unanchored(where.folder), at) if where.folder else Said(None, at, "the working folder is not known")
    image = Said(None, at, "runs on the host: its version is not in the file")
    why = "runs on the host, in no container"
    return Container(image, at, entrypoint=entrypoint, mounts=list(mounts.values()), workdir=workdir, why=why)
