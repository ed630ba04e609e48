"""A path inside a container -> what the files put there."""

from __future__ import annotations

import posixpath
import re

from pytest_trt.deploy.reading import CONFIG_MAP, HOST, LITERAL, URI

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_trt.artifacts.location import Location
    from pytest_trt.deploy.edge import Said
    from pytest_trt.deploy.reading import Mount
    from pytest_trt.deploy.tree import Tree

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9.+]*)://")


class Place:
    """What is at a path. One of these is set: paths (local candidates, nearest first), uri, literal (a file's text),
    unknown (why none of them is). at: the line that puts it there, None where none does. why: the argument.
    """

    __slots__ = ("paths", "uri", "literal", "unknown", "at", "why")

    def __init__(
        self,
        *,
        paths: Sequence[str] = (),
        uri: str | None = None,
        literal: Said | None = None,
        unknown: str = "",
        at: Location | None = None,
        why: Sequence[tuple[Location, str]] = (),
    ) -> None:
        self.paths = tuple(paths)
        self.uri = uri
        self.literal = literal
        self.unknown = unknown
        self.at = at
        self.why = tuple(why)

    def __repr__(self) -> str:
        return f"Place({self.paths or self.uri or self.literal or self.unknown})"


def is_uri(path: str) -> bool:
    """Whether TensorFlow's file systems take it for a URI, as io::ParseURI has it."""
    return _SCHEME.match(path) is not None


def is_relative(path: str) -> bool:
    """Whether TensorFlow Serving refuses it as a base path: neither absolute nor a URI (server_core.cc)."""
    return not is_uri(path) and not path.startswith("/")


def local(path: str) -> str:
    """The path behind "file://", which is the file system itself."""
    return path[len("file://") :] if path.startswith("file://") else path


def normal(path: str, workdir: str | None = None) -> str:
    """A path without `.`, `..`, doubled and closing slashes; a relative one stands below the workdir, if known."""
    if workdir and not path.startswith("/"):
        path = posixpath.join(workdir, path)
    path = posixpath.normpath(path)
    return path[1:] if path.startswith("//") else path


def below(path: str, folder: str) -> str | None:
    """What follows the folder in a path, "" for the folder itself, None where the path is not inside."""
    if path == folder:
        return ""
    prefix = folder if folder.endswith("/") else folder + "/"
    return path[len(prefix) :] if path.startswith(prefix) else None


def host_path(path: str, mounts: Sequence[Mount], tree: Tree, workdir: str | None = None) -> Place:
    """What is at a path inside: the mount with the longest target counts, of equal ones the last, then the others."""
    if is_uri(path) and not path.startswith("file://"):
        return Place(uri=path)
    path = normal(local(path), workdir)
    if not path.startswith("/"):
        return _relative(path, mounts, tree)
    length = -1
    covering: list[tuple[Mount, str]] = []
    for mount in mounts:
        target = normal(mount.target)
        rest = below(path, target)
        if rest is None or len(target) < length or mount.kind == LITERAL and rest:
            continue
        if len(target) > length:
            length, covering = len(target), []
        covering.insert(0, (mount, rest))
    if not covering:
        return Place(unknown=_nothing(path, mounts))
    places = [_place(mount, rest, path, tree) for mount, rest in covering]
    if covering[0][0].kind == LITERAL:
        return places[0]  # a file that is written last, known or not
    first = next((place for place in places if not place.unknown), places[0])
    if not first.paths or len(places) == 1:
        return first
    # Several sources were copied into one folder: which of them has it, the tree says.
    local_ones = [place for place in places if place.paths]
    first = next((place for place in local_ones if tree.first(place.paths) is not None), first)
    paths = [*first.paths, *(path for place in local_ones for path in place.paths)]
    return Place(paths=list(dict.fromkeys(paths)), at=first.at, why=first.why)


def _nothing(path: str, mounts: Sequence[Mount]) -> str:
    """Why nothing is at a path; what lies beside it may be what is meant."""
    folder = posixpath.dirname(path)
    targets = dict.fromkeys(normal(mount.target) for mount in mounts)
    beside = [each for each in targets if folder != "/" and posixpath.dirname(each) == folder]
    but = f", but at {', '.join(beside[:3])}" if beside else ""
    return f"nothing in the files is mounted or copied at {path}{but}"


def versions_inside(path: str, mounts: Sequence[Mount], tree: Tree) -> list[tuple[str, Place]]:
    """What is put at single version folders below a base path: (path inside, what is there)."""
    found: list[tuple[str, Place]] = []
    base = normal(local(path))
    for mount in mounts:
        target = normal(mount.target)
        rest = below(target, base)
        name, _, file = (rest or "").partition("/")
        if not name.isdigit() or not name.isascii():
            continue
        if not file:
            found.append((target, _place(mount, "", target, tree)))
        elif file in ("saved_model.pb", "saved_model.pbtxt") and mount.kind in (HOST, URI):
            place = _place(mount, "", target, tree)
            folder = Place(
                paths=[posixpath.dirname(each) or "." for each in place.paths if posixpath.basename(each) == file],
                uri=posixpath.dirname(place.uri) if place.uri else None,
                unknown=place.unknown,
                at=place.at,
                why=place.why,
            )
            if folder.paths or folder.uri:
                found.append((posixpath.dirname(target), folder))
    return found


def _relative(path: str, mounts: Sequence[Mount], tree: Tree) -> Place:
    """A relative path of a server on the host itself, whose folders are those of the files."""
    for mount in mounts:
        if mount.target == "/" and mount.kind == HOST and mount.paths == ("/",):
            return Place(paths=tree.candidates(path, mount.at.path), at=None)
    return Place(unknown=f"{path} is relative to a working folder that is not known")


def _place(mount: Mount, rest: str, path: str, tree: Tree) -> Place:
    why = [(mount.at, mount.why)] if mount.why else []
    if mount.kind == HOST:
        if mount.paths:
            paths = mount.paths
            if mount.paths == ("/",) and mount.target == "/":
                return Place(paths=tree.candidates(path, mount.at.path), at=None)
            if rest:
                paths = tuple(posixpath.normpath(posixpath.join(each, rest)) for each in paths)
            return Place(paths=paths, at=mount.at, why=why)
        return Place(unknown=mount.source.why or mount.why or f"what is at {path} cannot be told", at=mount.at, why=why)
    if mount.kind == URI:
        if mount.source.text is None:
            return Place(unknown=mount.source.why or mount.why, at=mount.at, why=why)
        uri = mount.source.text
        return Place(uri=f"{uri.rstrip('/')}/{rest}" if rest else uri, at=mount.at, why=why)
    if mount.kind == LITERAL:
        if mount.source.text is None:
            return Place(unknown=mount.source.why or mount.why, at=mount.at, why=why)
        return Place(literal=mount.source, at=mount.at, why=why)
    if mount.kind == CONFIG_MAP:
        name = mount.source.text
        unknown = f"the ConfigMap {name} is not in the files" if name else mount.source.why
        return Place(unknown=unknown or mount.why, at=mount.at, why=why)
    unknown = mount.source.why or mount.why or f"what the volume at {mount.target} holds is not in the files"
    return Place(unknown=unknown, at=mount.at, why=why)


def shown(at: Location) -> str:
    """A place in a sentence, as `compose.yaml:12`."""
    number = at.line
    return f"{at.path}:{number}" if number else at.path
