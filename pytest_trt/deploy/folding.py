"""Images that the files build, under the containers that run them."""

from __future__ import annotations

import os

from pytest_trt.deploy import images
from pytest_trt.deploy.edge import Remark, Said
from pytest_trt.deploy.reading import LITERAL, Container
from pytest_trt.deploy.servers.paths import below, normal, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_trt.artifacts.location import Location
    from pytest_trt.deploy.reading import Built, Mount, Reading, Tag
    from pytest_trt.deploy.tree import Tree

CHAIN_LIMIT = 16


class Folded:
    """A container with its image's defaults below it. chain: how it comes to these."""

    __slots__ = ("container", "chain")

    def __init__(self, container: Container, chain: Sequence[tuple[Location, str]] = ()) -> None:
        self.container = container
        self.chain = list(chain)


class Images:
    """The images that the readings build: found by Dockerfile, by the names that scripts give them."""

    def __init__(self, readings: Sequence[Reading], tree: Tree) -> None:
        self._tree = tree
        self._by_file: dict[str, list[Built]] = {}
        # Those that were read with the arguments of one build have its name from the beginning.
        self._by_name: dict[str, Built] = {}
        self._variants: set[int] = set()
        self._tags: dict[str, list[tuple[Sequence[str], str | None]]] = {}
        self._used: set[tuple[str, Location] | int] = set()
        self.remarks: list[Remark] = []
        for reading in readings:
            for built in reading.built:
                if not built.tags:
                    self._by_file.setdefault(os.path.normpath(built.dockerfile), []).append(built)
                for name in built.tags:
                    self._by_name.setdefault(images.canonical(name), built)
                    self._variants.add(id(built))
                if built.tags and built.stage != images.ALIAS:
                    # What the Dockerfile is with its own defaults, nobody asks.
                    self._used.add(_key(built))
        for reading in readings:
            for tag in reading.tags:
                self._tag(tag)
            for container in reading.containers:
                # A compose service with `build:` and `image:` names what it builds.
                if container.built and container.image.text:
                    self._tags.setdefault(images.canonical(container.image.text), []).append((container.built, None))
        for reading in readings:
            for built in reading.built:
                base = self._image_of(built.container) if built.stage != images.ALIAS else None
                if base is not None:
                    self._use(base)

    def _tag(self, tag: Tag) -> None:
        name = images.key_of(tag.name)
        if name is not None:
            self._tags.setdefault(images.canonical(name), []).append((tag.dockerfiles, tag.stage))
            built = self._found(tag.dockerfiles, tag.stage)
            if built is not None and name not in built.tags:
                built.tags.append(name)

    def _use(self, built: Built) -> None:
        self._used.add(id(built) if id(built) in self._variants else _key(built))

    def _found(self, dockerfiles: Iterable[str], stage: str | None) -> Built | None:
        """The image of the first of these Dockerfiles that was read."""
        for path in dockerfiles:
            known = self._by_file.get(os.path.normpath(path))
            if known:
                return next((built for built in known if (built.stage or "").lower() == (stage or "").lower()), None)
        return None

    def is_used(self, built: Built) -> bool:
        """Whether a container runs it, or another image is built from it."""
        if built.stage == images.ALIAS:
            return True
        return (id(built) if id(built) in self._variants else _key(built)) in self._used

    def folded(self, container: Container) -> Folded:
        """A container as it runs."""
        return self._fold(container, [], [])

    def of_itself(self, built: Built) -> Folded:
        """An image that nobody runs in the files, as it would run."""
        return self._fold(built.container, [id(built)], [])

    def _fold(self, container: Container, seen: list[int], chain: list[tuple[Location, str]]) -> Folded:
        built = self._image_of(container)
        if built is None:
            return Folded(_copy(container), chain)
        self._use(built)
        if id(built) in seen or len(seen) > CHAIN_LIMIT:
            why = f"{built.dockerfile} is built from itself"
            if id(built) not in seen:
                why = f"more than {CHAIN_LIMIT} images are built from one another"
            self.remarks.append(Remark("TRT418", container.image.at, {"what": "image", "why": why}))
            copy = _copy(container)
            copy.image = Said(None, container.image.at, why)
            return Folded(copy, chain)
        if built.stage == images.ALIAS:
            chain.append((built.container.at, f"{container.image.text or 'it'} is another name of the image"))
        else:
            chain.append((container.image.at, f"the image is built from {shown(built.container.at)}"))
        base = self._fold(built.container, [*seen, id(built)], chain)
        return Folded(over(container, base.container), chain)

    def _image_of(self, container: Container) -> Built | None:
        """The image that a container runs, where the files build it."""
        if container.built:
            return self._found(container.built, None)
        name = images.key_of(container.image)
        if name is None or images.family(name) is not None:
            return None
        canonical = images.canonical(name)
        if canonical in self._by_name:
            return self._by_name[canonical]
        found = (self._found(dockerfiles, stage) for dockerfiles, stage in self._tags.get(canonical, ()))
        return next((built for built in found if built is not None), None)


def over(container: Container, image: Container) -> Container:
    """What a container says, over what its image does.

    Docker's rules: an entrypoint said by the container drops the image's words behind it; Kubernetes has it so too.
    Mounts hide what the image has at and below their targets.
    """
    entrypoint, args, shell = container.entrypoint, container.args, container.command_is_shell
    if entrypoint is None:
        entrypoint = image.entrypoint
        if args is None:
            args = image.args
            shell = image.command_is_shell
        elif image.entrypoint is not None:
            shell = image.command_is_shell
    return Container(
        image.image,
        container.at,
        entrypoint=entrypoint,
        args=args,
        command_is_shell=shell,
        env={**image.env, **container.env},
        mounts=[*_visible(image.mounts, container.mounts), *container.mounts],
        workdir=container.workdir or image.workdir,
        gpu=container.gpu,
        gpu_at=container.gpu_at,
        capability=container.capability,
        capability_at=container.capability_at,
        name=container.name,
        why=container.why,
    )


def _visible(under: Sequence[Mount], mounts: Sequence[Mount]) -> list[Mount]:
    """Those of an image that no mount hides. A file that is mounted hides that file alone."""
    targets = [(normal(mount.target), mount.kind) for mount in mounts]
    return [
        each
        for each in under
        if not any(
            below(normal(each.target), target) == "" or (kind != LITERAL and below(normal(each.target), target))
            for target, kind in targets
        )
    ]


def _copy(container: Container) -> Container:
    """The same, to be changed."""
    return Container(
        container.image,
        container.at,
        built=container.built,
        entrypoint=container.entrypoint,
        args=container.args,
        command_is_shell=container.command_is_shell,
        env=container.env,
        mounts=container.mounts,
        workdir=container.workdir,
        gpu=container.gpu,
        gpu_at=container.gpu_at,
        capability=container.capability,
        capability_at=container.capability_at,
        name=container.name,
        why=container.why,
    )


def _key(built: Built) -> tuple[str, Location]:
    """The last stage of a Dockerfile has a name as well, or none: it is one."""
    return os.path.normpath(built.dockerfile), built.container.at
