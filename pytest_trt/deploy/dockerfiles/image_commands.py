"""What the RUN lines of a Dockerfile put where, as far as their words tell; nothing is run."""

from __future__ import annotations

import posixpath

from pytest_trt.deploy.dockerfiles.copies import moved
from pytest_trt.deploy.edge import Said, line
from pytest_trt.deploy.reading import VOLUME, Mount
from pytest_trt.deploy.scope import Within, below
from pytest_trt.deploy.scripts.docker_run import plain_command
from pytest_trt.deploy.scripts.variables import fields
from pytest_trt.deploy.scripts.words import simple_commands

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_trt.deploy.dockerfiles.instructions import Instruction
    from pytest_trt.deploy.scope import Scope

COMMAND_LIMIT = 2_000

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
        commands = [[Said(text, line(path, number)) for text, number in array]]
    else:
        texts = [(each.text, each.line) for each in instruction.heredocs] or [(instruction.text, instruction.line)]
        scope = Within(scope, {"PWD": Said(folder, line(path, instruction.line), "the working folder is not known")})
        commands = []
        for text, number in texts:
            start = 0
            for command in simple_commands(text, number)[:COMMAND_LIMIT]:
                if not command:
                    continue
                start = max(start, text.find(command[0].raw, start))
                place = instruction.line_at(start) if text is instruction.text else command[0].line
                at = line(path, place)
                commands.append([field for word in command for field in fields(word.raw, scope, at)])
    for each in commands:
        words = [word for word in plain_command(each) if word.text is None or not word.text.startswith("--mount=")]
        if words and words[0].text is not None:
            folder = _command(words, [*mounts, *found.mounts], folder, folders | found.folders, found)
    return found


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
