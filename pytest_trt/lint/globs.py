"""Glob patterns for paths, as .gitignore users know them, and for names of nodes."""

from __future__ import annotations

import os
import re

_SPECIAL = frozenset("*?[")


class Glob:
    """A pattern for paths.

    With a slash it begins at a folder (of the file that says it); without one it fits a file or folder of that name
    anywhere. `*` and `?` stay within one name, `**` goes through any number of folders, `[abc]` is a choice. What
    fits a folder fits all that is in it.
    """

    __slots__ = ("text", "folder", "_fits")

    def __init__(self, text: str, folder: str = "") -> None:
        self.text = text
        self.folder = os.path.abspath(folder)
        plain = text.replace(os.sep, "/").rstrip("/")
        while plain.startswith("./"):
            plain = plain[2:]
        anywhere = "/" not in plain and "/" not in text
        begin = "(?:.*/)?" if anywhere else ""
        body = translated(plain) if plain not in ("", ".") else ".*"
        self._fits = re.compile(f"{begin}{body}(?:/.*)?", re.DOTALL)

    def fits(self, path: str) -> bool:
        """path: as the user named it, from the working directory."""
        whole = os.path.abspath(path)
        known = whole if self.text.startswith("/") else os.path.relpath(whole, self.folder)
        return self._fits.fullmatch(known.replace(os.sep, "/")) is not None

    def begins(self) -> str:
        """The folder or file, as an absolute path, below which lies whatever it fits."""
        if "/" not in self.text:
            return self.folder
        steps = []
        for step in self.text.split("/"):
            if not _SPECIAL.isdisjoint(step):
                break
            steps.append(step)
        return os.path.normpath(os.path.join(self.folder, "/".join(steps) or ("/" if self.text[0] == "/" else "")))


def translated(pattern: str, names: bool = False) -> str:
    """A pattern as a regular expression. names: `*` and `?` fit slashes too, as in the names of nodes."""
    star, one = (".*", ".") if names else ("[^/]*", "[^/]")
    made = ""
    place = 0
    while place < len(pattern):
        character = pattern[place]
        if not names and pattern.startswith("**/", place):
            made += "(?:[^/]+/)*"
            place += 3
        elif pattern.startswith("**", place):
            made += ".*"
            place += 2
        elif character == "[" and (end := pattern.find("]", place + 2)) > 0:
            inside = pattern[place + 1 : end].replace("\\", "\\\\").replace("[", "\\[").replace("&&", "&\\&")
            made += f"[^{inside[1:]}]" if inside[0] in "!^" else f"[{inside}]"
            place = end + 1
        else:
            made += star if character == "*" else one if character == "?" else re.escape(character)
            place += 1
    return made


def inside(path: str, folder: str) -> bool:
    """Whether a path is a folder or lies in it; both absolute."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")
