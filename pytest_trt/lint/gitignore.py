""".gitignore files: what git would leave out below a folder.

Source: gitignore(5). Read are the .gitignore files between the repository's root (or, without one, the folder that was
named) and the path, and .git/info/exclude; the user's own excludesFile is not, as it is not part of the repository.
"""

from __future__ import annotations

import os
import re

_SIZE_LIMIT = 1 << 20
_LINE_LIMIT = 1000
# `**` in one pattern; a pattern with more fits nothing here.
_JUMPS = 4
_NEVER = "(?!)"
_SPECIAL = frozenset("*?[\\")


class Ignored:
    """Whether git ignores a path, by the patterns that fit the path itself.

    As in a walk: a folder that is ignored is not entered, so its parts are never asked for. A folder that the user
    named is walked, whatever is said of it from above.
    """

    __slots__ = ("_files", "_tops", "_chains")

    def __init__(self) -> None:
        self._files: dict[str, _Patterns | None] = {}
        self._tops: dict[str, str] = {}
        # Folder as it was asked for -> the patterns that hold there, nearest first, and the way from them to it.
        self._chains: dict[str, list[tuple[_Patterns, str]]] = {}

    def __call__(self, path: str) -> bool:
        folder, _, name = (path if os.sep == "/" else path.replace(os.sep, "/")).rstrip("/").rpartition("/")
        if name in ("", ".", ".."):
            folder, name = os.path.split(os.path.abspath(path))
        chain = self._chains.get(folder)
        if chain is None:
            chain = self._chains[folder] = self._chain(os.path.abspath(folder or (os.sep if path[:1] == "/" else ".")))
        for patterns, way in chain:
            verdict = patterns.decide(way + name, name, path)
            if verdict is not None:
                return verdict
        return False

    def _chain(self, folder: str) -> list[tuple[_Patterns, str]]:
        top = self._top(folder)
        found = []
        way = ""
        while True:
            patterns = self._of(folder, top)
            if patterns is not None:
                found.append((patterns, way))
            if folder == top:
                return found
            folder, part = os.path.split(folder)
            way = f"{part}/{way}"

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
        for number, line in enumerate(text.splitlines()):
            row = _row(line[:_LINE_LIMIT])
            if row is None:
                continue
            body, negated, folders, anchored = row
            expression = _expression(body, anchored, number)
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


def _expression(body: str, anchored: bool, number: int) -> str:
    """A pattern as a regular expression over a path with `/`. number: of the line, for the names of groups."""
    steps = body.split("/")
    found = [] if anchored else ["(?:.*/)?"]
    jumps = 0
    for place, step in enumerate(steps):
        last = place == len(steps) - 1
        if step == "**" and len(steps) > 1:
            if steps[place - 1 : place] != ["**"]:
                found.append(".+" if last else "(?:.*/)?")
                jumps += 1
            elif last:
                found.append(".+")
            continue
        found.append(_step(step, f"g{number}_{place}_") + ("" if last else "/"))
    return "".join(found) if jumps <= _JUMPS else _NEVER


def _step(step: str, names: str) -> str:
    """One name of a pattern. What stands between two stars is found where it is first: no search is done again."""
    pieces = [""]
    at = 0
    while at < len(step):
        character = step[at]
        if character == "*":
            pieces.append("")
        elif character == "?":
            pieces[-1] += "[^/]"
        elif character == "[":
            end = step.find("]", at + 2 if step[at + 1 : at + 2] not in ("!", "^") else at + 3)
            if end < 0:
                return _NEVER
            inside = step[at + 1 : end]
            inverted = inside[:1] in ("!", "^")
            inside = (inside[1:] if inverted else inside).replace("\\", "\\\\").replace("[", "\\[")
            pieces[-1] += f"(?!/)[{'^' if inverted else ''}{inside}]"
            at = end
        else:
            if character == "\\" and at + 1 < len(step):
                at += 1
            pieces[-1] += re.escape(step[at])
        at += 1
    if len(pieces) == 1:
        return pieces[0]
    between = [
        f"(?=(?P<{names}{number}>[^/]*?{piece}))(?P={names}{number})"
        for number, piece in enumerate(pieces[1:-1])
        if piece
    ]
    return f"{pieces[0]}{''.join(between)}[^/]*{pieces[-1]}"


def _text(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return file.read(_SIZE_LIMIT).decode("utf-8", "surrogateescape")
    except (OSError, ValueError):
        return ""
