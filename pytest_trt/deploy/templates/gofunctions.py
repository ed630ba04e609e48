"""Functions of Helm's templates (text/template, Sprig, Helm's own) on values that are known.

Each does what its documentation says, helm.sh/docs/chart_template_guide/function_list; what it is not given it does
not guess: Unknown in, Unknown out. Strings may hold marks of unknown parts.
"""

from __future__ import annotations

import re

from pytest_trt.deploy.templates.sprig import PLAIN
from pytest_trt.deploy.templates.templating import Marks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

LENGTH_LIMIT = 1 << 20
LIST_LIMIT = 10_000
STEP_LIMIT = 1 << 20
_PLAIN = re.compile(r"[A-Za-z/_.][A-Za-z0-9/_.@+-]*(?::[A-Za-z0-9/_.@+-]+)*")
_WORDS = frozenset(("true", "false", "yes", "no", "on", "off", "null", "y", "n"))
_VERB = re.compile(r"%[-+# 0]*\d*(?:\.\d+)?([a-zA-Z%])")


class Unknown:
    """A value that is known only to Helm. why: the reason. raw: how it is written, where that says which one it is."""

    __slots__ = ("why", "raw")

    def __init__(self, why: str, raw: str = "") -> None:
        self.why = why
        self.raw = raw if len(raw) < 1000 else ""


class CannotTell(Exception):
    """A function that is not carried out, or not with these arguments."""


def truth(value: object, marks: Marks) -> bool | Unknown:
    """What `if` makes of a value: empty ones are false."""
    if isinstance(value, Unknown):
        return value
    if isinstance(value, str):
        found = marks.first(value)
        if found is not None and not marks.replaced(value, "").strip():
            return Unknown(found.why)
    return bool(value)


def shown(value: object, marks: Marks) -> str:
    """What an action writes."""
    if isinstance(value, Unknown):
        return marks.word(value.raw, value.why)
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return ""
    if isinstance(value, (int, float)):
        return number(value, marks)
    if isinstance(value, str):
        return value
    return marks.word("", "a list or map is written as Go writes it")


def number(value: int | float, marks: Marks) -> str:
    """Numbers of values are floats to Helm: 2.10 is 2.1, and great ones get an exponent or not by its release."""
    if abs(value) >= 1e6 or (value and abs(value) < 1e-4):
        return marks.word(str(value), f"{value}: whether Helm writes an exponent depends on its release; quote it")
    return repr(int(value)) if value == int(value) else repr(value)


def _scalar(value: object, marks: Marks) -> str:
    if isinstance(value, str):
        if (_PLAIN.fullmatch(value) and value.lower() not in _WORDS and value != ".") or marks.first(value) is not None:
            return value
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t") + '"'
    if isinstance(value, dict):
        return "{}"
    if isinstance(value, list):
        return "[]"
    return "null" if value is None else shown(value, marks)


class Functions:
    """Calls functions by name. marks: of the text that is being made."""

    def __init__(self, marks: Marks) -> None:
        self.marks = marks
        self.steps = 0

    limit = STEP_LIMIT

    def step(self, size: int = 1) -> None:
        """A value may hold another one many times over."""
        self.steps += size
        if self.steps > self.limit:
            raise CannotTell("the chart's values grow beyond what is read")

    def call(self, name: str, values: list[object]) -> object:
        """Raises CannotTell."""
        special = _SPECIAL.get(name)
        if special is not None:
            try:
                return special(self, values)
            except (IndexError, ValueError):
                raise CannotTell(f"{name} is refused with these arguments") from None
        plain = PLAIN.get(name)
        if plain is None:
            raise CannotTell(f"the function {name} is not carried out here")
        for each in values:
            found = self._unknown(each)
            if found is not None:
                return Unknown(found.why, self._written(name, values))
        try:
            result = plain(*values)
        except (TypeError, ValueError, KeyError, IndexError, AttributeError, ZeroDivisionError, OverflowError):
            raise CannotTell(f"{name} is refused with these arguments") from None
        if isinstance(result, (str, list)) and len(result) > (LENGTH_LIMIT if isinstance(result, str) else LIST_LIMIT):
            raise CannotTell("the text grows beyond what is read")
        return result

    def _unknown(self, value: object) -> Unknown | None:
        if isinstance(value, Unknown):
            return value
        found = self.marks.first(value) if isinstance(value, str) else None
        return Unknown(found.why) if found is not None else None

    def _written(self, name: str, values: list[object]) -> str:
        """A call as it may be written; "" where one of its values has no writing."""
        parts = [name]
        for value in values:
            part = value.raw if isinstance(value, Unknown) else str(value) if isinstance(value, (str, int)) else ""
            known = self.marks.symbol(part)
            if not known:
                return ""
            parts.append(known)
        return "{{ " + " ".join(parts).replace("{{ ", "(").replace(" }}", ")") + " }}"

    def text(self, value: object) -> str:
        return shown(value, self.marks)

    # those that can do something with what is not known

    def default(self, values: list[object]) -> object:
        other, value = values if len(values) == 2 else (values[0], None)
        known = truth(value, self.marks)
        return known if isinstance(known, Unknown) else value if known else other

    def coalesce(self, values: list[object]) -> object:
        for value in values:
            known = truth(value, self.marks)
            if isinstance(known, Unknown) or known:
                return known if isinstance(known, Unknown) else value
        return None

    def conjunction(self, values: list[object]) -> object:
        last: object = None
        for value in values:
            known = truth(value, self.marks)
            if isinstance(known, Unknown):
                # false and unknown is false, whichever comes first
                if any(truth(each, self.marks) is False for each in values):
                    return False
                return known
            last = value
            if not known:
                return value
        return last

    def disjunction(self, values: list[object]) -> object:
        last: object = None
        for value in values:
            known = truth(value, self.marks)
            if isinstance(known, Unknown):
                return known
            last = value
            if known:
                return value
        return last

    def negation(self, values: list[object]) -> object:
        known = truth(values[0], self.marks)
        return known if isinstance(known, Unknown) else not known

    def empty(self, values: list[object]) -> object:
        return self.negation(values)

    def ternary(self, values: list[object]) -> object:
        yes, no, test = values
        known = truth(test, self.marks)
        return known if isinstance(known, Unknown) else yes if known else no

    def required(self, values: list[object]) -> object:
        message, value = values
        if value is None or value == "":
            return Unknown(f"the chart demands it: {self.text(message)}")
        return value

    def quote(self, values: list[object]) -> object:
        return " ".join(_quoted(self.text(value)) for value in values if value is not None)

    def squote(self, values: list[object]) -> object:
        return " ".join("'" + self.text(value) + "'" for value in values if value is not None)

    def printed(self, values: list[object]) -> object:
        form = values[0]
        if not isinstance(form, str):
            raise CannotTell("printf without a format")
        rest = iter(values[1:])

        def verb(match: re.Match[str]) -> str:
            if match[1] == "%":
                return "%"
            value = next(rest, None)
            if match[1] == "q":
                return _quoted(self.text(value))
            if match[1] == "d" and isinstance(value, float):
                return self.text(int(value)) if value == int(value) else self.text(Unknown("%d of a fraction"))
            if match[1] not in "svd" or (value is None and match[1] == "s") or len(match[0]) > 2:
                return self.text(Unknown(f"what {match[0]} makes of it is not carried out here"))
            if isinstance(value, (int, float)) and match[1] == "s":
                return self.text(Unknown("%s of a number"))
            return self.text(value)

        return _VERB.sub(verb, form)

    def indented(self, values: list[object]) -> object:
        count, value = values
        if not isinstance(count, int) or not 0 <= count < 200:
            raise CannotTell("indent by what is no number")
        pad = " " * count
        return pad + self.text(value).replace("\n", "\n" + pad)

    def newly_indented(self, values: list[object]) -> object:
        return "\n" + str(self.indented(values))

    def trimmed(self, values: list[object]) -> object:
        return self.text(values[0]).strip()

    def as_text(self, values: list[object]) -> object:
        return self.text(values[0])

    def as_yaml(self, values: list[object]) -> object:
        value = values[0]
        return value if isinstance(value, Unknown) else self._yaml(value, 0)

    def _yaml(self, value: object, indent: int) -> str:
        """A value as YAML; what is below a key or a dash is indented by two."""
        space = "  " * indent
        lines = []
        if indent > 100:
            raise CannotTell("the chart's values are nested too deeply")
        if isinstance(value, dict) and value:
            for key, each in value.items():
                nested = isinstance(each, (dict, list)) and bool(each)
                text = self._yaml(each, indent + isinstance(each, dict))
                lines.append(f"{space}{_scalar(key, self.marks)}:{chr(10) if nested else ' '}{text}")
        elif isinstance(value, list) and value:
            lines += [f"{space}- {self._yaml(each, indent + 1).lstrip(' ')}" for each in value]
        else:
            lines.append(_scalar(value, self.marks))
        self.step(sum(map(len, lines)))
        return "\n".join(lines)

    def as_json(self, values: list[object]) -> object:
        return values[0] if isinstance(values[0], Unknown) else self._json(values[0], 0)

    def _json(self, value: object, depth: int) -> str:
        if depth > 100:
            raise CannotTell("the chart's values are nested too deeply")
        if isinstance(value, dict):
            parts = [f"{_quoted(str(key))}:{self._json(each, depth + 1)}" for key, each in sorted(value.items())]
            text = "{" + ",".join(parts) + "}"
        elif isinstance(value, list):
            text = "[" + ",".join([self._json(each, depth + 1) for each in value]) + "]"
        else:
            text = _quoted(value) if isinstance(value, str) else _scalar(value, self.marks)
        self.step(len(text))
        return text

    def merged(self, first: object, *others: object, depth: int = 0) -> dict[object, object]:
        """Sprig's merge: what is there first stays; maps are merged."""
        if not isinstance(first, dict) or depth > 100:
            raise CannotTell("merge is refused with these arguments")
        found: dict[object, object] = dict(first)
        for other in others:
            if not isinstance(other, dict):
                raise CannotTell("merge is refused with these arguments")
            for key, value in other.items():
                self.step()
                mine = found.get(key)
                if isinstance(mine, dict) and isinstance(value, dict):
                    found[key] = self.merged(mine, value, depth=depth + 1)
                elif key not in found:
                    found[key] = value
        return found

    def merge(self, values: list[object]) -> object:
        return next((each for each in values if isinstance(each, Unknown)), None) or self.merged(*values)

    def overwrite(self, values: list[object]) -> object:
        return self.merge(values[::-1])

    def replaced(self, values: list[object]) -> object:
        old, new, text = (self.text(value) for value in values)
        if self.marks.first(text):
            return self._marked(text)
        self.step(text.count(old) * len(new) if old else 0)
        return text.replace(old, new) if old else text

    def joined(self, values: list[object]) -> object:
        between, parts = values
        if not isinstance(parts, list) or not isinstance(between, str):
            raise CannotTell("join is refused with these arguments")
        self.step(len(between) * len(parts))
        return between.join(map(self.text, parts))

    def _marked(self, text: str) -> Unknown:
        found = self.marks.first(text)
        return Unknown(found.why if found else "")

    def pairs(self, values: list[object]) -> object:
        return {self.text(key): value for key, value in zip(values[::2], [*values[1::2], ""])}

    def listed(self, values: list[object]) -> object:
        return list(values)

    def tuple_of(self, values: list[object]) -> object:
        return list(values)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t") + '"'


_SPECIAL: dict[str, Callable[[Functions, list[object]], object]] = {
    "default": Functions.default, "coalesce": Functions.coalesce, "and": Functions.conjunction,
    "or": Functions.disjunction, "not": Functions.negation, "empty": Functions.empty, "ternary": Functions.ternary,
    "required": Functions.required, "quote": Functions.quote, "squote": Functions.squote, "printf": Functions.printed,
    "indent": Functions.indented, "nindent": Functions.newly_indented, "trim": Functions.trimmed,
    "toString": Functions.as_text, "toYaml": Functions.as_yaml, "toJson": Functions.as_json, "dict": Functions.pairs,
    "list": Functions.listed, "merge": Functions.merge, "mergeOverwrite": Functions.overwrite,
    "replace": Functions.replaced, "join": Functions.joined, "tuple": Functions.tuple_of,
}  # fmt: skip
