"""What COPY and ADD put into an image: sources in a build context, destinations, .dockerignore."""

from __future__ import annotations

import fnmatch
import os
import posixpath
import re

from pytest_trt.artifacts.errors import ArtifactError
from pytest_trt.deploy.edge import Said
from pytest_trt.deploy.reading import HOST, URI, VOLUME, Mount

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_trt.artifacts.location import Location
    from pytest_trt.deploy.tree import Tree

PARENT_LIMIT = 20
MATCH_LIMIT = 1_000
IGNORE_LIMIT = 64 << 10

_GLOB = re.compile(r"[*?\[]")
_ARCHIVE = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst")
_GIT = re.compile(r"^(?:git@|git://|ssh://)|\.git(?:#[^/]*)?$")
_REMOTE = re.compile(r"(?:https?|git|ssh)://|git@", re.IGNORECASE)


class Context:
    """The folders that a Dockerfile may be built in: those that are known, else its own and those above it, up to the
    repository.
    """

    __slots__ = ("tree", "folders", "_dockerfile", "_ignored")

    def __init__(self, dockerfile: str, tree: Tree, known: Sequence[str] | None = None) -> None:
        self.tree = tree
        self._dockerfile = dockerfile
        self._ignored: dict[str, list[tuple[bool, str, re.Pattern[str]]]] = {}
        folder = os.path.dirname(dockerfile) or "."
        self.folders: list[str] = list(known or ())
        if known is not None:
            return
        while len(self.folders) < PARENT_LIMIT and (not self.folders or tree.inside(folder)):
            self.folders.append(folder.replace(os.sep, "/"))
            above = os.path.normpath(os.path.join(folder, ".."))
            if above == folder:
                break
            folder = above
        self.folders += [base for base in tree.bases if base not in self.folders]

    def candidates(self, source: str) -> tuple[list[str], str]:
        """Where a source may lie, nearest first, and why it is left out of the context where it is."""
        found: list[str] = []
        ignored = ""
        for folder in self.folders:
            path = posixpath.normpath(posixpath.join(folder, source))
            name = self._ignoring(folder, source)
            if name and self.tree.first([path]) is not None:
                ignored = f"{name} leaves {source} out of the build context"
            else:
                found.append(path)
        existing = self.tree.first(found)
        if ignored and existing is None:
            return [], ignored
        return found, ignored

    def matches(self, pattern: str) -> list[str] | None:
        """The paths that a pattern stands for in the nearest context that has any; None where none has."""
        for folder in self.folders:
            found = [folder]
            for part in posixpath.normpath(pattern).split("/"):
                found = self._step(found, part)
            found = [each for each in found if not self._ignoring(folder, posixpath.relpath(each, folder))]
            if found:
                return found
        return None

    def _step(self, folders: list[str], part: str) -> list[str]:
        found: list[str] = []
        for folder in folders:
            if not _GLOB.search(part):
                path = posixpath.normpath(posixpath.join(folder, part))
                found += [path] if self.tree.first([path]) is not None else []
            elif len(part) < 200:
                names = fnmatch.filter(self.tree.names(folder), part)
                found += [posixpath.normpath(posixpath.join(folder, name)) for name in names]
            if len(found) > MATCH_LIMIT:
                break
        return found[:MATCH_LIMIT]

    def _ignoring(self, folder: str, source: str) -> str:
        """The name of the ignore file of this context that leaves the source out, "" where none does."""
        own = os.path.join(os.path.dirname(self._dockerfile), os.path.basename(self._dockerfile) + ".dockerignore")
        path = own if self.tree.is_file(own) else posixpath.join(folder, ".dockerignore")
        if path not in self._ignored:
            self._ignored[path] = self._patterns(path)
        excluded = False
        source = posixpath.normpath(source)
        parts = source.split("/")
        above = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
        for keeps, text, pattern in self._ignored[path]:
            # What is kept below a folder keeps the folder.
            if source != "." and (
                any(pattern.fullmatch(each) for each in above[-PARENT_LIMIT:])
                or (keeps and text.startswith(source + "/"))
            ):
                excluded = not keeps
        return os.path.basename(path) if excluded else ""

    def _patterns(self, path: str) -> list[tuple[bool, str, re.Pattern[str]]]:
        if not self.tree.is_file(path):
            return []
        try:
            text = self.tree.read(path, IGNORE_LIMIT)
        except ArtifactError:
            return []
        found: list[tuple[bool, str, re.Pattern[str]]] = []
        for each in text.splitlines()[:1_000]:
            each = each.strip()
            if not each or each.startswith("#") or len(each) > 300 or each.count("*") > 12:
                continue
            keeps = each.startswith("!")
            name = posixpath.normpath(each[keeps:].strip().lstrip("/") or ".")
            found.append((keeps, name, re.compile(_pattern(name))))
        return found


def _pattern(text: str) -> str:
    """A pattern of .dockerignore as a regular expression: `*` stays within a name, `**` does not."""
    pieces: list[str] = []
    index = 0
    while index < len(text):
        if text.startswith("**/", index):
            pieces.append("(?:[^/]+/)*")
            index += 3
        elif text.startswith("**", index):
            pieces.append(".*")
            index += 2
        elif text[index] == "*":
            pieces.append("[^/]*")
            index += 1
        elif text[index] == "?":
            pieces.append("[^/]")
            index += 1
        else:
            pieces.append(re.escape(text[index]))
            index += 1
    return "".join(pieces)


def copied(
    sources: Sequence[Said], target: Said, workdir: str | None, folders: set[str], context: Context, unpacks: bool
) -> list[Mount]:
    """The mounts of a COPY or ADD from the context. folders: paths that are folders in the image already."""
    inside = destination(target, workdir)
    if inside is None or target.text is None:
        return []
    into = len(sources) > 1 or is_folder(target.text) or inside in folders
    found: list[Mount] = []
    for source in sources:
        found += _copied(source, inside, into, context, unpacks)
    return found


def destination(target: Said, workdir: str | None) -> str | None:
    """The absolute path of a destination; None where it is not known."""
    if target.text is None or (workdir is None and not target.text.startswith("/")):
        return None
    path = posixpath.normpath(posixpath.join(workdir or "/", target.text))
    return path[1:] if path.startswith("//") else path


def is_folder(target: str) -> bool:
    """Whether a destination is a folder by the way it is written."""
    return target.endswith("/") or posixpath.basename(target) in (".", "..")


def _copied(source: Said, inside: str, into: bool, context: Context, unpacks: bool) -> list[Mount]:
    text, at = source.text, source.at
    if text is None:
        return [Mount(inside, HOST, source, at, why=f"what is copied to {inside} is not known: {source.why}")]
    if unpacks and _GIT.search(text):
        why = f"{text} is cloned to {inside} when the image is built; what it holds is not in the files"
        return [Mount(inside, VOLUME, Said(None, at, why), at, why=why)]
    if unpacks and _REMOTE.match(text):
        place = posixpath.join(inside, posixpath.basename(text.split("?")[0].rstrip("/"))) if into else inside
        return [Mount(place, URI, source, at, why=f"{text} is fetched to {place} when the image is built")]
    name = posixpath.normpath(text.lstrip("/") or ".")
    if name.startswith(".."):
        why = f"{text} is outside of the build context"
        return [Mount(inside, HOST, Said(None, at, why), at, why=why)]
    if _GLOB.search(name):
        matches = context.matches(name)
        if matches is None:
            why = f"{text} matches nothing in the tree"
            return [Mount(inside, HOST, Said(None, at, why), at, why=why)]
        return [_one(Said(text, at), [each], inside, True, context, unpacks) for each in matches]
    paths, ignored = context.candidates(name)
    if not paths:
        return [Mount(inside, HOST, Said(None, at, ignored), at, why=ignored)]
    return [_one(Said(text, at), paths, inside, into, context, unpacks)]


def _one(source: Said, paths: Sequence[str], inside: str, into: bool, context: Context, unpacks: bool) -> Mount:
    """One source: the content of a folder goes to the destination, a file goes there or into it."""
    found = context.tree.first(paths)
    name = posixpath.basename(found or posixpath.normpath(source.text or ""))
    if found is not None:
        file = not context.tree.is_folder(found)
    else:
        suffix = posixpath.splitext(name)[1]
        file = bool(suffix) and not suffix[1:].isdigit() and not (source.text or "").endswith("/")
    if unpacks and file and name.endswith(_ARCHIVE):
        why = f"{name} is unpacked to {inside} when the image is built"
        return Mount(inside, VOLUME, source, source.at, why=why)
    place = posixpath.join(inside, name) if file and into else inside
    return Mount(place, HOST, source, source.at, paths, f"{source.text} is copied to {place} in the image")


def moved(mounts: Sequence[Mount], source: str, inside: str, into: bool, at: Location, how: str) -> list[Mount]:
    """What lies at a path of one image, seen at another path: COPY --from, cp, mv. Nothing where nothing is known."""
    source = source.rstrip("/") or "/"
    found: list[Mount] = []
    best: Mount | None = None
    for mount in mounts:
        if mount.target.startswith(source if source == "/" else source + "/") and mount.target != source:
            place = posixpath.normpath(inside + "/" + mount.target[len(source) :].lstrip("/"))
            found.append(Mount(place, mount.kind, mount.source, mount.at, mount.paths, how or mount.why))
        elif mount.target == source or source.startswith(mount.target.rstrip("/") + "/"):
            if best is None or len(mount.target) >= len(best.target):
                best = mount
    if best is not None:
        rest = source[len(best.target.rstrip("/")) :].strip("/")
        place = posixpath.join(inside, posixpath.basename(source)) if into else inside
        said = best.source
        paths = [posixpath.normpath(posixpath.join(path, rest)) if rest else path for path in best.paths]
        if best.kind == URI and rest and said.text is not None:
            said = Said(said.text.rstrip("/") + "/" + rest, said.at)
        found.insert(0, Mount(place, best.kind, said, at, paths, how or best.why))
    return found
