"""Variables in words of deployment files, as far as the files say what they are; no environment is read.

A folder that is known only where the file is used ($PWD, $(pwd), %cd%, the script's own) becomes ".", the start of a
relative path; Tree.candidates says where such a path may lie.
"""

from __future__ import annotations

import re

from pytest_trt.deploy.edge import Said, line
from pytest_trt.deploy.scope import ANCHOR, UNKNOWN, Variables, said, shape
from pytest_trt.deploy.scripts.expansion import Expansion

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_trt.artifacts.location import Location
    from pytest_trt.deploy.scope import Scope

_SPECIAL = re.compile(r"[\\$`]")
_LEFT = re.compile(r"\$\{!\d+\}")
_PERCENT = re.compile(r"%(?:%|~([a-z]*)([0-9])|([0-9*])|([^%\s:=]+)(:[^%\n]*)?%)")


def substituted(text: str, scope: Scope, at: Location, dialect: str) -> Said:
    """The text with its variables replaced; .text None, with the reason, where one cannot be told.

    What is unknown in part is a Partly. scope: what is known; "PWD" is the folder that relative paths start from (a
    host's "." where it is not there); names are in upper case for "cmd". dialect: "sh" (the text stands between double
    quotes), "make", "cmd", "compose", "dockerfile". Quotes are no quotes here; fields() is for words of a shell.
    """
    if dialect == "cmd":
        value, why = _cmd(text, scope)
    elif dialect == "make":
        from pytest_trt.deploy.scripts.make import unfolded

        missing: list[Said] = []
        value = unfolded(text, scope, at, missing)
        why = missing[0].why if missing else ""
        value = _LEFT.sub(UNKNOWN, value) if why else value
    elif not _SPECIAL.search(text):
        value, why = text, ""
    else:
        value, why = Expansion(scope, at, dialect).text(text)
    return said(value, why, at, len(text))


def fields(raw: str, scope: Scope, at: Location, dialect: str = "sh") -> list[Said]:
    """What a word of a shell becomes: quotes removed, variables replaced, unquoted ones split into fields.

    A variable that is not known leaves one field with text None. dialect: "sh", or "dockerfile" (no splitting, no
    command substitutions).
    """
    return Expansion(scope, at, dialect).fields(raw)


def _cmd(text: str, scope: Scope) -> tuple[str, str]:
    pieces: list[str] = []
    why = ""
    index = 0
    for match in _PERCENT.finditer(text):
        value, reason = _percent(match, scope)
        pieces += (text[index : match.start()], value)
        why = why or reason
        index = match.end()
    pieces.append(text[index:])
    return "".join(pieces), why


def _percent(match: re.Match[str], scope: Scope) -> tuple[str, str]:
    letters, number, argument, name, change = match.groups()
    if match[0] == "%%":
        return "%", ""
    if number == "0" and letters in ("dp", "p"):
        return ANCHOR + "\\", ""
    if number or argument:
        return UNKNOWN, f"`{match[0][:40]}` is given by whoever calls it"
    if change is not None:
        return UNKNOWN, f"`{match[0][:40]}` is computed only when this runs"
    found = scope.get(name.upper())
    if isinstance(found, Said):
        return shape(found), found.why if found.text is None else ""
    return (ANCHOR, "") if name.upper() == "CD" else (UNKNOWN, f"{name} is not set in the file")


def env_file(text: str, path: str, dialect: str = "docker") -> dict[str, Said]:
    """NAME=value lines of the file at path, with the place of each.

    dialect: "docker" (`docker run --env-file`: all behind the equals sign as it stands), or "compose" (.env and
    env_file: quotes are removed, earlier names are replaced, ` #` begins a comment).
    """
    found: dict[str, Said] = {}
    scope = Variables()
    for number, each in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        stripped = each.strip()
        if not stripped or stripped[0] == "#":
            continue
        name, equals, value = stripped.removeprefix("export ").partition("=")
        name = name.rstrip()
        place = line(path, number)
        if not equals:
            found[name] = Said(None, place, f"{name} is taken from the environment of whoever runs this")
            continue
        found[name] = scope[name] = Said(value, place) if dialect == "docker" else _value(value.lstrip(), scope, place)
    return found


def _value(value: str, scope: Scope, place: Location) -> Said:
    if value[:1] == "'":
        return Said(value[1:].partition("'")[0], place)
    if value[:1] == '"':
        match = re.match(r'"((?:\\.|[^"\\])*)', value)
        inner = match[1] if match else value[1:]
        return substituted(re.sub(r'\\(["\\])', r"\1", inner), scope, place, "compose")
    return substituted(re.split(r"\s#", value, maxsplit=1)[0].rstrip(), scope, place, "compose")
