"""All readings of a tree -> edges: images under the containers that run them, ConfigMaps under their mounts."""

from __future__ import annotations

import os
import posixpath

from pytest_trt.deploy import images
from pytest_trt.deploy.edge import OTHER, Edge, Remark, Said
from pytest_trt.deploy.folding import Images
from pytest_trt.deploy.reading import CONFIG_MAP, LITERAL, Mount
from pytest_trt.deploy.servers import launch
from pytest_trt.deploy.servers.serving import Serving

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_trt.artifacts.location import Location
    from pytest_trt.deploy.folding import Folded
    from pytest_trt.deploy.reading import Built, Container, Reading
    from pytest_trt.deploy.tree import Tree

EDGE_LIMIT = 20_000


def join(readings: Sequence[Reading], tree: Tree) -> tuple[list[Edge], list[Remark]]:
    """(edges, remarks), each once, in the order of the readings.

    An edge with unknown says why there is no path; where a container is behind it, a TRT418 says it at its line too.
    """
    return _Join(readings, tree).run()


class _Join:
    def __init__(self, readings: Sequence[Reading], tree: Tree) -> None:
        self.readings = readings
        self.tree = tree
        self.images = Images(readings, tree)
        self.edges: list[Edge] = []
        self.remarks: list[Remark] = []
        self.configs: set[str] = set()
        self.scripts: set[str] = set()
        self.known_files = {
            os.path.normpath(reading.path): reading.path for reading in readings if reading.kind == "models.config"
        }
        self._maps: dict[str, list[tuple[str, dict[str, Said]]]] = {}
        for reading in readings:
            for name, keys in reading.config_maps.items():
                self._maps.setdefault(name, []).append((reading.path, keys))

    def run(self) -> tuple[list[Edge], list[Remark]]:
        hosts: list[Container] = []
        for reading in self.readings:
            self.remarks += reading.remarks
            for container in reading.containers:
                if len(self.edges) > EDGE_LIMIT:
                    why = f"more than {EDGE_LIMIT:,} deployments"
                    self.remarks.append(Remark("TRT418", container.at, {"what": "file", "why": why}))
                    break
                if _on_host(container):
                    hosts.append(container)
                else:
                    self._container(self.images.folded(container))
        for reading in self.readings:
            self._unused(reading.built)
        for container in hosts:
            # A script that a container starts runs on no host.
            if posixpath.normpath(container.at.path) not in self.scripts:
                self._container(self.images.folded(container))
        self.remarks += self.images.remarks
        for reading in self.readings:
            own = reading.path in self.configs
            self.edges += [edge for edge in reading.edges if not own]
            for edge in reading.edges:
                self._about_image(edge.server.image)
        return _unique(self.edges), _each_once(self.remarks)

    def _unused(self, found: Sequence[Built]) -> None:
        """Images that nobody runs in the files: those of last stages, else the last one that serves."""
        last = [built for built in found if built.stage is None]
        if any(self.images.is_used(built) for built in found):
            last, found = [built for built in last if not self.images.is_used(built)], []
        served = [self._container(self.images.of_itself(built)) for built in last]
        if any(served):
            return
        for built in reversed(found):
            if built.stage is not None and self._container(self.images.of_itself(built), stage=True):
                return

    def _container(self, folded: Folded, stage: bool = False) -> bool:
        """The edges of one container, its image's defaults below it; tells whether it is a server's.

        stage: it is one of a Dockerfile that is not its last; it counts where something is served from it.
        """
        container = folded.container
        container.mounts = [each for mount in container.mounts for each in self._texts(mount, container)]
        found = launch.servings(container, self.tree, folded.chain, self.known_files)
        if stage and all(edge.unknown for serving in found for edge in serving.edges):
            return False
        for serving in found:
            self.configs |= serving.configs
            self.scripts |= serving.scripts
            self.edges += serving.edges
            self.remarks += serving.remarks
            self._notes(serving)
        if found:
            self._about_image(container.image)
            self._variable(container)
        return bool(found)

    def _notes(self, serving: Serving) -> None:
        """TRT418 for what cannot be told of a server that is one."""
        if serving.family == OTHER:
            return
        for edge in serving.edges:
            if edge.unknown and edge not in serving.said:
                facts = {"what": "path", "why": edge.unknown}
                self.remarks.append(Remark("TRT418", edge.at, facts, edge.why))

    def _about_image(self, image: Said) -> None:
        if image.text is not None:
            remark = images.floating_tag(image.text, image.at)
            self.remarks += [remark] if remark is not None else []

    def _variable(self, container: Container) -> None:
        variable = container.env.get(images.VARIABLE)
        if variable is not None and container.image.text is not None:
            remark = images.misleading(container.image.text, images.VARIABLE, variable.at)
            self.remarks += [remark] if remark is not None else []

    def _texts(self, mount: Mount, container: Container) -> Iterable[Mount]:
        """A ConfigMap's keys as files, once it is found."""
        if mount.kind != CONFIG_MAP or mount.source.text is None:
            return [mount]
        name, _, key = mount.source.text.partition("/")
        keys, why = self._config_map(name, mount.at)
        if keys is None:
            return [Mount(mount.target, CONFIG_MAP, Said(None, mount.source.at, why), mount.at, why=why)]
        if not key:
            return [
                Mount(posixpath.join(mount.target, each), LITERAL, text, mount.at, why=f"ConfigMap {name}, key {each}")
                for each, text in keys.items()
            ]
        if key not in keys:
            why = f"the ConfigMap {name} has no key {key}"
            return [Mount(mount.target, CONFIG_MAP, Said(None, mount.source.at, why), mount.at, why=why)]
        return [Mount(mount.target, LITERAL, keys[key], mount.at, why=f"ConfigMap {name}, key {key}")]

    def _config_map(self, name: str, at: Location) -> tuple[dict[str, Said] | None, str]:
        """The ConfigMap that a mount means: of the same file, of the nearest folder, else the only one."""
        known = self._maps.get(name)
        if not known:
            return None, f"the ConfigMap {name} is not in the files"
        own = [keys for path, keys in known if path == at.path]
        if own:
            return own[-1], ""
        folder = posixpath.dirname(at.path)
        beside = [keys for path, keys in known if posixpath.dirname(path) == folder]
        if len(beside) == 1:
            return beside[0], ""
        if len(known) == 1:
            return known[0][1], ""
        texts = {tuple((key, text.text) for key, text in keys.items()) for _, keys in known}
        if len(texts) == 1:
            return known[0][1], ""
        return None, f"several ConfigMaps are called {name}: {', '.join(path for path, _ in known[:3])}"


def _on_host(container: Container) -> bool:
    """Whether it is no container, but a program on the host."""
    return len(container.mounts) == 1 and container.mounts[0].paths == ("/",) and container.mounts[0].target == "/"


def _unique(edges: Iterable[Edge]) -> list[Edge]:
    """Each edge once: the same line, server and path."""
    found: dict[tuple[object, ...], Edge] = {}
    for edge in edges:
        server = edge.server
        flags = tuple((name, value.text) for name, value in sorted(server.flags.items()))
        key = (
            edge.at, server.family, server.image.text, server.gpu, server.capability, flags, edge.shape, edge.model,
            edge.paths, edge.uri, edge.unknown, edge.versions, edge.inside,
        )  # fmt: skip
        found.setdefault(key, edge)
    return list(found.values())


def _each_once(remarks: Iterable[Remark]) -> list[Remark]:
    found: dict[tuple[object, ...], Remark] = {}
    for remark in remarks:
        facts = {} if remark.code == "TRT403" else remark.facts
        key = (remark.code, remark.at, tuple(sorted(facts.items())))
        found.setdefault(key, remark)
    return list(found.values())
