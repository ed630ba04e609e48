"""Text form: what is taken, as which bytes; what is refused, where and why. All of it as C++ protobuf 6.31.1 has it.

tests/oracle/test_text_agrees.py holds the same cases against that parser.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_trt.artifacts import proto
from pytest_trt.artifacts.errors import ArtifactError, LimitReached, Malformed, Unreadable
from pytest_trt.artifacts.location import Location
from pytest_trt.artifacts.saved_model import metagraphs_of
from pytest_trt.artifacts.text import MESSAGE_OF_KIND, TEXT_LIMIT, MemorySource, TextError, binary, encode
from pytest_trt.artifacts.wire import WHOLE, Source, fields

# In a node's attribute "a".
ATTR = b"node { attr { key: 'a' value { %b } } }"
ANY = b"collection_def { key: 'x' value { any_list { value { %b } } } }"
OBJECT = b"object_graph_def { nodes { %b } }"
VALUE = b"object_graph_def { concrete_functions { value { output_signature { %b } } } }"


def attr(value: bytes) -> bytes:
    entry = b"\x0a\x01a\x12" + bytes([len(value)]) + value
    node = b"\x2a" + bytes([len(entry)]) + entry
    return b"\x0a" + bytes([len(node)]) + node


def value(content: bytes) -> bytes:
    for tag in (b"\x22", b"\x12", b"\x12", b"\x3a"):
        content = tag + bytes([len(content)]) + content
    return content


def name(content: bytes) -> bytes:
    return b"\x0a" + bytes([len(content) + 2]) + b"\x0a" + bytes([len(content)]) + content


def any_of(content: bytes) -> bytes:
    for tag in (b"\x0a", b"\x2a"):
        content = tag + bytes([len(content)]) + content
    content = b"\x0a\x01x\x12" + bytes([len(content)]) + content
    return b"\x22" + bytes([len(content)]) + content


URL = b"\x0a\x2btype.googleapis.com/tensorflow.AssetFileDef"

TAKEN = [
    # the text's frame
    ("GraphDef", b"", b""),
    ("GraphDef", b"\n # nothing \xff\n\t\r\v\f", b""),
    ("GraphDef", b"version: 3", b"\x18\x03"),
    ("GraphDef", b"version\n:\n3\n", b"\x18\x03"),
    ("GraphDef", b"version:3#x", b"\x18\x03"),
    ("GraphDef", b"version: 3;", b"\x18\x03"),
    ("GraphDef", b"version: 3 , node{};node<>", b"\x18\x03\x0a\x00\x0a\x00"),
    ("GraphDef", b"node: {} node : < >", b"\x0a\x00\x0a\x00"),
    ("GraphDef", b"node [{}] node: [{}, <>] node: [] node []", b"\x0a\x00\x0a\x00\x0a\x00"),
    ("GraphDef", b"node{name:'a'op:'b'}", b"\x0a\x06\x0a\x01a\x12\x01b"),
    ("GraphDef", b'node { name: "a" op: "b" }', b"\x0a\x06\x0a\x01a\x12\x01b"),
    # presence: a zero counts as given in oneofs, proto2 messages and map entries only
    ("GraphDef", b"version: 0 version: 3", b"\x18\x03"),
    ("GraphDef", b"node { name: '' name: 'a' }", name(b"a")),
    ("GraphDef", ATTR % b"i: 0", attr(b"\x18\x00")),
    (
        "GraphDef",
        b"debug_info { frames_by_id { value { line: 0 } } }",
        b"\x2a\x06\x22\x04\x12\x02\x10\x00",
    ),
    ("GraphDef", b"node { attr { key: '' } }", b"\x0a\x04\x2a\x02\x0a\x00"),
    # strings
    ("GraphDef", b"node { name: 'a' \"b\"# c\n'c' }", name(b"abc")),
    ("GraphDef", b"node { name: 'a\"b' }", name(b'a"b')),
    ("GraphDef", b"node { name: 'a\tb\r\x01' }", name(b"a\tb\r\x01")),
    ("GraphDef", rb"node { name: '\a\b\f\n\r\t\v\\\'\"\?' }", name(b"\a\b\f\n\r\t\v\\'\"?")),
    ("GraphDef", rb"node { name: '\1\12\1012\x1\x414\X41' }", name(b"\x01\nA2\x01A4A")),
    ("GraphDef", rb"node { name: '\\x41\\u0041\\?\?' }", name(rb"\x41\u0041\??")),
    ("GraphDef", rb"node { name: '\u00e9\U0001F600\ud83d\ude00\U0000d83d\ude00' }", name("é😀😀😀".encode())),
    ("GraphDef", rb"node { name: '\U001FFFFF' }", name(rb"\U001fffff")),
    ("GraphDef", "node { name: 'é' }".encode(), name("é".encode())),
    ("GraphDef", ATTR % rb"s: '\377\400\xfe'", attr(b"\x12\x03\xff\x00\xfe")),
    ("GraphDef", ATTR % b"s: '\xff\xfe'", attr(b"\x12\x02\xff\xfe")),
    # not UTF-8, which the text parser takes and the readers of wire format do not
    ("GraphDef", rb"node { name: 'a\377' }", name("a\ufffd".encode())),
    ("GraphDef", b"node { name: 'a\xff' op: 'b' }", b"\x0a\x09\x0a\x04a\xef\xbf\xbd\x12\x01b"),
    # integers
    ("GraphDef", b"version: 017", b"\x18\x0f"),
    ("GraphDef", b"version: 0x1F", b"\x18\x1f"),
    ("GraphDef", b"version: 000000000000000000000000000000000000001", b"\x18\x01"),
    ("GraphDef", b"version: - # a sign of its own\n 1", b"\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
    ("GraphDef", b"version: -2147483648", b"\x18\x80\x80\x80\x80\xf8\xff\xff\xff\xff\x01"),
    ("GraphDef", b"version: -0", b""),
    ("GraphDef", ATTR % b"i: 9223372036854775807", attr(b"\x18" + b"\xff" * 8 + b"\x7f")),
    ("GraphDef", ATTR % b"i: -0x8000000000000000", attr(b"\x18" + b"\x80" * 9 + b"\x01")),
    ("MetaGraphDef", VALUE % b"int64_value: -3", value(b"\x60\x05")),
    ("MetaGraphDef", VALUE % b"int64_value: 3", value(b"\x60\x06")),
    (
        "GraphDef",
        b"debug_info { name_to_trace_id { key: '' value: 18446744073709551615 } }",
        b"\x2a\x0d\x2a\x0b\x0a\x00\x11" + b"\xff" * 8,
    ),
    # repeated numbers are packed, wherever they stand
    (
        "GraphDef",
        b"versions { bad_consumers: [1, 2] producer: 1 bad_consumers: 300 }",
        b"\x22\x08\x08\x01\x1a\x04\x01\x02\xac\x02",
    ),
    ("GraphDef", ATTR % b"list { f: [1, inf] }", attr(b"\x0a\x0a\x22\x08\x00\x00\x80\x3f\x00\x00\x80\x7f")),
    ("GraphDef", ATTR % b"list { s: ['a' 'b', 'c'] }", attr(b"\x0a\x07\x12\x02ab\x12\x01c")),
    # floats
    ("GraphDef", ATTR % b"f: 1.5f", attr(b"\x25\x00\x00\xc0\x3f")),
    ("GraphDef", ATTR % b"f: .5", attr(b"\x25\x00\x00\x00\x3f")),
    ("GraphDef", ATTR % b"f: 1.", attr(b"\x25\x00\x00\x80\x3f")),
    ("GraphDef", ATTR % b"f: 1F", attr(b"\x25\x00\x00\x80\x3f")),
    ("GraphDef", ATTR % b"f: 1e0", attr(b"\x25\x00\x00\x80\x3f")),
    ("GraphDef", ATTR % b"f: 0", attr(b"\x25\x00\x00\x00\x00")),
    ("GraphDef", ATTR % b"f: -0.0", attr(b"\x25\x00\x00\x00\x80")),
    ("GraphDef", ATTR % b"f: -Infinity", attr(b"\x25\x00\x00\x80\xff")),
    ("GraphDef", ATTR % b"f: nan", attr(b"\x25\x00\x00\xc0\x7f")),
    ("GraphDef", ATTR % b"f: -nan", attr(b"\x25\x00\x00\xc0\xff")),
    ("GraphDef", ATTR % b"f: 1e400", attr(b"\x25\x00\x00\x80\x7f")),
    ("GraphDef", ATTR % b"f: 3.4028235677973366e38", attr(b"\x25\xff\xff\x7f\x7f")),
    ("GraphDef", ATTR % b"f: -3.4028236e38", attr(b"\x25\x00\x00\x80\xff")),
    ("GraphDef", ATTR % b"f: 18446744073709551616", attr(b"\x25\x00\x00\x80\x5f")),
    ("MetaGraphDef", VALUE % b"float64_value: 0.1", value(b"\x59\x9a\x99\x99\x99\x99\x99\xb9\x3f")),
    # bools and enums
    *(
        ("GraphDef", ATTR % (b"b: " + word), attr(b"\x28\x01"))
        for word in (b"true", b"True", b"t", b"1", b"0x1", b"01")
    ),
    *(("GraphDef", ATTR % (b"b: " + word), attr(b"\x28\x00")) for word in (b"false", b"False", b"f", b"0")),
    ("GraphDef", ATTR % b"type: DT_FLOAT", attr(b"\x30\x01")),
    ("GraphDef", ATTR % b"type: 7777", attr(b"\x30\xe1\x3c")),
    ("GraphDef", ATTR % b"type: -1", attr(b"\x30" + b"\xff" * 9 + b"\x01")),
    # what is in an Any
    (
        "MetaGraphDef",
        ANY % b"[type.googleapis.com/tensorflow.AssetFileDef] { filename: 'a' }",
        any_of(URL + b"\x12\x03\x12\x01a"),
    ),
    ("MetaGraphDef", ANY % b"[ type.googleapis .com# c\n/tensorflow.AssetFileDef]: <>,", any_of(URL)),
    ("MetaGraphDef", ANY % b"[type.googleapis.com/tensorflow.AssetFileDef] {} value: 'x'", any_of(URL + b"\x12\x01x")),
    ("MetaGraphDef", ANY % b"type_url: 'a' value: '\\n'", any_of(b"\x0a\x01a\x12\x01\x0a")),
    # a field that was removed
    ("MetaGraphDef", OBJECT % b"attributes: 1 attributes: - inf, attributes: 'a' \"b\";", b"\x3a\x02\x0a\x00"),
    ("MetaGraphDef", OBJECT % b"attributes { foo: [1, {}, [[], <>]] [a.b/c]: x; y <z {}>, }", b"\x3a\x02\x0a\x00"),
]

REFUSED = [
    # message, text, line, column, a part of the reason, whether the parser meets the end of the file
    ("GraphDef", b"foo: 1", 1, 1, '"foo", which is no field of GraphDef', False),
    ("GraphDef", b"foo", 1, 1, "no field of GraphDef", True),
    ("GraphDef", b"version: 1\n  Node {}", 2, 3, '"Node", which is no field', False),
    ("GraphDef", b"1: 3", 1, 1, "1 where a field's name belongs", False),
    ("GraphDef", b"[a.b]: 1", 1, 1, 'the extension "a.b"', False),
    ("GraphDef", b"\xef\xbb\xbfversion: 1", 1, 1, "a byte order mark", False),
    ("GraphDef", b"\x08\x01\x12\x00", 1, 1, "the control character 0x08", True),
    ("GraphDef", b"version 1 ", 1, 9, '1 where ":" behind "version" belongs', False),
    ("GraphDef", b"version: [1] ", 1, 10, "[ where an integer belongs", False),
    ("GraphDef", b"version: 1;;", 1, 12, "; where a field's name belongs", True),
    ("GraphDef", b"version: 3 version: 0 ", 1, 12, '"version" for the second time', False),
    ("GraphDef", b"versions {} versions {}", 1, 13, '"versions" for the second time', False),
    ("GraphDef", b"node {", 1, 7, 'the text ends where a field\'s name or "}" belongs', True),
    ("GraphDef", b"node {> ", 1, 7, '> where "}" belongs', False),
    ("GraphDef", b"node: [{},] ", 1, 11, '] where "{" before a NodeDef belongs', False),
    ("GraphDef", b"node: [{};{}]", 1, 10, '; where "," or "]" belongs', False),
    ("GraphDef", b"} ", 1, 1, "} where a field's name belongs", False),
    ("GraphDef", ATTR % b"i: 0 f: 1", 1, 37, '"f" beside "i"; AttrValue takes one of them', False),
    ("GraphDef", b"node { attr { key: '' key: 'a' } }", 1, 23, '"key" for the second time', False),
    # strings
    ("GraphDef", b'node { name: "a', 1, 14, "a string that does not end; the text ends", True),
    ("GraphDef", b'node { name: "a\nb" }', 1, 14, "a string that does not end; the line ends", True),
    ("GraphDef", b'node { name: "a\0b" }', 1, 14, "a string that does not end; a NUL character", True),
    ("GraphDef", b'node { name: "\\q" }', 1, 15, '"\\q", which is no escape sequence', True),
    ("GraphDef", b'node { name: "\\q" } } x', 1, 15, '"\\q", which is no escape sequence', False),
    ("GraphDef", b'node { name: "\xc3\xa9\\u12" }', 1, 16, '"\\u", which is no escape', True),
    ("GraphDef", b'node { name: "\\U00200000" }', 1, 15, "no escape", True),
    ("GraphDef", b'node { name: "\\x" }', 1, 15, "no escape", True),
    ("GraphDef", b"node { name: x }", 1, 14, "x where a string belongs", False),
    # numbers
    ("GraphDef", b"version: 2147483648 ", 1, 10, "2147483648, which is not between -2147483648 and 2147483647", False),
    ("GraphDef", b"version: -2147483649 ", 1, 11, "-2147483649, which is not between", False),
    ("GraphDef", b"version: " + b"9" * 9999, 1, 10, "which is not between", True),
    ("GraphDef", b"version: +1", 1, 10, "+ where an integer belongs", False),
    ("GraphDef", b"version: 1.0 ", 1, 10, "1.0 where an integer belongs", False),
    ("GraphDef", b"version: 08 ", 1, 10, '"08", which is no number', False),
    ("GraphDef", b"version: 0x ", 1, 10, '"0x", which is no number', True),
    ("GraphDef", b"version: 12a ", 1, 10, '"12a", which is no number', True),
    ("GraphDef", ATTR % b"f: 1e", 1, 35, '"1e", which is no number', True),
    ("GraphDef", ATTR % b"f: 1.5.2", 1, 35, '"1.5.2", which is no number', False),
    ("GraphDef", ATTR % b"f: 0x10", 1, 35, "0x10 where a decimal number belongs", False),
    ("GraphDef", ATTR % b"f: 010", 1, 35, "010 where a decimal number belongs", False),
    ("GraphDef", ATTR % b"f: inff", 1, 35, "inff where a number belongs", False),
    ("GraphDef", ATTR % b"b: 2", 1, 35, "2, which is not between 0 and 1", False),
    ("GraphDef", ATTR % b"b: TRUE", 1, 35, "TRUE where true or false belongs", False),
    ("GraphDef", ATTR % b"type: DT_NONE", 1, 38, "DT_NONE, which is no DataType", False),
    ("GraphDef", ATTR % b"type: 'a'", 1, 38, "'a' where a DataType belongs", False),
    # Any, removed fields
    (
        "MetaGraphDef",
        ANY % b"[x/tensorflow.AssetFileDef] {}",
        1,
        54,
        'an Any of type "x/tensorflow.AssetFileDef", which does not begin with',
        False,
    ),
    (
        "MetaGraphDef",
        ANY % b"[tensorflow.AssetFileDef] {}",
        1,
        78,
        '] where "/" before the type in an Any belongs',
        False,
    ),
    (
        "MetaGraphDef",
        ANY % b"[type.googleapis.com/tensorflow.AssetFileDef] {} type_url: 'x'",
        1,
        103,
        "second time",
        False,
    ),
    (
        "MetaGraphDef",
        ANY % b"type_url: 'x' [type.googleapis.com/tensorflow.AssetFileDef] {}",
        1,
        117,
        "second time",
        False,
    ),
    ("MetaGraphDef", OBJECT % b"attributes: [1,]", 1, 43, "] where a value belongs", False),
    ("MetaGraphDef", OBJECT % b"attributes: -x", 1, 41, "x where a number belongs", False),
    ("MetaGraphDef", OBJECT % b"attributes [1]", 1, 39, '[ where "{" belongs', False),
    ("MetaGraphDef", OBJECT % b"attributes { 1: 2 }", 1, 41, '1 where a field\'s name or "}" belongs', False),
]


@pytest.mark.parametrize(("message", "text", "wire"), TAKEN, ids=lambda part: repr(part)[:60])
def test_taken(message: str, text: bytes, wire: bytes) -> None:
    assert encode(text, message) == wire
    proto.check(wire, 0, len(wire), proto.table(message), 0)


@pytest.mark.parametrize(
    ("message", "text", "line", "column", "why", "ran_out"), REFUSED, ids=lambda part: repr(part)[:60]
)
def test_refused(message: str, text: bytes, line: int, column: int, why: str, ran_out: bool) -> None:
    with pytest.raises(TextError) as caught:
        encode(text, message)
    error = caught.value
    assert (error.line, error.column) == (line, column), error
    assert why in str(error)
    assert len(error.why) < 200
    assert "\n" not in error.why
    assert text[error.offset :].startswith(
        text.split(b"\n")[line - 1].decode("utf-8", "replace")[column - 1 :].encode()[:1]
    )
    assert error.ran_out is ran_out
    assert not error.ours


@pytest.mark.parametrize("end", range(len(ATTR)))
def test_every_beginning_of_a_text_is_refused(end: int) -> None:
    text = (ATTR % b"i: 1")[:end]
    if text.strip():
        with pytest.raises(TextError) as caught:
            encode(text, "GraphDef")
        assert caught.value.ran_out


@pytest.mark.parametrize("message", MESSAGE_OF_KIND.values())
def test_what_cannot_be_known_is_our_own_limit(message: str) -> None:
    around = {"GraphDef": b"%b", "MetaGraphDef": b"graph_def { %b }", "SavedModel": b"meta_graphs { graph_def { %b } }"}
    more = 98 - list(around).index(message)
    nested = around[message] % (b"node { experimental_type " + b"{ args " * more + b"{}" + b"}" * more + b"}")
    wire = encode(nested, message)
    proto.check(wire, 0, len(wire), proto.table(message), 0)
    for deeper in (nested.replace(b"{}", b"{ args {} }"), nested.replace(b"{}", b"{ args: [<>] }")):
        with pytest.raises(TextError, match="more than 100 messages inside one another") as caught:
            encode(deeper, message)
        assert caught.value.ours


@pytest.mark.parametrize("nest", [b"[", b"{ x ", b"< x: [", b"[{ x: "])
def test_what_is_skipped_may_not_nest_without_end(nest: bytes) -> None:
    with pytest.raises(TextError, match="more than 100 messages") as caught:
        encode(b"object_graph_def { nodes { attributes: " + nest * 9999, "MetaGraphDef")
    assert caught.value.ours


def test_a_type_in_an_any_that_the_server_may_know_is_our_own_limit() -> None:
    with pytest.raises(TextError, match=r"type\.googleapis\.com/tensorflow\.ConfigProto") as caught:
        encode(ANY % b"[type.googleapis.com/tensorflow.ConfigProto] {}", "MetaGraphDef")
    assert caught.value.ours


def test_an_error_met_before_is_the_one_to_tell() -> None:
    with pytest.raises(TextError, match=r"line 1, column 15: .* no escape"):
        encode(b"node { name: '\\q' }\nfoo: 1", "GraphDef")


@pytest.mark.parametrize(
    "text",
    [
        b"#\n" * 200_000,
        b" " * 400_000 + b"\x01",
        b"\x01 " * 200_000,
        b'"' * 400_000,
        b'node { name: "' + b'\\"' * 200_000,
        b'node { name: "' + b"\\" * 400_000,
        b'node { name: "' + b"\\q" * 200_000 + b'" }',
        b"node { name: " + b"''" * 200_000 + b" }",
        b"node { name: " + b"'\\?'" * 100_000 + b" }",
        b"node { name" + b" " * 400_000 + b"}",
        b"node " + b" " * 400_000 + b";",
        b'node { name: "a"' + b" " * 400_000 + b"; }",
        b"version: " + b"1" * 400_000,
        b"version: 0x" + b"f" * 400_000,
        ATTR % (b"f: " + b"1" * 400_000),
        ATTR % (b"f: 1e" + b"1" * 400_000),
        ATTR % (b"f: " + b"1" * 200_000 + b"." + b"1" * 200_000 + b"e1a"),
        ATTR % (b"f: [" + b"1," * 200_000),
        b"node { experimental_type " + b"{ args " * 50_000,
        b"node: [" + b"{}," * 100_000,
        b"version: 0\n" * 40_000,
        b"a" * 400_000,
        b"[" + b"a." * 200_000,
    ],
    ids=lambda text: repr(text[:30]),
)
def test_hostile_texts_take_linear_time(text: bytes) -> None:
    try:
        encode(text, "GraphDef")
    except TextError as error:
        assert len(str(error)) < 200


@pytest.fixture
def written(tmp_path: Path) -> Path:
    return tmp_path / "saved_model.pbtxt"


MODEL = b"""\
saved_model_schema_version: 1
meta_graphs {
  meta_info_def { tags: "serve" tensorflow_version: "2.21.0" }
  graph_def {
    node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }
    node { name: "y" op: "Identity" input: "x" }
  }
  signature_def {
    key: "serving_default"
    value {
      inputs { key: "x" value { name: "x:0" dtype: DT_FLOAT tensor_shape { unknown_rank: true } } }
      outputs { key: "y" value { name: "y:0" } }
      method_name: "tensorflow/serving/predict"
    }
  }
}
"""


def test_the_readers_read_it(written: Path) -> None:
    written.write_bytes(MODEL)
    text = Source(str(written), "m/saved_model.pbtxt")
    source = binary(text, "SavedModel")
    assert text._fd == -1
    (metagraph,) = metagraphs_of(source)
    assert metagraph.tags == ["serve"]
    assert metagraph.tensorflow_version == "2.21.0"
    assert metagraph.signatures["serving_default"].inputs == {"x": "x:0"}
    assert {op for body in metagraph.graph.bodies() for op in body.ops} == {"Placeholder", "Identity"}
    metagraph.check_frame()
    metagraph.check()
    source.unchanged()
    assert source.bytes_read == len(MODEL)
    source.close()


def test_large_texts_are_one_window(written: Path) -> None:
    node = b'node { name: "%07d" op: "NoOp" }\n'
    count = WHOLE // 16
    written.write_bytes(b"meta_graphs { graph_def {" + b"".join(node % index for index in range(count)) + b"} }")
    with binary(Source(str(written)), "SavedModel") as source:
        assert source.size > WHOLE
        assert (source.base, len(source.window)) == (0, source.size)
        (metagraph,) = metagraphs_of(source)
        (body,) = metagraph.graph.bodies()
        assert body.ops["NoOp"].count == count
        assert (source.base, len(source.window)) == (0, source.size)


def test_memory_source() -> None:
    source = MemorySource("/a/b", "b", b"\x08\x01\x12\x00")
    assert (source.text, source.size, source.bytes_read, source.shown) == (True, 4, 0, "b")
    assert source.at(1, 2) == b"\x01\x12"
    assert source.at(4, 0) == b""
    assert source.load(2, 4, False) == b"\x08\x01\x12\x00"
    assert [tag for tag, *_ in fields(source, 0, 4)] == [8, 18]
    with pytest.raises(Malformed) as caught:
        source.at(3, 2)
    for error in (caught.value, source.malformed(2, "wrong"), source.cut(3)):
        assert error.location == Location("b")
        assert "byte" not in str(error)
    source.unchanged()
    source.close()
    source.close()


def test_a_syntax_error_says_where_in_the_text(written: Path) -> None:
    written.write_bytes(MODEL.replace(b'"x" op:', b'"x" opp:'))
    with pytest.raises(Malformed) as caught:
        binary(Source(str(written), "m/saved_model.pbtxt"), "SavedModel")
    error = caught.value
    assert error.location == Location("m/saved_model.pbtxt", offset=MODEL.index(b"op:"))
    assert error.why == 'line 5, column 22: "opp", which is no field of NodeDef'
    assert not error.ran_out


def test_limits_are_no_syntax_errors(written: Path) -> None:
    written.write_bytes(b"node { experimental_type " + b"{ args " * 100 + b"{}" + b"}" * 101)
    with pytest.raises(LimitReached, match="line 1, column 719: more than 100 messages"):
        binary(Source(str(written)), "GraphDef")
    with written.open("wb") as file:
        file.truncate(TEXT_LIMIT + 1)
    source = Source(str(written))
    with pytest.raises(LimitReached, match="67,108,865 bytes of text"):
        binary(source, "GraphDef")
    assert source.bytes_read == 0
    assert source._fd == -1


def test_a_file_that_changes_is_not_believed(written: Path) -> None:
    written.write_bytes(MODEL)
    source = Source(str(written))
    written.write_bytes(MODEL + b"#")
    with pytest.raises(Unreadable, match="changed while it was read"):
        binary(source, "SavedModel")


def test_errors_are_artifact_errors_and_value_errors(written: Path) -> None:
    written.write_bytes(b"\xff")
    with pytest.raises(ArtifactError):
        binary(Source(str(written)), "SavedModel")
    with pytest.raises(ValueError, match="line 1, column 1"):
        encode(b"\xff", "SavedModel")
