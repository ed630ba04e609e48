""".gitignore files: what git would leave out below a folder.

Source: gitignore(5). Read are the .gitignore files between the repository's root (or, without one, the folder that was
named) and the path, and .git/info/exclude; the user's own excludesFile is not, as it is not part of the repository.
"""

from __future__ import annotations

import os
import re

_SIZE_LIMIT = 1 << 20
_SPECIAL = frozenset("*?[\\")


class Ignored:
    """Whether git ignores a path, by the patterns that fit the path itself.

    As in a walk: a folder that is ignored is not entered, so its parts are never asked for. A folder that the user
    named is walked, whatever is said of it from above.
    """

    __slots__ = ("_files", "_tops")

    def __init__(self) -> None:
        self._files: dict[str, _Patterns | None] = {}
        self._tops: dict[str, str] = {}

    def __call__(self, path: str) -> bool:
        folder, name = os.path.split(os.path.abspath(path))
        relative = name
        top = self._top(folder)
        while True:
            patterns = self._of(folder, top)
            if patterns is not None:
                verdict = patterns.decide(relative, name, path)
                if verdict is not None:
                    return verdict
            if folder == top:
                return False
            folder, part = os.path.split(folder)
            relative = f"{part}/{relative}"

    def above(self, path: str) -> bool:
        """Whether git ignores a path or a folder that it is in."""
        here = os.path.abspath(path)
        top = self._top(os.path.dirname(here))
        while here != top and len(here) > len(top):
            if self(here):
                return True
            here = os.path.dirname(here)
        return False

    def _top(self, folder: str) -> str:
        """The repository's root above a folder; the folder at which the file system begins where there is none."""
        known = self._tops.get(folder)
        if known is None:
            above = os.path.dirname(folder)
            found = above == folder or os.path.lexists(os.path.join(folder, ".git"))
            known = self._tops[folder] = folder if found else self._top(above)
        return known

    def _of(self, folder: str, top: str) -> _Patterns | None:
        if folder not in self._files:
            text = _text(os.path.join(folder, ".gitignore"))
            if folder == top:
                text = _text(os.path.join(folder, ".git", "info", "exclude")) + "\n" + text
            self._files[folder] = _Patterns(text) if text.strip() else None
        return self._files[folder]


class _Patterns:
    """One file's patterns. Names and suffixes without more are looked up; the rest is one regular expression."""

    __slots__ = ("_rows", "_names", "_suffixes", "_rest")

    def __init__(self, text: str) -> None:
        self._rows: list[tuple[re.Pattern[str], bool, bool]] = []
        names = set()
        suffixes = []
        rest = []
        for line in text.splitlines():
            row = _row(line)
            if row is None:
                continue
            body, negated, folders, anchored = row
            expression = _expression(body, anchored)
            try:
                self._rows.append((re.compile(expression), negated, folders))
            except re.error:
                continue
            if anchored or _SPECIAL & set(body.removeprefix("*")):
                rest.append(expression)
            elif body.startswith("*"):
                suffixes.append(body[1:])
            else:
                names.add(body)
        self._rows.reverse()
        self._names = frozenset(names)
        self._suffixes = tuple(suffixes)
        self._rest = re.compile("|".join(rest)) if rest else None

    def decide(self, relative: str, name: str, path: str) -> bool | None:
        """The last pattern that fits decides; None where none does. relative: from this file's folder on."""
        if name not in self._names and not (self._suffixes and name.endswith(self._suffixes)):
            if self._rest is None or self._rest.fullmatch(relative) is None:
                return None
        for expression, negated, folders in self._rows:
            if expression.fullmatch(relative) is not None and (not folders or os.path.isdir(path)):
                return not negated
        return None


def _row(line: str) -> tuple[str, bool, bool, bool] | None:
    """(pattern, negated, for folders only, anchored) of a line, None where it holds none."""
    if line.startswith("#"):
        return None
    stripped = line.rstrip(" \t")
    if stripped.endswith("\\") and line != stripped:
        stripped += " "
    negated = stripped.startswith("!")
    body = stripped[1:] if negated else stripped
    folders = body.endswith("/")
    body = body.rstrip("/") if folders else body
    anchored = "/" in body
    return (body.removeprefix("/"), negated, folders, anchored) if body else None


def _expression(body: str, anchored: bool) -> str:
    """A pattern as a regular expression over a path with `/`."""
    found = [] if anchored else ["(?:.*/)?"]
    at = 0
    while at < len(body):
        character = body[at]
        if body.startswith("**/", at) and (at == 0 or body[at - 1] == "/"):
            found.append("(?:.*/)?")
            at += 3
            continue
        if body.startswith("/**", at) and at + 3 == len(body):
            found.append("/.+")
            break
        if character == "*":
            if found[-1:] != ["[^/]*"]:
                found.append("[^/]*")
        elif character == "?":
            found.append("[^/]")
        elif character == "[":
            end = body.find("]", at + 2 if body[at + 1 : at + 2] not in ("!", "^") else at + 3)
            if end < 0:
                return "(?!)"
            inside = body[at + 1 : end]
            inverted = inside[:1] in ("!", "^")
            inside = (inside[1:] if inverted else inside).replace("\\", "\\\\").replace("[", "\\[")
            found.append(f"(?!/)[{'^' if inverted else ''}{inside}]")
            at = end
        elif character == "\\" and at + 1 < len(body):
            at += 1
            found.append(re.escape(body[at]))
        else:
            found.append(re.escape(character))
        at += 1
    return "".join(found)


def _text(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return file.read(_SIZE_LIMIT).decode("utf-8", "surrogateescape")
    except (OSError, ValueError):
        return ""
