"""Functions of Sprig and text/template on values that are wholly known; masterminds.github.io/sprig.

A Python error of theirs means that Helm refuses the arguments, or takes them in a way that is not carried out here.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def _get(mapping: dict[str, object], key: str) -> object:
    return mapping.get(key, "")


def _index(value: object, *keys: object) -> object:
    for key in keys:
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list) and isinstance(key, int):
            value = value[key]
        else:
            raise TypeError
    return value


def _dig(*values: object) -> object:
    *keys, other, value = values
    for key in keys:
        if not isinstance(value, dict) or key not in value:
            return other
        value = value[key]
    return value


def _equal(first: object, *others: object) -> bool:
    if isinstance(first, (dict, list)) or any(isinstance(other, (dict, list)) for other in others):
        raise TypeError
    for other in others:
        if isinstance(first, bool) != isinstance(other, bool):
            continue
        if first == other:
            return True
    return False


def _kind(value: object) -> str:
    if value is None:
        return "invalid"
    kinds = ((bool, "bool"), (str, "string"), (int, "int"), (float, "float64"), (dict, "map"), (list, "slice"))
    return next((name for kind, name in kinds if isinstance(value, kind)), "?")


def _text_of(value: str) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _int(value: object) -> int:
    if isinstance(value, str) and len(value) > 30:
        raise ValueError
    return int(value)  # type: ignore[call-overload,no-any-return]


PLAIN: dict[str, Callable[..., object]] = {
    "eq": _equal, "ne": lambda first, other: not _equal(first, other),
    "lt": lambda first, other: first < other, "le": lambda first, other: first <= other,
    "gt": lambda first, other: first > other, "ge": lambda first, other: first >= other,
    "len": len, "index": _index, "get": _get, "dig": _dig, "hasKey": lambda mapping, key: key in mapping,
    "has": lambda value, values: any(_equal(value, each) for each in values), "keys": lambda mapping: sorted(mapping),
    "first": lambda values: values[0] if values else None, "last": lambda values: values[-1] if values else None,
    "append": lambda values, value: [*values, value], "concat": lambda *lists: [each for one in lists for each in one],
    "splitList": lambda between, text: text.split(between), "split": lambda between, text: {
        f"_{index}": each for index, each in enumerate(text.split(between))
    },
    "pick": lambda mapping, *names: {name: mapping[name] for name in names if name in mapping},
    "omit": lambda mapping, *names: {name: value for name, value in mapping.items() if name not in names},
    "trunc": lambda count, text: _text_of(text)[:count] if count >= 0 else _text_of(text)[count:],
    "trimSuffix": lambda end, text: _text_of(text).removesuffix(end),
    "trimPrefix": lambda start, text: _text_of(text).removeprefix(start),
    "trimAll": lambda characters, text: _text_of(text).strip(characters),
    "contains": lambda part, text: part in _text_of(text),
    "hasPrefix": lambda start, text: _text_of(text).startswith(start),
    "hasSuffix": lambda end, text: _text_of(text).endswith(end),
    "lower": lambda text: _text_of(text).lower(), "upper": lambda text: _text_of(text).upper(),
    "nospace": lambda text: "".join(_text_of(text).split()),
    "kindIs": lambda name, value: _kind(value) == name, "kindOf": _kind,
    "typeIs": lambda name, value: _kind(value) == name, "typeOf": _kind,
    "int": _int, "int64": _int, "float64": float, "atoi": _int,
    "add": lambda *values: sum(map(_int, values)), "sub": lambda first, other: _int(first) - _int(other),
    "add1": lambda value: _int(value) + 1,
}  # fmt: skip
