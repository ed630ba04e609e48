"""Kustomizations: what the objects of a file become in each overlay that they end in.

Order of what a kustomization does: resources, components, generators, patches, images (kustomize's KustTarget).
"""

from __future__ import annotations

import os
import re
from weakref import WeakKeyDictionary

from pytest_trt.artifacts.errors import ArtifactError
from pytest_trt.deploy.edge import Remark, Said, line
from pytest_trt.deploy.formats.laying import CannotLay, merged, patched
from pytest_trt.deploy.formats.yamls import LIST, MAP, SCALAR, documents
from pytest_trt.deploy.readers.kubernetes import Thing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_trt.deploy.formats.nodes import Node
    from pytest_trt.deploy.tree import Tree

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_ABOVE = 4  # folders above a file in which a kustomization may list it
_FOLDERS = 3000
_LEVELS = 8
_ENDS = 64  # overlays of one file
_CHAIN = 12
_NOT = frozenset(("node_modules", "venv", "site-packages", "__pycache__"))
# Kinds whose lists kustomize merges by name; of others a patch replaces lists.
_BUILTIN = frozenset(
    "Deployment StatefulSet DaemonSet ReplicaSet ReplicationController Job CronJob Pod PodTemplate".split()
)


class Held:
    """A key of a generated ConfigMap: its text, and the file that it is the content of."""

    __slots__ = ("said", "file")

    def __init__(self, said: Said, file: str | None) -> None:
        self.said = said
        self.file = file


class Variant:
    """The objects of a file as one overlay leaves them.

    generated: its ConfigMaps. images: (path, line, image) -> why it is this one. remarks: what could not be followed.
    done: kustomizations that were carried out.
    """

    __slots__ = ("things", "generated", "images", "remarks", "done")

    def __init__(self, found: Sequence[Thing]) -> None:
        self.things = list(found)
        self.generated: dict[str, dict[str, Held]] = {}
        self.images: dict[tuple[str, int | None, str], str] = {}
        self.remarks: list[Remark] = []
        self.done: set[str] = set()


def variants(path: str, found: Sequence[Thing], tree: Tree) -> list[Variant]:
    """What the objects become: as they are where no kustomization lists the file; nothing where it is a patch."""
    owners, patch = _owners(path, tree)
    if not owners:
        return [] if patch else [Variant(found)]
    made: list[Variant] = []
    chains = _Graph.of(tree).chains(owners, tree)
    for chain in chains:
        variant = Variant(found)
        names: set[tuple[int, str]] = set()
        for level in chain:
            level.apply(variant, tree, names)
        made.append(variant)
    if len(chains) >= _ENDS:
        why = f"only {_ENDS} of the overlays that it ends in are followed"
        made[0].remarks.append(Remark("TRT418", line(path, 1), {"what": "file", "why": why}))
    return made


class Kustomization:
    """One kustomization file."""

    __slots__ = ("path", "folder", "node")

    def __init__(self, path: str, node: Node) -> None:
        self.path = path
        self.folder = os.path.dirname(path)
        self.node = node

    def paths(self, *keys: str) -> list[str]:
        """The local paths that lists name."""
        listed = [each for key in keys for each in self.node.each(key)]
        return [self.place(each.raw) for each in listed if each.kind == SCALAR and "://" not in each.raw]

    def place(self, text: str) -> str:
        return os.path.normpath(os.path.join(self.folder, text)).replace(os.sep, "/")

    def patches(self) -> list[str]:
        named = [each.get("path") for key in ("patches", "patchesJson6902") for each in self.node.each(key)]
        found = [self.place(each.raw) for each in named if each is not None]
        return found + [each for each in self.paths("patchesStrategicMerge") if "\n" not in each]

    def apply(self, variant: Variant, tree: Tree, names: set[tuple[int, str]], depth: int = 0) -> None:
        """Does to the objects what this file says, once."""
        if self.path in variant.done:
            return
        variant.done.add(self.path)
        for folder in self.paths("components") if depth < _CHAIN else ():
            component = _at(folder, tree)
            if component is not None:
                component.apply(variant, tree, names, depth + 1)
        self._generate(variant, tree)
        for each in self.node.each("patchesStrategicMerge"):
            inline = "\n" in each.raw
            self._patch(variant, each, None, each if inline else None, None if inline else each, tree, names)
        for key in ("patches", "patchesJson6902"):
            for each in self.node.each(key):
                self._patch(variant, each, each.get("target"), each.get("patch"), each.get("path"), tree, names)
        images = self.node.each("images")
        for number, thing in enumerate(variant.things):
            if images:
                variant.things[number] = Thing(_with_images(thing.node, images, variant), thing.parameters)
            for affix in ("namePrefix", "nameSuffix"):
                node = self.node.get(affix)
                known = {thing.name, *(name for index, name in names if index == number)} if node is not None else ()
                for name in known:
                    text = node.raw if node is not None else ""
                    names.add((number, text + name if affix == "namePrefix" else name + text))
        for key in ("replacements", "transformers", "vars"):
            node = self.node.get(key)
            if node is not None and not node.null:
                why = f"what the kustomization's {key} change is not followed here"
                variant.remarks.append(Remark("TRT418", node.at, {"what": "file", "why": why}))

    def _patch(
        self,
        variant: Variant,
        entry: Node,
        target: Node | None,
        inline: Node | None,
        named: Node | None,
        tree: Tree,
        names: set[tuple[int, str]],
    ) -> None:
        try:
            roots = self._roots(inline, named, tree)
            for root in roots:
                for number, thing in enumerate(variant.things):
                    called = {thing.name, *(name for index, name in names if index == number)}
                    if _aims(root, target, thing, called):
                        node = thing.node
                        if root.kind == LIST:
                            node = patched(node, root.elements())
                        else:
                            node = merged(node, root, thing.kind in _BUILTIN)
                        variant.things[number] = Thing(node, thing.parameters)
        except (CannotLay, ArtifactError) as error:
            why = f"a patch is not followed here: {error.why if isinstance(error, ArtifactError) else error}"
            variant.remarks.append(Remark("TRT418", entry.at, {"what": "file", "why": why}))

    def _roots(self, inline: Node | None, named: Node | None, tree: Tree) -> list[Node]:
        if inline is not None and inline.text is not None:
            first = inline.at.line or 1
            lines = [first + index for index in range(inline.text.count("\n") + 1)]
            return documents(inline.text, self.path, None, lines)[0]
        if named is None or named.text is None:
            raise CannotLay("it is not given")
        path = self.place(named.text)
        return documents(tree.read(path), path)[0]

    def _generate(self, variant: Variant, tree: Tree) -> None:
        for each in self.node.each("configMapGenerator"):
            name, behavior = each.get("name"), each.get("behavior")
            if name is None or name.text is None:
                continue
            if behavior is None or behavior.raw != "merge":
                variant.generated.pop(name.text, None)
            variant.generated.setdefault(name.text, {}).update(held(each, self.folder, tree))


def held(node: Node, folder: str, tree: Tree) -> Iterator[tuple[str, Held]]:
    """The keys of one entry of a configMapGenerator."""
    from pytest_trt.deploy.scripts.variables import env_file

    def text(file: str, entry: Node) -> tuple[str, str | None, str]:
        path = os.path.normpath(os.path.join(folder, file)).replace(os.sep, "/")
        try:
            return path, tree.read(path), ""
        except ArtifactError as error:
            return path, None, f"{file}: {error.why}"

    for entry in node.each("files"):
        key, equals, file = entry.raw.partition("=")
        file = file if equals else entry.raw
        path, content, why = text(file, entry)
        place = line(path, 1) if content is not None else entry.at
        yield key if equals else os.path.basename(file), Held(Said(content, place, why), path)
    single = node.get("env")
    for entry in [*node.each("envs"), *([single] if single is not None else [])]:
        path, content, why = text(entry.raw, entry)
        if content is not None:
            for key, said in env_file(content, path, "sh").items():
                yield key, Held(said, None)
    for entry in node.each("literals"):
        key, equals, value = entry.raw.partition("=")
        if equals and entry.kind == SCALAR:
            yield key, Held(Said(value.strip("\"'"), entry.at), None)


def _aims(root: Node, target: Node | None, thing: Thing, called: set[str]) -> bool:
    """Whether a patch is for an object."""
    if target is not None:
        kind, name = target.get("kind"), target.get("name")
        selector = target.get("labelSelector") or target.get("annotationSelector")
        if selector is not None:
            raise CannotLay(f"it selects by {selector.raw}")
        return (kind is None or _matches(kind.raw, {thing.kind})) and (name is None or _matches(name.raw, called))
    kind, name = root.get("kind"), root.get("metadata", "name")
    return kind is not None and name is not None and kind.raw == thing.kind and name.raw in called


def _matches(pattern: str, texts: set[str]) -> bool:
    """kustomize takes targets for anchored regular expressions; only those without groups are tried."""
    if pattern in texts or pattern == ".*":
        return True
    if re.fullmatch(r"[\w.\-*|]{1,100}", pattern) is None or pattern.count("*") > 2 or "**" in pattern:
        return False
    return any(re.fullmatch(pattern.replace("-", r"\-"), text[:253]) is not None for text in texts)


def _with_images(node: Node, images: Sequence[Node], variant: Variant, depth: int = 0) -> Node:
    """An object with its containers' images replaced."""
    if depth > 12 or node.kind == SCALAR:
        return node
    if node.kind == LIST:
        return node.sequence([_with_images(each, images, variant, depth + 1) for each in node.elements()])
    entries = []
    for key, value in node.items():
        if key.raw in ("containers", "initContainers") and value.kind == LIST:
            value = value.sequence([_container(each, images, variant) for each in value.elements()])
        elif value.kind == MAP or value.kind == LIST:
            value = _with_images(value, images, variant, depth + 1)
        entries.append((key, value))
    return node.mapping(entries)


def _container(node: Node, images: Sequence[Node], variant: Variant) -> Node:
    image = node.get("image") if node.kind == MAP else None
    if image is None or image.text is None:
        return node
    made = _image(image, images, variant)
    return node.mapping([(key, made if key.raw == "image" else value) for key, value in node.items()])


def _image(node: Node, images: Sequence[Node], variant: Variant) -> Node:
    text = node.text or ""
    name, _, _ = text.partition("@")
    base, colon, _ = name.rpartition(":")
    plain = base if colon and "/" not in name[len(base) :] else name
    for each in images:
        wanted, renamed = each.get("name"), each.get("newName")
        if wanted is None or wanted.text != plain:
            continue
        tag, digest = each.get("newTag"), each.get("digest")
        made = renamed.text if renamed is not None and renamed.text else plain
        if digest is not None and digest.text:
            made += "@" + digest.text
        elif tag is not None and tag.text:
            made += ":" + tag.text
        else:
            made += text[len(plain) :]
        variant.images[node.at.path, node.at.line, made] = f"{each.at.path} makes {made} of {text}"
        return node.scalar(made)
    return node


def _owners(path: str, tree: Tree) -> tuple[list[Kustomization], bool]:
    """The kustomizations that list a file among their resources, and whether one has it as a patch."""
    folder = os.path.dirname(path)
    wanted = os.path.normpath(path).replace(os.sep, "/")
    found: list[Kustomization] = []
    is_patch = False
    for _ in range(_ABOVE):
        kustomization = _at(folder, tree)
        if kustomization is not None:
            if wanted in kustomization.paths("resources", "bases", "components"):
                found.append(kustomization)
            is_patch = is_patch or wanted in kustomization.patches()
        if not folder or folder == ".":
            break
        folder = os.path.dirname(folder)
    return found, is_patch


def _at(folder: str, tree: Tree) -> Kustomization | None:
    return _Graph.of(tree).at(folder, tree)


class _Graph:
    """The kustomizations of a tree, each read once."""

    _known: WeakKeyDictionary[Tree, _Graph] = WeakKeyDictionary()

    def __init__(self) -> None:
        self._at: dict[str, Kustomization | None] = {}
        self._users: dict[str, list[Kustomization]] | None = None

    @classmethod
    def of(cls, tree: Tree) -> _Graph:
        found = cls._known.get(tree)
        if found is None:
            found = cls._known[tree] = cls()
        return found

    def at(self, folder: str, tree: Tree) -> Kustomization | None:
        """The kustomization of a folder."""
        key = os.path.normpath(folder or ".").replace(os.sep, "/")
        if key not in self._at:
            self._at[key] = None
            for name in NAMES:
                path = os.path.join(folder, name).replace(os.sep, "/")
                if not tree.is_file(path):
                    continue
                try:
                    roots = documents(tree.read(path, 1 << 20), path)[0]
                except ArtifactError:
                    break
                self._at[key] = Kustomization(path, roots[0]) if roots and roots[0].kind == MAP else None
                break
        return self._at[key]

    def chains(self, owners: Sequence[Kustomization], tree: Tree) -> list[list[Kustomization]]:
        """The ways from the kustomizations that list a file to those that nothing builds upon."""
        if self._users is None:
            self._users = self._read_all(tree)
        found: list[list[Kustomization]] = []
        waiting = [[each] for each in owners]
        while waiting and len(found) < _ENDS:
            chain = waiting.pop(0)
            passed = [level.path for level in chain]
            users = self._users.get(os.path.normpath(chain[-1].folder or "."), ())
            above = [each for each in users if each.path not in passed]
            if not above or len(chain) >= _CHAIN:
                found.append(chain)
            waiting += [[*chain, each] for each in above if len(waiting) < _ENDS and len(chain) < _CHAIN]
        return found

    def _read_all(self, tree: Tree) -> dict[str, list[Kustomization]]:
        """Folder -> the kustomizations that build upon it."""
        users: dict[str, list[Kustomization]] = {}
        waiting = [(base if base != "." else "", 0) for base in tree.bases]
        for _ in range(_FOLDERS):
            if not waiting:
                break
            folder, level = waiting.pop(0)
            names = tree.names(folder or ".")
            kustomization = self.at(folder, tree) if any(name in names for name in NAMES) else None
            if kustomization is not None:
                for path in dict.fromkeys(kustomization.paths("resources", "bases", "components")):
                    users.setdefault(os.path.normpath(path), []).append(kustomization)
            for name in names if level < _LEVELS else ():
                below = os.path.join(folder, name).replace(os.sep, "/")
                if "." not in name and name not in _NOT and tree.is_folder(below):
                    waiting.append((below, level + 1))
        return users
