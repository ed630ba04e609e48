"""Files that docker compose reads together: a file with its override, and those that `include` names.

Names: compose-go cli/options.go (DefaultFileNames, DefaultOverrideFileNames); include: docs.docker.com/reference/
compose-file/include.
"""

from __future__ import annotations

import os

from pytest_trt.artifacts.errors import ArtifactError
from pytest_trt.deploy.edge import Remark, Said
from pytest_trt.deploy.formats.yamls import LIST, MAP, SCALAR, documents
from pytest_trt.deploy.readers.compose import File, env_of, services

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.deploy.formats.yamls import Node
    from pytest_trt.deploy.reading import Reading
    from pytest_trt.deploy.tree import Tree

_NAMES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
_OVERRIDES = (
    "compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml",
)  # fmt: skip
_FILES = 50  # that one file includes, by others too
_LEVELS = 6  # of folders above, where a file that includes this one is looked for


class _Included:
    """How a file is included: the stack of files, what their paths start from, their variables."""

    __slots__ = ("paths", "folder", "scope")

    def __init__(self, paths: list[str], folder: str, scope: dict[str, Said]) -> None:
        self.paths = paths
        self.folder = folder
        self.scope = scope


def projects(reading: Reading, root: Node, found: Node | None, tree: Tree) -> list[list[File]]:
    """Stacks of files, each nearest first: the file's own, then those that it includes."""
    own = _Stacks(reading, tree)
    path = reading.path
    outer = own.including(path)
    if outer is not None:
        own.add(outer)
    else:
        folder, name = os.path.split(path)
        beside = [_present(names, folder, tree) for names in (_OVERRIDES, _NAMES)]
        stack = [File(reading, root, found, path, tree)]
        if None not in beside and name in beside:
            others = (own.file(os.path.join(folder, each or "")) if each != name else stack[0] for each in beside)
            stack = [each for each in others if each is not None]
        elif beside[1] is not None and name not in _NAMES and (names := _incomplete(found)):
            base = own.file(os.path.join(folder, beside[1]))
            if base is not None and base.services is not None and all(map(base.services.get, names)):
                stack.append(base)
        own.push(stack)
    return own.stacks


def _incomplete(found: Node | None) -> list[str]:
    """The services that compose refuses as they are: the file is one to be laid over another (`-f`)."""
    needs = ("image", "build", "extends")
    listed = found.items() if found is not None else ()
    return [key.raw for key, value in listed if value.kind == MAP and not any(map(value.get, needs))]


def _present(names: tuple[str, ...], folder: str, tree: Tree) -> str | None:
    return next((name for name in names if tree.is_file(os.path.join(folder, name))), None)


class _Stacks:
    def __init__(self, reading: Reading, tree: Tree) -> None:
        self.reading = reading
        self.tree = tree
        self.stacks: list[list[File]] = []
        self.seen: set[str] = set()

    def file(self, path: str, folder: str | None = None, scope: dict[str, Said] | None = None) -> File | None:
        """A compose file of the tree; None where it is none."""
        path = path.replace(os.sep, "/")
        try:
            roots = documents(self.tree.read(path), path)[0]
        except ArtifactError:
            return None
        return File(self.reading, roots[0], services(roots[0]), path, self.tree, folder, scope) if roots else None

    def push(self, stack: list[File]) -> None:
        """A stack, and those that its files include."""
        self.stacks.append(stack)
        self.seen |= {file.path for file in stack}
        for file in stack:
            for each in self.included(file, True):
                self.add(each)

    def add(self, included: _Included) -> None:
        if len(self.seen) < _FILES and not self.seen.issuperset(included.paths):
            self.seen |= set(included.paths)
            files = (self.file(path, included.folder, included.scope) for path in reversed(included.paths))
            stack = [file for file in files if file is not None]
            if stack:
                self.push(stack)

    def included(self, file: File, says: bool) -> Iterator[_Included]:
        """What a file includes. says: whether a remark tells of what is not there."""
        for each in file.root.each("include"):
            listed = each if each.kind == SCALAR else each.get("path")
            if listed is None:
                continue
            paths: list[str] = []
            for node in listed.elements() if listed.kind == LIST else [listed]:
                said = file.said(node)
                path = self.tree.first(self.tree.candidates(said.text, file.beside)) if said.text else None
                if path is not None:
                    paths.append(path)
                elif says:
                    why = said.why or f"{said.text}, which is included, is not in the checked files"
                    self.reading.remarks.append(Remark("TRT418", node.at, {"what": "file", "why": why}))
            if not paths:
                continue
            place = each.get("project_directory")
            named = file.said(place).text if place is not None else None
            folder = os.path.dirname(paths[0])
            if named is not None:
                folder = self.tree.candidates(named, file.beside)[0]
            given = each.get("env_file")
            scope: dict[str, Said] = {}
            for node in (given.elements() if given.kind == LIST else [given]) if given is not None else ():
                env = file.said(node).text
                found = self.tree.first(self.tree.candidates(env, file.beside)) if env else None
                scope.update(env_of(found, self.tree) or {} if found else {})
            if given is None:
                scope = env_of(os.path.join(folder, ".env"), self.tree) or {}
            yield _Included(paths, folder, {**scope, **file.scope})

    def including(self, path: str) -> _Included | None:
        """How a project of the folders above includes this file."""
        folder = os.path.dirname(path)
        wanted = os.path.normpath(path)
        for _ in range(_LEVELS):
            name = _present(_NAMES, folder, self.tree)
            above = os.path.join(folder, name).replace(os.sep, "/") if name is not None else path
            if os.path.normpath(above) != wanted and self._may_include(above):
                file = self.file(above)
                for each in self.included(file, False) if file is not None else ():
                    if wanted in map(os.path.normpath, each.paths):
                        self.seen.add(above)  # a file that includes its own project is refused
                        return each
            if not folder or folder == ".":
                return None
            folder = os.path.dirname(folder)
        return None

    def _may_include(self, path: str) -> bool:
        try:
            return "include" in self.tree.read(path)
        except ArtifactError:
            return False
