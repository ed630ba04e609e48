"""References to variables in GNU make text; functions as far as the text tells what they give."""

from __future__ import annotations

import re

from pytest_trt.deploy.edge import Said
from pytest_trt.deploy.scope import ANCHOR, TOO_LONG, UNKNOWN, WORD_LIMIT, Partly, Within, below, parent, said, shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_trt.artifacts.location import Location
    from pytest_trt.deploy.scope import Scope
    from pytest_trt.deploy.scripts.expansion import Value

DEPTH_LIMIT = 40

_PLAIN = re.compile(r"[^$]+")
_IN_BRACKET = {"(": re.compile(r"[^()]+"), "{": re.compile(r"[^{}]+")}
_LEFT = re.compile(r"\$\{!\d+\}")
_CALL = re.compile(r"([a-z-]+)[ \t]+")
_FUNCTIONS = frozenset(
    "abspath addprefix addsuffix and basename call dir error eval file filter filter-out findstring firstword flavor"
    " foreach if info intcmp join lastword let notdir or origin patsubst realpath shell sort strip subst suffix value"
    " warning wildcard word wordlist words".split()
)
_THIS_FILE = ("$(lastword $(MAKEFILE_LIST))", "$(firstword $(MAKEFILE_LIST))", "$(MAKEFILE_LIST)")
_HERE = ("pwd", "pwd -P", "pwd -L", "git rev-parse --show-toplevel", "echo $$PWD")
_FOLDER = re.compile(r"(dirname|realpath|readlink -f|cd)\s+(\S+|\$\(.*\))\s*(&&\s*pwd)?")


def unfolded(text: str, scope: Scope, at: Location, missing: list[Said], depth: int = 0) -> str:
    """The text with `$(NAME)`, `${NAME}`, `$N` and `$$` replaced.

    What is not known becomes `${!n}`; missing[n] is then the word that says why, and a recipe's shell knows it as "!n".
    """
    pieces: list[str] = []
    size = 0
    index = 0
    while index < len(text):
        if text[index] != "$":
            match = _PLAIN.match(text, index)
            assert match is not None
            pieces.append(match[0])
            index = match.end()
            continue
        following = text[index + 1 : index + 2]
        if following in ("$", ""):
            value, why = "$", ""
            index += 2
        elif following in ("(", "{"):
            end = _closed(text, index + 1) if depth < DEPTH_LIMIT else None
            if end is None:
                value, why = UNKNOWN, f"`{text[index : index + 20]}` is never closed"
                index = len(text)
            else:
                value, why = _reference(text[index + 2 : end - 1], scope, at, depth + 1)
                index = end
        else:
            value, why = _looked_up(following, scope)
            index += 2
        size += len(value)
        if size > max(WORD_LIMIT, 2 * len(text)):
            value, why, index = UNKNOWN, TOO_LONG, len(text)
        if why:
            # What is known of it takes part: a recipe may be a variable as a whole.
            left = f"${{!{len(missing)}}}"
            pieces.append(value.replace(UNKNOWN, left) if UNKNOWN in value else left)
            missing.append(Partly(UNKNOWN, at, why))
        else:
            pieces.append(value)
    return "".join(pieces)


def _referenced(text: str, scope: Scope, at: Location, depth: int) -> Value:
    missing: list[Said] = []
    value = unfolded(text, scope, at, missing, depth)
    return (_LEFT.sub(UNKNOWN, value), missing[0].why) if missing else (value, "")


def _closed(text: str, at: int) -> int | None:
    """Behind the bracket that closes the one at `at`."""
    opening = text[at]
    closing = ")" if opening == "(" else "}"
    depth = 0
    while at < len(text):
        if text[at] == opening:
            depth += 1
            at += 1
        elif text[at] == closing:
            depth -= 1
            at += 1
            if not depth:
                return at
        else:
            match = _IN_BRACKET[opening].match(text, at)
            at = match.end() if match else at + 1
    return None


def _reference(inner: str, scope: Scope, at: Location, depth: int) -> Value:
    call = _CALL.match(inner)
    if call and call[1] in _FUNCTIONS:
        return _called(call[1], inner[call.end() :], scope, at, depth)
    name, why = _referenced(inner, scope, at, depth) if "$" in inner else (inner, "")
    if why:
        return UNKNOWN, why
    name, colon, change = name.partition(":")
    value, why = _looked_up(name.strip(), scope)
    if why or not colon:
        return value, why
    old, equals, new = change.partition("=")
    if not equals or "%" in change:
        return UNKNOWN, f"`$({inner[:40]})` is computed only when make runs"
    return " ".join(each.removesuffix(old) + new if each.endswith(old) else each for each in value.split()), ""


def _looked_up(name: str, scope: Scope) -> Value:
    found = scope.get(name)
    if isinstance(found, Said):
        return shape(found), "" if found.text is not None else found.why or f"{name} is not known"
    if name in ("CURDIR", "PWD"):
        return ANCHOR, ""
    if len(name) == 1 and not name.isalnum():
        return UNKNOWN, f"$({name}) is known only when make runs"
    return UNKNOWN, f"{name} is not set in the file"


def _called(name: str, rest: str, scope: Scope, at: Location, depth: int) -> Value:
    """A function; those that only move text are computed."""
    unknown = UNKNOWN, f"`$({name} {rest[:40]})` gives its answer only when make runs"
    rest = rest.strip()
    if name == "call":
        return _applied(rest, scope, at, depth) or unknown
    if name == "shell":
        if rest in _HERE:
            return ANCHOR, ""
        match = _FOLDER.fullmatch(rest) if len(rest) < 500 else None
        if match is None or (match[1] == "cd") != bool(match[3]):
            return unknown
        value, why = (_this(at), "") if match[2] in _THIS_FILE else _referenced(match[2], scope, at, depth)
        if why:
            return UNKNOWN, why
        return parent(value) if match[1] == "dirname" else below(ANCHOR, value) or UNKNOWN, ""
    if name not in ("abspath", "realpath", "dir", "notdir", "strip", "firstword", "lastword"):
        return unknown
    value, why = (_this(at), "") if rest in _THIS_FILE else _referenced(rest, scope, at, depth)
    if why:
        return UNKNOWN, why
    words = value.split()
    if name == "strip":
        return " ".join(words), ""
    if name in ("firstword", "lastword"):
        return (words[0 if name == "firstword" else -1] if words else ""), ""
    if len(words) != 1:
        return unknown if words else ("", "")
    if name == "notdir":
        return words[0].rpartition("/")[2], ""
    if name == "dir":
        return (parent(words[0]).rstrip("/") + "/" if "/" in words[0] else "./"), ""
    return below(ANCHOR, words[0]) or UNKNOWN, ""


class Locals(Within):
    """Variables of one target or call, before those of the makefile."""

    __slots__ = ("_texts",)

    def __init__(self, scope: Scope, own: dict[str, Said]) -> None:
        super().__init__(scope, own)
        self._texts: Callable[[str], str | None] | None = getattr(scope, "text", None)

    def text(self, name: str) -> str | None:
        """A variable of the makefile as it is written, None where it is not known."""
        return self._texts(name) if self._texts is not None else None


def _applied(rest: str, scope: Scope, at: Location, depth: int) -> Value | None:
    """`$(call NAME,a,b)`: the variable with `$(1)`, `$(2)` replaced; None where it is not known."""
    parts: list[str] = []
    begin = index = 0
    while index < len(rest):
        if rest[index] == ",":
            parts.append(rest[begin:index])
            begin = index + 1
        elif rest[index] == "$" and rest[index + 1 : index + 2] in ("(", "{"):
            index = (_closed(rest, index + 1) or len(rest)) - 1
        index += 1
    parts.append(rest[begin:])
    own: dict[str, Said] = {str(number): Said("", at) for number in range(1, 10)}
    for number, part in enumerate(parts[:10]):
        value, why = _referenced(part, scope, at, depth)
        own[str(number)] = said(value.strip() if number == 0 else value, why, at)
    name = own["0"].text
    text = Locals(scope, own).text(name) if name else None
    return _referenced(text, Locals(scope, own), at, depth) if text is not None else None


def _this(at: Location) -> str:
    """The makefile itself."""
    return ".//./" + at.path.rpartition("/")[2]
