"""Kubernetes manifests: pods and what makes pods, as containers; ConfigMaps; what kustomize makes of them."""

from __future__ import annotations

import os
import re

from pytest_trt.deploy.edge import Said
from pytest_trt.deploy.formats.yamls import MAP
from pytest_trt.deploy.scope import UNKNOWN, Partly

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_trt.deploy.formats.yamls import Node
    from pytest_trt.deploy.readers.kustomize import Held, Variant
    from pytest_trt.deploy.reading import Reading
    from pytest_trt.deploy.tree import Tree

# Where the pod is, by kind; spec.template.spec for every other kind that has one.
_POD = {
    "Pod": ("spec",),
    "PodTemplate": ("template", "spec"),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
}
_TEMPLATE = ("spec", "template", "spec")
_DEPTH = 5
_SHELL_VARIABLE = re.compile(r"\$(?:\{[A-Za-z_][A-Za-z0-9_]*(?:[:?+=-][^{}]*)?\}|[A-Za-z_][A-Za-z0-9_]*)")


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
        said = self.word(node)
        if said is None or said.text is None or "$" not in said.text:
            return said
        # Kubernetes expands neither form: what is left is for a tool that fills in the manifest, as envsubst does.
        left = _SHELL_VARIABLE.search(said.text)
        if left is None:
            return said
        why = f"{left[0]} is filled in before the cluster sees the file, or stays: Kubernetes expands $(NAME) alone"
        return Partly(_SHELL_VARIABLE.sub(UNKNOWN, said.text), said.at, why)

    def word(self, node: Node | None) -> Said | None:
        """The same where a shell in the container may read it: `$NAME` and `${NAME}` stay."""
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


def fill(reading: Reading, found: Sequence[Thing], tree: Tree, variant: Variant | None = None) -> bool:
    """Adds what the objects say; False where none of them says anything of containers or their files."""
    from pytest_trt.deploy.readers.pods import Pods

    cluster = Cluster(reading.path, found, tree, variant)
    pods = Pods(reading.path, cluster, tree)
    any_found = False
    for thing in found:
        if thing.kind == "ConfigMap":
            reading.config_maps.setdefault(thing.name, {}).update(config_map(thing))
            any_found = True
        elif thing.kind == "Kustomization" or thing.node.get("configMapGenerator") is not None:
            any_found = kustomization(reading, thing.node, tree) or any_found
        spec = thing.pod()
        if spec is not None:
            reading.containers += pods.containers(thing, spec)
            any_found = True
    return any_found


def config_map(thing: Thing) -> dict[str, Said]:
    return {key.raw: thing.word(value) or value.said() for key, value in thing.node.entries("data")}


class Cluster:
    """What the manifests say besides pods: ConfigMaps and volumes, here and in the files around this one."""

    def __init__(self, path: str, found: Sequence[Thing], tree: Tree, variant: Variant | None = None) -> None:
        self.path = path
        self.tree = tree
        self.things = list(found)
        self.variant = variant

    def find(self, kinds: Sequence[str], name: str) -> Thing | None:
        """The object of one of these kinds with this name: of this file, of one beside it, the only one around it."""
        for each in self.things:
            if each.kind in kinds and each.name == name:
                return each
        from pytest_trt.deploy.readers.neighbours import Neighbours

        return Neighbours.of(self.tree).find(kinds, name, self.path, self.tree)

    def all(self, kinds: Sequence[str]) -> list[Thing]:
        """Those of this file."""
        return [each for each in self.things if each.kind in kinds]

    def image(self, said: Said) -> Said:
        """The image, with the reason for it where a kustomization replaced it."""
        why = (
            self.variant.images.get((said.at.path, said.at.line, said.text or "")) if self.variant is not None else None
        )
        return Said(said.text, said.at, why) if why is not None else said

    def generated(self, name: str) -> dict[str, Held] | None:
        """A ConfigMap that a kustomization generates."""
        return self.variant.generated.get(name) if self.variant is not None else None


def kustomization(reading: Reading, root: Node, tree: Tree) -> bool:
    """Adds the ConfigMaps of a kustomization file, which need not say its kind."""
    from pytest_trt.deploy.readers.kustomize import held

    for each in root.each("configMapGenerator"):
        name = each.get("name")
        if name is not None and name.text is not None:
            keys = {key: one.said for key, one in held(each, os.path.dirname(reading.path), tree)}
            reading.config_maps.setdefault(name.text, {}).update(keys)
    return root.get("configMapGenerator") is not None
