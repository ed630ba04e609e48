"""Whether a text is a server's message: what TextFormat::Parser refuses in it, with its words.

Source of the words and rules: text_format.cc of protobuf 6.31.1. The parser stops at the first fault; all are told.
"""

from __future__ import annotations

from pytest_trt.deploy.formats.messages import ENUMS, MESSAGES
from pytest_trt.deploy.formats.textproto import EMPTY, MESSAGE, TEXT, WHOLE, WORD

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_trt.deploy.formats.textproto import Field, Message

MODEL_SERVER_CONFIG = "tensorflow.serving.ModelServerConfig"
TRITON_CONFIG = "inference.ModelConfig"
FAULT_LIMIT = 20
# Protobuf's tokenizer takes it for the file's first word. Seen with TextFormat of protobuf 5.28 (TensorFlow 2.20).
MARKED = "it begins with a byte order mark, which the server's parser refuses: save it as UTF-8 without one"

_RANGES = {
    "int32": (-(1 << 31), (1 << 31) - 1),
    "int64": (-(1 << 63), (1 << 63) - 1),
    "uint32": (0, (1 << 32) - 1),
    "uint64": (0, (1 << 64) - 1),
}
_TRUE, _FALSE = ("true", "True", "t"), ("false", "False", "f")
_ANY = "google.protobuf.Any"
_ANY_PREFIXES = ("type.googleapis.com", "type.googleprod.com")

_tables: dict[str, dict[str, Kind]] = {}


class Fault:
    """line: where. name: the field's. unknown: no field of the message. message: the parser's words."""

    __slots__ = ("line", "name", "unknown", "of", "message")

    def __init__(self, field: Field, of: str, message: str, *, unknown: bool = False) -> None:
        self.line = field.line if unknown else field.value_line
        self.name = field.name
        self.of = of
        self.unknown = unknown
        self.message = message

    def __repr__(self) -> str:
        return f"Fault({self.line}, {self.message!r})"


class Kind:
    """A field as the schema has it. explicit: a zero counts as given."""

    __slots__ = ("name", "type", "repeated", "explicit", "oneof")

    def __init__(self, written: str) -> None:
        self.name, _, kind = written.partition(":")
        kind, _, self.oneof = kind.partition("@")
        self.explicit = kind.endswith("!")
        kind = kind.rstrip("!")
        self.repeated = kind.endswith("*")
        self.type = kind.rstrip("*")


def kinds(message: str) -> dict[str, Kind]:
    """The fields of a message by name."""
    table = _tables.get(message)
    if table is None:
        table = {}
        for written in MESSAGES[message].split():
            kind = Kind(written)
            table[kind.name] = kind
        _tables[message] = table
    return table


def faults(root: Message, message: str) -> list[Fault]:
    """What the parser refuses, in the text's order, at most FAULT_LIMIT.

    What the content of an Any holds is not looked into: which types a server's binary knows is not documented.
    """
    found: list[Fault] = []
    waiting = [(root, message)]
    while waiting and len(found) < FAULT_LIMIT:
        here, of = waiting.pop()
        inner = []
        table = kinds(of)
        seen: dict[str, str] = {}
        for field in here.fields:
            kind = table.get(field.name)
            if kind is None:
                any_of = of == _ANY and field.name.startswith("[")
                why = _content(field) if any_of else _unknown(field, of)
                if why:
                    found.append(Fault(field, of, why, unknown=True))
                continue
            why = _repeated(field, kind, seen) or _value(field, kind)
            if why:
                found.append(Fault(field, of, why))
            elif field.message is not None and kind.type in MESSAGES:
                inner.append((field.message, kind.type))
        waiting += reversed(inner)
    found.sort(key=lambda fault: fault.line)
    return found[:FAULT_LIMIT]


def _unknown(field: Field, of: str) -> str:
    if field.name.startswith("["):
        return f'Extension "{field.name[1:-1]}" is not defined or is not an extension of "{of}".'
    return f'Message type "{of}" has no field named "{field.name}".'


def _content(field: Field) -> str:
    """Why the expanded content of an Any, "[type.googleapis.com/a.B] { }", is none."""
    name = field.name[1:-1]
    prefix, slash, kind = name.partition("/")
    if not slash or "-" in prefix:
        return f'Expected "/", found "{"-" if "-" in prefix else "]"}".'
    if "/" in kind or "-" in kind:
        return f'Expected "]", found "{"/" if "/" in kind else "-"}".'
    if prefix not in _ANY_PREFIXES:
        return f'Could not find type "{name}" stored in google.protobuf.Any.'
    return "" if field.kind == MESSAGE and not field.listed else f'Expected "{{", found "{field.text or "["}".'


def _repeated(field: Field, kind: Kind, seen: dict[str, str]) -> str:
    """Why this field cannot stand here again; notes that it stands here."""
    if kind.repeated:
        return ""
    if field.listed:
        return f'Expected a value of the field "{field.name}", which is not repeated, found "[".'
    if field.name in seen:
        return f'Non-repeated field "{field.name}" is specified multiple times.'
    other = seen.get("@" + kind.oneof) if kind.oneof else None
    if other is not None:
        return f'Field "{field.name}" is specified along with field "{other}", another member of oneof "{kind.oneof}".'
    if kind.explicit or kind.type in MESSAGES or not _zero(field, kind):
        seen[field.name] = field.name
        if kind.oneof:
            seen["@" + kind.oneof] = field.name
    return ""


def _zero(field: Field, kind: Kind) -> bool:
    """Whether a value is its type's default, which a field without presence does not tell from nothing."""
    if field.kind == TEXT:
        return not field.text
    if field.kind == WORD:
        return field.text in _FALSE if kind.type == "bool" else ENUMS.get(kind.type, {}).get(field.text) == 0
    if kind.type in ("float", "double"):
        digits = field.text.lower().partition("e")[0].rstrip("f")
        return not digits.strip("0.")
    return field.integer() == 0


def _value(field: Field, kind: Kind) -> str:
    """Why a value is none of its field's type, "" where it is."""
    shown = f'"{field.text}"' if field.kind == TEXT else field.text
    if field.kind == EMPTY:
        return "" if field.colon or kind.type in MESSAGES else 'Expected ":", found "[".'
    if kind.type in MESSAGES:
        return "" if field.kind == MESSAGE else f'Expected "{{", found "{field.text}".'
    if field.kind == MESSAGE:
        return f'Expected a value of the field "{field.name}", found "{{".'
    if kind.type in ("string", "bytes"):
        return "" if field.kind == TEXT else f"Expected string, got: {shown}"
    if kind.type == "bool":
        return _bool(field, shown)
    if kind.type in ENUMS:
        return _enum(field, kind, shown)
    if kind.type in ("float", "double"):
        octal = field.kind == WHOLE and field.text.lstrip("-")[:1] == "0" and field.text.lstrip("-") != "0"
        if octal or field.kind == TEXT:
            return f"Expected double, got: {shown}"
        if field.kind == WORD and field.text.lstrip("-").lower() not in ("inf", "infinity", "nan"):
            return f"Expected double, got: {shown}"
        return ""
    return _integer(field, kind.type, shown)


def _integer(field: Field, kind: str, shown: str) -> str:
    low, high = _RANGES[kind]
    if field.kind != WHOLE or low == 0 and field.text.startswith("-"):
        return f"Expected integer, got: {shown}"
    number = field.integer()
    return "" if number is not None and low <= number <= high else f"Integer out of range ({field.text})"


def _bool(field: Field, shown: str) -> str:
    if field.kind == WHOLE and not field.text.startswith("-"):
        return "" if field.integer() in (0, 1) else f"Integer out of range ({field.text})"
    if field.kind != WORD:
        return f"Expected identifier, got: {shown}"
    if field.text in _TRUE or field.text in _FALSE:
        return ""
    return f'Invalid value for boolean field "{field.name}". Value: "{field.text}".'


def _enum(field: Field, kind: Kind, shown: str) -> str:
    if field.kind == WORD and not field.text.startswith("-"):
        if field.text in ENUMS[kind.type]:
            return ""
        return f'Unknown enumeration value of "{field.text}" for field "{field.name}".'
    if field.kind != WHOLE:
        return f"Expected integer or identifier, got: {shown}"
    return _integer(field, "int32", shown)
