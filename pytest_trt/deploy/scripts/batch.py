"""Batch files of cmd.exe, followed in the order of their lines; nothing is run."""

from __future__ import annotations

import re

from pytest_trt.deploy.edge import Said, line
from pytest_trt.deploy.scope import ANCHOR, BY_CALLER, Variables, below
from pytest_trt.deploy.scripts.docker_run import Where
from pytest_trt.deploy.scripts.one_command import run
from pytest_trt.deploy.scripts.prefixes import plain_command
from pytest_trt.deploy.scripts.variables import substituted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_trt.deploy.reading import Reading
    from pytest_trt.deploy.tree import Tree

_LOOP_LIMIT = 32
_DELAYED = re.compile(r"setlocal\b.*\benabledelayedexpansion\b", re.IGNORECASE)
_EXCLAIMED = re.compile(r"!([A-Za-z_]\w*(?::[^!%\n]*)?)!")

_COMMENT = re.compile(r"(?:rem(?:[\s=,;]|$)|::)", re.IGNORECASE)
_WORD = re.compile(r'(?:"[^"\n]*"?|\^.|[^\s"^&|<>()])+', re.DOTALL)
_SEPARATOR = re.compile(r"[&|]+|[()]")
_SET = re.compile(r'set\s+(/[pa]\s+)?"?([^=\s"/][^="]*?)=([^"]*)', re.IGNORECASE)
_IF = re.compile(r"if\b|else\b", re.IGNORECASE)
_FOR = re.compile(r"for\s+(%%[A-Za-z])\s+in\s*\(([^)%*?]*)\)\s*do\s+", re.IGNORECASE)
_FOR_OTHER = re.compile(r"for\s.*?\bdo\s+", re.IGNORECASE)


def follow(text: str, reading: Reading, tree: Tree) -> None:
    """Puts what the lines deploy into the reading."""
    _Batch(reading, tree).follow(text)


class _Batch:
    __slots__ = ("reading", "tree", "scope", "folder", "depth", "delayed")

    def __init__(self, reading: Reading, tree: Tree) -> None:
        self.reading = reading
        self.tree = tree
        self.scope = Variables()
        self.folder: str | None = ANCHOR
        self.depth = 0
        self.delayed = False

    def follow(self, text: str) -> None:
        number = 0
        lines = text.replace("\r\n", "\n").replace("\0", "").split("\n")
        while number < len(lines):
            pieces: list[str] = []
            places: list[tuple[int, int]] = []
            length = 0
            while True:
                each = lines[number]
                number += 1
                places.append((length, number))
                continued = each.rstrip("\r").endswith("^") and not each.rstrip("\r").endswith("^^")
                each = each.rstrip("\r")
                pieces.append(each[:-1] + " " if continued else each)
                length += len(pieces[-1])
                if not continued or number >= len(lines):
                    break
            self._line("".join(pieces), places)

    def _line(self, text: str, places: list[tuple[int, int]]) -> None:
        index = len(text) - len(text.lstrip(" \t@"))
        if _COMMENT.match(text, index) or text.startswith(":", index):
            return
        self.delayed = self.delayed or bool(_DELAYED.match(text, index))
        loop = _FOR.match(text, index)
        other = None if loop else _FOR_OTHER.match(text, index)
        if loop and 0 < len(loop[2].split()) <= _LOOP_LIMIT:
            head = " " * loop.end()
            for item in loop[2].replace(",", " ").split():
                # Places are those of the loop's own line; a longer item moves only what is on it.
                self._commands(head + text[loop.end() :].replace(loop[1], item.strip('"')), places, True)
            return
        at = other.end() if other else index
        conditional = bool(other) or self.depth > 0 or bool(_IF.match(text, index))
        self._commands(" " * at + text[at:], places, conditional)

    def _commands(self, text: str, places: list[tuple[int, int]], conditional: bool) -> None:
        words: list[tuple[str, int]] = []
        index = 0
        while index < len(text):
            match = _WORD.match(text, index)
            if match:
                words.append((match[0], self._number(places, index)))
                index = match.end()
                continue
            separator = _SEPARATOR.match(text, index)
            if separator:
                self._command(words, conditional)
                words = []
                self.depth = max(0, self.depth + separator[0].count("(") - separator[0].count(")"))
                index = separator.end()
            else:
                index += 1
        self._command(words, conditional)

    def _number(self, places: list[tuple[int, int]], index: int) -> int:
        """The line of a character of the joined text."""
        low, high = 0, len(places)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if places[middle][0] <= index else (low, middle)
        return places[low][1]

    def _command(self, raws: list[tuple[str, int]], conditional: bool) -> None:
        while raws and raws[0][0].lower().lstrip("@") in ("", "call", "start", "else", "do"):
            raws = raws[1:]
        if not raws:
            return
        if _IF.fullmatch(raws[0][0]):
            raws = _behind_condition(raws)
            conditional = True
            if not raws:
                return
        first = raws[0][0].lower().lstrip("@")
        if first == "set":
            self._set(" ".join(raw for raw, _ in raws), raws[0][1], conditional)
            return
        if first in ("rem", "echo"):
            return
        words = [self._word(raw, number) for raw, number in raws]
        if first in ("cd", "chdir", "pushd"):
            rest = [each for each in words[1:] if (each.text or "").lower() != "/d"]
            target = rest[0].text.replace("\\", "/") if rest and rest[0].text is not None else None
            self.folder = below(self.folder, target.rstrip("/") or "/") if target is not None else None
            why = "" if self.folder is not None else "the working folder is not known"
            self.scope["CD"] = Said(self.folder, line(self.reading.path, raws[0][1]), why)
            return
        words = list(plain_command([Said((words[0].text or "").lstrip("@"), words[0].at), *words[1:]]))
        where = Where(self.reading.path, self.tree, self.folder, self.scope, self.reading.remarks)
        run(words, where, self.reading)

    def _word(self, raw: str, number: int) -> Said:
        """A word: its quotes removed, `^` before a character too, its variables replaced."""
        plain = re.sub(r'\^(.)|"', lambda match: match[1] or "", raw, flags=re.DOTALL)
        if self.delayed:
            # What differs is when it is replaced, and lines are followed one after the other here.
            plain = _EXCLAIMED.sub(r"%\1%", plain)
        return substituted(plain, self.scope, line(self.reading.path, number), "cmd")

    def _set(self, text: str, number: int, conditional: bool) -> None:
        match = _SET.match(text.lstrip("@"))
        if match is None:
            return
        at = line(self.reading.path, number)
        name = match[2].strip().upper()
        if match[1]:
            value = Said(None, at, f"{name} {BY_CALLER}")
        else:
            value = substituted(match[3].strip(), self.scope, at, "cmd")
        old = self.scope.get(name)
        if not conditional:
            self.scope[name] = value
        elif isinstance(old, Said) and (value.why.endswith(BY_CALLER) or old.text == value.text):
            return
        else:
            self.scope[name] = Said(None, at, f"{name} is set under a condition (line {number})")


def _behind_condition(raws: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """The command of `if [/i] [not] a==b command`, `if exist x command`, `if defined x command`."""
    index = 1
    while index < len(raws) and raws[index][0].lower() in ("/i", "not"):
        index += 1
    if index >= len(raws):
        return []
    word = raws[index][0].lower()
    if word in ("exist", "defined", "errorlevel"):
        return raws[index + 2 :]
    if "==" in word:
        return raws[index + 1 + (word.endswith("==")) :]
    return raws[index + 3 :]
