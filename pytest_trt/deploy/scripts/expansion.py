"""What `$NAME`, `${NAME...}` and `$(command)` become, as far as the file says; nothing is run."""

from __future__ import annotations

import re

from pytest_trt.deploy.edge import Said
from pytest_trt.deploy.scope import (
    ANCHOR,
    BY_CALLER,
    HOME,
    TOO_LONG,
    UNKNOWN,
    WORD_LIMIT,
    Within,
    below,
    parent,
    said,
    shape,
)
from pytest_trt.deploy.scripts.quoting import (
    DEPTH_LIMIT,
    ansi_end,
    double_end,
    group_end,
    single_end,
    tick_end,
    word_end,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_trt.artifacts.location import Location
    from pytest_trt.deploy.scope import Scope

    # A text, and why it is not known whole; its unknown parts are UNKNOWN then. "": it is known.
    Value = tuple[str, str]

_SPECIAL = re.compile(r"[\\$`]")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BRACED = re.compile(r"([A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@*#?$!-])(\[[^\]]*\])?")
_OPERATOR = re.compile(r":?[-=?+]")
_GLOB = re.compile(r"[*?\[\]]")
_ORDINARY = re.compile(r"[^\\'\"$`]+")
_ARRAY = re.compile(r'"?\$\{([A-Za-z_]\w*)\[[@*]\]\}"?|"?\$(@)"?|"?\$\{(@)\}"?')
_LEFT = re.compile(r"\$\{(!\d+)\}")
_ANSI = re.compile(r"\\(.)", re.DOTALL)
_QUIET = re.compile(r"(?:[12]?|&)>+\s*(?:/dev/null|&[12])")
_IMPLIED = ("PWD", "0", "BASH_SOURCE")


class _Fields:
    """The fields of a word while they grow."""

    __slots__ = ("at", "length", "done", "pieces", "why", "started")

    def __init__(self, at: Location, length: int) -> None:
        self.at = at
        self.length = length
        self.done: list[Said] = []
        self.pieces: list[str] = []
        self.why = ""
        self.started = False  # a field is there, although it may be empty

    def add(self, text: str, why: str) -> None:
        self.pieces.append(text)
        self.why = self.why or why
        self.started = True

    def split(self, text: str, why: str) -> None:
        """What is not quoted: its first and last part join what is beside them."""
        parts = text.split()
        if text[:1].isspace():
            self._finish()
        for number, each in enumerate(parts):
            if number:
                self._finish()
            # Which part is unknown is seen by its mark.
            self.add(each, why if UNKNOWN in each else "")
        if parts and text[-1:].isspace():
            self._finish()

    def _finish(self) -> None:
        if self.started:
            self.done.append(said("".join(self.pieces), self.why, self.at, self.length))
        self.pieces, self.why, self.started = [], "", False

    def finished(self) -> list[Said]:
        self._finish()
        return self.done


class Expansion:
    """Replaces what is in texts of one place. dialect: "sh", "compose" or "dockerfile"."""

    __slots__ = ("scope", "at", "dialect")

    def __init__(self, scope: Scope, at: Location, dialect: str) -> None:
        self.scope = scope
        self.at = at
        self.dialect = dialect

    def text(self, text: str, depth: int = 0, quoted: bool = False) -> Value:
        """Text as it stands between double quotes, with what is in it replaced. quoted: a `\\"` is a quote."""
        if depth > DEPTH_LIMIT:
            return UNKNOWN, "the substitutions are nested too deeply"
        pieces: list[str] = []
        why = ""
        size = 0
        index = 0
        escaped = ("$", "`", "\\", "\n", '"') if quoted else ("$", "`", "\\", "\n")
        while True:
            match = _SPECIAL.search(text, index)
            if match is None:
                pieces.append(text[index:])
                return "".join(pieces), why
            pieces.append(text[index : match.start()])
            index = match.start()
            if text[index] == "\\":
                following = text[index + 1 : index + 2]
                if self.dialect == "compose" or following not in escaped:
                    pieces.append("\\")
                    index += 1
                else:
                    pieces.append("" if following == "\n" else following)
                    index += 2
            elif text[index] == "`" and self.dialect != "sh":
                pieces.append("`")
                index += 1
            else:
                value, reason, index = self.dollar(text, index, depth, True)
                why = why or reason
                size += len(value)
                if size > max(WORD_LIMIT, 2 * len(text)):
                    return UNKNOWN, TOO_LONG
                pieces.append(value)

    def fields(self, raw: str, depth: int = 0) -> list[Said]:
        """What a word of a shell becomes: its quotes removed, what is unquoted split into fields."""
        array = self._array(raw)
        if array is not None:
            # A known element stands where it was written; the reason of an unknown one names that line.
            return [each if each.text is not None else said(shape(each), each.why, self.at) for each in array]
        found = _Fields(self.at, len(raw))
        index = 0
        if self.dialect == "sh" and raw[:1] == "~" and raw[1:2] in ("", "/"):
            found.add(UNKNOWN, HOME)
            index = 1
        while index < len(raw):
            char = raw[index]
            if char == "'":
                end = single_end(raw, index)
                inner = raw[index + 1 : end - 1]
                found.add(inner, self._left_by_make(inner))
                index = end
            elif char == '"':
                end = double_end(raw, index, depth)
                found.add(*self.text(raw[index + 1 : end - 1], depth, True))
                index = end
            elif char == "\\":
                if raw[index + 1 : index + 2] != "\n":
                    found.add(raw[index + 1 : index + 2], "")
                index += 2
            elif raw.startswith("$'", index) and self.dialect == "sh":
                end = ansi_end(raw, index)
                found.add(_ANSI.sub(_ansi, raw[index + 2 : end - 1]), "")
                index = end
            elif raw.startswith('$"', index):
                index += 1
            elif char in "$`":
                value, why, index = self.dollar(raw, index, depth)
                if self.dialect == "sh":
                    found.split(value, why)
                elif value:
                    found.add(value, why)
            else:
                match = _ORDINARY.match(raw, index)
                index = match.end() if match else index + 1
                found.add(match[0] if match else char, "")
        return found.finished()

    def _array(self, raw: str) -> list[Said] | None:
        """The elements where the word is an array and nothing else: "${a[@]}", "$@"."""
        match = _ARRAY.fullmatch(raw)
        if match is None:
            return None
        found = self.scope.get(match[1] or match[2] or match[3])
        return found if isinstance(found, list) else None

    def _left_by_make(self, text: str) -> str:
        """Why a reference that make.unfolded() left is not known: single quotes do not hide it from make."""
        match = _LEFT.search(text)
        found = self.scope.get(match[1]) if match else None
        return found.why if isinstance(found, Said) else ""

    def dollar(self, text: str, index: int, depth: int, quoted: bool = False) -> tuple[str, str, int]:
        """The substitution that begins here: text, why, and where it ends."""
        if text[index] == "`":
            end = tick_end(text, index)
            inner = text[index + 1 : min(end, len(text) + 1) - 1]
            return *self._command(re.sub(r"\\([$`\\])", r"\1", inner), depth + 1), end
        following = text[index + 1 : index + 2]
        if following == "{":
            end = group_end(text, index + 1, depth, quoted)
            if end > len(text):
                return UNKNOWN, "a `${` is never closed", len(text)
            return *self._braces(text[index + 2 : end - 1], depth + 1), end
        if following == "(" and self.dialect == "sh":
            end = group_end(text, index + 1, depth)
            if end > len(text):
                return UNKNOWN, "a `$(` is never closed", len(text)
            if text.startswith("((", index + 1):
                return UNKNOWN, "a sum is computed only when this runs", end
            return *self._command(text[index + 2 : end - 1], depth + 1), end
        if self.dialect == "compose":
            if following == "$":
                return "$", "", index + 2
            if following == "(":
                return UNKNOWN, "docker compose refuses `$(`: it has variables, no commands", len(text)
        match = _NAME.match(text, index + 1)
        if match:
            return *self.looked_up(match[0]), match.end()
        if following and (following in "@*#?$!-" or following in "0123456789") and self.dialect != "compose":
            return *self.looked_up(following), index + 2
        return "$", "", index + 1

    def looked_up(self, name: str) -> Value:
        found = self.scope.get(name)
        if isinstance(found, list):
            chosen = found if name in ("@", "*") else found[:1]
            whys = [each.why for each in chosen if each.text is None]
            return " ".join(shape(each) for each in chosen), whys[0] if whys else ""
        if found is not None:
            return shape(found), "" if found.text is not None else found.why or f"{name} is not known"
        if name == "PWD":
            return ".", ""
        if name in ("0", "BASH_SOURCE"):
            return "./" + self.at.path.rpartition("/")[2], ""
        if name.isdigit() or name in ("@", "*", "#", "OPTARG"):
            return UNKNOWN, f"${name} {BY_CALLER}"
        return UNKNOWN, f"{name} is not set in the file"

    def _braces(self, inner: str, depth: int) -> Value:
        """What stands between `${` and `}`."""
        left = self.scope.get(inner) if inner[:1] == "!" else None
        if isinstance(left, Said):
            return shape(left), left.why
        match = _BRACED.match(inner)
        if match is None:
            return UNKNOWN, f"`${{{inner[:40]}}}` is known only when this runs"
        name, index, rest = match[1], match[2], inner[match.end() :]
        refused = UNKNOWN, f"docker compose refuses `${{{inner[:40]}}}`"
        if self.dialect == "compose" and (index or not _NAME.fullmatch(name)):
            return refused
        value, why = self._element(name, index)
        if not rest:
            return value, why
        operator = _OPERATOR.match(rest)
        if operator:
            unset = bool(why) and name not in self.scope and name not in _IMPLIED
            return self._default(operator[0], rest[operator.end() :], name, (value, why), unset, depth)
        if self.dialect == "compose":
            return refused
        return (UNKNOWN, why) if why else self._cut(rest, value, depth)

    def _element(self, name: str, index: str | None) -> Value:
        if index is None or index == "[0]":
            return self.looked_up(name)
        found = self.scope.get(name)
        if isinstance(found, list):
            if index in ("[@]", "[*]"):
                whys = [each.why for each in found if each.text is None]
                return " ".join(shape(each) for each in found), whys[0] if whys else ""
            number = index[1:-1]
            if len(number) < 6 and number.isascii() and number.isdigit() and int(number) < len(found):
                return shape(found[int(number)]), found[int(number)].why
        elif index in ("[@]", "[*]"):
            return self.looked_up(name)
        return UNKNOWN, f"{name}{index[:20]} is known only when this runs"

    def _default(self, operator: str, words: str, name: str, value: Value, unset: bool, depth: int) -> Value:
        """`${NAME:-words}` and its kin. What nobody sets has its default, unless who runs this sets it."""
        unset = unset or (value == ("", "") and operator[0] == ":")
        if operator[-1] in "-=":
            return self._word(words, depth) if unset else value
        if operator[-1] == "?":
            return (UNKNOWN, f"{name} must be set by whoever runs this") if unset else value
        if value[1]:
            return UNKNOWN, value[1]
        return ("", "") if unset else self._word(words, depth)

    def _word(self, words: str, depth: int) -> Value:
        """The word of a default or a pattern: its quotes are removed in a shell."""
        if self.dialect != "compose" and len(words) > 1 and words[0] in "\"'" and words[-1] == words[0]:
            if words[0] == "'":
                return words[1:-1], ""
            words = words[1:-1]
        return self.text(words, depth)

    def _cut(self, rest: str, value: str, depth: int) -> Value:
        """`%x`, `##*/`, `/a/b`, `,,` and their kin; a pattern may be plain text with one star at its end."""
        unknown = UNKNOWN, f"`{rest[:40]}` of a variable is computed only when this runs"
        here = value.startswith(".")  # a folder that is known only there: what is before it must not be asked for
        if rest in (",,", "^^"):
            return unknown if here else (value.lower() if rest == ",," else value.upper(), "")
        match = re.match(r"%%?|##?|//?", rest)
        if match is None:
            return unknown
        operator = match[0]
        if operator[0] == "/":
            old, _, new = rest[match.end() :].partition("/")
            if not old or _GLOB.search(old) or old[0] in "#%" or "\\" in rest or "$" in rest or here:
                return unknown
            return value.replace(old, new, -1 if operator == "//" else 1), ""
        pattern, why = self._word(rest[match.end() :], depth)
        if why:
            return UNKNOWN, why
        if operator == "%" and pattern == "/*":
            return parent(value), ""
        plain = pattern[:-1] if operator[0] == "%" and pattern.endswith("*") else pattern
        plain = plain[1:] if operator[0] == "#" and pattern.startswith("*") else plain
        if _GLOB.search(plain) or not plain or (here and operator[0] == "#" and pattern != "*/"):
            return unknown
        if here and (value in (".", "..", ANCHOR) or operator[0] == "%") and plain != pattern:
            return unknown
        if plain == pattern:
            return value.removesuffix(plain) if operator[0] == "%" else value.removeprefix(plain), ""
        place = value.rfind(plain) if operator in ("%", "##") else value.find(plain)
        if place < 0:
            return value, ""
        return value[:place] if operator[0] == "%" else value[place + len(plain) :], ""

    def _command(self, text: str, depth: int) -> Value:
        """What `$(...)` prints, for the few commands whose answer the file itself tells: folders, mostly."""
        unknown = UNKNOWN, f"`{' '.join(text.split())[:40]}` gives its answer only when this runs"
        if depth > DEPTH_LIMIT or len(text) > WORD_LIMIT:
            return unknown
        within = self
        answer: Value | None = None
        for part in re.split(r"&&|;", text.strip()):
            words = within._words(part, depth)
            if isinstance(words, str):
                return UNKNOWN, words
            answer = within._answer(words) if words else None
            if answer is None or answer[1]:
                return answer or unknown
            if words[0] == "cd":
                within = Expansion(Within(self.scope, {"PWD": Said(answer[0], self.at)}), self.at, self.dialect)
                answer = None
        return answer or unknown

    def _words(self, text: str, depth: int) -> list[str] | str:
        """The fields of one simple command, or why they are not known; redirections of errors are left out."""
        found: list[str] = []
        index = 0
        while index < len(text):
            if text[index].isspace():
                index += 1
                continue
            quiet = _QUIET.match(text, index)
            if quiet:
                index = quiet.end()
                continue
            if text[index] in "|&()<>":
                return []
            end = min(word_end(text, index), len(text))
            raw = text[index:end]
            for field in self.fields(raw, depth):
                if field.text is None:
                    return field.why
                found.append(field.text)
            index = max(end, index + 1)
        return found

    def _answer(self, words: Sequence[str]) -> Value | None:
        """What one simple command prints; for cd, the folder that it goes to."""
        name, rest = words[0], [word for word in words[1:] if not word.startswith("-")]
        if name == "pwd":
            return self.looked_up("PWD")
        if name == "git" and list(words[1:]) == ["rev-parse", "--show-toplevel"]:
            return ANCHOR, ""
        if name == "cd" and not rest:
            return UNKNOWN, HOME
        if len(rest) != 1:
            return None
        if name == "dirname":
            return parent(rest[0]), ""
        if name == "basename":
            base = rest[0].rstrip("/").rpartition("/")[2]
            return (UNKNOWN, "the name of that folder is not in the file") if base in ("", ".", "..") else (base, "")
        if name in ("realpath", "readlink", "cd"):
            folder, why = self.looked_up("PWD")
            path = below(None if why else folder, rest[0])
            return (path, "") if path is not None else (UNKNOWN, why)
        return (rest[0], "") if name == "echo" else None


def _ansi(match: re.Match[str]) -> str:
    """An escape of $'...', those that scripts use."""
    plain = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"', "e": "\x1b"}
    return plain.get(match[1], match[0])
