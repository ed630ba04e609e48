"""TOML with the lines that keys stand on, which the standard library's reader does not tell."""

from __future__ import annotations

import re
import sys

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TYPE_CHECKING = False
if TYPE_CHECKING:
    Keys = tuple[str | int, ...]

_BLANK = re.compile(r"[ \t]*")
_EMPTY = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(r'"""(?:\\.|[^\\])*?""""{0,2}' r"|'''.*?''''{0,2}" r'|"(?:\\.|[^"\\])*"' r"|'[^']*'", re.DOTALL)
_SCALAR = re.compile(r"[^,\]}#\n]*")
_PLACE = re.compile(r" ?\(at (?:line (\d+), column \d+|end of document)\)$")


class TomlError(ValueError):
    """Bytes that are not TOML. line: where, None where no line is to blame."""

    def __init__(self, why: str, line: int | None = None) -> None:
        super().__init__(why)
        self.line = line


class Document:
    """A TOML file: its path and its table."""

    __slots__ = ("path", "table", "_data", "_places")

    def __init__(self, path: str, data: bytes) -> None:
        """Raises TomlError."""
        self.path = path
        self._data = data
        self._places: dict[Keys, int] | None = None
        try:
            self.table: dict[str, object] = tomllib.loads(data.decode())
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise TomlError(f"is not TOML: byte {data[error.start]:#04x} is not UTF-8", line) from None
        except tomllib.TOMLDecodeError as error:
            place = _PLACE.search(str(error))
            line = int(place[1]) if place and place[1] else data.count(b"\n") + 1
            raise TomlError(f"is not TOML: {_PLACE.sub('', str(error))}", line) from None
        except RecursionError:
            raise TomlError("is not TOML: its values are nested too deeply") from None
        except ValueError as error:  # a number of more digits than Python reads
            raise TomlError(f"is not TOML: {error}") from None

    def place(self, keys: Keys) -> tuple[int, int]:
        """(line, byte) where a key, a table or an element begins; of what it is in where it is not there."""
        if self._places is None:
            text = self._data.decode()
            try:
                self._places = {keys: len(text[:at].encode()) for keys, at in _Walk(text).document().items()}
            except RecursionError:
                self._places = {}
        while keys and keys not in self._places:
            keys = keys[:-1]
        at = self._places.get(keys, 0)
        return self._data.count(b"\n", 0, at) + 1, at


class _Walk:
    """Goes through the text of a valid document once and notes where everything begins."""

    __slots__ = ("text", "at", "found", "sizes")

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.found: dict[Keys, int] = {}
        self.sizes: dict[Keys, int] = {}

    def document(self) -> dict[Keys, int]:
        table: Keys = ()
        self._skip(_EMPTY)
        while self.at < len(self.text):
            start = self.at
            brackets = 2 if self.text.startswith("[[", start) else self.text.startswith("[", start)
            if brackets:
                self.at += brackets
                table = self._header(self._keys(), start, brackets == 2)
                self.at += brackets
            else:
                self._pair(table)
            self._skip(_EMPTY)
            if self.at == start:
                break
        return self.found

    def _skip(self, what: re.Pattern[str]) -> str:
        match = what.match(self.text, self.at)
        if match is None:
            self.at = len(self.text)
            return ""
        self.at = match.end()
        return match[0]

    def _header(self, names: list[str], start: int, another: bool) -> Keys:
        """The keys of a table; a name of an array of tables stands for its last one."""
        keys: Keys = ()
        for number, name in enumerate(names, 1):
            keys += (name,)
            self.found.setdefault(keys, start)
            if another and number == len(names):
                self.sizes[keys] = self.sizes.get(keys, 0) + 1
            if keys in self.sizes:
                keys += (self.sizes[keys] - 1,)
                self.found.setdefault(keys, start)
        return keys

    def _keys(self) -> list[str]:
        names = []
        while True:
            self._skip(_BLANK)
            quoted = self.text[self.at : self.at + 1] in ("'", '"')
            name = self._skip(_STRING if quoted else _BARE)
            names.append(name[1:-1] if quoted else name)
            self._skip(_BLANK)
            if not self.text.startswith(".", self.at):
                return names
            self.at += 1

    def _pair(self, table: Keys) -> None:
        start = self.at
        keys = table
        for name in self._keys():
            keys += (name,)
            self.found.setdefault(keys, start)
        self.at += 1
        self._value(keys)

    def _value(self, keys: Keys) -> None:
        self._skip(_BLANK)
        first = self.text[self.at : self.at + 1]
        if first in ("'", '"'):
            self._skip(_STRING)
        elif first in ("[", "{"):
            self.at += 1
            number = 0
            self._skip(_EMPTY)
            while self.at < len(self.text) and self.text[self.at] not in "]}":
                if first == "[":
                    element = keys + (number,)
                    self.found[element] = self.at
                    self._value(element)
                    number += 1
                else:
                    self._pair(keys)
                self._skip(_EMPTY)
                if self.text.startswith(",", self.at):
                    self.at += 1
                    self._skip(_EMPTY)
            self.at += 1
        else:
            self._skip(_SCALAR)
