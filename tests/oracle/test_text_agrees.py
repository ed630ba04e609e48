"""pytest_trt.artifacts.text against TensorFlow's own ReadTextProto (C++), and its status for what it refuses.

    python -m pytest tests/oracle/test_text_agrees.py

Needs a Python with TensorFlow (tensorflow-cpu) and g++. The library is kept in the user's cache
folder, as judge.py's. Python's own text parser is no substitute, see text.py.
"""

from __future__ import annotations

import ctypes
import hashlib
import importlib.util
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf

from pytest_trt.artifacts import text
from pytest_trt.artifacts.schema import ENUMS, MESSAGES

TESTS = Path(__file__).resolve().parent.parent
SAMPLES = TESTS / "data"
MUTANTS = int(os.environ.get("PYTEST_TRT_MUTANTS", "3000"))

READER = r"""
#include <memory>
#include <string>

#include "tensorflow/core/platform/env.h"
#include "tensorflow/core/protobuf/saved_model.pb.h"

// "STATUS\0WIRE FORMAT" of a file in text form.
extern "C" const char* read_text(const char* path, const char* message, long* size) {
  namespace proto = google::protobuf;
  static std::string out;
  std::unique_ptr<proto::Message> parsed(
      proto::MessageFactory::generated_factory()
          ->GetPrototype(proto::DescriptorPool::generated_pool()->FindMessageTypeByName(message))
          ->New());
  const auto status = tensorflow::ReadTextProto(tensorflow::Env::Default(), path, parsed.get());
  out = status.ToString() + '\0';
  if (status.ok()) out += parsed->SerializeAsString();
  *size = out.size();
  return out.data();
}
"""


def module(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


Read = Callable[[bytes, str], "tuple[str, bytes]"]


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Read:
    """(text, message) -> (the status of ReadTextProto, the message in wire format)."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pytest-trt" / "oracle"
    built = cache / f"libtext-{tf.__version__}-{hashlib.sha256(READER.encode()).hexdigest()[:12]}.so"
    if not built.exists():
        cache.mkdir(parents=True, exist_ok=True)
        package = Path(tf.__file__).parent
        unfinished = built.with_suffix(f".{os.getpid()}")
        subprocess.run(
            ["g++", "-O1", "-w", "-shared", "-fPIC", *tf.sysconfig.get_compile_flags(), "-std=c++17"]
            + ["-x", "c++", "-", "-x", "none", "-o", str(unfinished), str(next(package.glob("libtensorflow_cc.so.2")))]
            + [*tf.sysconfig.get_link_flags(), f"-Wl,-rpath,{package}"],
            input=READER.encode(),
            check=True,
        )
        unfinished.rename(built)
    function = ctypes.CDLL(str(built)).read_text
    function.restype = ctypes.c_void_p
    path = tmp_path_factory.mktemp("text") / "saved_model.pbtxt"

    def read_it(content: bytes, message: str) -> tuple[str, bytes]:
        path.write_bytes(content)
        size = ctypes.c_long()
        answer = function(os.fsencode(path), f"tensorflow.{message}".encode(), ctypes.byref(size))
        status, _, wire = ctypes.string_at(answer, size.value).partition(b"\0")
        return status.decode(), wire

    return read_it


def parsed(wire: bytes, message: str) -> Any:
    from tensorflow.core.framework import graph_pb2
    from tensorflow.core.protobuf import meta_graph_pb2, saved_model_pb2

    kind = {
        "SavedModel": saved_model_pb2.SavedModel,
        "MetaGraphDef": meta_graph_pb2.MetaGraphDef,
        "GraphDef": graph_pb2.GraphDef,
    }[message]
    made = kind()
    made.ParseFromString(wire)
    return made


def plain(wire: bytes, message: str) -> bytes:
    """Wire format in one order, of fields and of maps, in what Anys hold as well."""
    made = parsed(wire, message)
    _plain_anys(made)
    return bytes(made.SerializeToString(deterministic=True))


def _plain_anys(message: Any) -> None:
    from google.protobuf import descriptor_pool, message_factory

    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        entry = field.message_type.GetOptions().map_entry
        if entry and field.message_type.fields_by_name["value"].message_type is None:
            continue
        for inner in value.values() if entry else value if field.is_repeated else [value]:
            _plain_anys(inner)
    if message.DESCRIPTOR.full_name == "google.protobuf.Any":
        try:
            kind = descriptor_pool.Default().FindMessageTypeByName(message.type_url.rpartition("/")[2])
            content = message_factory.GetMessageClass(kind).FromString(message.value)
        except Exception:
            # Nothing known, or bytes that were given as such.
            return
        _plain_anys(content)
        message.value = content.SerializeToString(deterministic=True)


def disagreement(read: Read, content: bytes, message: str) -> str | None:
    status, wire = read(content, message)
    try:
        mine = text.encode(content, message)
    except text.TextError as error:
        if error.ours:
            return None
        if status == "OK":
            return f"TensorFlow takes it; {error}"
        expected = "OUT_OF_RANGE: Read less bytes than requested" if error.ran_out else "DATA_LOSS: Can't parse"
        return None if status.startswith(expected) else f"{status}; {error}, ran_out={error.ran_out}"
    if status != "OK":
        return f"{status}; taken by encode"
    if b"\xef\xbf\xbd" in mine:
        # In place of what is not UTF-8 in a string; C++ leaves it, and Python refuses to read it.
        plain(mine, message)
        return None
    expected_wire = plain(wire, message)
    return None if expected_wire == plain(mine, message) else f"another message: {wire!r} {mine!r}"


def agree(read: Read, content: bytes, message: str) -> None:
    wrong = disagreement(read, content, message)
    assert wrong is None, (wrong, message, content)


def test_the_tables_are_the_descriptors() -> None:
    from google.protobuf import descriptor_pb2
    from tensorflow.core.protobuf import saved_model_pb2

    make_schema = module(TESTS / "oracle" / "make_schema.py")
    oneofs, reserved = {}, {}
    for message in make_schema.messages_below(saved_model_pb2.SavedModel.DESCRIPTOR).values():
        short = make_schema.short(message.full_name)
        assert len(message.oneofs) <= 1
        for oneof in message.oneofs:
            oneofs[short] = {field.name for field in oneof.fields}
        proto = descriptor_pb2.DescriptorProto()
        message.CopyToProto(proto)
        if proto.reserved_name:
            reserved[short] = {name.encode() for name in proto.reserved_name}
        entry = message.GetOptions().map_entry
        assert short.endswith("Entry") == entry
        table = text._table(short)
        for field in message.fields:
            tag, _, repeated, _, explicit = table[field.name.encode()]
            assert repeated == field.is_repeated
            if repeated and field.message_type is None and field.type not in (field.TYPE_STRING, field.TYPE_BYTES):
                assert field.is_packed
                assert tag[0] & 7 == 2
            assert field.enum_type is None or not field.enum_type.is_closed
            assert not field.is_required
            if field.message_type is None and not repeated and not entry:
                assert explicit == field.has_presence, (short, field.name)
    assert {message: set(fields.split()) for message, fields in text.ONEOFS.items()} == oneofs
    assert text.RESERVED == reserved


def test_cases(read: Read) -> None:
    cases = module(TESTS / "artifacts" / "test_text.py")
    for message, content, *_ in [*cases.TAKEN, *cases.REFUSED]:
        agree(read, content, message)


def corpus() -> Iterator[tuple[str, bytes]]:
    """(message, wire format) of the models and graphs among the samples, which hold no fields that are not known."""
    folders = [SAMPLES, *map(Path, filter(None, [os.environ.get("PYTEST_TRT_SAMPLES")]))]
    for path in sorted(path for folder in folders for path in folder.rglob("*.pb")):
        for message in ("SavedModel", "GraphDef") if path.name != "saved_model.pb" else ("SavedModel",):
            try:
                made = parsed(path.read_bytes(), message)
            except Exception:
                continue
            made.DiscardUnknownFields()
            if message == "SavedModel" and made.meta_graphs or message == "GraphDef" and made.node:
                yield message, made.SerializeToString()
                break


@pytest.mark.parametrize(
    "style",
    [{}, {"as_one_line": True}, {"use_short_repeated_primitives": True}, {"pointy_brackets": True}, {"as_utf8": True}],
    ids=str,
)
def test_models_come_back(style: dict[str, bool]) -> None:
    from google.protobuf import text_format

    count = 0
    for message, wire in corpus():
        content = text_format.MessageToString(parsed(wire, message), **style).encode()
        assert plain(text.encode(content, message), message) == plain(wire, message)
        count += 1
    assert count


PIECES = [
    piece.encode("latin-1")
    for piece in (
        "{ } < > [ ] : , ; \" ' \\ \n # - . 0 9 1e5 0x 08 1.5f inf nan \t \0 \x01 \xff \xc3\xa9 true \\x41 \\777 \\u12"
        " \\ud83d\\ude00 \"a\" name:'x' value{ attributes:[1] DT_INT32 node{} 99999999999999999999 e f _ i:0 version:0"
    ).split(" ")
] + [b" ", b"[type.googleapis.com/tensorflow.AssetFileDef] { filename: 'a' }"]


def mutant(content: bytes, chance: random.Random) -> bytes:
    made = bytearray(content)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        at = chance.randrange(len(made) + 1)
        kind = chance.random()
        if kind < 0.2:
            del made[at:]
        elif kind < 0.4:
            made[at : at + 1] = bytes([chance.randrange(256)])
        elif kind < 0.75:
            made[at:at] = chance.choice(PIECES)
        elif kind < 0.85:
            del made[at : at + chance.randrange(1, 6)]
        else:
            start = chance.randrange(len(made) + 1)
            made[at:at] = made[start : start + chance.randrange(60)]
    if chance.random() < 0.5:
        made += b"}" * max(0, made.count(b"{") - made.count(b"}"))
    return bytes(made)


def test_mutants(read: Read) -> None:
    from google.protobuf import text_format

    chance = random.Random(1)
    texts = []
    for message, wire in corpus():
        content = text_format.MessageToString(parsed(wire, message)).encode()
        texts.append((message, content[:60_000]))
    for _ in range(MUTANTS):
        message, content = chance.choice(texts)
        if chance.random() < 0.7:
            content = content[: chance.randrange(200, 3000)]
        agree(read, mutant(content, chance), message)


class Writer:
    """Writes texts as nobody would: any field, any form of a value, any white space."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance

    def space(self, least: str = "") -> str:
        return self.chance.choice((least, least, least, " ", "\n", " # c\n", "\t\r", "\v\f "))

    def number(self, low: int, high: int) -> str:
        value = self.chance.choice(
            (0, 1, 7, 8, 300, low, high, low - 1, high + 1, self.chance.randrange(low, high + 1))
        )
        form = self.chance.choice(("{:d}", "{:d}", "{:d}", "0x{:x}", "0X{:X}", "0{:o}"))
        return ("-" + self.space() if value < 0 else "") + form.format(abs(value))

    def string(self) -> str:
        quote = self.chance.choice("\"'")
        parts = ["a", "Z", " ", "#", "{", "\\n", "\\t", "\\\\", "\\'", '\\"', "\\?",
                 "\\0", "\\12", "\\1234", "\\x4", "\\xC3\\xA9",
                 "\\u00e9", "\\ud83d\\ude00", "\\U0001F600", "é", "\\303\\251"]  # fmt: skip
        if self.chance.random() < 0.05:
            parts += ["\\377", "\\ud83d", "\\U00110000", "\\8", "\\", "\n"]
        body = "".join(self.chance.choice(parts) for _ in range(self.chance.randrange(5)))
        if self.chance.random() < 0.2:
            return quote + body + quote + self.space() + self.string()
        return quote + body + quote

    def value(self, kind: str) -> str:
        chance = self.chance
        if chance.random() < 0.02:
            kind = chance.choice(("string", "int64", "double", "bool", "DataType"))
        if kind in ("string", "bytes"):
            return self.string()
        if kind == "bool":
            return chance.choice("true false True False t f 0 1 00 0x1 2 TRUE".split())
        if kind in ("float", "double"):
            return chance.choice((
                "1.5 .5 1. 1e5 1E-5 1.5e+3f 0 -0.0 -1 inf -inf nan -nan INFINITY 1e400 1e-400 3.4028235e38 3.4028236e38"
                " 340282356779733661637539395458142568447 1e-46 010 0x1 1f 16777217 0.1 4.9e-324 2f.5 1.5.1"
            ).split())  # fmt: skip
        if kind in ENUMS:
            return chance.choice((*ENUMS[kind], *ENUMS[kind], "7777", "-1", "0", "NOPE", "2147483648"))
        return self.number(*text._RANGES[kind])

    def field(self, message: str, depth: int) -> str:
        chance = self.chance
        if message == "Any" and chance.random() < 0.7:
            kind = chance.choice(("AssetFileDef", "VersionDef", "TensorShapeProto"))
            return f"[type.googleapis.com/tensorflow.{kind}]{self.message(kind, depth)}"
        if message == "SavedObject" and chance.random() < 0.1:
            return "attributes" + chance.choice((":1", "{}", ":[1, {}]", " { a: 'x' }", ":", ": -x", ": [1,]"))
        _, name, kind = chance.choice(MESSAGES[message])
        single = kind.rstrip("*")
        one = (lambda: self.message(single, depth)) if single in MESSAGES else (lambda: self.value(single))
        colon = ":" if single not in MESSAGES or chance.random() < 0.3 else ""
        value = one()
        if kind != single and chance.random() < 0.3 or chance.random() < 0.01:
            value = "[" + self.space() + ("," + self.space()).join(one() for _ in range(chance.randrange(4))) + "]"
        return name + self.space() + colon + self.space() + value

    def message(self, message: str, depth: int) -> str:
        opening, closing = self.chance.choice(("{}", "{}", "{}", "<>"))
        return opening + self.fields(message, depth + 1) + closing

    def fields(self, message: str, depth: int) -> str:
        if not MESSAGES[message] or depth > 12:
            return self.space()
        count = self.chance.choice((0, 1, 1, 1, 2, 3))
        return "".join(
            self.space(" ") + self.field(message, depth) + self.space(" ") + self.chance.choice(("", "", "", ",", ";"))
            for _ in range(count)
        )


def test_texts_that_nobody_would_write(read: Read) -> None:
    chance = random.Random(2)
    writer = Writer(chance)
    for _ in range(MUTANTS):
        message = chance.choice(tuple(text.MESSAGE_OF_KIND.values()))
        content = (writer.fields(message, 0) + writer.fields(message, 0)).encode()
        agree(read, content, message)
        agree(read, mutant(content, chance), message)


NOT_FOUND = "NOT_FOUND: Could not find SavedModel .pb or .pbtxt at supplied export directory path: {}. Check that"
NO_TAGS = "NOT_FOUND: Could not find meta graph def matching supplied tags: { serve }."
OUT_OF_RANGE = "OUT_OF_RANGE: Read less bytes than requested"
DATA_LOSS = "DATA_LOSS: Can't parse {}/saved_model.pbtxt as text proto"
MODEL = b"meta_graphs { meta_info_def { tags: 'serve' } graph_def { node { name: 'x' op: 'NoOp' %b } } }"


def test_what_the_loader_says(tmp_path: Path) -> None:
    oracle = module(TESTS / "oracle" / "judge.py")
    cases = {
        "good": ({"pbtxt": MODEL % b""}, "OK"),
        "empty": ({"pbtxt": b""}, NO_TAGS),
        "blank": ({"pbtxt": b"# nothing\n"}, NO_TAGS),
        "cut": ({"pbtxt": (MODEL % b"")[:-3]}, OUT_OF_RANGE),
        "field": ({"pbtxt": MODEL % b"foo: 1"}, DATA_LOSS),
        "escape": ({"pbtxt": MODEL % b"input: '\\q'"}, OUT_OF_RANGE),
        "escape_and_field": ({"pbtxt": MODEL % b"input: '\\q' foo: 1"}, DATA_LOSS),
        "mark": ({"pbtxt": b"\xef\xbb\xbf" + MODEL % b""}, DATA_LOSS),
        "utf8": ({"pbtxt": MODEL % b"device: '\\377'"}, "INVALID_ARGUMENT: Malformed device specification"),
        "deep": ({"pbtxt": MODEL % (b"experimental_type " + b"{ args " * 200 + b"{}" + b"}" * 200)}, "OK"),
        "none": ({}, NOT_FOUND),
        "chunked": ({"cpb": b"riegeli"}, NOT_FOUND),
        "chunked_and_text": ({"cpb": b"riegeli", "pbtxt": MODEL % b""}, "OK"),
        "binary_and_text": ({"pb": b"", "pbtxt": MODEL % b""}, NO_TAGS),
    }
    for name, (files, _) in cases.items():
        (tmp_path / name).mkdir()
        for suffix, content in files.items():
            (tmp_path / name / f"saved_model.{suffix}").write_bytes(content)
    verdicts = oracle.judge([str(tmp_path / name) for name in cases])
    for name, (_, status) in cases.items():
        folder = str(tmp_path / name)
        assert verdicts[folder]["load"].startswith(status.replace("{}", folder)), (name, verdicts[folder]["load"])


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, *sys.argv[1:]]))
