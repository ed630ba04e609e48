"""A pod's spec -> its containers, with what is mounted into them and what init containers fetch."""

from __future__ import annotations

import os
import re

from pytest_trt.deploy.edge import Said
from pytest_trt.deploy.formats.yamls import LIST
from pytest_trt.deploy.readers.fetching import SHELLS, fetches, own_program
from pytest_trt.deploy.readers.volumes import Volume, volumes
from pytest_trt.deploy.reading import CONFIG_MAP, HOST, LITERAL, URI, VOLUME, Container, Mount
from pytest_trt.deploy.scope import UNKNOWN, Partly

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_trt.artifacts.location import Location
    from pytest_trt.deploy.formats.yamls import Node
    from pytest_trt.deploy.readers.fetching import Fetch
    from pytest_trt.deploy.readers.kubernetes import Cluster, Thing
    from pytest_trt.deploy.readers.kustomize import Held
    from pytest_trt.deploy.tree import Tree

_REFERENCE = re.compile(r"\$\$|\$\(([-._A-Za-z0-9]+)\)")
_GPU = ("nvidia.com/gpu", "nvidia.com/mig-")
_AFFINITY = ("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms")
# What an environment that is not in the files may set, and a server's image reads.
_MAY_BE_SET = ("MODEL_NAME", "MODEL_BASE_PATH")


class Pods:
    """Makes containers of pods of one file."""

    def __init__(self, path: str, cluster: Cluster, tree: Tree) -> None:
        self.path = path
        self.cluster = cluster
        self.tree = tree

    def containers(self, thing: Thing, spec: Node) -> list[Container]:
        """Those that run; init containers show only in what they leave behind."""
        pod = _Pod(self, thing, spec)
        return [pod.container(each) for each in spec.each("containers")]

    def container(self, thing: Thing, spec: Node, node: Node) -> Container:
        """One of them."""
        return _Pod(self, thing, spec).container(node)

    def words(self, thing: Thing, node: Node) -> tuple[dict[str, Said], list[Said] | None]:
        """A container's environment and arguments."""
        container = _Pod(self, thing, node).container(node)
        return container.env, container.args


class _Pod:
    def __init__(self, pods: Pods, thing: Thing, spec: Node) -> None:
        self.path = pods.path
        self.cluster = pods.cluster
        self.tree = pods.tree
        self.thing = thing
        self.spec = spec
        self.volumes: dict[str, list[Volume]] = {}
        for each in spec.each("volumes"):
            name = each.get("name")
            if name is not None:
                self.volumes[name.raw] = list(volumes(each, thing, pods.cluster))
        for each in thing.node.each("spec", "volumeClaimTemplates"):
            name = each.get("metadata", "name")
            if name is not None:
                said = Said(name.raw, name.at)
                self.volumes[name.raw] = [Volume(VOLUME, said, f"claim {name.raw}: what it holds is not in the files")]
        self.capability, self.capability_at = capability(spec)
        self.filled: list[tuple[str, str, str]] = []  # volume, place in it, by whom
        self.fetches = list(self._fetches())

    def container(self, node: Node) -> Container:
        name, image = node.get("name"), self.thing.said(node.get("image"))
        env, unknown = self._environment(node)
        shell = _starts_shell(node)
        entrypoint = self._words(node.get("command"), env, unknown, shell)
        args = self._words(node.get("args"), env, unknown, shell)
        if entrypoint is not None and args is None:
            args = []  # Kubernetes: a command without args puts the image's CMD aside
        for each in _MAY_BE_SET if unknown is not None else ():
            if unknown is not None:
                env.setdefault(each, unknown)
        gpu, gpu_at = self._gpu(node)
        place = node.get("workingDir")
        called = name.raw if name is not None else None
        return Container(
            self.cluster.image(image) if image is not None else Said(None, node.at, "no image is given"),
            node.at,
            entrypoint=entrypoint,
            args=args,
            env=env,
            mounts=list(self._mounts(node)),
            workdir=self.thing.said(place),
            gpu=gpu,
            gpu_at=gpu_at,
            capability=self.capability,
            capability_at=self.capability_at,
            name=called,
            why=f"container {called or '?'} of {self.thing.kind} {self.thing.name}",
        )

    # environment and words

    def _environment(self, node: Node) -> tuple[dict[str, Said], Said | None]:
        """The variables, and why there may be others."""
        found: dict[str, Said] = {}
        unknown: Said | None = None
        for each in node.each("envFrom"):
            reference = each.get("configMapRef", "name")
            prefix = each.get("prefix")
            held = self._config_map(reference)
            if held is None:
                what = f"ConfigMap {reference.raw}" if reference is not None else "a Secret"
                if reference is not None:
                    unknown = Said(None, each.at, f"{what}, which may set it, is not in the files")
                continue
            found.update({(prefix.raw if prefix is not None else "") + key: value for key, value in held.items()})
        listed = node.get("env")
        if listed is not None and listed.kind != LIST:
            unknown = Said(None, listed.at, listed.why)
        for each in listed.elements() if listed is not None else ():
            name = each.get("name")
            if name is None or name.text is None:
                continue
            given, source = each.get("value"), each.get("valueFrom")
            value = Said("", each.at) if given is None or given.null else self.thing.said(given) or given.said()
            if source is not None:
                value = self._from(source)
            found[name.text] = self._expanded(value, found, unknown)
        return found, unknown

    def _config_map(self, reference: Node | None) -> dict[str, Said] | None:
        from pytest_trt.deploy.readers.kubernetes import config_map

        name = reference.symbol if reference is not None else None
        if name is None:
            return None
        generated = self.cluster.generated(name)
        if generated is not None:
            return {key: one.said for key, one in generated.items()}
        thing = self.cluster.find(("ConfigMap",), name)
        return config_map(thing) if thing is not None else None

    def _from(self, source: Node) -> Said:
        name, key = source.get("configMapKeyRef", "name"), source.get("configMapKeyRef", "key")
        if name is None or key is None:
            what = next((each.raw for each, _ in source.items()), "somewhere")
            return Said(None, source.at, f"its value comes from {what} of the cluster")
        held = self._config_map(name)
        if held is None:
            return Said(None, source.at, f"ConfigMap {name.raw} is not in the files")
        found = held.get(key.raw)
        return found if found is not None else Said(None, source.at, f"ConfigMap {name.raw} has no key {key.raw}")

    def _words(
        self, node: Node | None, env: dict[str, Said], unknown: Said | None, shell: bool = False
    ) -> list[Said] | None:
        """shell: one of the container's words is a shell, which expands what Kubernetes does not."""
        if node is None or node.null:
            return None
        if node.kind != LIST:
            return [node.said() if node.text is None else Said(None, node.at, "a list of words is expected here")]
        read = self.thing.word if shell else self.thing.said
        said = [read(each) or each.said() for each in node.elements()]
        return [self._expanded(each, env, unknown) for each in said]

    def _expanded(self, said: Said, env: dict[str, Said], unknown: Said | None) -> Said:
        """`$(NAME)` replaced by what the container's variables hold; others stay as they are."""
        if said.text is None or "$" not in said.text:
            return said
        missing: list[Said] = []

        def value(match: re.Match[str]) -> str:
            if match[1] is None:
                return "$"
            found = env.get(match[1], unknown)
            if found is None:
                return match[0]
            if found.text is None:
                missing.append(found)
                return UNKNOWN
            return found.text

        text = _REFERENCE.sub(value, said.text)
        return Partly(text, said.at, missing[0].why) if missing else Said(text, said.at, said.why)

    # volumes and mounts

    def _mounts(self, node: Node) -> Iterator[Mount]:
        for each in node.each("volumeMounts"):
            name, target = each.get("name"), self.thing.said(each.get("mountPath"))
            if name is None or target is None or target.text is None:
                continue
            below = self.thing.said(each.get("subPath"))
            inside = "" if below is None or below.text is None else below.text.strip("/")
            dynamic = each.get("subPathExpr") or (
                each.get("subPath") if below is not None and below.text is None else None
            )
            for volume in self.volumes.get(name.raw, ()):
                if dynamic is not None:
                    why = f"which part of volume {name.raw} it is, is known only in the cluster"
                    yield Mount(target.text, VOLUME, Said(None, dynamic.at, why), target.at, (), why)
                elif volume.kind == VOLUME:
                    why = self._filled_by(name.raw, inside) or volume.why
                    source = Said(volume.source.text, volume.source.at, why)
                    yield Mount(target.text, VOLUME, source, target.at, (), why)
                else:
                    yield from self._mounted(volume, target.text, inside, target.at)
            if dynamic is None:
                yield from self._fetched(name.raw, target.text, inside, target.at)

    def _mounted(self, volume: Volume, target: str, inside: str, at: Location) -> Iterator[Mount]:
        source = volume.source
        if volume.kind == CONFIG_MAP:
            generated = self.cluster.generated(source.text) if source.text is not None else None
            if generated is not None:
                yield from self._generated(generated, volume, target, inside, at)
            elif volume.items:
                for key, path in volume.items:
                    if not inside or path == inside or path.startswith(inside + "/"):
                        place = target if path == inside else os.path.join(target, path[len(inside) :].lstrip("/"))
                        text = None if source.text is None else f"{source.text}/{key}"
                        yield Mount(place, CONFIG_MAP, Said(text, source.at, source.why), at)
            else:
                text = None if source.text is None else source.text + (f"/{inside}" if inside else "")
                yield Mount(target, CONFIG_MAP, Said(text, source.at, source.why), at)
        elif volume.kind in (HOST, URI) and source.text is not None:
            text = f"{source.text.rstrip('/')}/{inside}" if inside else source.text
            paths = self.tree.candidates(text, self.path) if volume.kind == HOST else ()
            yield Mount(target, volume.kind, Said(text, source.at, source.why), at, paths, volume.why)
        else:
            yield Mount(target, volume.kind, source, at, (), volume.why)

    def _generated(
        self, keys: Mapping[str, Held], volume: Volume, target: str, inside: str, at: Location
    ) -> Iterator[Mount]:
        """A ConfigMap that a kustomization generates: files of the tree, and literals."""
        placed = volume.items or [(key, key) for key in keys]
        for key, path in placed:
            held = keys.get(key)
            if held is None or (inside and path != inside and not path.startswith(inside + "/")):
                continue
            place = target if path == inside else os.path.join(target, path[len(inside) :].lstrip("/"))
            why = f"ConfigMap {volume.source.text}, key {key}"
            if held.file is not None:
                yield Mount(place, HOST, Said(held.file, held.said.at), at, (held.file,), why)
            else:
                yield Mount(place, LITERAL, held.said, at, (), why)

    # init containers

    def _filled_by(self, name: str, inside: str) -> str:
        """Which init container puts something into this part of a volume, what it is not being known."""
        for volume, place, label in self.filled:
            if volume == name and (place == inside or not place or not inside):
                return f"{label} fills it; with what, cannot be told from its command"
        return ""

    def _fetches(self) -> Iterator[tuple[str, str, Fetch]]:
        """(volume, place in it, what is fetched there) of the init containers."""
        for node in self.spec.each("initContainers"):
            name, image = node.get("name"), self.thing.said(node.get("image"))
            env, unknown = self._environment(node)
            shell = _starts_shell(node)
            command = self._words(node.get("command"), env, unknown, shell)
            if command is None and image is not None:
                command = own_program(image)
            words = [*(command or ()), *(self._words(node.get("args"), env, unknown, shell) or ())]
            mounts: list[tuple[str, str, str]] = []
            for each in node.each("volumeMounts"):
                volume, target = each.get("name"), self.thing.said(each.get("mountPath"))
                part = each.get("subPath")
                if volume is not None and target is not None and target.text:
                    inside = part.raw.strip("/") if part is not None else ""
                    mounts.append((volume.raw, target.text.rstrip("/"), inside))
            label = f"init container {name.raw if name is not None else '?'}"
            done: set[str] = set()
            for fetch in fetches(words, env, image, [target for _, target, _ in mounts], label):
                for volume_name, target_text, inside in mounts:
                    if fetch.target == target_text or fetch.target.startswith(target_text + "/"):
                        rest = fetch.target[len(target_text) :].strip("/")
                        done.add(volume_name)
                        yield volume_name, "/".join(part for part in (inside, rest) if part), fetch
                        break
            for volume_name, _, inside in mounts:
                if volume_name not in done:
                    self.filled.append((volume_name, inside, label))

    def _fetched(self, name: str, target: str, inside: str, at: Location) -> Iterator[Mount]:
        for volume, place, fetch in self.fetches:
            if volume != name:
                continue
            if not inside or place == inside or place.startswith(inside + "/"):
                below = place[len(inside) :].strip("/")
                yield Mount(os.path.join(target, below) if below else target, URI, fetch.uri, at, (), fetch.why)
            elif inside.startswith(place + "/") or not place:
                rest = inside[len(place) :].strip("/")
                uri = Said(f"{(fetch.uri.text or '').rstrip('/')}/{rest}", fetch.uri.at)
                yield Mount(target, URI, uri, at, (), fetch.why)

    # GPUs

    def _gpu(self, node: Node) -> tuple[bool | None, Location | None]:
        found = gpu(node)
        runtime = self.spec.get("runtimeClassName")
        if found[0] is None and runtime is not None and runtime.raw == "nvidia":
            return True, runtime.at
        return found


def _starts_shell(node: Node) -> bool:
    words = [each for name in ("command", "args") for each in node.each(name)]
    return any(os.path.basename(each.raw) in SHELLS for each in words)


def gpu(node: Node) -> tuple[bool | None, Location | None]:
    """Whether a container's resources give it a GPU, and the line that says so."""
    for kind in ("limits", "requests"):
        for key, value in node.entries("resources", kind):
            if key.raw.startswith(_GPU):
                return value.raw != "0", key.at
    return None, None


def capability(spec: Node) -> tuple[str | None, Location | None]:
    """The compute capability of the nodes that a pod asks for, where its selectors name their GPU."""
    from pytest_trt.deploy import accelerators

    major = minor = None
    for key, value in spec.entries("nodeSelector"):
        if value.text is None:
            continue
        if key.raw == "nvidia.com/gpu.compute.major":
            major = value
        elif key.raw == "nvidia.com/gpu.compute.minor":
            minor = value
        found = accelerators.of_label(key.raw, value.text)
        if found is not None:
            return found, value.at
    if major is not None and minor is not None:
        return f"{major.text}.{minor.text}", major.at
    known: set[str | None] = set()
    at: Location | None = None
    for term in spec.each(*_AFFINITY):  # terms are alternatives
        here: set[str | None] = set()
        for each in term.each("matchExpressions"):
            label, operator, values = each.get("key"), each.get("operator"), each.get("values")
            if label is None or operator is None or operator.raw != "In" or values is None:
                continue
            named = {accelerators.of_label(label.raw, value.raw) for value in values.elements()}
            if len(named) == 1 and None not in named:
                here, at = named, each.at
        known |= here or {None}
    return (known.pop(), at) if len(known) == 1 and None not in known else (None, None)
