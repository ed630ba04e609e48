"""Text measured in columns of a terminal."""

from __future__ import annotations

import unicodedata


def columns(text: str) -> int:
    """How many columns a printable text takes: none for a combining character, two for a wide one."""
    if text.isascii():
        return len(text)
    return sum(map(_columns, text))


def fit(text: str, width: int) -> str:
    """The text in at most so many columns; of a longer one the middle gives way to "...". width: 8 or more."""
    if columns(text) <= width:
        return text
    head = _head(text, (width - 3 + 1) // 2)
    return f"{head}...{_head(text[::-1], (width - 3) // 2)[::-1]}"


def pad(text: str, width: int, right: bool = False) -> str:
    """The text in exactly so many columns, if it is not longer. right: set to the right."""
    space = " " * (width - columns(text))
    return space + text if right else text + space


def _head(text: str, width: int) -> str:
    taken = 0
    for place, character in enumerate(text):
        taken += _columns(character)
        if taken > width:
            return text[:place]
    return text


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
