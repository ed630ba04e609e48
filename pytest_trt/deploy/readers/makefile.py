"""GNU makefiles: each recipe is a piece of shell with the makefile's variables in it."""

from __future__ import annotations

import posixpath
import re

from pytest_trt.artifacts.errors import ArtifactError
from pytest_trt.deploy.edge import Remark, Said, line
from pytest_trt.deploy.reading import Reading
from pytest_trt.deploy.scope import TOO_LONG, WORD_LIMIT, Variables, said, shape
from pytest_trt.deploy.scripts.make import Locals, unfolded
from pytest_trt.deploy.scripts.script import TRIGGER, Walk
from pytest_trt.deploy.scripts.words import script

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_trt.artifacts.location import Location
    from pytest_trt.deploy.tree import Tree

SIZE_LIMIT = 512 << 10
INCLUDE_LIMIT = 50
DEPTH_LIMIT = 40
# What the expansions of one makefile may come to together, 64 more for each.
EXPANSION_LIMIT = 4 << 20
CALL_COST = 2 << 10

_ASSIGNMENT = re.compile(
    r"[ ]*((?:(?:export|override|private)[ \t]+)*)([^\s:#=?+!$()]+|\$\([^()\s]*\))[ \t]*"
    r"(:::=|::=|:=|\?=|\+=|!=|=)[ \t]*(.*)",
    re.DOTALL,
)
_DEFINE = re.compile(r"[ ]*(?:override[ \t]+|export[ \t]+)*define[ \t]+(\S+)[ \t]*(:::=|::=|:=|\?=|\+=|=)?")
_ENDEF = re.compile(r"[ ]*endef\b")
_INCLUDE = re.compile(r"[ ]*(-?include|sinclude)[ \t]+(.*)")
_CONDITION = re.compile(r"[ ]*(ifeq|ifneq|ifdef|ifndef|else|endif)\b[ \t]*(.*)")
_TARGET = re.compile(r"([^:=#\t][^:=#]*?)[ \t]*::?(?!=)[ \t]*(.*)", re.DOTALL)
_EMPTY = re.compile(r"[(\"']?\$[({](\w+)[)}][\"']?\s*[,\"'\s]\s*[)\"']*")
_COMMENT = re.compile(r"(?<!\\)#.*", re.DOTALL)


def read(text: str, path: str, tree: Tree) -> Reading:
    """What the recipes of a makefile deploy."""
    reading = Reading(path, "makefile")
    if len(text) > SIZE_LIMIT:
        if TRIGGER.search(text):
            why = f"longer than {SIZE_LIMIT:,} characters"
            reading.remarks.append(Remark("TRT418", line(path, 1), {"what": "file", "why": why}))
        return reading
    makefile = _Makefile(reading, tree)
    makefile.read(text, path)
    if makefile.triggered:
        makefile.run()
    return reading


class _Recipe:
    __slots__ = ("text", "at", "targets", "prerequisites")

    def __init__(self, text: str, at: Location, targets: list[str], prerequisites: list[str]) -> None:
        self.text = text
        self.at = at
        self.targets = targets
        self.prerequisites = prerequisites


class _Makefile:
    __slots__ = (
        "reading",
        "tree",
        "variables",
        "recipes",
        "exported",
        "included",
        "triggered",
        "own",
        "oneshell",
        "size",
    )

    def __init__(self, reading: Reading, tree: Tree) -> None:
        self.reading = reading
        self.tree = tree
        self.variables = _Recursive()
        self.recipes: list[_Recipe] = []
        self.exported: list[str] = []
        self.included: list[str] = []
        self.triggered = False
        self.own: dict[str, dict[str, Said]] = {}
        self.oneshell = False
        self.size = 0

    def read(self, text: str, path: str) -> None:
        self.size += len(text)
        self.triggered = self.triggered or bool(TRIGGER.search(text))
        self.included.append(posixpath.normpath(path))
        lines = text.replace("\r\n", "\n").replace("\0", "").split("\n")
        number = 0
        conditions: list[str | None] = []
        rule: tuple[list[str], list[str]] | None = None
        while number < len(lines):
            at = line(path, number + 1)
            first = lines[number]
            pieces = [first]
            number += 1
            while pieces[-1].endswith("\\") and not pieces[-1].endswith("\\\\") and number < len(lines):
                pieces.append(lines[number])
                number += 1
            if first.startswith("\t") and rule is not None:
                self.recipes.append(_Recipe("\n".join(pieces), at, *rule))
                continue
            joined = " ".join(each.removesuffix("\\").strip() if index else each.removesuffix("\\").rstrip()
                              for index, each in enumerate(pieces))  # fmt: skip
            define = _DEFINE.match(joined)
            if define:
                number = self._define(define, lines, number, at)
                continue
            condition = _CONDITION.match(joined)
            if condition:
                _change(conditions, condition)
                continue
            include = _INCLUDE.match(joined)
            if include:
                self._include(include[2], at, path)
                continue
            if not joined.strip() or joined.lstrip().startswith("#"):
                continue
            assignment = _ASSIGNMENT.match(joined)
            if assignment:
                self._assign(assignment, at, conditions)
                rule = None
                continue
            export = re.match(r"[ ]*export[ \t]+(.+)", joined)
            if export:
                self.exported += export[1].split()
                continue
            rule = self._rule(joined, at, rule)

    def _rule(
        self, text: str, at: Location, before: tuple[list[str], list[str]] | None
    ) -> tuple[list[str], list[str]] | None:
        """`targets: prerequisites ; recipe`, or `target: NAME = value`."""
        match = _TARGET.match(text)
        if match is None:
            return before
        targets = match[1].split()
        self.oneshell = self.oneshell or ".ONESHELL" in targets
        rest = match[2]
        own = _ASSIGNMENT.match(rest)
        if own:
            value = said(*self._unfolded(own[4].strip(), at), at)
            for target in targets[:100]:
                self.own.setdefault(target, {})[own[2]] = value
            return before
        prerequisites, semicolon, recipe = rest.partition(";")
        found = targets, _COMMENT.sub("", prerequisites).split()
        if semicolon and recipe.strip():
            self.recipes.append(_Recipe(recipe.strip(), at, *found))
        return found

    def _unfolded(self, text: str, at: Location) -> tuple[str, str]:
        missing: list[Said] = []
        value = unfolded(text, self.variables, at, missing)
        return (re.sub(r"\$\{!\d+\}", "\0", value), missing[0].why) if missing else (value, "")

    def _define(self, match: re.Match[str], lines: list[str], number: int, at: Location) -> int:
        start = number
        while number < len(lines) and not _ENDEF.match(lines[number]):
            number += 1
        if number >= len(lines):
            why = f"`define {match[1][:40]}` has no endef"
            self.reading.remarks.append(Remark("TRT420", at, {"why": why}))
        self.variables.define(match[1], "\n".join(lines[start:number]), line(at.path, start + 1), match[2] or "=")
        return number + 1

    def _assign(self, match: re.Match[str], at: Location, conditions: list[str | None]) -> None:
        words, name, operator, value = match.groups()
        if "export" in words:
            self.exported.append(name)
        value = _COMMENT.sub("", value).rstrip().replace("\\#", "#")
        variables = self.variables
        if conditions:
            tested = conditions[-1] if len(conditions) == 1 else None
            if tested == name:
                operator = "?="  # the branch is for where it is not set
            elif operator != "?=":
                variables.uncertain(name, at)
                return
        if operator == "!=":
            variables.define(name, f"$(shell {value})", at, "=")
        else:
            variables.define(name, value, at, operator)

    def _include(self, names: str, at: Location, path: str) -> None:
        """Included files of the tree; what is not there may be made when make runs."""
        value, why = self._unfolded(_COMMENT.sub("", names), at)
        for name in [] if why else value.split():
            found = self.tree.first(self.tree.candidates(name, path))
            if found is None or "*" in name:
                continue
            if posixpath.normpath(found) in self.included or self._too_much():
                why = "includes too much" if self._too_much() else f"includes {name} again"
                self.reading.remarks.append(Remark("TRT418", at, {"what": "file", "why": why}))
                continue
            try:
                self.read(self.tree.read(found, SIZE_LIMIT), found)
            except ArtifactError as error:
                why = f"{name}, which it includes, cannot be read: {error.why}"
                self.reading.remarks.append(Remark("TRT418", at, {"what": "file", "why": why}))

    def _too_much(self) -> bool:
        return len(self.included) > INCLUDE_LIMIT or self.size > 2 * SIZE_LIMIT

    def run(self) -> None:
        """Every recipe, with the variables as they are in the end."""
        groups: list[tuple[_Recipe, str]] = []
        for recipe in self.recipes:
            if self.oneshell and groups and groups[-1][0].targets is recipe.targets:
                groups[-1] = (groups[-1][0], groups[-1][1] + "\n" + recipe.text.lstrip("\t"))
            else:
                groups.append((recipe, recipe.text))
        for recipe, text in groups:
            self._run(recipe, text)

    def _run(self, recipe: _Recipe, text: str) -> None:
        own = dict(self.own.get(recipe.targets[0], {})) if len(recipe.targets) == 1 else {}
        if len(recipe.targets) == 1 and "%" not in recipe.targets[0] and "$" not in recipe.targets[0]:
            own["@"] = Said(recipe.targets[0], recipe.at)
        if recipe.prerequisites and not set("%$") & set(recipe.prerequisites[0]):
            own["<"] = Said(recipe.prerequisites[0], recipe.at)
        missing: list[Said] = []
        # The tab before a continued line is removed, as make does.
        text = text.replace("\\\n\t", "\\\n").lstrip("\t @-+")
        expanded = unfolded(text, Locals(self.variables, own), recipe.at, missing)
        if not TRIGGER.search(expanded):
            return
        scope = Variables()
        for name in self.exported[:1_000]:
            value = self.variables.get(name)
            if value is not None:
                scope[name] = value
        for index, each in enumerate(missing):
            scope[f"!{index}"] = each
        number = next((int(name) for step, name in recipe.at.trail if step == "line"), 1)
        Walk(self.reading, recipe.at.path, self.tree, scope).follow(script(expanded, number))


def _change(conditions: list[str | None], match: re.Match[str]) -> None:
    """The conditions that hold here: the name of a variable that is empty, None for any other."""
    word, rest = match.groups()
    if word == "endif":
        if conditions:
            conditions.pop()
    elif word == "else":
        if conditions:
            conditions[-1] = None
    elif word == "ifndef":
        conditions.append(rest.split()[0] if rest.split() else None)
    else:
        empty = _EMPTY.fullmatch(rest.strip()) if word == "ifeq" and len(rest) < 200 else None
        conditions.append(empty[1] if empty else None)


class _Recursive:
    """make's variables: those of `=` are expanded when they are used."""

    __slots__ = ("_texts", "_fixed", "_known", "_open", "_spent")

    def __init__(self) -> None:
        self._texts: dict[str, list[tuple[str, Location]]] = {}
        self._fixed: dict[str, Said] = {}
        self._known: dict[str, Said] = {}
        self._open: list[str] = []
        self._spent = 0

    def __contains__(self, name: object) -> bool:
        return name in self._texts or name in self._fixed

    def define(self, name: str, text: str, at: Location, operator: str) -> None:
        if operator == "?=":
            if name in self:
                return
            operator = "="
        if operator == "+=":
            if name in self._fixed:
                old = self._fixed[name]
                value = self._expanded(text, at)
                why = (old.why if old.text is None else "") or (value.why if value.text is None else "")
                self._fixed[name] = said(f"{shape(old)} {shape(value)}".strip(), why, at)
            else:
                self._texts.setdefault(name, []).append((text, at))
        elif operator == "=":
            self._fixed.pop(name, None)
            self._texts[name] = [(text, at)]
        else:
            value = self._expanded(text, at)
            self._texts.pop(name, None)
            self._fixed[name] = value
        self._known.clear()

    def uncertain(self, name: str, at: Location) -> None:
        number = next((text for step, text in at.trail if step == "line"), "")
        self._texts.pop(name, None)
        self._fixed[name] = Said(None, at, f"{name} is set in a branch (line {number})")
        self._known.clear()

    def get(self, name: str, /) -> Said | list[Said] | None:
        if name in self._fixed:
            return self._fixed[name]
        if name in self._known:
            return self._known[name]
        found = self._texts.get(name)
        if found is None:
            return None
        at = found[-1][1]
        if name in self._open:
            return Said(None, at, f"{name} refers to itself")
        if len(self._open) > DEPTH_LIMIT or sum(len(text) for text, _ in found) > WORD_LIMIT:
            return Said(None, at, TOO_LONG)
        self._open.append(name)
        value = self._expanded(" ".join(text for text, _ in found), at)
        self._open.pop()
        self._known[name] = value
        return value

    def text(self, name: str) -> str | None:
        """A variable of `=` or `define` as it is written; None where there is none, or too much was asked for."""
        self._spent += CALL_COST
        found = self._texts.get(name)
        return " ".join(text for text, _ in found) if found is not None and self._spent < EXPANSION_LIMIT else None

    def _expanded(self, text: str, at: Location) -> Said:
        if self._spent > EXPANSION_LIMIT:
            return Said(None, at, TOO_LONG)
        missing: list[Said] = []
        value = unfolded(text, self, at, missing)
        self._spent += 64 + len(value)
        if missing:
            value = re.sub(r"\$\{!\d+\}", "\0", value)
        return said(value, missing[0].why if missing else "", at, len(text))
