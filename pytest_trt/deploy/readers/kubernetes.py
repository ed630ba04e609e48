"""Kubernetes manifests: pods and what makes pods, as containers; ConfigMaps; what kustomize makes of them."""

from __future__ import annotations

import os

from pytest_trt.artifacts.errors import ArtifactError
from pytest_trt.deploy.edge import Said, line
from pytest_trt.deploy.formats.yamls import MAP, SCALAR, documents

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_trt.deploy.formats.yamls import Node
    from pytest_trt.deploy.reading import Reading
    from pytest_trt.deploy.tree import Tree

# Where the pod is, by kind; spec.template.spec for every other kind that has one.
_POD = {
    "Pod": ("spec",),
    "PodTemplate": ("template", "spec"),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
}
_TEMPLATE = ("spec", "template", "spec")
_KUSTOMIZATION = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_SIBLINGS = 200
_DEPTH = 5


class Thing:
    """An object of a manifest. parameters: of the OpenShift template that holds it."""

    __slots__ = ("node", "kind", "name", "parameters")

    def __init__(self, node: Node, parameters: dict[str, Said]) -> None:
        self.node = node
        self.parameters = parameters
        kind, name = node.get("kind"), node.get("metadata", "name")
        self.kind = (kind.text if kind is not None else None) or ""
        self.name = (name.raw if name is not None else "") or "?"

    def said(self, node: Node | None) -> Said | None:
        """A scalar, with the template's parameters replaced; None where it is not there."""
        if node is None:
            return None
        plain = node.said()
        if plain.text is None or "${" not in plain.text or not self.parameters:
            return plain
        text = plain.text
        for name, value in self.parameters.items():
            if f"${{{name}}}" not in text:
                continue
            if value.text is None:
                return Said(None, plain.at, value.why)
            text = text.replace(f"${{{name}}}", value.text)
        return Said(text, plain.at)

    def pod(self) -> Node | None:
        """The pod's spec."""
        spec = self.node.get(*_POD.get(self.kind, _TEMPLATE))
        return spec if spec is not None and spec.get("containers") is not None else None


def things(roots: Sequence[Node]) -> list[Thing]:
    """The objects of documents; those of Lists and of OpenShift's Templates among them."""
    found: list[Thing] = []

    def add(node: Node, parameters: dict[str, Said], depth: int) -> None:
        kind = node.get("kind")
        if node.kind != MAP or kind is None or kind.text is None or depth > _DEPTH:
            return
        inner = node.get("objects") if kind.text == "Template" else None
        if kind.text.endswith("List"):
            inner = node.get("items")
        if inner is None:
            found.append(Thing(node, parameters))
            return
        for each in node.each("parameters"):
            name, value = each.get("name"), each.get("value")
            if name is not None:
                why = f"the template's parameter {name.raw} has no value here"
                parameters = {**parameters, name.raw: Said(None, each.at, why) if value is None else value.said()}
        for each in inner.elements():
            add(each, parameters, depth + 1)

    for root in roots:
        add(root, {}, 0)
    return found


def fill(reading: Reading, found: Sequence[Thing], tree: Tree) -> bool:
    """Adds what the objects say; False where none of them says anything of containers or their files."""
    from pytest_trt.deploy.readers.pods import Pods

    cluster = Cluster(reading.path, found, tree)
    pods = Pods(reading.path, cluster, tree)
    any_found = False
    for thing in found:
        if thing.kind == "ConfigMap":
            reading.config_maps.setdefault(thing.name, {}).update(config_map(thing))
            any_found = True
        elif thing.kind == "Kustomization" or thing.node.get("configMapGenerator") is not None:
            any_found = _generated(reading, thing.node, tree) or any_found
        spec = thing.pod()
        if spec is not None:
            reading.containers += pods.containers(thing, spec)
            any_found = True
    return any_found


def kustomization(reading: Reading, root: Node, tree: Tree) -> bool:
    """Adds the ConfigMaps of a kustomization file, which need not say its kind."""
    return _generated(reading, root, tree)


def config_map(thing: Thing) -> dict[str, Said]:
    return {key.raw: thing.said(value) or value.said() for key, value in thing.node.entries("data")}


class Cluster:
    """What the manifests say besides pods: ConfigMaps and volumes, here and in the files beside this one."""

    def __init__(self, path: str, found: Sequence[Thing], tree: Tree) -> None:
        self.path = path
        self.tree = tree
        self.things = list(found)
        self._beside: list[Thing] | None = None
        self._images: list[Node] | None = None

    def find(self, kinds: Sequence[str], name: str) -> Thing | None:
        """The object of one of these kinds with this name, of this file or of one beside it."""
        for each in self.things:
            if each.kind in kinds and each.name == name:
                return each
        return next((each for each in self._others(kinds) if each.kind in kinds and each.name == name), None)

    def all(self, kinds: Sequence[str]) -> list[Thing]:
        """Those of this file."""
        return [each for each in self.things if each.kind in kinds]

    def _others(self, kinds: Sequence[str]) -> list[Thing]:
        if self._beside is None:
            self._beside = []
            folder = os.path.dirname(self.path)
            names = [name for name in self.tree.names(folder or ".") if name.endswith((".yaml", ".yml", ".json"))]
            for name in names[:_SIBLINGS]:
                path = os.path.join(folder, name).replace(os.sep, "/")
                if name == os.path.basename(self.path):
                    continue
                try:
                    text = self.tree.read(path, 1 << 20)
                    if any(kind in text for kind in ("ConfigMap", "PersistentVolume", "ServingRuntime", "Inference")):
                        self._beside += things(documents(text, path)[0])
                except ArtifactError:
                    continue
        return self._beside

    def image(self, said: Said) -> Said:
        """The image as a kustomization beside the file leaves it, where it lists the file."""
        text = said.text
        if text is None:
            return said
        if self._images is None:
            self._images = self._transformers()
        name, _, digest = text.partition("@")
        base, colon, _ = name.rpartition(":")
        plain = base if colon and "/" not in name[len(base) :] else name
        for each in self._images:
            wanted, renamed = each.get("name"), each.get("newName")
            if wanted is None or wanted.text != plain:
                continue
            tag, hashed = each.get("newTag"), each.get("digest")
            made = renamed.text if renamed is not None and renamed.text else plain
            if hashed is not None and hashed.text:
                made += "@" + hashed.text
            elif tag is not None and tag.text:
                made += ":" + tag.text
            else:
                made += text[len(plain) :]
            return Said(made, said.at, f"{each.at.path} makes {made} of {text}")
        return said

    def _transformers(self) -> list[Node]:
        folder = os.path.dirname(self.path)
        for name in _KUSTOMIZATION:
            path = os.path.join(folder, name).replace(os.sep, "/")
            if not self.tree.is_file(path):
                continue
            try:
                roots = documents(self.tree.read(path), path)[0]
            except ArtifactError:
                return []
            root = roots[0] if roots else None
            if root is None:
                return []
            listed = [os.path.normpath(each.raw) for each in root.each("resources") + root.each("bases")]
            return root.each("images") if os.path.basename(self.path) in listed else []
        return []


def _generated(reading: Reading, root: Node, tree: Tree) -> bool:
    """ConfigMaps that kustomize generates from files and literals."""
    for each in root.each("configMapGenerator"):
        name = each.get("name")
        if name is None or name.text is None:
            continue
        held = reading.config_maps.setdefault(name.text, {})
        for entry in each.each("files"):
            key, equals, file = entry.raw.partition("=")
            file = file if equals else entry.raw
            key = key if equals else os.path.basename(file)
            path = os.path.normpath(os.path.join(os.path.dirname(reading.path), file)).replace(os.sep, "/")
            try:
                held[key] = Said(tree.read(path), line(path, 1))
            except ArtifactError as error:
                held[key] = Said(None, entry.at, f"{file}: {error.why}")
        for entry in each.each("literals"):
            key, equals, value = entry.raw.partition("=")
            if equals and entry.kind == SCALAR:
                held[key] = Said(value.strip("\"'"), entry.at)
    return root.get("configMapGenerator") is not None
