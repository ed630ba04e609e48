"""What commands of init containers fetch from object stores, and where they put it."""

from __future__ import annotations

import os

from pytest_trt.deploy.edge import Said

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SHELLS = frozenset(("sh", "bash", "ash", "dash"))
# Images whose entrypoint is the program that their name says.
_PROGRAMS = {"amazon/aws-cli": "aws", "aws-cli/aws-cli": "aws", "peakcom/s5cmd": "s5cmd"}
_SCHEMES = ("s3://", "gs://", "az://", "https://", "http://", "abfs://", "wasbs://", "hdfs://")
# Options of the programs below whose value is a word of its own.
_WITH_VALUE = frozenset(
    (
        "--region", "--endpoint-url", "--profile", "--exclude", "--include", "--acl", "--endpoint", "--storage-class",
        "--credentials-file", "-x", "-i", "--account", "--project", "--sse", "--request-payer", "--output",
    )
)  # fmt: skip


class Fetch:
    """uri: what is fetched. target: the path inside that then holds it. why: a sentence for people."""

    __slots__ = ("uri", "target", "why")

    def __init__(self, uri: Said, target: str, why: str) -> None:
        self.uri = uri
        self.target = target
        self.why = why


def fetches(
    words: Sequence[Said], env: Mapping[str, Said], image: Said | None, folders: Sequence[str], label: str
) -> Iterator[Fetch]:
    """What a container's words fetch. folders: those that are known to be there, as mounts are."""
    if image is not None and "storage-initializer" in (image.text or ""):
        # KServe's: source, destination; the source's content is put into the destination.
        pair = [word.text for word in words if word.text is not None and not word.text.startswith("-")]
        if len(pair) == 2 and len(words) == 2 and pair[0] is not None and pair[1] is not None:
            yield Fetch(Said(pair[0], words[0].at), pair[1].rstrip("/") or "/", f"{label} fetches {pair[0]}")
        return
    for command in _commands(words, env):
        yield from _fetch(command, folders, label)


def own_program(image: Said) -> list[Said]:
    """What an image starts by itself, where it is one of those that fetch models."""
    from pytest_trt.deploy import images

    program = _PROGRAMS.get("/".join(images.parse(image.text or "").parts[-2:]))
    return [Said(program, image.at)] if program is not None else []


def _commands(words: Sequence[Said], env: Mapping[str, Said]) -> Iterator[list[Said]]:
    """The commands that are run: the words themselves, or those of the script behind `sh -c`."""
    if not words:
        return
    if os.path.basename(words[0].text or "") not in SHELLS:
        yield list(words)
        return
    from pytest_trt.deploy.scripts.variables import fields
    from pytest_trt.deploy.scripts.words import simple_commands

    text = next((word for word in words[1:] if word.text is None or not word.text.startswith("-")), None)
    if text is None or text.text is None or len(text.text) > 1 << 16:
        return
    scope: dict[str, Said | list[Said]] = dict(env)
    for command in simple_commands(text.text, text.at.line or 1):
        yield [field for word in command for field in fields(word.raw, scope, text.at)]


def _fetch(words: list[Said], folders: Sequence[str], label: str) -> Iterator[Fetch]:
    known = [word.text or "" for word in words]
    program = os.path.basename(known[0]) if known else ""
    if program not in ("aws", "gsutil", "gcloud", "s5cmd", "azcopy"):
        return
    places = [
        index
        for index, word in enumerate(known)
        if index and (known[index - 1] not in _WITH_VALUE) and not word.startswith("-")
    ]
    source = next((index for index in places if known[index].startswith(_SCHEMES)), None)
    if source is None:
        return
    target = next((index for index in places if index > source), None)
    if target is None or not known[target].startswith("/"):
        return
    verb = next((known[index] for index in places if known[index] in ("cp", "sync", "rsync", "copy", "mv")), "")
    uri, place = known[source], known[target]
    recursive = any(word in ("--recursive", "-r", "-R", "-rf") or word.startswith("--recursive=t") for word in known)
    all_of_it = verb in ("sync", "rsync") or (program in ("aws", "azcopy") and recursive and program == "aws")
    if uri.endswith(("/*", "/**")):
        uri, all_of_it = uri.rstrip("*").rstrip("/"), True
    name = os.path.basename(uri.rstrip("/"))
    if all_of_it:
        inside = place
    elif place.endswith("/") or place.rstrip("/") in folders:
        inside = os.path.join(place, name)
    elif not recursive:
        inside = place
    else:
        return  # a folder is put into the target or becomes it: it depends on whether the target is there
    yield Fetch(Said(uri, words[source].at), inside.rstrip("/") or "/", f"{label} fetches {uri}")
