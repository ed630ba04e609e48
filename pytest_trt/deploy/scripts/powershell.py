"""PowerShell scripts, followed in the order of their lines; nothing is run."""

from __future__ import annotations

import re

from pytest_trt.deploy.edge import Said, line
from pytest_trt.deploy.scope import ANCHOR, UNKNOWN, Variables, below, said, shape
from pytest_trt.deploy.scripts.docker_run import Where
from pytest_trt.deploy.scripts.one_command import run
from pytest_trt.deploy.scripts.prefixes import plain_command

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_trt.deploy.reading import Reading
    from pytest_trt.deploy.tree import Tree

_COMMENT = re.compile(r"<#.*?(?:#>|\Z)", re.DOTALL)
_TOKEN = re.compile(
    r"(?P<space>[ \t\r]+|`[ \t]*\r?\n)|(?P<comment>\#[^\n]*)|(?P<end>[\n;|{}()]|&&|&)"
    r"|(?P<text>@[\"'][ \t\r]{0,80}(?=\n))"
    r"|(?P<word>(?:\"(?:`.|\"\"|[^\"`])*\"?|'(?:''|[^'])*'?|\$\{[^}\n]{0,200}\}|\$\([^()\n]{0,200}\)|`.|[^\s\"'`;|&{}()])+)",
    re.DOTALL,
)
_PIECE = re.compile(r"\"(?P<double>(?:`.|\"\"|[^\"`])*)\"?|'(?P<single>(?:''|[^'])*)'?|`(?P<escaped>.)", re.DOTALL)
_VARIABLE = re.compile(
    r"\$\{([^}\n]{0,200})\}|\$\(([^()\n]{0,200})\)(?:\.Path\b)?|\$((?:env:)?\w+)(?:\.Path\b)?|`(.)", re.IGNORECASE
)
_NAMED = re.compile(r"(?:\[[\w.\[\]]+\])?\$\{?((?:env:|script:|global:)?\w+)\}?(?:=(.*))?", re.IGNORECASE | re.DOTALL)
_HERE = frozenset(("pwd", "psscriptroot", "get-location", "$pwd", "(get-location).path", "gl"))
_MOVES = frozenset(("cd", "chdir", "sl", "set-location", "push-location", "pushd"))


def follow(text: str, reading: Reading, tree: Tree) -> None:
    """Puts what the lines deploy into the reading."""
    _PowerShell(reading, tree).follow(_COMMENT.sub(lambda match: "\n" * match[0].count("\n"), text.replace("\0", "")))


class _PowerShell:
    __slots__ = ("reading", "tree", "scope", "folder")

    def __init__(self, reading: Reading, tree: Tree) -> None:
        self.reading = reading
        self.tree = tree
        self.scope = Variables()
        self.folder: str | None = ANCHOR

    def follow(self, text: str) -> None:
        words: list[tuple[str, int]] = []
        depth = index = 0
        number = 1
        while index < len(text):
            match = _TOKEN.match(text, index)
            if match is None:
                index += 1
                continue
            token = match[0]
            if match["text"] is not None:
                # A here-string: data, as a rule.
                end = text.find(f"\n{token[1]}@", match.end())
                end = end + 3 if end >= 0 else len(text)
                number += text.count("\n", index, end)
                index = end
                continue
            if match["word"] is not None:
                words.append((token, number))
            elif match["end"] is not None and not (token == "&" and not words):
                self._command(words, depth > 0)
                words = []
                depth = max(0, depth + (token == "{") - (token == "}"))
            number += token.count("\n")
            index = match.end()
        self._command(words, depth > 0)

    def _command(self, raws: list[tuple[str, int]], conditional: bool) -> None:
        if not raws:
            return
        named = _NAMED.fullmatch(raws[0][0])
        if named and (named[2] is not None or len(raws) > 2 and raws[1][0] == "="):
            values = [(named[2], raws[0][1])] if named[2] is not None else raws[2:]
            self._set(named[1].lower(), values, conditional)
            return
        words = [self._word(raw, number) for raw, number in raws]
        if (words[0].text or "").lower() in _MOVES:
            target = next((each for each in words[1:] if not shape(each).startswith("-")), None)
            path = target.text.replace("\\", "/") if target is not None and target.text is not None else None
            self.folder = below(self.folder, path.rstrip("/") or "/") if path is not None else None
            return
        words = list(plain_command(words))
        where = Where(self.reading.path, self.tree, self.folder, self.scope, self.reading.remarks)
        run(words, where, self.reading)

    def _set(self, name: str, raws: list[tuple[str, int]], conditional: bool) -> None:
        at = line(self.reading.path, raws[0][1])
        value = self._word(raws[0][0].removesuffix(","), raws[0][1])
        if len(raws) > 1:
            value = Said(None, at, f"{name} is computed only when this runs")
        old = self.scope.get(name)
        if conditional and not (isinstance(old, Said) and old.text is not None and old.text == value.text):
            value = Said(None, at, f"{name} is set under a condition (line {raws[0][1]})")
        self.scope[name] = value

    def _word(self, raw: str, number: int) -> Said:
        """A word: its quotes removed, its variables replaced."""
        pieces: list[str] = []
        whys: list[str] = []
        index = 0
        for match in _PIECE.finditer(raw):
            pieces.append(self._replaced(raw[index : match.start()], whys))
            if match["double"] is not None:
                pieces.append(self._replaced(match["double"].replace('""', '"'), whys))
            else:
                pieces.append((match["single"] or "").replace("''", "'") + (match["escaped"] or ""))
            index = match.end()
        pieces.append(self._replaced(raw[index:], whys))
        at = line(self.reading.path, number)
        return said("".join(pieces), whys[0] if whys else "", at, len(raw))

    def _replaced(self, text: str, whys: list[str]) -> str:
        def value(match: re.Match[str]) -> str:
            if match[4] is not None:
                return match[4]
            name = (match[1] or match[2] or match[3] or "").strip().lower()
            if name in _HERE:
                folder = ANCHOR if name == "psscriptroot" else self.folder
                if folder is None:
                    whys.append("the working folder is not known")
                return folder if folder is not None else UNKNOWN
            found = self.scope.get(name) if match[2] is None else None
            if isinstance(found, Said):
                if found.text is None:
                    whys.append(found.why)
                return shape(found)
            whys.append(
                f"`{match[0][:40]}` is not set in the file"
                if match[2] is None
                else f"`{match[0][:40]}` gives its answer only when this runs"
            )
            return UNKNOWN

        return _VARIABLE.sub(value, text)
