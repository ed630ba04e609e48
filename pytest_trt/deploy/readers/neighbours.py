"""Objects of the manifests around a file: those beside it, and those in the folders around its own."""

from __future__ import annotations

import os
from weakref import WeakKeyDictionary

from pytest_trt.artifacts.errors import ArtifactError
from pytest_trt.deploy.formats.yamls import documents
from pytest_trt.deploy.readers.kubernetes import things

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_trt.deploy.readers.kubernetes import Thing
    from pytest_trt.deploy.tree import Tree

# What other objects refer to by name.
KINDS = ("ConfigMap", "PersistentVolume", "PersistentVolumeClaim", "ServingRuntime", "InferenceService")
_WORDS = ("ConfigMap", "PersistentVolume", "ServingRuntime", "Inference")
_SIZE = 1 << 20
_FILES = 200  # of one folder
_AROUND = 400  # files of the folders around one
_FOLDERS = 60
_LEVELS = 2
_NOT = frozenset(("node_modules", "venv", "site-packages", "__pycache__", "templates", "charts"))


class Neighbours:
    """Reads each folder of a tree once."""

    _known: WeakKeyDictionary[Tree, Neighbours] = WeakKeyDictionary()

    def __init__(self) -> None:
        self._beside: dict[str, list[Thing]] = {}
        self._around: dict[str, list[Thing]] = {}

    @classmethod
    def of(cls, tree: Tree) -> Neighbours:
        found = cls._known.get(tree)
        if found is None:
            found = cls._known[tree] = cls()
        return found

    def find(self, kinds: Sequence[str], name: str, path: str, tree: Tree) -> Thing | None:
        """The object as a file may mean it: beside it the first one, elsewhere the only one of its name."""
        folder = os.path.dirname(path)
        for each in self._folder(folder, tree):
            if each.kind in kinds and each.name == name and each.node.at.path != path:
                return each
        above = os.path.dirname(folder)
        if above not in self._around:
            self._around[above] = list(self._below(above, tree))
        found = [each for each in self._around[above] if each.kind in kinds and each.name == name]
        return found[0] if len(found) == 1 and found[0].node.at.path != path else None

    def _below(self, top: str, tree: Tree) -> Iterator[Thing]:
        left = _AROUND
        waiting = [(top, 0)]
        for _ in range(_FOLDERS):
            if not waiting or left <= 0:
                return
            folder, level = waiting.pop(0)
            yield from self._folder(folder, tree)
            names = tree.names(folder or ".")
            left -= min(_FILES, sum(name.endswith((".yaml", ".yml", ".json")) for name in names))
            for name in names if level < _LEVELS else ():
                below = os.path.join(folder, name).replace(os.sep, "/")
                if "." not in name and name not in _NOT and tree.is_folder(below):
                    waiting.append((below, level + 1))

    def _folder(self, folder: str, tree: Tree) -> list[Thing]:
        found = self._beside.get(folder)
        if found is None:
            found = self._beside[folder] = []
            names = [name for name in tree.names(folder or ".") if name.endswith((".yaml", ".yml", ".json"))]
            for name in names[:_FILES]:
                path = os.path.join(folder, name).replace(os.sep, "/")
                try:
                    text = tree.read(path, _SIZE)
                    if any(word in text for word in _WORDS):
                        found += [each for each in things(documents(text, path)[0]) if each.kind.endswith(KINDS)]
                except ArtifactError:
                    continue
        return found
