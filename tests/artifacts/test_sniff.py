"""What a file is, told by its bytes: ours, and what looks like it."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from models.everything import graph, metagraph
from models.writer import Node, data, number, saved_model, varint

from pytest_trt.artifacts import sniff
from pytest_trt.artifacts.sniff import kind_of_bytes, kind_of_proto, kind_of_text
from pytest_trt.artifacts.wire import Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Opened = Callable[[bytes], Source]

KINDS = frozenset(
    ("graph_def", "meta_graph_def", "saved_model", "plan", "timing_cache", "lfs_pointer", "onnx", "empty", "other")
)


def kind(opened: Opened, content: bytes) -> str:
    found = kind_of_bytes(content[: sniff.HEAD], len(content))
    return kind_of_proto(opened(content)) if found == sniff.UNKNOWN else found


NODE = Node("x", "Placeholder").encode()
IS = {
    "graph": (graph().encode(), "graph_def"),
    "graph of one node": (data(1, NODE), "graph_def"),
    "graph, cut in its second node": (data(1, NODE) + data(1, NODE)[:-3], "graph_def"),
    "graph with a large constant first": (
        data(1, Node("c", "Const", [], {"value": b"x" * 100_000}).encode()),
        "graph_def",
    ),
    "metagraph": (metagraph().encode(), "meta_graph_def"),
    "saved model": (saved_model([metagraph()]), "saved_model"),
    "saved model without a version": (saved_model([metagraph()])[2:], "saved_model"),
    "nothing": (b"", "empty"),
    "plan": (b"ftrt" + b"\0" * 100, "plan"),
    "plan for RTX": (b"vtrt", "plan"),
    "plan before 8.6": (b"ptrt" + struct.pack("<IIQ", 0, 232, 10) + b"\0" * 14, "plan"),
    "git lfs": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n", "lfs_pointer"),
    "onnx": (number(1, 8) + data(2, "pytorch") + data(7, data(1, NODE)), "onnx"),
}


@pytest.mark.parametrize(("content", "expected"), IS.values(), ids=IS)
def test_ours(opened: Opened, content: bytes, expected: str) -> None:
    assert kind(opened, content) == expected


LOOK_ALIKES = {
    "FileDescriptorSet": data(1, data(1, "a/b.proto") + data(2, "Package") + data(4, data(1, "Message"))),
    "FileDescriptorSet with lower case": data(1, data(1, "b.proto") + data(2, "my.package")),
    "SentencePiece": data(1, data(1, "<unk>") + b"\x15\0\0\0\0") * 4,
    "Keras metadata": data(1, data(1, "root") + data(2, "keras.engine")),
    "words": data(1, data(1, "Hello there") + data(2, "World")),
    "a number": number(1, 5),
    "text": b"Hello",
    "text that begins with a newline": b"\nHello, this is a file of text, no more\n",
    "zeros": b"\0" * 1000,
    "ELF": b"\x7fELF" + b"\0" * 100,
    "gzip": b"\x1f\x8b\x08" + b"\0" * 100,
    "png": b"\x89PNG\r\n\x1a\n" + b"\0" * 100,
    "absurd length": b"\x0a" + varint(2**40),
    "endless varint": b"\x0a" + b"\xff" * 100,
    "string list": data(1, "alpha") + data(1, "beta"),
    "tag alone": b"\x0a",
}


@pytest.mark.parametrize("content", LOOK_ALIKES.values(), ids=LOOK_ALIKES)
def test_look_alikes_are_left_alone(opened: Opened, content: bytes) -> None:
    assert kind(opened, content) == "other"


def test_little_is_read(opened: Opened) -> None:
    """A graph is known by its first nodes, whatever follows."""
    source = opened(data(1, NODE) * 5000 + b"\xff" * (3 << 20))
    assert kind_of_proto(source) == "graph_def"
    assert source.bytes_read < 10_000


@pytest.mark.parametrize("which", ["graph", "metagraph", "saved model"])
def test_cut_at_every_byte(opened: Opened, which: str) -> None:
    """What is left of a graph is one as long as a node is whole; the others are one field, cut wherever they are."""
    content, expected = IS[which]
    kinds = [kind(opened, content[:end]) for end in range(1, len(content))]
    assert set(kinds) <= {expected, "other", "graph_def"}
    if which == "graph":
        assert set(kinds[len(data(1, graph().nodes[0].encode())) :]) == {"graph_def"}


@given(st.sampled_from([b"", b"\x08", b"\x0a", b"\x12", b"ftrt", b"ptrt"]), st.binary(max_size=200))
def test_any_bytes(opened: Opened, start: bytes, content: bytes) -> None:
    assert kind(opened, start + content) in KINDS


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"node { name: 'a' }", "graph_def"),
        (b"# a comment\n\n  library {", "graph_def"),
        (b"versions <", "graph_def"),
        (b"graph_def {", "meta_graph_def"),
        (b"\xef\xbb\xbfmeta_info_def {", "meta_graph_def"),
        (b"saved_model_schema_version: 1", "saved_model"),
        (b"meta_graphs {", "saved_model"),
        (b"node", "graph_def"),
        (b"node of a tree", "other"),
        (b"name: 'a'", "other"),
        (b"# only", "other"),
        (b"#" * 4096, "other"),
        (b"", "other"),
        (b"\xff\xfe", "other"),
    ],
)
def test_text(text: bytes, expected: str) -> None:
    assert kind_of_text(text) == expected
