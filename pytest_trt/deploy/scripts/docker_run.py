"""`docker run` command lines, and those of the programs that take the same words."""

from __future__ import annotations

import re

from pytest_trt.artifacts.errors import ArtifactError
from pytest_trt.deploy.edge import Remark, Said
from pytest_trt.deploy.images import key_of
from pytest_trt.deploy.reading import HOST, VOLUME, Container, Mount
from pytest_trt.deploy.scope import ANCHOR, HOME, UNKNOWN, below, part, shape, unanchored
from pytest_trt.deploy.scripts.variables import env_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_trt.artifacts.location import Location
    from pytest_trt.deploy.scope import Scope
    from pytest_trt.deploy.tree import Tree

PROGRAMS = frozenset(("docker", "nvidia-docker", "nvidia-docker2", "podman", "nerdctl", "docker.exe", "podman.exe"))
SERVERS = frozenset(("tensorflow_model_server", "tritonserver", "trtserver"))

# Flags without values: docs.docker.com/reference/cli/docker/{container/run,service/create,buildx/build},
# docs.podman.io/en/latest/markdown/podman-run.1.html
_RUN_SWITCHES = frozenset(
    "detach disable-content-trust help init interactive no-healthcheck oom-kill-disable privileged publish-all quiet"
    " read-only rm sig-proxy tty use-api-socket no-resolve-image with-registry-auth replace rmi no-hosts no-hostname"
    " read-only-tmpfs env-host http-proxy passwd unsetenv-all tls-verify".split()
)
_GLOBAL_VALUES = frozenset(
    ("-H", "--host", "-c", "--context", "--config", "-l", "--log-level", "--tlscacert", "--tlscert")
    + ("--tlskey", "--connection", "--url", "--root", "--namespace", "-n", "--address", "-a")
)
MOUNT_LIMIT = 200

_VOLUME_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_DRIVE = re.compile(r"[A-Za-z]:[/\\]")
_SERVING_IMAGE = re.compile(r"tensorflow[-_/]?serving|tf-?serving|triton|tensorrt", re.IGNORECASE)
_SERVES = re.compile(
    r"tensorflow[-_/]?serving|tf-?serving|tensorflow_model_server|triton|trtserver|tensorrt-?server"
    r"|\bMODEL_(?:NAME|BASE_PATH)=|--model[-_](?:name|base_path|config_file|repository|store)\b|\b850[01]:850[01]\b",
    re.IGNORECASE,
)


class Where:
    """What a command line stands in.

    path: the file. folder: the working folder, seen from the file, "." where nobody changed it, None where it is not
    known. scope: variables. remarks: gets what is to be said.
    """

    __slots__ = ("path", "tree", "folder", "scope", "remarks")

    def __init__(self, path: str, tree: Tree, folder: str | None, scope: Scope, remarks: list[Remark]) -> None:
        self.path = path
        self.tree = tree
        self.folder = folder
        self.scope = scope
        self.remarks = remarks

    def beside(self, text: str) -> tuple[str, ...]:
        """Candidates for a path on the host; none where it cannot be told."""
        text = text.replace("\\", "/")
        if _DRIVE.match(text):
            return ()
        path = below(self.folder, text)
        return self.tree.candidates(path, self.path) if path is not None else ()


def container(words: Sequence[Said], where: Where) -> Container | None:
    """What `docker run ...`, `docker create` or `docker service create` starts; None where it is another command."""
    program = program_of(words)
    if program is None:
        return None
    name, index = program
    verb = words[index].text if index < len(words) else None
    if verb in ("container", "service") and index + 1 < len(words):
        index += 1
        verb = words[index].text if verb == "container" or words[index].text == "create" else None
    if verb not in ("run", "create"):
        return None
    run = _Run(words, index + 1, where)
    run.parse()
    if run.image is None or not run.may_serve():
        return None
    return run.container(name.startswith("nvidia-docker"), words[0].at)


def program_of(words: Sequence[Said]) -> tuple[str, int] | None:
    """(docker's name, index of its verb)."""
    name = (words[0].text or "").rpartition("/")[2] if words else ""
    if name not in PROGRAMS:
        return None
    index = 1
    while index < len(words) and (words[index].text or "").startswith("-"):
        index += 2 if words[index].text in _GLOBAL_VALUES else 1
    return name, index


def flags_of(
    words: Sequence[Said], index: int, switches: frozenset[str], valued: str, short_switches: str, mixed: bool = False
) -> tuple[list[tuple[str, Said]], list[Said]]:
    """The flags with their values, and the words behind them. mixed: flags may stand behind words too."""
    found: list[tuple[str, Said]] = []
    rest: list[Said] = []
    while index < len(words):
        word = words[index]
        text = shape(word)
        if text == "--":
            return found, [*rest, *words[index + 1 :]]
        if not text.startswith("-") or text == "-":
            if not mixed and (
                word.text is not None or not text.strip(UNKNOWN) == "" or not _image_follows(words, index)
            ):
                return found, list(words[index:])
            if mixed:
                rest.append(word)
            index += 1
            continue
        index += 1
        if text.startswith("--"):
            name, equals, value = text[2:].partition("=")
            if equals:
                found.append((name, part(word, value)))
            elif name in switches or index >= len(words):
                found.append((name, Said("true", word.at)))
            else:
                found.append((name, words[index]))
                index += 1
            continue
        letters = text[1:]
        for place, letter in enumerate(letters):
            if letter not in valued or letter in short_switches:
                found.append((letter, Said("true", word.at)))
                continue
            value = letters[place + 1 :]
            if value:
                found.append((letter, part(word, value.removeprefix("="))))
            elif index < len(words):
                found.append((letter, words[index]))
                index += 1
            break
    return found, rest


def _image_follows(words: Sequence[Said], index: int) -> bool:
    """Whether the unknown word here is options: an image that is known by its name stands behind it."""
    for word in words[index + 1 : index + 100]:
        text = shape(word)
        plain = not text.startswith(("-", "/", ".")) and ":/" not in text and "=" not in text
        if plain and text not in SERVERS and _SERVING_IMAGE.search(text):
            return True
    return False


class _Run:
    """The words of a `docker run`."""

    __slots__ = ("words", "index", "where", "flags", "image", "args")

    def __init__(self, words: Sequence[Said], index: int, where: Where) -> None:
        self.words = words
        self.index = index
        self.where = where
        self.flags: list[tuple[str, Said]] = []
        self.image: Said | None = None
        self.args: list[Said] = []

    def parse(self) -> None:
        self.flags, rest = flags_of(self.words, self.index, _RUN_SWITCHES, "acehlmpuvw", "ditPq")
        if rest:
            self.image, self.args = rest[0], rest[1:]

    def may_serve(self) -> bool:
        """Whether it may be a model server: its image has a name, or something else in it speaks of one."""
        assert self.image is not None
        return key_of(self.image) is not None or any(_SERVES.search(shape(word)) for word in self.words[self.index :])

    def container(self, nvidia: bool, at: Location) -> Container:
        assert self.image is not None
        gpu, gpu_at = (True, at) if nvidia else (None, None)
        entrypoint: list[Said] | None = None
        workdir: Said | None = None
        name: str | None = None
        mounts: list[Mount] = []
        for flag, value in self.flags:
            if flag in ("v", "volume", "mount") and len(mounts) >= MOUNT_LIMIT:
                continue
            if flag in ("v", "volume"):
                mounts.append(self._volume(value))
            elif flag == "mount":
                mounts.append(self._mount(value))
            elif flag == "entrypoint":
                entrypoint = [value] if value.text != "" else []
            elif flag in ("w", "workdir"):
                workdir = value
            elif flag == "name":
                name = value.text
            else:
                given = _gives_gpu(flag, value)
                if given is not None:
                    gpu, gpu_at = given, value.at
        args = [_plain(word) for word in self.args]
        return Container(
            self.image, at, entrypoint=entrypoint, args=args or None, env=self._environment(),
            mounts=[each for each in mounts if each.target], workdir=workdir, gpu=gpu, gpu_at=gpu_at, name=name,
        )  # fmt: skip

    def _environment(self) -> dict[str, Said]:
        """Files first, then what the line says, as docker has it."""
        found: dict[str, Said] = {}
        for flag, value in self.flags:
            if flag == "env-file":
                found.update(self._env_file(value))
        for flag, value in self.flags:
            if flag in ("e", "env"):
                name, equals, text = shape(value).partition("=")
                if UNKNOWN in name or not name:
                    continue
                if equals:
                    found[name] = part(value, text)
                    continue
                known = self.where.scope.get(name)
                if isinstance(known, Said):
                    found[name] = Said(known.text, value.at, known.why)
                else:
                    found[name] = Said(None, value.at, f"{name} is taken from the environment of whoever runs this")
        return found

    def _env_file(self, value: Said) -> dict[str, Said]:
        why = value.why
        if value.text is not None:
            paths = self.where.beside(value.text)
            path = self.where.tree.first(paths)
            why = f"{value.text} is not in the tree"
            if path is not None:
                try:
                    return env_file(self.where.tree.read(path), path)
                except ArtifactError as error:
                    why = f"{value.text}: {error.why}"
        # It may set what the server reads.
        return {name: Said(None, value.at, f"{name} may be set by an --env-file: {why}") for name in _SERVER_ENV}

    def _volume(self, value: Said) -> Mount:
        """`SOURCE:TARGET[:options]`."""
        text = shape(value)
        drive = _DRIVE.match(text)
        head, colon, rest = text.partition(":") if not drive else ("", "", "")
        if drive:
            head, colon, rest = text[2:].partition(":")
            head = text[:2] + head
        if not colon:
            return Mount(head, VOLUME, part(value, head), value.at, why="a volume without a name: it begins empty")
        target = rest.partition(":")[0]
        return self._from_host(value, head, target, False)

    def _mount(self, value: Said) -> Mount:
        """`type=bind,source=SOURCE,target=TARGET`."""
        keys: dict[str, str] = {}
        for pair in shape(value).split(","):
            key, _, text = pair.strip().strip('"').partition("=")
            keys[key.lower()] = text
        source = keys.get("source", keys.get("src", ""))
        target = next((keys[key] for key in ("target", "destination", "dst") if key in keys), "")
        if keys.get("type", "volume") == "bind":
            return self._from_host(value, source, target, True)
        why = f"a {keys.get('type', 'volume')}: what it holds is not in the files"
        return Mount(target, VOLUME, part(value, source), value.at, why=why)

    def _from_host(self, value: Said, source: str, target: str, bind: bool) -> Mount:
        if UNKNOWN in target or not target.startswith("/"):
            return Mount("", VOLUME, part(value, source), value.at)
        if UNKNOWN in source:
            return Mount(target, HOST, part(value, source), value.at, why=value.why)
        path = source.replace("\\", "/")
        if path.lstrip("/").startswith(ANCHOR):
            path = path.lstrip("/")  # `/$PWD`, which keeps Git's bash on Windows from changing the path
        if not bind and _VOLUME_NAME.fullmatch(path):
            why = f"the volume {path}: what it holds is not in the files"
            return Mount(target, VOLUME, Said(path, value.at), value.at, why=why)
        if path.startswith("~"):
            return Mount(target, HOST, Said(None, value.at, HOME), value.at, why=HOME)
        if not bind and not path.startswith(("/", ".")) and not _DRIVE.match(path):
            why = (
                f'docker refuses `-v {source}:{target}`: "{source}" includes invalid characters for a local volume name'
            )
            self.where.remarks.append(Remark("TRT420", value.at, {"why": why}))
        paths = self.where.beside(path)
        said = Said(path, value.at)
        if not paths:
            said = Said(None, value.at, f"{source} is a path of another machine or folder that is not known")
        return Mount(target, HOST, said, value.at, paths, f"{unanchored(source)} of the host is mounted at {target}")


def _plain(word: Said) -> Said:
    return Said(unanchored(word.text), word.at) if word.text is not None else word


_SERVER_ENV = ("MODEL_NAME", "MODEL_BASE_PATH", "TENSORFLOW_SERVING_MODEL_NAME")


def _gives_gpu(flag: str, value: Said) -> bool | None:
    """Whether a flag gives the container a GPU, None where it says nothing of that."""
    text = value.text
    if text is None:
        return True if flag == "gpus" and "device=" in shape(value) else None
    if flag == "gpus":
        return text.strip().strip("\"'") not in ("0", "none", "")
    if flag == "runtime":
        return True if text == "nvidia" else None
    if flag == "device":
        return True if text.startswith(("/dev/nvidia", "nvidia.com/gpu")) else None
    if flag == "generic-resource":
        return True if "gpu" in text.lower() else None
    if flag in ("e", "env"):
        name, _, setting = text.partition("=")
        return False if name == "NVIDIA_VISIBLE_DEVICES" and setting in ("", "none", "void") else None
    return None
