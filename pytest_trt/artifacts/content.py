"""SHA-256 of what a model is made of: the files of a SavedModel, an ONNX model with its weights.

Names inside the model and contents count; paths, times and fingerprint.pb (which holds a random number) do not.
"""

from __future__ import annotations

import hashlib
import json
import os

from pytest_trt.artifacts.errors import LimitReached, Unreadable
from pytest_trt.artifacts.location import Location
from pytest_trt.artifacts.onnx import read_onnx
from pytest_trt.artifacts.saved_model import GRAPH_FILES
from pytest_trt.artifacts.wire import Source, os_reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    Digest = Callable[[str], tuple[str, int]]

_CHUNK = 1 << 20
_FILES_LIMIT = 10_000
_DEPTH_LIMIT = 8


def canonical(value: Any) -> str:
    """SHA-256 of a value's canonical JSON: sorted keys, no spaces, ASCII."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def file_digest(path: str) -> tuple[str, int]:
    """SHA-256 and size of a regular file. Raises Unreadable, also where it changes meanwhile."""
    digest = hashlib.sha256()
    with Source(path) as source:
        for at in range(0, source.size, _CHUNK):
            digest.update(source.at(at, min(_CHUNK, source.size - at)))
        source.unchanged()
        return digest.hexdigest(), source.size


def saved_model_digest(folder: str, digest: Digest = file_digest) -> tuple[str, dict[str, str]]:
    """SHA-256 of a SavedModel's content, and the SHA-256 of each of its files by name inside the folder.

    Its files: the graph (saved_model.pb, .pbtxt, .cpb), and what is in variables/ and assets/. digest(path) gives
    SHA-256 and size of a file. Raises Unreadable, LimitReached.
    """
    names = [name for name in GRAPH_FILES if os.path.lexists(os.path.join(folder, name))]
    if not names:
        raise Unreadable(Location(folder.replace(os.sep, "/")), f"a folder without {GRAPH_FILES[0]}")
    for part in ("variables", "assets"):
        if os.path.isdir(os.path.join(folder, part)):
            names += _below(folder, part, 1)
        if len(names) > _FILES_LIMIT:
            raise LimitReached(Location(folder.replace(os.sep, "/")), f"more than {_FILES_LIMIT:,} files")
    files = {name: digest(os.path.join(folder, *name.split("/")))[0] for name in sorted(names)}
    return canonical({"saved_model": files}), files


def saved_model_size(folder: str) -> int:
    """Bytes of the graph and the variables. Raises Unreadable."""
    _, sizes = saved_model_digest(folder, lambda path: (str(_size(path)), 0))
    return sum(int(size) for name, size in sizes.items() if not name.startswith("assets/"))


def onnx_digest(path: str, digest: Digest = file_digest) -> str:
    """SHA-256 of an ONNX file; with weights in other files: of canonical JSON that holds the SHA-256 of each.

    Raises Malformed, Unreadable, LimitReached; Unreadable for a file of weights that would lie outside of the folder.
    """
    sha256, _ = digest(path)
    with Source(path) as source:
        external = sorted(read_onnx(source).external)
    if not external:
        return sha256
    files = {name: digest(beside(path, name))[0] for name in external}
    return canonical({"sha256": sha256, "external": files})


def beside(path: str, location: str) -> str:
    """Where a file of weights lies that an ONNX model names. Raises Unreadable where that is outside of its folder."""
    parts = location.replace("\\", "/").split("/")
    if not location or os.path.isabs(location) or ".." in parts or "\0" in location:
        why = f"keeps weights in {location!r}, which is outside of its folder"
        raise Unreadable(Location(path.replace(os.sep, "/")), why)
    return os.path.join(os.path.dirname(path), *parts)


def _below(folder: str, part: str, depth: int) -> Iterator[str]:
    """Names, with slashes, of what is in a sub-folder; links are followed."""
    here = os.path.join(folder, *part.split("/"))
    if depth > _DEPTH_LIMIT:
        raise LimitReached(Location(here.replace(os.sep, "/")), f"more than {_DEPTH_LIMIT} folders inside one another")
    try:
        with os.scandir(here) as listing:
            entries = [(entry.name, entry.is_dir()) for entry in listing]
    except OSError as error:
        raise Unreadable(Location(here.replace(os.sep, "/")), os_reason(error)) from None
    for name, is_folder in entries:
        if is_folder:
            yield from _below(folder, f"{part}/{name}", depth + 1)
        else:
            yield f"{part}/{name}"


def _size(path: str) -> int:
    with Source(path) as source:
        return source.size
