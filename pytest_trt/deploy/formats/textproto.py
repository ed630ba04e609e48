"""Protobuf's text form without a schema: fields, each with its line (models.config, config.pbtxt).

Takes what TextFormat::Parser of C++ protobuf may take for some message, and nothing else; which message it is, says
textcheck.faults(). The tokens are those of artifacts/text.py, which is held against that parser.
"""

from __future__ import annotations

from pytest_trt.artifacts.text import END, FLOAT, INTEGER, NAME, STRING, TextError, Tokens, shown
from pytest_trt.artifacts.wire import DEPTH_LIMIT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    # What stands in brackets as a field's name: an extension, or the type of an Any.
    Closer = bytes

__all__ = ["FIELD_LIMIT", "Field", "Message", "TextError", "parse"]

# A server's configuration has tens of fields, one with a thousand models some ten thousand.
FIELD_LIMIT = 200_000

# Kinds of values. EMPTY is "[]", which is a value of no element.
TEXT, WHOLE, REAL, WORD, MESSAGE, EMPTY = "string", "integer", "float", "word", "message", "empty list"


class Field:
    """A field and one value; of a list in brackets each element is a field of its own.

    name: as written; "[type.googleapis.com/a.B]" for an Any's content. line: of the name, value_line: of the value.
    kind: TEXT (text is what the string says), WHOLE, REAL, WORD (text as written, with its sign; a word is an enum's
    name, a bool, inf), MESSAGE (message is set) or EMPTY. colon: whether one stands behind the name. listed: whether
    it stood in brackets.
    """

    __slots__ = ("name", "line", "kind", "text", "message", "value_line", "colon", "listed")

    def __init__(self, name: str, line: int) -> None:
        self.name = name
        self.line = line
        self.kind = EMPTY
        self.text = ""
        self.message: Message | None = None
        self.value_line = line
        self.colon = False
        self.listed = False

    def __repr__(self) -> str:
        return f"Field({self.name!r}, {self.line}, {self.message if self.kind == MESSAGE else self.text!r})"

    def integer(self) -> int | None:
        """The number of a WHOLE value; None for others."""
        if self.kind != WHOLE:
            return None
        digits = self.text.lstrip("-")
        sign = -1 if self.text.startswith("-") else 1
        if len(digits) > 24:  # beyond 64 bits in any base
            return None
        if digits[:2] in ("0x", "0X"):
            return sign * int(digits[2:], 16)
        return sign * int(digits, 8 if digits[:1] == "0" else 10)


class Message:
    """The fields of a message in the order written. line, end: of its brackets."""

    __slots__ = ("fields", "line", "end")

    def __init__(self, line: int) -> None:
        self.fields: list[Field] = []
        self.line = line
        self.end = line

    def __repr__(self) -> str:
        return f"Message({self.fields!r})"

    def all(self, *names: str) -> Iterator[Field]:
        """The fields of these names that have a value."""
        return (field for field in self.fields if field.name in names and field.kind != EMPTY)

    def last(self, name: str) -> Field | None:
        """The field that counts where one name is given several times."""
        found = None
        for field in self.all(name):
            found = field
        return found

    def text(self, name: str) -> str | None:
        """The string or word of a field, None where there is none."""
        found = self.last(name)
        return None if found is None or found.kind not in (TEXT, WORD) else found.text

    def messages(self, name: str) -> list[Message]:
        return [field.message for field in self.all(name) if field.message is not None]

    def walk(self) -> Iterator[Field]:
        """All fields at any depth, in the order written."""
        waiting = [iter(self.fields)]
        while waiting:
            field = next(waiting[-1], None)
            if field is None:
                waiting.pop()
                continue
            yield field
            if field.message is not None:
                waiting.append(iter(field.message.fields))


class _Open:
    """A message that is being read; in_list: the field whose list in brackets it is an element of."""

    __slots__ = ("message", "closer", "in_list")

    def __init__(self, message: Message, closer: bytes, in_list: Field | None) -> None:
        self.message = message
        self.closer = closer
        self.in_list = in_list


class _Reader:
    """Tokens with the line of the one at hand; they only ever go on, so counting takes linear time."""

    __slots__ = ("tokens", "count", "_line", "_counted")

    def __init__(self, text: bytes) -> None:
        self.tokens = Tokens(text)
        self.count = 0
        self._line = 1
        self._counted = 0

    def line(self) -> int:
        start = self.tokens.start
        if start > self._counted:
            self._line += self.tokens.text.count(b"\n", self._counted, start)
            self._counted = start
        return self._line

    def field(self, name: str, line: int) -> Field:
        self.count += 1
        if self.count > FIELD_LIMIT:
            raise self.tokens.wrong(f"more than {FIELD_LIMIT:,} fields", ours=True)
        return Field(name, line)


def parse(text: str) -> Message:
    """The fields of a text. Raises TextError with line, why and ours (a bound of our own was met)."""
    reader = _Reader(text.encode("utf-8", "surrogatepass"))
    tokens = reader.tokens
    around = [_Open(Message(1), b"", None)]
    while True:
        here = around[-1]
        if tokens.kind == END and len(around) == 1:
            if tokens.fault is not None:
                raise tokens.wrong("")
            here.message.end = reader.line()
            return here.message
        if tokens.token in (b"}", b">"):
            if tokens.token != here.closer:
                expected = f'"{here.closer.decode()}"' if here.closer else "a field's name"
                raise tokens.unexpected(expected)
            here.message.end = reader.line()
            tokens.next()
            around.pop()
            if here.in_list is not None and not tokens.take(b"]"):
                if not tokens.take(b","):
                    raise tokens.unexpected('"," or "]"')
                around.append(_element(reader, here.in_list, around))
                continue
        else:
            inside = _field(reader, around)
            if inside is not None:
                around.append(inside)
                continue
        if tokens.token in (b";", b","):
            tokens.next()


def _field(reader: _Reader, around: list[_Open]) -> _Open | None:
    """Read a field; where its value is a message, only the beginning of that."""
    tokens = reader.tokens
    line = reader.line()
    name = _name(tokens, around[-1].closer)
    field = reader.field(name, line)
    fields = around[-1].message.fields
    field.colon = tokens.take(b":")
    if tokens.take(b"["):
        field.listed = True
        if tokens.take(b"]"):
            fields.append(field)
            return None
        if tokens.token in (b"{", b"<"):
            return _element(reader, field, around)
        if not field.colon:
            raise tokens.unexpected('"{"')
        while True:
            element = reader.field(name, line)
            element.colon = element.listed = True
            _scalar(reader, element)
            fields.append(element)
            if tokens.take(b"]"):
                return None
            if not tokens.take(b","):
                raise tokens.unexpected('"," or "]"')
    if tokens.token in (b"{", b"<"):
        fields.append(field)
        return _open(reader, field, len(around), None)
    if not field.colon:
        raise tokens.unexpected(f'":" or "{{" behind "{name}"')
    _scalar(reader, field)
    fields.append(field)
    return None


def _element(reader: _Reader, of: Field, around: list[_Open]) -> _Open:
    """The next message of a list in brackets."""
    field = reader.field(of.name, of.line)
    field.colon, field.listed = of.colon, True
    around[-1].message.fields.append(field)
    return _open(reader, field, len(around), of)


def _open(reader: _Reader, field: Field, depth: int, in_list: Field | None) -> _Open:
    tokens = reader.tokens
    if tokens.token not in (b"{", b"<"):
        raise tokens.unexpected('"{"')
    if depth > DEPTH_LIMIT:
        raise tokens.wrong(f"more than {DEPTH_LIMIT} messages inside one another", ours=True)
    closer = b"}" if tokens.token == b"{" else b">"
    field.kind = MESSAGE
    field.value_line = reader.line()
    field.message = Message(field.value_line)
    tokens.next()
    return _Open(field.message, closer, in_list)


def _name(tokens: Tokens, closer: bytes) -> str:
    """A field's name, or what stands in brackets: an extension's, or the type of an Any's content."""
    if tokens.kind == NAME:
        name = tokens.token.decode()
        tokens.next()
        return name
    if not tokens.take(b"["):
        raise tokens.unexpected(f'a field\'s name or "{closer.decode()}"' if closer else "a field's name")
    parts = []
    while True:
        if tokens.kind != NAME:
            raise tokens.unexpected("a name")
        parts.append(tokens.token)
        tokens.next()
        if tokens.token not in (b".", b"/", b"-"):
            break
        parts.append(tokens.token)
        tokens.next()
    if not tokens.take(b"]"):
        raise tokens.unexpected('"]"')
    return "[" + b"".join(parts).decode() + "]"


def _scalar(reader: _Reader, field: Field) -> None:
    tokens = reader.tokens
    field.value_line = reader.line()
    if tokens.kind == STRING:
        said = []
        while tokens.kind == STRING:
            said.append(tokens.literal)
            tokens.next()
        field.kind = TEXT
        field.text = b"".join(said).decode("utf-8", "replace")
        return
    sign = "-" if tokens.take(b"-") else ""
    if tokens.kind == NAME:
        if sign and tokens.token.lower() not in (b"inf", b"infinity", b"nan"):
            raise tokens.unexpected("a number")
        field.kind = WORD
    elif tokens.kind == INTEGER:
        field.kind = WHOLE
    elif tokens.kind == FLOAT:
        field.kind = REAL
    else:
        raise tokens.unexpected("a value")
    field.text = sign + shown(tokens.token)
    tokens.next()
