"""Where quotes, brackets and words of a POSIX shell end. All are linear in the text."""

from __future__ import annotations

import re

# Substitutions within substitutions; deeper ones count as never closed.
DEPTH_LIMIT = 40

_PLAIN = re.compile(r"[^\s\\'\"`$|&;()<>]+")
_IN_DOUBLE = re.compile(r'[^\\"`$]+')
_IN_GROUP = re.compile(r"[^\\'\"`$(){}#\s]+|\s+")
_ARRAY = re.compile(r"[A-Za-z_]\w*\+?=")


def single_end(text: str, at: int) -> int:
    """Where the '...' that begins at `at` ends (behind the quote); beyond the text where it never does."""
    end = text.find("'", at + 1)
    return end + 1 if end >= 0 else len(text) + 1


def ansi_end(text: str, at: int) -> int:
    """The same for $'...', where a backslash escapes the quote."""
    at += 2
    while at < len(text):
        if text[at] == "\\":
            at += 2
        elif text[at] == "'":
            return at + 1
        else:
            at += 1
    return len(text) + 1


def double_end(text: str, at: int, depth: int = 0) -> int:
    """The same for "...", with the substitutions in it."""
    at += 1
    while at < len(text):
        char = text[at]
        if char == '"':
            return at + 1
        if char == "\\":
            at += 2
        elif char == "`":
            at = tick_end(text, at)
        elif char == "$":
            at = dollar_end(text, at, depth + 1, True)
        else:
            match = _IN_DOUBLE.match(text, at)
            at = match.end() if match else at + 1
    return len(text) + 1


def tick_end(text: str, at: int) -> int:
    """The same for `...`."""
    at += 1
    while at < len(text):
        if text[at] == "\\":
            at += 2
        elif text[at] == "`":
            return at + 1
        else:
            at += 1
    return len(text) + 1


def dollar_end(text: str, at: int, depth: int = 0, quoted: bool = False) -> int:
    """Where the substitution of the `$` at `at` ends; behind the `$` alone where it begins none with brackets."""
    following = text[at + 1 : at + 2]
    if following in ("{", "("):
        return group_end(text, at + 1, depth, quoted)
    if following == "'" and not quoted:
        return ansi_end(text, at)
    return at + 1


def group_end(text: str, at: int, depth: int = 0, quoted: bool = False) -> int:
    """Where the bracket at `at`, ( or {, is closed (behind it); beyond the text where it never is."""
    if depth > DEPTH_LIMIT:
        return len(text) + 1
    opening = text[at]
    closing = ")" if opening == "(" else "}"
    open_now = 1
    at += 1
    while at < len(text):
        char = text[at]
        if char == closing:
            open_now -= 1
            at += 1
            if not open_now:
                return at
        elif char == opening:
            # `${a:-{}` closes at the first brace; only parentheses nest without a dollar.
            open_now += opening == "("
            at += 1
        elif char == "\\":
            at += 2
        elif char == "'" and not (quoted and opening == "{"):
            at = single_end(text, at)
        elif char == '"':
            at = double_end(text, at, depth + 1)
        elif char == "`":
            at = tick_end(text, at)
        elif char == "$":
            at = dollar_end(text, at, depth + 1)
        elif char == "#" and opening == "(" and text[at - 1].isspace():
            end = text.find("\n", at)
            at = end if end >= 0 else len(text)
        else:
            match = _IN_GROUP.match(text, at)
            at = match.end() if match else at + 1
    return len(text) + 1


def word_end(text: str, at: int) -> int:
    """Where the word at `at` ends; beyond the text where a quote or bracket of it never ends."""
    start = at
    while at < len(text):
        char = text[at]
        if char == "\\":
            if text.startswith("\\\n", at) and at == start:
                return at
            at += 2
        elif char == "'":
            at = single_end(text, at)
        elif char == '"':
            at = double_end(text, at)
        elif char == "`":
            at = tick_end(text, at)
        elif char == "$":
            at = dollar_end(text, at)
        elif char == "(" and _ARRAY.fullmatch(text, start, at):
            at = group_end(text, at)
        elif char in "<>" and at == start and text[at + 1 : at + 2] == "(":
            at = group_end(text, at + 1)
        else:
            match = _PLAIN.match(text, at)
            if match is None:
                break
            at = match.end()
    return at
