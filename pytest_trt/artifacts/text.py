"""Protobuf's text form (saved_model.pbtxt, graphs in text), turned into the wire format that the readers read.

Takes what C++ protobuf's TextFormat::Parser takes as TensorFlow's ReadTextProto uses it, which is not what Python's
parser takes: numbers may stand for enums, "a: 0 a: 1" is fine where the field has no presence, strings need not be
UTF-8. Source: text_format.cc and io/tokenizer.cc of protobuf 6.31.1, the one in TensorFlow 2.21; the grammar is
https://protobuf.dev/reference/protobuf/textformat-spec/. Held against that parser by tests/oracle/test_text_agrees.py.
"""

from __future__ import annotations

import re
import struct

from pytest_trt.artifacts.errors import LimitReached, Malformed
from pytest_trt.artifacts.location import Location
from pytest_trt.artifacts.schema import ENUMS, MESSAGES
from pytest_trt.artifacts.wire import DEPTH_LIMIT, Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    # Tag; type; whether repeated; what it excludes when it is set; whether zero counts as set.
    Field = tuple[bytes, str, bool, str, bool]

MESSAGE_OF_KIND = {"graph_def": "GraphDef", "meta_graph_def": "MetaGraphDef", "saved_model": "SavedModel"}
TEXT_LIMIT = 64 << 20

# What schema.py does not say of these messages: of a oneof's fields at most one may be given,
ONEOFS = {
    "CollectionDef": "node_list bytes_list int64_list float_list any_list",
    "TensorInfo": "name coo_sparse composite_tensor",
    "SavedObject": "user_object asset function variable bare_concrete_function constant resource captured_tensor",
    "FullTypeDef": "s i",
    "AttrValue": "s i f b type shape tensor list func placeholder",
    "StructuredValue": "none_value float64_value int64_value string_value bool_value tensor_shape_value"
    " tensor_dtype_value tensor_spec_value type_spec_value bounded_tensor_spec_value list_value tuple_value dict_value"
    " named_tuple_value tensor_value numpy_value",
}
# the value of a field that was removed is skipped,
RESERVED = {"SavedObject": frozenset((b"attributes",))}
# and a proto2 message, as a map's entry, tells a zero that was given from nothing.
PROTO2 = "GraphDebugInfo"
# The only prefixes whose types the parser looks for; it knows more types than schema.py, though.
_ANY_PREFIXES = (b"type.googleapis.com/", b"type.googleprod.com/")

END, NAME, SYMBOL, INTEGER, STRING, FLOAT = 0, 1, 2, 3, 4, 6
# Every token but comments, strings with escapes and what is wrong. No part of it can match in two ways, hence it
# takes linear time; a number must not end inside a word.
_TOKEN = re.compile(
    rb"[ \t\n\v\f\r]*(?:([A-Za-z_][A-Za-z0-9_]*)|([{}<>:;,\[\]/-]|\.(?![0-9]))"
    rb"|((?:0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)(?![A-Za-z0-9_.]))"
    rb"|\"([^\"\\\n\0]*)\"|'([^'\\\n\0]*)'"
    rb"|((?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[fF]?(?![A-Za-z0-9_.])))"
)
# Behind a field's name: the value as TensorFlow writes it and the token behind that, all in one step.
_VALUE = re.compile(
    rb": *(?:\"([^\"\\\n\0]*)\"|([1-9][0-9]{0,8})|([A-Za-z_][A-Za-z0-9_]*))"
    rb"[ \t\n]*(?:(?<=[ \t\n])([A-Za-z_][A-Za-z0-9_]*)|(}))"
)
_OPEN = re.compile(rb"[ \t\n]*{[ \t\n]*(?:([A-Za-z_][A-Za-z0-9_]*)|(}))")
_SPACE = re.compile(rb"[ \t\n\v\f\r]*")
_COMMENT = re.compile(rb"[^\n\0]*")
_CONTROLS = re.compile(rb"[\x00-\x1f]*")
_ESCAPE = rb"\\(?:[abfnrtv\\?'\"0-7]|[xX][0-9a-fA-F]|u[0-9a-fA-F]{4}|U00[01][0-9a-fA-F]{5})"
_GOOD_ESCAPE = re.compile(_ESCAPE)
# A string's characters; in pieces, as re keeps a record of every repetition of a group.
_PIECES = {
    quote: re.compile(rb"[^%b\\\n\0]*(?:%b[^%b\\\n\0]*){0,500}" % (quote, _ESCAPE, quote)) for quote in (b'"', b"'")
}
_ANY_ESCAPE = re.compile(
    rb"\\(?:[0-7]{1,3}|[xX][0-9a-fA-F]{1,2}|(?:u|U0000)[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)",
    re.DOTALL,
)
# Finds all that Python's unicode_escape takes otherwise, and some more.
_UNLIKE_PYTHON = re.compile(rb"\\(?:[^abfnrtv\\'\"0-7]|[4-7][0-7][0-7])")
_LETTERS = {b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}
# A number as the tokenizer cuts it out when it is wrong.
_BAD_NUMBER = re.compile(
    rb"(0[xX][0-9a-fA-F]*|0[0-9]+|[0-9]+(?![0-9.eEfF]))|(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]*)?[fF]?"
)

# type -> (lowest, highest)
_RANGES = {
    "int32": (-(1 << 31), (1 << 31) - 1),
    "sint32": (-(1 << 31), (1 << 31) - 1),
    "sfixed32": (-(1 << 31), (1 << 31) - 1),
    "int64": (-(1 << 63), (1 << 63) - 1),
    "sint64": (-(1 << 63), (1 << 63) - 1),
    "sfixed64": (-(1 << 63), (1 << 63) - 1),
    "uint32": (0, (1 << 32) - 1),
    "fixed32": (0, (1 << 32) - 1),
    "uint64": (0, (1 << 64) - 1),
    "fixed64": (0, (1 << 64) - 1),
}
_PACKERS = {
    "sfixed32": struct.Struct("<i"),
    "sfixed64": struct.Struct("<q"),
    "fixed32": struct.Struct("<I"),
    "fixed64": struct.Struct("<Q"),
    "float": struct.Struct("<f"),
    "double": struct.Struct("<d"),
}
_LARGEST_FLOAT = struct.unpack("<f", b"\xff\xff\x7f\x7f")[0]
# The double half way to the float that there would be next; the parser rounds it down, Python's struct up.
_ROUNDS_TO_LARGEST = 3.4028235677973366e38
_BYTES = tuple(bytes((value,)) for value in range(256))
_ZEROS = frozenset((b"\0", bytes(4), bytes(8)))

_tables: dict[str, dict[bytes, Field]] = {}


class TextError(ValueError):
    """A text is not the message. line and column count from 1, column in characters; offset in bytes, from 0.

    ran_out: as in Malformed. ours: a bound of our own; TensorFlow's parser may well take the text.
    """

    def __init__(
        self, line: int, column: int, offset: int, why: str, ran_out: bool = False, ours: bool = False
    ) -> None:
        super().__init__(line, column, offset, why)
        self.line = line
        self.column = column
        self.offset = offset
        self.why = why
        self.ran_out = ran_out
        self.ours = ours

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.why}"


class MemorySource(Source):
    """Bytes in memory with Source's interface; they were encoded from a text file, whose path is the one to show."""

    __slots__ = ()
    # Offsets are those of the encoded bytes, which nobody else ever sees.
    text = True

    def __init__(self, path: str, shown: str, data: bytes, bytes_read: int = 0) -> None:
        self.begin(path, shown, len(data))
        self.window = data
        self.bytes_read = bytes_read

    def load(self, offset: int, end: int, sequential: bool) -> bytes:
        return self.window

    def unchanged(self) -> None:
        """binary has asked already, when it had read the file."""

    def cut(self, offset: int) -> Malformed:
        return self.malformed(offset, "a message that ends inside a field")

    def malformed(self, offset: int, why: str) -> Malformed:
        return Malformed(Location(self.shown), why)

    def _read(self, offset: int, length: int) -> bytes:
        return self.window[offset : offset + length]


def binary(source: Source, message: str) -> MemorySource:
    """A text file's message in wire format. Closes the source. Raises Malformed, LimitReached, Unreadable."""
    with source:
        if source.size > TEXT_LIMIT:
            raise LimitReached(
                Location(source.shown), f"{source.size:,} bytes of text; text is read up to {TEXT_LIMIT:,} bytes"
            )
        text = source.at(0, source.size)
        source.unchanged()
    try:
        return MemorySource(source.path, source.shown, encode(text, message), source.bytes_read)
    except TextError as error:
        place = Location(source.shown, offset=error.offset)
        if error.ours:
            raise LimitReached(place, str(error)) from None
        raise Malformed(place, str(error), ran_out=error.ran_out) from None


def encode(text: bytes, message: str) -> bytes:
    """The wire format of a message in text form; fields stand in the text's order. Raises TextError."""
    tokens = Tokens(text)
    frame = _Frame(message)
    around: list[_Frame] = []
    while True:
        token = tokens.token
        if token == b"}" or token == b">":
            if token != frame.closer:
                raise tokens.unexpected(f'"{frame.closer.decode()}"' if around else "a field's name")
            tokens.next()
            inner, frame = frame, around.pop()
            _close(tokens, inner, frame)
            if inner.in_list and not tokens.take(b"]"):
                if not tokens.take(b","):
                    raise tokens.unexpected('"," or "]"')
                around.append(frame)
                frame = _open(tokens, inner.message, inner.tag, len(around), in_list=True)
                continue
        elif tokens.kind == END and not around:
            if tokens.fault is not None:
                raise tokens.wrong("")
            return bytes(frame.body())
        elif token == b"[":
            url, message = _bracketed(tokens, frame.message)
            tokens.take(b":")
            around.append(frame)
            frame = _open(tokens, message, b"\x12", len(around), url)
            continue
        else:
            inside = _field(tokens, frame, len(around) + 1)
            if inside is not None:
                around.append(frame)
                frame = inside
                continue
        if tokens.token == b";" or tokens.token == b",":
            tokens.next()


class _Frame:
    """A message that is being read.

    closer: what ends it. tag: of the field that it is the value of. in_list: whether that stands in brackets.
    url: of the type, if it is the value of an Any. seen: what excludes a field -> the field that was set.
    """

    __slots__ = ("message", "fields", "closer", "tag", "in_list", "url", "seen", "parts", "packed")

    def __init__(
        self, message: str, closer: bytes = b"", tag: bytes = b"", in_list: bool = False, url: bytes = b""
    ) -> None:
        self.message = message
        self.fields = _tables.get(message) or _table(message)
        self.closer = closer
        self.tag = tag
        self.in_list = in_list
        self.url = url
        self.seen: dict[str, bytes] = {}
        self.parts = bytearray()
        self.packed: dict[bytes, bytearray] = {}

    def body(self) -> bytearray:
        """The message in wire format; to be asked for once, at its end."""
        for tag, numbers in self.packed.items():
            self.parts += tag + varint(len(numbers))
            self.parts += numbers
        return self.parts

    def add(self, field: Field, name: bytes, value: bytes) -> None:
        """Add a value, which is in wire format but for the tag."""
        tag, kind, repeated, excludes, explicit = field
        if repeated:
            if kind == "string" or kind == "bytes":
                self.parts += tag + value
            elif tag in self.packed:
                self.packed[tag] += value
            else:
                self.packed[tag] = bytearray(value)
        elif explicit or value not in _ZEROS:
            self.seen[excludes] = name
            self.parts += tag + value


class Tokens:
    """The tokens of a text; the one at hand is token, from start to pos.

    As protobuf's, it goes on where something is wrong: fault is the first error met, kept until the text ends or
    cannot be understood, as it depends on that what the loader reports.
    """

    __slots__ = ("text", "kind", "token", "literal", "start", "pos", "fault")

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.pos = 0
        self.fault: TextError | None = None
        self.next()

    def next(self) -> None:
        """Go to the next token. A string's token is its quote, and literal what it says."""
        found = _TOKEN.match(self.text, self.pos)
        if found is None:
            self._next_odd()
            return
        self.pos = found.end()
        kind = found.lastindex or 0
        if kind == 4 or kind == 5:
            self.kind = STRING
            self.token = b'"'
            self.literal = found[kind]
            self.start = self.pos - len(self.literal) - 2
        else:
            self.kind = kind
            self.token = found[kind]
            self.start = self.pos - len(self.token)

    def take(self, token: bytes) -> bool:
        """Go on if this token is at hand. Tells whether it was."""
        if self.token != token:
            return False
        self.next()
        return True

    def _next_odd(self) -> None:
        text = self.text
        pos = self.pos
        while True:
            self.start = pos = _SPACE.match(text, pos).end()  # type: ignore[union-attr]
            self.token = token = text[pos : pos + 1]
            if token == b"#":
                pos = _COMMENT.match(text, pos).end()  # type: ignore[union-attr]
            elif token and token < b" ":
                self._fault(pos, f"the control character 0x{token[0]:02x}")
                pos = _CONTROLS.match(text, pos).end()  # type: ignore[union-attr]
            else:
                found = _TOKEN.match(text, pos)
                break
        self.pos = pos
        if found is not None:
            self.next()
        elif not token:
            self.kind = END
        elif token in _PIECES:
            self.kind = STRING
            stop = self._end_of_string(pos + 1, token)
            self.pos = stop + (text[stop : stop + 1] == token)
            self.literal = unescape(text[pos + 1 : stop])
            self.token = b'"'
        elif token in b"0123456789.":
            number = _BAD_NUMBER.match(text, pos)
            assert number is not None
            self.token = number[0]
            self.pos = number.end()
            self.kind = INTEGER if number.lastindex else FLOAT
            self._fault(pos, f'"{shown(text[pos : pos + 20].split()[0])}", which is no number')
        else:
            self.kind = SYMBOL
            self.pos = pos + 1

    def _end_of_string(self, pos: int, quote: bytes) -> int:
        text = self.text
        match = _PIECES[quote].match
        while True:
            pos = match(text, pos).end()  # type: ignore[union-attr]
            stop = text[pos : pos + 1]
            if stop == quote:
                return pos
            if stop != b"\\":
                what = {b"": "the text ends", b"\n": "the line ends", b"\0": "a NUL character stands"}[stop]
                self._fault(self.start, f"a string that does not end; {what} before the closing quote")
                return pos
            if not _GOOD_ESCAPE.match(text, pos):
                self._fault(pos, f'"{shown(text[pos : pos + 2])}", which is no escape sequence')
                pos += 1

    def _fault(self, offset: int, why: str, ours: bool = False) -> None:
        if self.fault is None:
            line = self.text.count(b"\n", 0, offset) + 1
            before = self.text[self.text.rfind(b"\n", 0, offset) + 1 : offset]
            self.fault = TextError(line, len(before.decode("utf-8", "replace")) + 1, offset, why, ours=ours)

    def wrong(self, why: str, offset: int | None = None, ours: bool = False) -> TextError:
        """The error to raise: this one, or the one that was met before."""
        self._fault(self.start if offset is None else offset, why, ours)
        assert self.fault is not None
        self.fault.ran_out = self.pos >= len(self.text)
        return self.fault

    def unexpected(self, expected: str) -> TextError:
        if self.kind == END:
            return self.wrong(f"the text ends where {expected} belongs")
        token = self.text[self.start : min(self.pos, self.start + 40)]
        if token == b"\xef" and self.text.startswith(b"\xef\xbb\xbf", self.start):
            return self.wrong("a byte order mark, which TensorFlow's parser refuses")
        return self.wrong(f"{shown(token)} where {expected} belongs")


def _field(tokens: Tokens, frame: _Frame, depth: int) -> _Frame | None:
    """Read a field's name and value; where the value is a message, only its beginning, and return its frame."""
    if tokens.kind != NAME:
        raise tokens.unexpected("a field's name" if depth == 1 else f'a field\'s name or "{frame.closer.decode()}"')
    name = tokens.token
    start = tokens.start
    field = frame.fields.get(name)
    if field is None:
        tokens.next()
        if name not in RESERVED.get(frame.message, ()):
            raise tokens.wrong(f'"{shown(name)}", which is no field of {frame.message}', start)
        _skip(tokens)
        return None
    tag, kind, repeated, excludes, _ = field
    if excludes in frame.seen:
        tokens.next()
        other = frame.seen[excludes]
        if other == name:
            raise tokens.wrong(f'"{shown(name)}" for the second time; it is not repeated', start)
        raise tokens.wrong(f'"{shown(name)}" beside "{shown(other)}"; {frame.message} takes one of them', start)
    if kind in MESSAGES:
        found = _OPEN.match(tokens.text, tokens.pos)
        if found is not None and depth <= DEPTH_LIMIT:
            tokens.pos = found.end()
            tokens.kind = found.lastindex or 0
            tokens.token = found[tokens.kind]
            tokens.start = tokens.pos - len(tokens.token)
            if not repeated:
                frame.seen[excludes] = name
            return _Frame(kind, b"}", tag)
        tokens.next()
        tokens.take(b":")
        in_list = repeated and tokens.take(b"[")
        if in_list and tokens.take(b"]"):
            return None
        if not repeated:
            frame.seen[excludes] = name
        return _open(tokens, kind, tag, depth, in_list=in_list)
    value = _usual(tokens, kind)
    if value is not None:
        frame.add(field, name, value)
        return None
    tokens.next()
    if not tokens.take(b":"):
        raise tokens.unexpected(f'":" behind "{shown(name)}"')
    if not repeated or not tokens.take(b"["):
        frame.add(field, name, _scalar(tokens, kind, name))
    elif not tokens.take(b"]"):
        frame.add(field, name, _scalar(tokens, kind, name))
        while not tokens.take(b"]"):
            if not tokens.take(b","):
                raise tokens.unexpected('"," or "]"')
            frame.add(field, name, _scalar(tokens, kind, name))
    return None


def _open(tokens: Tokens, message: str, tag: bytes, depth: int, url: bytes = b"", in_list: bool = False) -> _Frame:
    """Read the brace before a message."""
    if tokens.token == b"<":
        closer = b">"
    elif tokens.token == b"{":
        closer = b"}"
    else:
        raise tokens.unexpected(f'"{{" before a {message}')
    if depth > DEPTH_LIMIT:
        raise tokens.wrong(f"more than {DEPTH_LIMIT} messages inside one another", ours=True)
    tokens.next()
    return _Frame(message, closer, tag, in_list, url)


def _close(tokens: Tokens, inner: _Frame, frame: _Frame) -> None:
    """Add a message that ended to the one around it."""
    body = inner.body()
    if inner.url:
        if frame.seen:
            raise tokens.wrong("the content of an Any for the second time")
        frame.add(frame.fields[b"type_url"], b"type_url", varint(len(inner.url)) + inner.url)
        if not body:
            return
        frame.seen["value"] = b"value"
    frame.parts += inner.tag + varint(len(body))
    frame.parts += body


def _bracketed(tokens: Tokens, message: str) -> tuple[bytes, str]:
    """Read "[type.googleapis.com/tensorflow.Name]" in an Any: the url, and the message that it means."""
    start = tokens.start
    tokens.next()
    name = _dotted(tokens)
    if message != "Any":
        if not tokens.take(b"]"):
            raise tokens.unexpected('"]"')
        raise tokens.wrong(f'the extension "{shown(name)}", which {message} does not have', start)
    if not tokens.take(b"/"):
        raise tokens.unexpected('"/" before the type in an Any')
    prefix = name + b"/"
    name = _dotted(tokens)
    if not tokens.take(b"]"):
        raise tokens.unexpected('"]"')
    package, _, short = name.decode().partition(".")
    if name == b"google.protobuf.Any":
        short = "Any"
    elif package != "tensorflow" or short == "Any":
        short = ""
    known = prefix in _ANY_PREFIXES
    if not known or short not in MESSAGES:
        tokens.take(b":")
        why = "whose fields are not known" if known else f'which does not begin with "{_ANY_PREFIXES[0].decode()}"'
        raise tokens.wrong(f'an Any of type "{shown(prefix + name)}", {why}', start, ours=known)
    return prefix + name, short


def _dotted(tokens: Tokens, dots: tuple[bytes, ...] = (b".",)) -> bytes:
    parts = []
    while True:
        if tokens.kind != NAME:
            raise tokens.unexpected("a name")
        parts.append(tokens.token)
        tokens.next()
        if tokens.token not in dots:
            return b".".join(parts)
        tokens.next()


def _skip(tokens: Tokens) -> None:
    """Read over the value of a field whose type is not known."""
    message_only = not tokens.take(b":")
    # What ends the messages and lists that the place is in.
    closers: list[bytes] = []
    while True:
        if len(closers) > DEPTH_LIMIT:
            raise tokens.wrong(f"more than {DEPTH_LIMIT} messages inside one another", ours=True)
        if tokens.token == b"{" or tokens.token == b"<":
            closers.append(b"}" if tokens.token == b"{" else b">")
            tokens.next()
            ended = False
        elif message_only:
            raise tokens.unexpected('"{"')
        elif tokens.take(b"["):
            ended = tokens.take(b"]")
            if not ended:
                closers.append(b"]")
                message_only = False
                continue
        else:
            _skip_scalar(tokens)
            ended = True
        while True:
            if ended:
                if not closers:
                    return
                if closers[-1] == b"]":
                    if tokens.take(b"]"):
                        closers.pop()
                        continue
                    if not tokens.take(b","):
                        raise tokens.unexpected('"," or "]"')
                    message_only = False
                    break
                if tokens.token == b";" or tokens.token == b",":
                    tokens.next()
            if tokens.token == b"}" or tokens.token == b">":
                if not tokens.take(closers[-1]):
                    raise tokens.unexpected(f'"{closers[-1].decode()}"')
                closers.pop()
                ended = True
                continue
            if tokens.take(b"["):
                _dotted(tokens, (b".", b"/"))
                if not tokens.take(b"]"):
                    raise tokens.unexpected('"]"')
            elif tokens.kind == NAME:
                tokens.next()
            else:
                raise tokens.unexpected(f'a field\'s name or "{closers[-1].decode()}"')
            message_only = not tokens.take(b":")
            break


def _skip_scalar(tokens: Tokens) -> None:
    if tokens.kind == STRING:
        while tokens.kind == STRING:
            tokens.next()
        return
    negative = tokens.take(b"-")
    if tokens.kind not in (INTEGER, FLOAT, NAME):
        raise tokens.unexpected("a value")
    if negative and tokens.kind == NAME and tokens.token.lower() not in (b"inf", b"infinity", b"nan"):
        raise tokens.unexpected("a number")
    tokens.next()


def _usual(tokens: Tokens, kind: str) -> bytes | None:
    """A value in the form that TensorFlow writes, and the token behind it at hand; None: go token by token."""
    found = _VALUE.match(tokens.text, tokens.pos)
    if found is None:
        return None
    string, number, name, _, closer = found.groups()
    if string is not None:
        if kind == "string" and not string.isascii():
            string = _utf8(string)
        elif kind != "string" and kind != "bytes":
            return None
        value = varint(len(string)) + string
    elif number is not None:
        if kind == "int32" or kind == "int64":
            value = varint(int(number))
        else:
            return None
    elif kind == "bool":
        if name not in (b"true", b"false"):
            return None
        value = b"\1" if name == b"true" else b"\0"
    elif kind in ENUMS:
        choice = ENUMS[kind].get(name.decode())
        if choice is None:
            return None
        value = varint(choice)
    else:
        return None
    tokens.pos = found.end()
    if closer is not None:
        tokens.kind = SYMBOL
        tokens.token = closer
    else:
        tokens.kind = NAME
        tokens.token = found[4]
    tokens.start = tokens.pos - len(tokens.token)
    return value


def _scalar(tokens: Tokens, kind: str, name: bytes) -> bytes:
    """Read a value that is no message: in wire format, without the tag."""
    if kind == "string" or kind == "bytes":
        if tokens.kind != STRING:
            raise tokens.unexpected("a string")
        literals = []
        while tokens.kind == STRING:
            literals.append(tokens.literal)
            tokens.next()
        value = b"".join(literals)
        if kind == "string" and not value.isascii():
            value = _utf8(value)
        return varint(len(value)) + value
    if kind == "float" or kind == "double":
        number = _double(tokens)
        if kind == "float" and abs(number) > _LARGEST_FLOAT:
            near = abs(number) <= _ROUNDS_TO_LARGEST
            number = (_LARGEST_FLOAT if near else float("inf")) * (1 if number > 0 else -1)
        return _PACKERS[kind].pack(number)
    if kind == "bool":
        return _bool(tokens, name)
    if kind in ENUMS:
        return _enum(tokens, kind)
    low, high = _RANGES[kind]
    integer = _integer(tokens, low, high)
    if kind in _PACKERS:
        return _PACKERS[kind].pack(integer)
    if kind == "sint32" or kind == "sint64":
        return varint(integer << 1 if integer >= 0 else ~(integer << 1))
    return varint(integer)


def _bool(tokens: Tokens, name: bytes) -> bytes:
    if tokens.kind == INTEGER:
        return varint(_integer(tokens, 0, 1))
    if tokens.kind != NAME:
        raise tokens.unexpected("true or false")
    word = tokens.token
    start = tokens.start
    tokens.next()
    if word in (b"true", b"True", b"t"):
        return b"\1"
    if word in (b"false", b"False", b"f"):
        return b"\0"
    raise tokens.wrong(f'{shown(word)} where true or false belongs, behind "{shown(name)}"', start)


def _enum(tokens: Tokens, kind: str) -> bytes:
    # A number need not be one of the enum's: proto3's enums are open.
    if tokens.kind == NAME:
        word = tokens.token
        start = tokens.start
        tokens.next()
        value = ENUMS[kind].get(word.decode())
        if value is None:
            raise tokens.wrong(f"{shown(word)}, which is no {kind}", start)
        return varint(value)
    if tokens.kind != INTEGER and tokens.token != b"-":
        raise tokens.unexpected(f"a {kind}")
    return varint(_integer(tokens, *_RANGES["int32"]))


def _integer(tokens: Tokens, low: int, high: int) -> int:
    negative = low < 0 and tokens.take(b"-")
    if tokens.kind != INTEGER:
        raise tokens.unexpected("an integer")
    token = tokens.token
    base = 10
    if token[:1] == b"0":
        base = 16 if token[1:2] in (b"x", b"X") else 8
    digits = token[2 if base == 16 else 0 :].lstrip(b"0")
    try:
        # Python takes quadratic time for many digits; 64 bits have 22 in octal.
        value = int(digits or b"0", base) if len(digits) <= 22 else 1 << 64
    except ValueError:
        value = 1 << 64
    if value > (-low if negative else high):
        sign = "-" if negative else ""
        raise tokens.wrong(f"{sign}{shown(token)}, which is not between {low} and {high}")
    tokens.next()
    return -value if negative else value


def _double(tokens: Tokens) -> float:
    negative = tokens.take(b"-")
    token = tokens.token
    if tokens.kind == INTEGER:
        if token[:1] == b"0" and token[1:2] in (b"x", b"X", *(b"%d" % digit for digit in range(8))):
            raise tokens.unexpected("a decimal number")
        value = float(token)
    elif tokens.kind == FLOAT:
        try:
            value = float(token.rstrip(b"fF"))
        except ValueError:
            # A number that is wrong, which is on record.
            value = 0.0
    elif tokens.kind == NAME and token.lower() in (b"inf", b"infinity", b"nan"):
        value = float(token)
    else:
        raise tokens.unexpected("a number")
    tokens.next()
    return -value if negative else value


def unescape(literal: bytes) -> bytes:
    """What a string literal says, without its quotes; escapes that are wrong become anything."""
    if _UNLIKE_PYTHON.search(literal) or literal.endswith(b"\\"):
        said = bytearray()
        done = 0
        # As sub, which would keep every piece as an object until the end.
        for found in _ANY_ESCAPE.finditer(literal):
            said += literal[done : found.start()]
            said += _unescaped(found)
            done = found.end()
        return bytes(said + literal[done:])
    return literal.decode("unicode_escape").encode("latin-1")


def _unescaped(found: re.Match[bytes]) -> bytes:
    code = found[0][1:]
    letter = code[:1]
    if letter in b"01234567":
        return _BYTES[int(code, 8) & 0xFF]
    if len(code) == 1:
        return _LETTERS.get(code, code)
    if letter == b"x" or letter == b"X":
        return _BYTES[int(code[1:], 16)]
    first, _, second = code[1:].partition(b"\\u")
    point = int(first, 16)
    if second:
        point = 0x10000 + ((point - 0xD800) << 10) + int(second, 16) - 0xDC00
    if point > 0x10FFFF:
        return b"\\U%08x" % point
    return chr(point).encode("utf-8", "surrogatepass")


def _utf8(value: bytes) -> bytes:
    """A string as it is; where it is not UTF-8, which the text parser takes and wire readers do not, made so."""
    try:
        value.decode()
    except UnicodeDecodeError:
        return value.decode("utf-8", "replace").encode()
    return value


def varint(value: int) -> bytes:
    """An integer in wire format, a negative one as ten bytes."""
    if 0 <= value < 128:
        return _BYTES[value]
    value &= 0xFFFFFFFFFFFFFFFF
    out = bytearray()
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def shown(token: bytes) -> str:
    """A piece of the text in a message: short, and in one line."""
    text = token[:80].decode("utf-8", "backslashreplace")
    return text if text.isprintable() else repr(text)[1:-1]


def _table(message: str) -> dict[bytes, Field]:
    oneof = ONEOFS.get(message, "").split()
    explicit = message.endswith("Entry") or message.split(".")[0] == PROTO2
    table: dict[bytes, Field] = {}
    for number, name, kind in MESSAGES[message]:
        repeated = kind.endswith("*")
        kind = kind.rstrip("*")
        if repeated or kind in MESSAGES or kind == "string" or kind == "bytes":
            wire = 2
        elif kind in _PACKERS:
            wire = 5 if _PACKERS[kind].size == 4 else 1
        else:
            wire = 0
        within = name in oneof
        excludes = "(oneof)" if within else name
        table[name.encode()] = (varint(number << 3 | wire), kind, repeated, excludes, explicit or within)
    _tables[message] = table
    return table
