"""What the RUN lines of a Dockerfile put where, as far as their words tell; nothing is run."""

from __future__ import annotations

import posixpath
import re

from pytest_trt.deploy.dockerfiles.copies import moved
from pytest_trt.deploy.edge import Said, line
from pytest_trt.deploy.reading import LITERAL, VOLUME, Mount
from pytest_trt.deploy.scope import Within, below
from pytest_trt.deploy.scripts.prefixes import plain_command
from pytest_trt.deploy.scripts.variables import fields, substituted
from pytest_trt.deploy.scripts.words import COMMAND, script

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_trt.deploy.dockerfiles.instructions import Instruction
    from pytest_trt.deploy.scope import Scope
    from pytest_trt.deploy.scripts.words import Command

COMMAND_LIMIT = 2_000
WRITTEN_LIMIT = 16 << 10

_HEREDOCS = re.compile(r"(?:<<-?\s*['\"]?\w+['\"]?\s*)+")

_INSTALLERS = frozenset(("apt-get", "apt", "pip", "pip3", "conda", "dpkg", "yum", "dnf", "uv", "mamba", "micromamba"))
_FETCHERS = frozenset(
    "wget curl gsutil gcloud aws az azcopy rclone git unzip tar gunzip dvc huggingface-cli mc s3cmd s5cmd scp rsync"
    " kaggle gdown python python3 7z bsdtar oras tfds hf".split()
)
# Flags that say where a fetched thing goes.
_INTO = frozenset(
    ("-O", "-P", "-o", "-C", "-d", "--directory", "--output", "--output-document", "--directory-prefix")
    + ("--output-dir", "--local-dir", "--dest", "--destination")
)


class Made:
    """mounts: what appears where. folders: those that are made. installed: words of package installers."""

    __slots__ = ("mounts", "folders", "installed")

    def __init__(self) -> None:
        self.mounts: list[Mount] = []
        self.folders: set[str] = set()
        self.installed: list[str] = []


def made(
    instruction: Instruction, mounts: Sequence[Mount], folder: str | None, scope: Scope, path: str, folders: set[str]
) -> Made:
    """The effect of one RUN. mounts, folders: what the image holds before it. folder: where it starts."""
    found = Made()
    array = instruction.array()
    if array is not None:
        commands: list[tuple[list[Said], Command | None]] = []
        commands.append(([Said(text, line(path, number)) for text, number in array], None))
    else:
        scope = Within(scope, {"PWD": Said(folder, line(path, instruction.line), "the working folder is not known")})
        commands = []
        text, number = _text(instruction)
        start = 0
        for command in [each for each in script(text, number).commands if each.kind == COMMAND][:COMMAND_LIMIT]:
            if not command.words:
                continue
            start = max(start, text.find(command.words[0].raw, start))
            place = command.line if instruction.heredocs else instruction.line_at(start)
            at = line(path, place)
            commands.append(([field for word in command.words for field in fields(word.raw, scope, at)], command))
    for each, command_of in commands:
        before = [*mounts, *found.mounts]
        written = _written(each, command_of, scope, folder, before) if command_of is not None and each else None
        found.mounts += [written] if written is not None else []
        words = [word for word in plain_command(each) if word.text is None or not word.text.startswith("--mount=")]
        if words and words[0].text is not None:
            folder = _command(words, [*mounts, *found.mounts], folder, folders | found.folders, found)
    return found


def _text(instruction: Instruction) -> tuple[str, int]:
    """What the shell gets, and the number of its first line: a heredoc is a script, or what a command reads."""
    heredocs = instruction.heredocs
    if heredocs and not _HEREDOCS.fullmatch(instruction.text):
        return "\n".join((instruction.text, *(f"{each.text}{each.name}" for each in heredocs))), instruction.line
    if heredocs:
        return "".join(each.text for each in heredocs), heredocs[0].line
    return instruction.text, instruction.line


def _written(
    words: list[Said], command: Command, scope: Scope, folder: str | None, before: Sequence[Mount]
) -> Mount | None:
    """`echo "..." > /file`, `cat > /file <<EOF`: the file's text is in the Dockerfile."""
    at = words[0].at
    into = next((each for each in command.redirects if each.operator in (">", ">|", ">>")), None)
    targets = fields(into.word.raw, scope, at) if into is not None else []
    inside = _absolute(targets[0].text, folder) if len(targets) == 1 else None
    if into is None or inside is None or inside.startswith("/dev/"):
        return None
    heredoc = next((each for each in command.redirects if each.body is not None), None)
    name = words[0].text
    why = f"{inside} is written when the image is built"
    text = Said(None, at, f"{why}; what it holds is not in the files")
    if heredoc is not None and heredoc.body is not None and name in ("cat", "tee"):
        quoted = any(each in heredoc.word.raw for each in "\\'\"")
        text = Said(heredoc.body, at) if quoted else substituted(heredoc.body, scope, at, "sh")
    elif name in ("echo", "printf"):
        rest = [each for each in words[1:] if each.text not in ("-e", "-n", "-ne", "-en")]
        if rest and all(each.text is not None for each in rest) and (name == "echo" or len(rest) == 1):
            # The shell of the images that build a server is dash, or -e is given.
            said = " ".join(each.text or "" for each in rest).replace("\\n", "\n").replace("\\t", "\t")
            text = Said(said + "\n", at)
    if into.operator == ">>":
        old = next(
            (mount.source for mount in reversed(before) if mount.target == inside and mount.kind == LITERAL), None
        )
        if old is not None and old.text is not None and text.text is not None and len(old.text) < WRITTEN_LIMIT:
            text = Said(old.text + text.text, old.at)
        else:
            text = Said(None, at, f"{why}, behind what is there already")
    return Mount(inside, LITERAL, text, at, why=why)


def _command(
    words: list[Said], mounts: Sequence[Mount], folder: str | None, folders: set[str], found: Made
) -> str | None:
    """One simple command; gives the folder that the next one starts in."""
    name = posixpath.basename(words[0].text or "")
    plain = [word for word in words[1:] if word.text is None or not word.text.startswith("-")]
    at = words[0].at
    if name in ("cd", "pushd"):
        return below(folder, plain[0].text) if plain and plain[0].text is not None else None
    if name in _INSTALLERS:
        found.installed += [word.text for word in words[1:] if word.text is not None]
    elif name == "mkdir":
        found.folders |= {path for word in plain if (path := _absolute(word.text, folder)) is not None}
    elif name in ("cp", "mv", "ln") and len(plain) >= 2:
        _move(words, plain, mounts, folder, folders, found)
    elif name in _FETCHERS:
        for path in _targets(name, words, plain, folder):
            why = f"`{name}` puts something at {path} when the image is built; what it is, is not in the files"
            found.mounts.append(Mount(path, VOLUME, Said(None, at, why), at, why=why))
    return folder


def _absolute(text: str | None, folder: str | None) -> str | None:
    path = below(folder, text) if text is not None else None
    return posixpath.normpath(path) if path is not None and path.startswith("/") else None


def _move(
    words: list[Said], plain: list[Said], mounts: Sequence[Mount], folder: str | None, folders: set[str], found: Made
) -> None:
    """cp, mv, ln -s: what is known at the source is known at the target."""
    target = plain[-1].text
    inside = _absolute(target, folder)
    if inside is None or target is None:
        return
    at = words[0].at
    into = inside in folders or target.endswith("/") or len(plain) > 2
    for word in plain[:-1]:
        source = _absolute(word.text, folder)
        content = word.text is not None and word.text.endswith(("/*", "/."))
        if source is not None and content:
            source = posixpath.normpath(source.removesuffix("*"))
        how = f"{word.text} is put to {target} when the image is built"
        place = posixpath.join(inside, posixpath.basename(source or "")) if into and not content else inside
        moved_here = moved(mounts, source, place, False, at, how) if source is not None and "*" not in source else []
        if moved_here:
            found.mounts += moved_here
        else:
            why = f"{how}; what it is, is not in the files"
            found.mounts.append(Mount(place, VOLUME, Said(None, at, why), at, why=why))


def _targets(name: str, words: list[Said], plain: list[Said], folder: str | None) -> list[str]:
    """Where a fetching command puts things: what a flag says, absolute paths among its words, the working folder."""
    targets: list[str] = []
    for index, word in enumerate(words[1:-1], 1):
        if word.text in _INTO:
            path = _absolute(words[index + 1].text, folder)
            targets += [path] if path is not None else []
    for word in words[1:]:
        text = word.text or ""
        text = text.partition("=")[2] if text.startswith("--") else text
        if text.startswith("/") and text != "/dev/null":
            targets.append(posixpath.normpath(text))
    if not targets and not name.startswith("python"):
        last = _absolute(plain[-1].text, folder) if plain and name in ("gsutil", "aws", "git", "scp", "rsync") else None
        if last is not None and "://" not in (plain[-1].text or "") and len(plain) > 2:
            targets.append(last)
        elif folder is not None:
            targets.append(folder)
    # "/" would cover what nobody speaks of.
    return [path for path in dict.fromkeys(targets) if path not in ("/", "/tmp", "/dev/null")][:20]
