"""Compose files: services as containers."""

from __future__ import annotations

import os
import re

from pytest_trt.artifacts.errors import ArtifactError
from pytest_trt.deploy.edge import Said
from pytest_trt.deploy.formats.yamls import LIST, MAP, SCALAR, documents
from pytest_trt.deploy.readers.compose_mounts import mounts
from pytest_trt.deploy.reading import Container, Tag
from pytest_trt.deploy.scripts.variables import env_file, substituted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_trt.artifacts.location import Location
    from pytest_trt.deploy.formats.yamls import Node
    from pytest_trt.deploy.reading import Reading
    from pytest_trt.deploy.tree import Tree

_EXTENDS_LIMIT = 10
_REMOTE = re.compile(r"(?:https?|git|ssh)://|git@|github\.com/")
# What an environment file that is not there may set, and a server's image reads.
_MAY_BE_SET = ("MODEL_NAME", "MODEL_BASE_PATH")
# A service has one of these, where no `services` says that it is one (the first format of compose files).
_OF_SERVICE = ("command", "volumes", "environment", "ports", "links", "expose", "restart", "entrypoint")


def services(root: Node) -> Node | None:
    """The map of services, where a document is a compose file."""
    found = root.get("services")
    if found is not None:
        values = [value for _, value in found.items()]
        described = any(value.kind == MAP for value in values)
        return found if found.kind == MAP and described and root.get("apiVersion") is None else None
    entries = [value for _, value in root.items()]
    if root.get("kind") is None and entries and all(value.kind == MAP for value in entries):
        fits = [value for value in entries if value.get("image") or value.get("build")]
        if fits and any(value.get(name) is not None for value in fits for name in _OF_SERVICE):
            return root
    return None


def fill(reading: Reading, root: Node, tree: Tree) -> bool:
    """Adds what a document says, with the files that docker compose reads together with it; False where it is none."""
    found = services(root)
    if found is None and not (root.get("kind") is None and root.each("include")):
        return False
    from pytest_trt.deploy.readers.compose_project import projects

    for stack in projects(reading, root, found, tree):
        _services(stack)
    return True


def _services(stack: Sequence[File]) -> None:
    """The services of files that are laid over one another, nearest first."""
    keys: dict[str, Node] = {}
    for file in reversed(stack):
        for key, value in file.services.items() if file.services is not None else ():
            if value.kind == MAP and not key.raw.startswith("x-"):
                keys.setdefault(key.raw, key)
    for key in keys.values():
        stack[0].service(key, stack)


def layers_of(name: str, stack: Sequence[File]) -> tuple[list[Layer], str]:
    """A service's layers, nearest first, and why what it extends is not known."""
    layers: list[Layer] = []
    missing = ""
    for file in stack:
        node = file.services.get(name) if file.services is not None else None
        if node is None or node.kind != MAP:
            if node is not None and node.tag == "!reset":
                break
            continue
        own = [Layer(node, file)]
        missing = file.extend(own, {(file.path, name)}) or missing
        layers += own
        if node.tag == "!override":
            break
    return layers, missing


def stacked(layers: Sequence[Layer], name: str) -> list[tuple[Node, Layer]]:
    """What the layers say of one key, nearest first; `!reset` and `!override` put what is below aside."""
    found: list[tuple[Node, Layer]] = []
    for layer in layers:
        node = layer.node.get(name)
        if node is None:
            continue
        if node.tag == "!reset":
            break
        found.append((node, layer))
        if node.tag == "!override":
            break
    return found


def env_of(path: str, tree: Tree) -> dict[str, Said] | None:
    """The variables of an environment file; None where it cannot be read."""
    try:
        text = tree.read(path) if tree.is_file(path) else None
    except ArtifactError:
        return None
    return None if text is None else env_file(text, path.replace(os.sep, "/"), "compose")


class Layer:
    """A service as one file describes it; `extends` and overriding files lay it over others."""

    __slots__ = ("node", "file")

    def __init__(self, node: Node, file: File) -> None:
        self.node = node
        self.file = file


class File:
    """A compose file. beside: a path in the folder that its relative paths start from. scope: its variables.

    scope: None for those of the `.env` in that folder.
    """

    __slots__ = ("reading", "root", "services", "path", "tree", "beside", "scope", "extended")

    def __init__(
        self,
        reading: Reading,
        root: Node,
        found: Node | None,
        path: str,
        tree: Tree,
        folder: str | None = None,
        scope: dict[str, Said] | None = None,
    ) -> None:
        self.reading = reading
        self.root = root
        self.services = found
        self.path = path
        self.tree = tree
        self.beside = path if folder is None else os.path.join(folder, os.path.basename(path))
        if scope is None:
            scope = env_of(os.path.join(os.path.dirname(self.beside), ".env"), tree) or {}
        self.scope = scope
        self.extended: dict[str, File | None] = {}

    def said(self, node: Node) -> Said:
        """A scalar with its variables replaced."""
        plain = node.said()
        if plain.text is None or "$" not in plain.text:
            return plain
        return substituted(plain.text, self.scope, plain.at, "compose")

    def service(self, key: Node, stack: Sequence[File]) -> None:
        """Adds a service to the reading."""
        layers, missing = layers_of(key.raw, stack)
        image = _nearest(layers, "image")
        build = _nearest(layers, "build")
        if image is None and build is None and not missing:
            return  # it only adds to a service of another file
        gpu, gpu_at = _gpu(layers)
        said = Said(None, key.at, missing or "it is built here and has no name")
        if image is not None:
            said = image[1].file.said(image[0])
        container = Container(
            said,
            key.at,
            entrypoint=_words(layers, "entrypoint"),
            args=_words(layers, "command"),
            env=_environment(layers),
            mounts=mounts(layers, stack),
            gpu=gpu,
            gpu_at=gpu_at,
            name=key.raw,
            why=f"service {key.raw}",
        )
        if container.entrypoint is not None and container.args is None:
            container.args = []  # an entrypoint in a compose file puts the image's CMD aside
        place = _nearest(layers, "working_dir")
        if place is not None:
            container.workdir = place[1].file.said(place[0])
        if build is not None:
            build[1].file._build(self.reading, container, build[0], image is not None)
        self.reading.containers.append(container)

    def extend(self, layers: list[Layer], seen: set[tuple[str, str]]) -> str:
        """Appends what the service extends, nearest first; why the rest of it is not known."""
        for _ in range(_EXTENDS_LIMIT):
            last = layers[-1]
            node = last.node.get("extends")
            if node is None:
                return ""
            name = (node if node.kind == SCALAR else node.get("service")) or node
            file = last.file
            named = node.get("file")
            if named is not None:
                said = file.said(named)
                other = file._other(said.text) if said.text else None
                if other is None:
                    return f"it extends a service of {named.raw}, which is not in the checked files"
                file = other
            target = file.services.get(name.raw) if file.services is not None else None
            if target is None or target.kind != MAP or (file.path, name.raw) in seen:
                return f"it extends {name.raw}, which is not there"
            seen.add((file.path, name.raw))
            layers.append(Layer(target, file))
        return "it extends too many services, one after the other"

    def _other(self, name: str) -> File | None:
        if name not in self.extended:
            self.extended[name] = None
            path = self.tree.first(self.tree.candidates(name, self.beside))
            try:
                found = documents(self.tree.read(path), path)[0] if path is not None else []
            except ArtifactError:
                found = []
            if found and path is not None:
                listed = services(found[0])
                if listed is not None:
                    self.extended[name] = File(self.reading, found[0], listed, path, self.tree, None, self.scope)
        return self.extended[name]

    def _build(self, reading: Reading, container: Container, node: Node, named: bool) -> None:
        """Says what the service's image is built from."""
        context_node = node if node.kind == SCALAR else node.get("context")
        context = Said(".", node.at) if context_node is None else self.said(context_node)
        written = node.get("dockerfile")
        dockerfile = Said("Dockerfile", node.at) if written is None else self.said(written)
        if context.text is None or dockerfile.text is None or _REMOTE.match(context.text):
            why = context.why or dockerfile.why or f"it is built from {context.text}, which is not in the checked files"
            if not named:
                container.image = Said(None, node.at, why)
            return
        target = node.get("target")
        stage = None if target is None else self.said(target).text
        folders = self.tree.candidates(context.text, self.beside)
        files = self.tree.candidates(os.path.join(context.text, dockerfile.text), self.beside)
        inline = node.get("dockerfile_inline")
        args = _pairs(node.get("args"), self)
        if not named:
            container.image = Said(None, node.at, f"it is built from {os.path.join(context.text, dockerfile.text)}")
        beside = not os.path.dirname(os.path.normpath(dockerfile.text))
        if inline is None and not args and stage is None and beside:
            container.built = files
            return
        name = container.image.text
        if name is None:
            # The name that docker compose gives it.
            project = self.root.get("name")
            folder = os.path.basename(os.path.dirname(os.path.abspath(self.path)))
            name = f"{(project.text if project else None) or folder}-{container.name}".lower()
        path, number = self.path, 1
        text = None if inline is None else inline.text
        if text is not None and inline is not None:
            number = inline.at.line or 1
        elif args or not beside:
            path = self.tree.first(files) or files[0]
            try:
                text = self.tree.read(path)
            except ArtifactError:
                text = None
        if text is not None:
            from pytest_trt.deploy.readers import dockerfile as dockerfiles

            # With its own arguments and context, another image than the Dockerfile makes by itself.
            for built in dockerfiles.read(text, path, self.tree, args, folders, number).built:
                if built.stage == stage:
                    built.tags.append(name)
                    reading.built.append(built)
        else:
            reading.tags.append(Tag(Said(name, node.at), files, node.at, stage))
        container.image = Said(name, node.at, "" if named else f"built from {files[0]}")


def _nearest(layers: list[Layer], name: str) -> tuple[Node, Layer] | None:
    return next((each for each in stacked(layers, name) if not each[0].null), None)


def _words(layers: list[Layer], name: str) -> list[Said] | None:
    """`command` or `entrypoint`: a list as it is, a string split as compose splits it; no shell reads it."""
    found = _nearest(layers, name)
    if found is None:
        return None
    node, layer = found
    if node.kind == LIST:
        return [layer.file.said(each) for each in node.elements()]
    said = layer.file.said(node)
    if said.text is None:
        return [said]
    import shlex

    try:
        return [Said(word, said.at) for word in shlex.split(said.text)]
    except ValueError:
        return [Said(None, said.at, "a quote is never closed")]


def _pairs(node: Node | None, file: File) -> dict[str, Said]:
    """A map, or a list of NAME=VALUE."""
    found: dict[str, Said] = {}
    if node is None:
        return found
    for key, value in node.items():
        found[key.raw] = file.said(value) if not value.null else _from_shell(key.raw, value, file)
    for each in node.elements():
        said = file.said(each)
        name, equals, value_text = (each.raw if said.text is None else said.text).partition("=")
        if not equals:
            found[name] = _from_shell(name, each, file)
        else:
            found[name] = Said(None, said.at, said.why) if said.text is None else Said(value_text, said.at)
    return found


def _from_shell(name: str, node: Node, file: File) -> Said:
    known = file.scope.get(name)
    return known if known is not None else Said(None, node.at, f"{name} is taken from the shell that runs compose")


def _environment(layers: list[Layer]) -> dict[str, Said]:
    found: dict[str, Said] = {}
    for node, layer in reversed(stacked(layers, "env_file")):
        for each in node.elements() if node.kind == LIST else [node]:
            named = each if each.kind == SCALAR else each.get("path")
            said = layer.file.said(named) if named is not None else each.said()
            paths = layer.file.tree.candidates(said.text, layer.file.beside) if said.text else ()
            read = env_of(layer.file.tree.first(paths) or "", layer.file.tree) if paths else None
            if read is None:
                why = f"{said.text or each.raw or 'the env_file'}, which may set it, is not in the checked files"
                read = {name: Said(None, said.at, why) for name in _MAY_BE_SET}
            found.update(read)
    for node, layer in reversed(stacked(layers, "environment")):
        found.update(_pairs(node, layer.file))
        for key, value in node.items():
            if value.tag == "!reset":
                del found[key.raw]
    return found


def _gpu(layers: list[Layer]) -> tuple[bool | None, Location | None]:
    """Whether the service gets a GPU, and the line that says so."""
    found: tuple[bool | None, Location | None] = (None, None)
    for node, _ in reversed(stacked(layers, "runtime")):
        if node.raw == "nvidia":
            found = True, node.at
    for node, _ in reversed(stacked(layers, "gpus")):
        if not node.null:
            found = node.raw != "0", node.at
    lists = [node for name in ("device_requests", "devices") for node, _ in reversed(stacked(layers, name))]
    for node, _ in reversed(stacked(layers, "deploy")):
        reserved = node.get("resources", "reservations")
        if reserved is not None:
            lists += [each for name in ("devices", "generic_resources") if (each := reserved.get(name)) is not None]
    for each in lists:
        for device in each.elements():
            if _is_gpu(device):
                count = device.get("count")
                found = count is None or count.raw != "0", device.at
    return found


def _is_gpu(device: Node) -> bool:
    if device.kind == SCALAR:
        return device.raw.startswith(("nvidia.com/gpu", "/dev/nvidia"))
    discrete = device.get("discrete_resource_spec", "kind")
    if discrete is not None:
        return "gpu" in discrete.raw.lower()
    capabilities = device.get("capabilities")
    if capabilities is None:
        return False
    named = [each for each in capabilities.elements() if each.kind == SCALAR]
    named += [inner for each in capabilities.elements() if each.kind == LIST for inner in each.elements()]
    return any(each.raw == "gpu" for each in named)
