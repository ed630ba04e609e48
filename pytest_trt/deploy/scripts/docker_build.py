"""`docker build`, `docker tag` and `docker commit`: the images that command lines make, and their names."""

from __future__ import annotations

import posixpath

from pytest_trt.artifacts.errors import ArtifactError
from pytest_trt.deploy.edge import Remark, Said
from pytest_trt.deploy.images import ALIAS, key_of
from pytest_trt.deploy.reading import HOST, Built, Container, Mount, Tag
from pytest_trt.deploy.scope import HOME, UNKNOWN, part, shape, unanchored
from pytest_trt.deploy.scripts.docker_run import MOUNT_LIMIT, flags_of, program_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_trt.deploy.reading import Reading
    from pytest_trt.deploy.scripts.docker_run import Where

# Flags without values: docs.docker.com/reference/cli/docker/buildx/build and podman-build.1.
_SWITCHES = frozenset(
    "check compress debug disable-content-trust force-rm help load no-cache pull push quiet rm squash stream"
    " tls-verify layers".split()
)
# Of the images of the servers.
_FOLDERS = frozenset(("/", "/models", "/opt", "/opt/tritonserver", "/tmp", "/home", "/root", "/mnt", "/srv"))
# Dockerfiles that are read once more, with the arguments or the context of a command line.
BUILD_LIMIT = 60
SIZE_LIMIT = 32 << 10


def build(words: Sequence[Said], where: Where, reading: Reading, stdin: Said | None = None) -> bool:
    """Puts what `docker build` makes into the reading; False where it is another command. stdin: what it is given."""
    program = program_of(words)
    if program is None:
        return False
    index = program[1]
    while index < len(words) and words[index].text in ("image", "buildx", "builder"):
        index += 1
    verb = words[index].text if index < len(words) else None
    if verb == "tag":
        _alias(words[index + 1 :], reading)
        return True
    if verb not in ("build", "bud"):
        return False
    flags, rest = flags_of(words, index + 1, _SWITCHES, "tfmcqo", "qD", True)
    names = [value for flag, value in flags if flag in ("t", "tag") and key_of(value) is not None]
    target = next((value for flag, value in reversed(flags) if flag == "target"), None)
    if names and rest and (target is None or target.text is not None):
        file = next((value for flag, value in reversed(flags) if flag in ("f", "file")), None)
        made = _Build(where, reading, rest[0], file, target.text if target is not None else None)
        made.arguments(flags)
        made.make(names, stdin)
    return True


class _Build:
    """One `docker build`."""

    __slots__ = ("where", "reading", "context", "file", "stage", "args")

    def __init__(self, where: Where, reading: Reading, context: Said, file: Said | None, stage: str | None) -> None:
        self.where = where
        self.reading = reading
        self.context = context
        self.file = file
        self.stage = stage
        self.args: dict[str, Said] = {}

    def arguments(self, flags: Sequence[tuple[str, Said]]) -> None:
        for flag, value in flags:
            if flag != "build-arg":
                continue
            name, equals, text = shape(value).partition("=")
            if equals:
                self.args[name] = part(value, text)
                continue
            known = self.where.scope.get(name)
            why = f"{name} is taken from the environment of whoever builds this"
            self.args[name] = known if isinstance(known, Said) else Said(None, value.at, why)

    def make(self, names: Sequence[Said], stdin: Said | None) -> None:
        context = self.context.text
        local = context is not None and context != "-" and "://" not in context and not context.startswith("git@")
        piped = context == "-" or self.file is not None and self.file.text == "-"
        if piped:
            if stdin is not None and stdin.text is not None:
                folders = self.where.beside(context) if local and context is not None else ()
                self._read(stdin.text, self.where.path, stdin.at.line or 1, names, folders)
            return
        name = (
            self.file.text if self.file is not None else (f"{(context or '').rstrip('/')}/Dockerfile" if local else "")
        )
        dockerfiles = self.where.beside(name) if name else ()
        path = self.where.tree.first(dockerfiles)
        if path is not None:
            folders = self._folders(name or "", path, context or "") if local else ()
            folder = self.where.tree.first(folders)
            if self.args or folder is not None and folder != (posixpath.dirname(path) or "."):
                try:
                    text = self.where.tree.read(path)
                except ArtifactError:
                    text = None
                if text is not None and self._read(text, path, 1, names, folders):
                    return
        self.reading.tags += [Tag(each, dockerfiles, each.at, self.stage) for each in names]

    def _folders(self, name: str, path: str, context: str) -> tuple[str, ...]:
        """The context, seen from the folder from which the Dockerfile was found."""
        if self.file is None:
            return (posixpath.dirname(path) or ".",)
        for here in self.where.beside("."):
            if not name.startswith(("/", ".//")) and posixpath.normpath(posixpath.join(here, name)) == path:
                if not context.startswith(("/", ".//")):
                    return (posixpath.normpath(posixpath.join(here, context)),)
        return self.where.beside(context)

    def _read(self, text: str, path: str, number: int, names: Sequence[Said], folders: Sequence[str]) -> bool:
        """A Dockerfile with these arguments and this context; whether there is such an image in it."""
        from pytest_trt.deploy.readers import dockerfile

        before = sum(bool(each.tags) for each in self.reading.built[: 2 * BUILD_LIMIT]) + len(self.reading.tags)
        if before >= BUILD_LIMIT or len(text) > SIZE_LIMIT:
            most = f"{BUILD_LIMIT} builds of Dockerfiles of at most {SIZE_LIMIT:,} characters"
            why = f"the arguments of {most} are followed; of this one they are not known"
            if all(each.facts.get("why") != why for each in self.reading.remarks):
                self.reading.remarks.append(Remark("TRT418", names[0].at, {"what": "file", "why": why}))
            return True
        folder = self.where.tree.first(folders)
        context = [folder] if folder is not None else None
        found = dockerfile.read(text, path, self.where.tree, self.args, context, number)
        if path == self.where.path:
            self.reading.remarks += found.remarks
        for each in found.built:
            if (each.stage or "").lower() == (self.stage or "").lower():
                image = Built(each.container, each.dockerfile)
                image.tags += [key for name in names if (key := key_of(name)) is not None]
                self.reading.built.append(image)
                return True
        return False


def _alias(words: Sequence[Said], reading: Reading) -> None:
    """`docker tag IMAGE NAME`: what runs NAME runs IMAGE."""
    if len(words) < 2 or len(reading.built) > 20 * BUILD_LIMIT:
        return
    for name in words[1:]:
        key = key_of(name)
        if key is not None and key != key_of(words[0]):
            image = Built(Container(words[0], name.at), name.at.path, ALIAS)
            image.tags.append(key)
            reading.built.append(image)


class Named:
    """Containers that a script gives names, and what it does to them later: docker cp, docker commit."""

    __slots__ = ("_containers",)

    def __init__(self) -> None:
        # With what was copied into each.
        self._containers: dict[str, tuple[Container, list[Mount]]] = {}

    def add(self, container: Container, words: Sequence[Said]) -> None:
        """A container of the script. words: those that start it, `--volumes-from` of another one among them."""
        for index, word in enumerate(words):
            flag, _, name = (word.text or "").partition("=")
            if flag == "--volumes-from":
                name = name or (words[index + 1].text or "" if index + 1 < len(words) else "")
                other = self._containers.get(name.partition(":")[0])
                if other is not None and len(container.mounts) + len(other[0].mounts) <= MOUNT_LIMIT:
                    container.mounts += [mount for mount in other[0].mounts if mount not in other[1]]
        if container.name:
            self._containers[container.name] = (container, [])

    def changed(self, words: Sequence[Said], where: Where, reading: Reading) -> bool:
        """Whether the words are `docker cp SOURCE NAME:PATH` or `docker commit NAME IMAGE` of one of them."""
        program = program_of(words)
        index = program[1] if program is not None else len(words)
        if index < len(words) and words[index].text == "container":
            index += 1
        verb = words[index].text if index < len(words) else None
        if verb == "cp":
            rest = [each for each in words[index + 1 :] if not shape(each).startswith("-")]
            return len(rest) == 2 and self._copied(rest[0], rest[1], where)
        if verb == "commit":
            flags, rest = flags_of(words, index + 1, frozenset(("pause", "quiet")), "acm", "pq", True)
            changes = [value for flag, value in flags if flag in ("c", "change")]
            return len(rest) == 2 and self._committed(rest[0], rest[1], changes, where, reading)
        return False

    def _copied(self, source: Said, into: Said, where: Where) -> bool:
        name, colon, target = (into.text or "").partition(":")
        known = self._containers.get(name)
        if known is None or not colon or not target.startswith("/") or len(known[0].mounts) > MOUNT_LIMIT:
            return False
        container, copies = known
        text = shape(source).rstrip("/") or "/"
        inside = posixpath.normpath(target)
        content = posixpath.basename(text) == "."
        # A folder goes into one that is there, and becomes one that is not.
        there = inside in _FOLDERS or any(mount.target == inside for mount in container.mounts)
        if there and not content:
            inside = posixpath.join(inside, posixpath.basename(text))
        paths = where.beside(text) if UNKNOWN not in text and not text.startswith("~") else ()
        why = f"{unanchored(text)} is copied to {inside} of the container {name}" if paths else source.why or HOME
        said = Said(text, source.at) if paths else Said(None, source.at, why)
        copies.append(Mount(inside, HOST, said, source.at, paths, why))
        container.mounts.append(copies[-1])
        return True

    def _committed(self, name: Said, image: Said, changes: Sequence[Said], where: Where, reading: Reading) -> bool:
        """The container was there for its content: the image takes its place."""
        from pytest_trt.deploy.readers import dockerfile

        known = self._containers.get(name.text or "")
        key = key_of(image)
        if known is None or key is None or any(each.text is None for each in changes):
            return False
        container, copies = known
        text = "FROM scratch\n" + "".join(f"{each.text}\n" for each in changes)
        changed = dockerfile.read(text, where.path, where.tree).built[-1].container
        both = Container(
            container.image,
            container.at,
            built=container.built,
            entrypoint=changed.entrypoint if changed.entrypoint is not None else container.entrypoint,
            args=changed.args if changed.args is not None else container.args,
            env={**container.env, **{key: Said(each.text, image.at, each.why) for key, each in changed.env.items()}},
            mounts=copies,  # what is mounted does not become a part of the image
            workdir=changed.workdir or container.workdir,
        )
        made = Built(both, where.path)
        made.tags.append(key)
        reading.built.append(made)
        if container in reading.containers:
            reading.containers.remove(container)
        return True
