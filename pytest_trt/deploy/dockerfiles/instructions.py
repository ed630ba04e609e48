"""A Dockerfile as instructions, with the line of every word."""

from __future__ import annotations

import re
from bisect import bisect_right

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_DIRECTIVE = re.compile(r"#\s*([A-Za-z]+)\s*=\s*(\S+)\s*$")
_HEREDOC = re.compile(r"(?<!<)<<(-?)(['\"]?)([A-Za-z_]\w*)\2")
_WORD = re.compile(r"(?:\"(?:\\.|[^\"\\])*\"?|'[^']*'?|\\.|[^\s\"'\\])+", re.DOTALL)
_BLANK = re.compile(r"\S+")
_WITH_HEREDOC = ("RUN", "COPY", "ADD")


class Heredoc:
    """name: the delimiter. raw: it was quoted, so that nothing in the text is replaced. text; line: where it begins."""

    __slots__ = ("name", "raw", "text", "line")

    def __init__(self, name: str, raw: bool, text: str, line: int) -> None:
        self.name = name
        self.raw = raw
        self.text = text
        self.line = line


class Instruction:
    """name: in upper case. text: what follows, continued lines joined. line: where it begins."""

    __slots__ = ("name", "text", "line", "heredocs", "_starts", "_lines")

    def __init__(self, name: str, text: str, starts: list[int], lines: list[int]) -> None:
        self.name = name
        self.text = text
        self.line = lines[0]
        self.heredocs: list[Heredoc] = []
        self._starts = starts
        self._lines = lines

    def line_at(self, index: int) -> int:
        """The line of a character of the text."""
        return self._lines[max(0, bisect_right(self._starts, index) - 1)]

    def words(self, quotes: bool = True) -> Iterator[tuple[str, int]]:
        """The words as they are written, with their lines. quotes: whether quoted spaces belong to a word."""
        for match in (_WORD if quotes else _BLANK).finditer(self.text):
            yield match[0], self.line_at(match.start())

    def array(self) -> list[tuple[str, int]] | None:
        """The words of the JSON form, None where it is not in that form."""
        if not self.text.lstrip().startswith("["):
            return None
        import json

        try:
            found = json.loads(self.text)
        except (ValueError, RecursionError):
            return None
        if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
            return None
        places = [self.line_at(match.start()) for match in re.finditer(r'"(?:\\.|[^"\\])*"', self.text)]
        return [(each, places[index] if index < len(places) else self.line) for index, each in enumerate(found)]


class Dockerfile:
    """escape: the character of the directive, a backslash as a rule. unclosed: (line, delimiter) of a heredoc."""

    __slots__ = ("instructions", "escape", "unclosed")

    def __init__(self) -> None:
        self.instructions: list[Instruction] = []
        self.escape = "\\"
        self.unclosed: tuple[int, str] | None = None


def parse(text: str, first: int = 1) -> Dockerfile:
    """As BuildKit's parser has it: comments and empty lines between continued lines count for nothing.

    first: the number of the text's first line.
    """
    found = Dockerfile()
    lines = [""] * (first - 1) + [each.rstrip("\r") for each in text.replace("\0", "").split("\n")]
    number = first - 1
    while number < len(lines):
        directive = _DIRECTIVE.match(lines[number])
        if directive is None:
            break
        if directive[1].lower() == "escape" and directive[2] in ("\\", "`"):
            found.escape = directive[2]
        number += 1
    continued = re.compile(rf"(?<!{re.escape(found.escape)}){re.escape(found.escape)}[ \t]*$")
    while number < len(lines):
        if not lines[number].strip() or lines[number].lstrip().startswith("#"):
            number += 1
            continue
        pieces: list[str] = []
        starts: list[int] = []
        places: list[int] = []
        length = 0
        more = True
        while more and number < len(lines):
            each = lines[number]
            number += 1
            if pieces and (not each.strip() or each.lstrip().startswith("#")):
                continue
            match = continued.search(each)
            more = match is not None
            piece = each[: match.start()] if match else each
            starts.append(length)
            places.append(number)
            pieces.append(piece)
            length += len(piece)
        joined = "".join(pieces)
        stripped = joined.lstrip()
        name, _, _ = stripped.replace("\t", " ").partition(" ")
        begin = len(joined) - len(stripped) + len(name)
        rest = joined[begin:].lstrip()
        offset = len(joined) - len(rest)
        instruction = Instruction(name.upper(), rest.rstrip(), [start - offset for start in starts], places)
        if instruction.name in _WITH_HEREDOC:
            number = _heredocs(instruction, lines, number, found)
        found.instructions.append(instruction)
    return found


def _heredocs(instruction: Instruction, lines: list[str], number: int, found: Dockerfile) -> int:
    for match in _HEREDOC.finditer(instruction.text):
        start = number
        while number < len(lines):
            each = lines[number].lstrip("\t") if match[1] else lines[number]
            if each == match[3]:
                break
            number += 1
        if number >= len(lines):
            found.unclosed = found.unclosed or (instruction.line, match[3])
        body = [each.lstrip("\t") if match[1] else each for each in lines[start:number]]
        text = "".join(each + "\n" for each in body)
        instruction.heredocs.append(Heredoc(match[3], bool(match[2]), text, start + 1))
        number += 1
    return number
