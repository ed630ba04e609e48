"""Templates in YAML text: what an engine would fill in, marked so that the rest can be read."""

from __future__ import annotations

import re

_MARK = re.compile("\ue000([0-9]+)\ue001")
_OPENS = re.compile(r"\{[{%]")
_OPENS_JINJA = re.compile(r"\{[{%#]")
_CLOSES = {"{{": "}}", "{%": "%}", "{#": "#}"}
_SYMBOL_LIMIT = 2000
_COMMENTS = ("{{/*", "{{- /*", "{{!", "{#")


class Mark:
    """What stands for a part of a text that is not known: the part as it is written, and why it is not known."""

    __slots__ = ("raw", "why")

    def __init__(self, raw: str, why: str) -> None:
        self.raw = raw
        self.why = why


class Marks(list[Mark]):
    """The marks of one text, each in it as a word of characters that no text of people holds."""

    def word(self, raw: str, why: str) -> str:
        """A new mark; what to write into the text."""
        self.append(Mark(raw, why))
        return f"\ue000{len(self) - 1}\ue001"

    def first(self, text: str) -> Mark | None:
        """The first mark that a text holds."""
        match = _MARK.search(text)
        return self._of(match) if match else None

    def restored(self, text: str) -> str:
        """The text with its marks as they were written."""
        return _MARK.sub(lambda match: self._of(match).raw, text)

    def symbol(self, text: str) -> str | None:
        """The same, where it stands for the same text wherever it is written; None where a part has no writing."""
        length = len(text)
        for match in _MARK.finditer(text):
            raw = self._of(match).raw
            length += len(raw)
            if not raw or length > _SYMBOL_LIMIT:
                return None
        return self.restored(text)

    def replaced(self, text: str, by: str) -> str:
        """The text with this in place of each mark."""
        return _MARK.sub(by, text)

    def _of(self, match: re.Match[str]) -> Mark:
        number = int(match[1]) if len(match[1]) < 10 else len(self)
        return self[number] if number < len(self) else Mark(match[0], "it holds characters that stand for templates")


def cleaned(text: str) -> str:
    """The text without the characters that marks are made of."""
    return text.replace("\ue000", "\ufffd").replace("\ue001", "\ufffd")


def masked(text: str, marks: Marks) -> tuple[str, list[int]]:
    """The text with `{{ }}` and `{% %}` marked, line by line as before.

    Second: the lines, counted from 0, that hold statements and nothing else: they stand for any number of lines.
    """
    opens = _OPENS_JINJA if "{%" in text else _OPENS
    pieces: list[str] = []
    gaps: list[int] = []
    spent: set[str] = set()  # what is never closed from here on
    done = at = lines = counted = 0
    while True:
        match = opens.search(text, at)
        if match is None or len(spent) == len(_CLOSES):
            pieces.append(text[done:])
            return "".join(pieces), gaps
        kind, start = match[0], match.start()
        end = -1 if kind in spent else text.find(_CLOSES[kind], start + 2)
        if end < 0:
            spent.add(kind)
            at = start + 2
            continue
        end += 2
        if text.startswith("{{{", start) and text.startswith("}", end):
            end += 1
        lines += text.count("\n", counted, start)
        counted = start
        raw = text[start:end]
        before = text[text.rfind("\n", 0, start) + 1 : start]
        behind = text.find("\n", end)
        rest = text[end : len(text) if behind < 0 else behind]
        pieces.append(text[done:start])
        comment = raw.startswith(_COMMENTS)
        if not before.strip() and (kind != "{{" or not rest.strip()):
            if not comment:
                gaps.append(lines)
            pieces.append("#" + "\n#" * raw.count("\n") + " ")
        elif comment or kind == "{%":
            if not comment:
                gaps.append(lines)
            pieces.append("\n#" * raw.count("\n"))
        else:
            why = f"`{' '.join(raw.split())[:80]}` is filled in by a template"
            pieces.append(marks.word(raw, why) + "\n" * raw.count("\n"))
        done = at = end
