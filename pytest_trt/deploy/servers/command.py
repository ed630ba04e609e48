"""How a container's command starts a server: entrypoint and arguments, shell strings, scripts."""

from __future__ import annotations

import posixpath
import re

from pytest_trt.artifacts.errors import ArtifactError
from pytest_trt.deploy.edge import Said
from pytest_trt.deploy.scope import BY_CALLER, UNKNOWN, Variables, shape
from pytest_trt.deploy.scripts.docker_run import SERVERS
from pytest_trt.deploy.scripts.prefixes import plain_command
from pytest_trt.deploy.servers.paths import host_path, normal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_trt.artifacts.location import Location
    from pytest_trt.deploy.reading import Mount
    from pytest_trt.deploy.tree import Tree

MODEL_SERVER = "tensorflow_model_server"
STOCK_ENTRYPOINT = "/usr/bin/tf_serving_entrypoint.sh"

SCRIPT_LIMIT = 256 << 10
DEPTH_LIMIT = 6

_SHELLS = frozenset(("sh", "bash", "dash", "ash", "zsh", "ksh"))
# What runs the words behind it. NVIDIA's entrypoint prints a banner first.
_WRAPPERS = frozenset(("tini", "dumb-init", "docker-init", "catatonit", "nvidia_entrypoint.sh", "su-exec", "gosu"))
_WITH_USER = frozenset(("su-exec", "gosu"))
_SHEBANG = re.compile(r"#!.*\b(?:sh|bash|dash|ash|zsh)\b")
# Programs that serve nothing, with which people look into an image or measure.
_IDLE = frozenset(
    "bash sh ash zsh dash sleep tail cat ls echo true env nvidia-smi perf_analyzer perf_client image_client trtexec"
    " saved_model_cli ps top".split()
)


class Start:
    """A server that a command starts.

    program: its name, as `tritonserver`. words: behind it. stock: whether tf_serving_entrypoint.sh starts it, so that
    the words come behind its own. spelled: whether the environment may be spelled out in the words (a shell read
    them), so that it may count although the program itself never reads it. why: the argument.
    """

    __slots__ = ("program", "words", "at", "workdir", "stock", "spelled", "why")

    def __init__(
        self,
        program: str,
        words: Sequence[Said],
        at: Location,
        *,
        workdir: str | None = None,
        stock: bool = False,
        spelled: bool = False,
        why: Sequence[tuple[Location, str]] = (),
    ) -> None:
        self.program = program
        self.words = list(words)
        self.at = at
        self.workdir = workdir
        self.stock = stock
        self.spelled = spelled
        self.why = tuple(why)


class Command:
    """What a command comes to. starts: servers. unknown: why it cannot be told, with its place; "" where it can."""

    __slots__ = ("starts", "unknown", "at")

    def __init__(self, starts: Sequence[Start] = (), unknown: str = "", at: Location | None = None) -> None:
        self.starts = list(starts)
        self.unknown = unknown
        self.at = at


class Inside:
    """What a command sees in its container. scripts: the files that it was followed into."""

    __slots__ = ("env", "mounts", "tree", "workdir", "scripts")

    def __init__(self, env: Mapping[str, Said], mounts: Sequence[Mount], tree: Tree, workdir: str | None) -> None:
        self.env = env
        self.mounts = mounts
        self.tree = tree
        self.workdir = workdir
        self.scripts: set[str] = set()

    def covers(self, path: str) -> bool:
        """Whether the files put something at exactly this path."""
        return any(normal(mount.target) == path for mount in self.mounts)


def command(words: Sequence[Said], inside: Inside, *, depth: int = 0) -> Command:
    """What the words start."""
    if not words:
        return Command()
    words = list(plain_command(words))
    while words and _is_wrapper(words[0].text or ""):
        with_user = posixpath.basename(words[0].text or "") in _WITH_USER
        words = words[1:]
        while words and (words[0].text or "").startswith("-"):
            words = words[1:]
        words = words[1:] if with_user else words
        words = list(plain_command(words)) if words else []
    if not words:
        return Command()
    first = words[0]
    if first.text is None:
        return Command(unknown=f"the command is not known: {first.why}", at=first.at)
    name = posixpath.basename(first.text)
    if depth > DEPTH_LIMIT:
        return Command(unknown="scripts that call one another go deeper than is read", at=first.at)
    if name in SERVERS:
        return Command([Start(name, words[1:], first.at, workdir=inside.workdir)])
    if name in _SHELLS:
        return _shell(words, inside, depth)
    if first.text in (STOCK_ENTRYPOINT, "tf_serving_entrypoint.sh") and not inside.covers(STOCK_ENTRYPOINT):
        return Command([Start(MODEL_SERVER, words[1:], first.at, workdir=inside.workdir, stock=True)])
    if first.text == "tf_serving_entrypoint.sh":
        first = Said(STOCK_ENTRYPOINT, first.at)
    return _script(first, words[1:], inside, depth)


def _is_wrapper(text: str) -> bool:
    return posixpath.basename(text) in _WRAPPERS or text == "/opt/bitnami/scripts/tensorflow-serving/entrypoint.sh"


def _shell(words: Sequence[Said], inside: Inside, depth: int) -> Command:
    """`sh -c "text"`, `sh script.sh`."""
    index = 1
    while index < len(words):
        text = words[index].text
        if text is not None and re.fullmatch(r"[-+][a-zA-Z]*c[a-zA-Z]*", text):
            if index + 1 >= len(words):
                return Command()
            return _shell_text(words[index + 1], words[index + 2 :], inside, depth)
        if text is None or not text.startswith(("-", "+")):
            break
        index += 2 if text in ("-o", "+o", "--rcfile", "--init-file") else 1
    if index >= len(words):
        return Command()
    if words[index].text is None:
        return Command(unknown=f"the script is not known: {words[index].why}", at=words[index].at)
    return _script(words[index], words[index + 1 :], inside, depth, shell=True)


def _shell_text(text: Said, arguments: Sequence[Said], inside: Inside, depth: int) -> Command:
    if text.text is None:
        return Command(unknown=f"the shell's command is not known: {text.why}", at=text.at)
    # `sh -c text name arguments`: the first one is $0.
    return _followed(text.text, text.at.path, text.at.line or 1, arguments[1:], inside, depth, (), arguments[:1])


def _script(word: Said, arguments: Sequence[Said], inside: Inside, depth: int, shell: bool = False) -> Command:
    """A program that is a file of the tree, if it is a script."""
    name = word.text or ""
    base = posixpath.basename(name)
    if base in _IDLE and not shell:
        return Command()
    path = normal(name, inside.workdir)
    if not path.startswith("/") or (not shell and "/" not in name):
        if inside.covers("/usr/bin/" + base) or inside.covers("/usr/local/bin/" + base):
            path = "/usr/bin/" + base if inside.covers("/usr/bin/" + base) else "/usr/local/bin/" + base
        else:
            return Command(unknown=f"{name} is started; what it does is not in the files", at=word.at)
    place = host_path(path, inside.mounts, inside.tree, inside.workdir)
    unknown = f"{name} is started; what it does is not in the files"
    if place.literal is not None:
        text, file, number = place.literal.text or "", place.literal.at.path, place.literal.at.line or 1
    else:
        found = inside.tree.first(place.paths)
        if found is None or not inside.tree.is_file(found):
            return Command(unknown=unknown, at=word.at)
        try:
            text, file, number = inside.tree.read(found, SCRIPT_LIMIT), found, 1
            inside.scripts.add(posixpath.normpath(found))
        except ArtifactError as error:
            return Command(unknown=f"{name} is started, which cannot be read: {error.why}", at=word.at)
    if not shell and not _SHEBANG.match(text) and not base.endswith((".sh", ".bash")):
        return Command(unknown=unknown, at=word.at)
    why = [(word.at, f"{name} starts the server")]
    return _followed(text, file, number, arguments, inside, depth, why)


def _followed(
    text: str,
    file: str,
    number: int,
    arguments: Sequence[Said],
    inside: Inside,
    depth: int,
    why: Sequence[tuple[Location, str]],
    name: Sequence[Said] = (),
) -> Command:
    """The servers that a shell text starts. name: what is $0, if it is given."""
    from pytest_trt.deploy.edge import line
    from pytest_trt.deploy.reading import Reading
    from pytest_trt.deploy.scripts.script import Walk
    from pytest_trt.deploy.scripts.words import script

    scope = Variables(inside.env)
    at = line(file, number)
    if name:
        scope["0"] = name[0]
    for place in range(1, 10):
        scope[str(place)] = arguments[place - 1] if place <= len(arguments) else Said("", at)
    scope["@"] = scope["*"] = list(arguments)
    reading = Reading(file, "shell")
    Walk(reading, file, inside.tree, scope, inside.workdir).follow(script(text, number))
    starts: list[Start] = []
    for each in reading.containers:
        words = each.entrypoint or []
        if words and posixpath.basename(words[0].text or "") in SERVERS:
            program = posixpath.basename(words[0].text or "")
            folder = each.workdir.text if each.workdir is not None else None
            starts.append(Start(program, words[1:], words[0].at, workdir=folder, spelled=True, why=why))
    if starts:
        return Command(starts)
    inner = _last(text, number, file, scope, inside, depth)
    if inner is not None and (inner.starts or inner.unknown):
        for start in inner.starts:
            start.why = (*why, *start.why)
            start.spelled = True
        return inner
    if any(server in text for server in SERVERS) or why:
        return Command(unknown="the script starts no server in a way that can be followed", at=at)
    return Command()


def _last(text: str, number: int, file: str, scope: Variables, inside: Inside, depth: int) -> Command | None:
    """What the last plain command of a shell text starts: `exec /usr/bin/tf_serving_entrypoint.sh "$@"`."""
    from pytest_trt.deploy.edge import line
    from pytest_trt.deploy.scripts.variables import fields
    from pytest_trt.deploy.scripts.words import simple_commands

    commands = [words for words in simple_commands(text, number) if words]
    for words in reversed(commands[-3:]):
        said = [field for word in words for field in fields(word.raw, scope, line(file, word.line))]
        said = list(plain_command(said)) if said else []
        if not said or not said[0].text:
            continue
        name = posixpath.basename(said[0].text)
        if name == "wait" or name in _IDLE - _SHELLS:
            continue
        if name in _SHELLS or "/" in said[0].text or name == "tf_serving_entrypoint.sh":
            return command(said, inside, depth=depth + 1)
        return None
    return None


def by_caller(word: Said) -> bool:
    """Whether a word stands for what the caller of a script adds ("$@"), which is nothing as a rule."""
    return (
        word.text is None and shape(word) == UNKNOWN and word.why.endswith(BY_CALLER) and word.why[:2] in ("$@", "$*")
    )
