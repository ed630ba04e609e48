"""What is known of the variables of a deployment file, and words that are known in part."""

from __future__ import annotations

import re

from pytest_trt.artifacts.location import Location
from pytest_trt.deploy.edge import Said

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class Scope(Protocol):
        """What is known of variables: a dictionary does. "PWD" is the folder that relative paths start from."""

        def get(self, name: str, /) -> Said | list[Said] | None: ...

        def __contains__(self, name: object, /) -> bool: ...


# What one word may grow to, and all words of one file together: `A=$A$A` doubles with every line.
WORD_LIMIT = 16 << 10
TOTAL_LIMIT = 8 << 20

UNKNOWN = "\0"  # stands for a part that is not known
TOO_LONG = "the text grows beyond what is read"
HOME = "the home folder is known only where this runs"
BY_CALLER = "is given by whoever calls it"


class Partly(Said):
    """A word that is not known whole. known: what it is but for the unknown parts, each UNKNOWN."""

    __slots__ = ("known",)

    def __init__(self, known: str, at: Location, why: str) -> None:
        super().__init__(None, at, why)
        self.known = known


class Variables(dict[str, "Said | list[Said]"]):
    """Variables that a file sets, with a budget: once TOTAL_LIMIT characters were looked up, all are unknown."""

    spent = 0

    def get(self, name: str, default: object = None) -> Said | list[Said] | None:  # type: ignore[override]
        found = super().get(name)
        if isinstance(found, Said):
            self.spent += 32 + len(shape(found))
        elif found is not None:
            self.spent += sum(32 + len(shape(each)) for each in found)
        if found is not None and self.spent > TOTAL_LIMIT:
            return Said(None, found.at if isinstance(found, Said) else Location(""), TOO_LONG)
        return found


class Within:
    """A scope with some other variables before it."""

    __slots__ = ("_scope", "_own")

    def __init__(self, scope: Scope, own: dict[str, Said]) -> None:
        self._scope = scope
        self._own = own

    def get(self, name: str, /) -> Said | list[Said] | None:
        return self._own[name] if name in self._own else self._scope.get(name)

    def __contains__(self, name: object, /) -> bool:
        return name in self._own or name in self._scope


def said(text: str, why: str, at: Location, length: int = 0) -> Said:
    """The word, known where `why` is empty; length: of the text that it came from."""
    if len(text) > max(WORD_LIMIT, 2 * length):
        return Said(None, at, TOO_LONG)
    return Partly(text, at, why) if why else Said(text, at)


def shape(word: Said) -> str:
    """The word with UNKNOWN for each part that is not known."""
    if word.text is not None:
        return word.text
    return word.known if isinstance(word, Partly) else UNKNOWN


def part(word: Said, text: str) -> Said:
    """A part of a word's shape: known or not for itself."""
    return Partly(text, word.at, word.why) if UNKNOWN in text else Said(text, word.at)


# The folder that a script begins in, where it cannot be mistaken for a path below the folder that it goes to later.
ANCHOR = ".//."
_ANCHORED = re.compile(r"(?<![^\s=:,\"'])\.//")


def unanchored(text: str) -> str:
    """The text as people write it: `./models`."""
    return _ANCHORED.sub("./", text.replace(ANCHOR, ".")) if ".//" in text else text


def parent(path: str) -> str:
    """The folder of a path, as dirname has it; above "." is ".."."""
    path = path.rstrip("/") or path
    if path == ".":
        return ".."
    if path == ANCHOR:
        return ".//.."
    folder, slash, name = path.rpartition("/")
    if name == "..":
        return path + "/.."
    return folder if folder else ("/" if slash else ".")


def below(folder: str | None, path: str) -> str | None:
    """A path seen from a folder; None where the folder is not known."""
    if path.startswith(("/", ".//")):
        return path
    if folder is None:
        return None
    if folder == ".":
        return path if path.startswith(".") else "./" + path
    return folder if path in (".", "./", "") else folder.rstrip("/") + "/" + path.removeprefix("./")
