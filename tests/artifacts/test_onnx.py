"""The ONNX reader on bytes that are made here, one field after another, and on what is left of them when they break."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from models.writer import data, number, text, varint

from pytest_trt.artifacts.errors import ArtifactError, LimitReached, Malformed
from pytest_trt.artifacts.onnx import OnnxModel, read_onnx
from pytest_trt.artifacts.wire import Memory

HOSTILE = "\x1b[31m::error::\r\n<b>[/]`\u202e"
OPSET = data(8, number(2, 17))
# Far above what any of these takes.
SECONDS = 5.0


def read(content: bytes) -> OnnxModel:
    with Memory(content, "m.onnx") as source:
        return read_onnx(source)


def model(*graph: bytes, more: bytes = b"") -> bytes:
    return OPSET + data(7, b"".join(graph)) + more


def value(name: str | bytes, kind: int = 1, dims: tuple[int | str | None, ...] | None = ()) -> bytes:
    """A ValueInfoProto of a tensor; a dimension is a size, a name, or None."""
    tensor = number(1, kind)
    if dims is not None:
        sizes = (b"" if d is None else number(1, d) if isinstance(d, int) else data(2, d) for d in dims)
        tensor += data(2, b"".join(data(1, size) for size in sizes))
    return text(1, name) + data(2, data(1, tensor))


def external(name: str, where: dict[str, str]) -> bytes:
    """A TensorProto whose data are in another file."""
    entries = b"".join(data(13, text(1, key) + text(2, what)) for key, what in where.items())
    return text(8, name) + entries + number(14, 1)


def node(name: str, operator: str, domain: str = "", *attributes: bytes) -> bytes:
    return text(3, name) + text(4, operator) + text(7, domain) + b"".join(data(5, one) for one in attributes)


def weights(location: str, length: int = 8, offset: int = 0) -> bytes:
    return external(location, {"location": location, "offset": str(offset), "length": str(length)})


def everything() -> bytes:
    """Each field that is read, and one of each kind that is not."""
    subgraph = data(5, weights("sub.bin", 16))
    sparse = data(1, weights("sparse-values.bin")) + data(2, weights("sparse-indices.bin")) + number(3, 9)
    attributes = (
        text(1, "tensor") + data(5, weights("attribute.bin")),
        text(1, "tensors") + data(10, weights("listed.bin")),
        text(1, "graph") + data(6, subgraph),
        text(1, "graphs") + data(11, data(5, weights("listed-sub.bin"))),
        text(1, "sparse") + data(22, sparse),
        text(1, "sparses") + data(23, data(1, weights("sparses.bin"))),
        text(1, "number") + number(3, 7),
    )
    graph = (
        data(1, node("first", "If", "my.own", *attributes)),
        data(1, node("second", "Relu")),
        text(2, "network"),
        data(5, weights("w.bin", 100, 24)),
        data(5, weights("w.bin", 10, 4)),
        data(5, text(8, "inside") + data(9, bytes(8))),
        data(15, data(1, text(8, "thin") + data(9, bytes(8)))),
        data(11, value("x", 1, ("n", 3, None))),
        data(11, value("inside", 1, (2,))),
        data(11, value("thin", 1, (2,))),
        data(11, value("rankless", 10, None)),
        data(11, text(1, "untyped")),
        data(12, value("y", 7, ())),
    )
    function = text(1, "f") + data(7, node("inner", "Constant", "", data(5, weights("function.bin"))))
    function += data(11, text(1, "default") + data(5, weights("default.bin")))
    head = number(1, 8) + text(2, "exporter") + data(8, data(1, "my.own") + number(2, 3))
    return head + model(*graph, more=data(25, function) + data(14, data(1, "key")))


def test_every_field() -> None:
    found = read(everything())
    assert (found.ir_version, found.producer) == (8, "exporter")
    assert found.opsets == {"": 17, "my.own": 3}
    assert found.nodes == [("first", "If", "my.own"), ("second", "Relu", "")]
    assert [(one.name, one.dtype, one.shape) for one in found.inputs] == [
        ("x", "float32", ("n", 3, None)),
        ("rankless", "float16", None),
        ("untyped", None, None),
    ]
    assert [(one.name, one.dtype, one.shape) for one in found.outputs] == [("y", "int64", ())]
    eight = ("attribute", "listed", "listed-sub", "sparse-values", "sparse-indices", "sparses", "function", "default")
    assert found.external == {"w.bin": 124, "sub.bin": 16, **{f"{name}.bin": 8 for name in eight}}


@pytest.mark.parametrize(
    ("code", "name"),
    [(1, "float32"), (8, "string"), (9, "bool"), (14, "complex64"), (16, "bfloat16"), (23, "float4_e2m1"), (99, None)],
)
def test_types(code: int, name: str | None) -> None:
    assert read(model(data(11, value("x", code)))).inputs[0].dtype == name


def test_sizes() -> None:
    """-1 is what some exporters write for a free size; 0 is a size."""
    dims: tuple[int | str, ...] = (0, -1, "", 2**40)
    assert read(model(data(11, value("x", 1, dims)))).inputs[0].shape == (0, -1, None, 2**40)


def test_long_names() -> None:
    name = "n" * 70_000
    found = read(model(data(11, value(name)), data(1, node(name, name, name))))
    assert found.inputs[0].name == name
    assert found.nodes == [(name, name, name)]


@pytest.mark.parametrize("name", [HOSTILE, b"\xff\xfe\x80", "\0", ""])
def test_hostile_names(name: str | bytes) -> None:
    found = read(model(data(11, value(name)), data(1, data(3, name)), data(5, data(8, name) + data(9, b""))))
    assert found.nodes[0][0] == (name if isinstance(name, str) else name.decode("utf-8", "replace"))
    assert not found.inputs, "an initializer of its name is there"


@pytest.mark.parametrize(
    "where",
    [
        {"length": "-1"},
        {"length": "1e3"},
        {"length": "1_000"},
        {"length": " 1"},
        {"length": "\u0661"},
        {"offset": "9" * 20},
        {"offset": "9" * 1_000_000},
        {"length": HOSTILE},
    ],
)
def test_external_data_without_numbers(where: dict[str, str]) -> None:
    begin = time.monotonic()
    with pytest.raises(Malformed, match="external data is no number") as caught:
        read(model(data(5, external(HOSTILE * 100, {"location": "w.bin", **where}))))
    assert time.monotonic() - begin < SECONDS
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 3_000


def test_external_data_to_the_end_of_the_file() -> None:
    assert read(model(data(5, external("w", {"location": "w.bin", "offset": "40"})))).external == {"w.bin": 40}
    assert read(model(data(5, external("w", {})))).external == {"": 0}
    inline = text(8, "w") + data(13, data(1, "location") + data(2, "w.bin")) + number(14, 0)
    assert read(model(data(5, inline))).external == {}, "data_location says where they are"


@pytest.mark.parametrize("missing", [b"", OPSET, data(7, b""), number(1, 8)])
def test_not_a_model(missing: bytes) -> None:
    with pytest.raises(Malformed, match="no field `(graph|opset_import)`"):
        read(missing)


def nested(depth: int) -> bytes:
    """A model whose nodes hold graphs, so many inside one another."""
    graph = data(1, node("deepest", "Relu"))
    for _ in range(depth):
        graph = data(1, node("outer", "If", "", data(6, graph)))
    return model(graph)


def test_nesting() -> None:
    assert read(nested(30)).nodes == [("outer", "If", "")]
    for depth in (40, 1_000, 3_000):
        with pytest.raises(LimitReached, match="more than 100 messages inside one another"):
            read(nested(depth))


def test_a_name_of_megabytes_is_not_read() -> None:
    with pytest.raises(LimitReached, match="where a name belongs"):
        read(model(data(1, data(3, bytes(3 << 20)))))


def test_many_nodes() -> None:
    begin = time.monotonic()
    assert len(read(model(data(1, node("n", "Relu")) * 100_000)).nodes) == 100_000
    assert time.monotonic() - begin < SECONDS


def test_cut_at_every_byte() -> None:
    whole = everything()
    for end in range(len(whole)):
        try:
            read(whole[:end])
        except ArtifactError as error:
            assert str(error).isprintable()


@pytest.mark.parametrize("mask", [0x01, 0x04, 0x80, 0xFF])
def test_a_changed_byte_anywhere(mask: int) -> None:
    whole = everything()
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= mask
        try:
            read(bytes(changed))
        except ArtifactError as error:
            assert str(error).isprintable()


WIRE = st.deferred(
    lambda: st.lists(
        st.tuples(st.integers(1, 30), st.one_of(st.integers(0, 2**64 - 1), st.binary(max_size=20), WIRE)), max_size=6
    ).map(lambda parts: b"".join(number(tag, one) if isinstance(one, int) else data(tag, one) for tag, one in parts))
)


@given(st.one_of(st.binary(max_size=300), WIRE))
def test_any_bytes(content: bytes) -> None:
    for whole in (content, model(content), model(data(1, content)), model(data(5, content)), model(data(11, content))):
        try:
            read(whole)
        except ArtifactError as error:
            assert str(error)


@given(st.lists(st.tuples(st.text(), st.integers(0, 2**62), st.integers(0, 2**62)), max_size=5))
def test_written_is_read(files: list[tuple[str, int, int]]) -> None:
    tensors = [data(5, weights(name, length, offset)) for name, length, offset in files]
    expected: dict[str, int] = {}
    for name, length, offset in files:
        expected[name] = max(expected.get(name, 0), offset + length)
    assert read(model(*tensors)).external == expected


def test_lengths_of_more_than_one_byte() -> None:
    """A length over 127 takes two bytes; one that says more than is there is cut."""
    name = "x" * 200
    assert read(model(data(11, value(name)))).inputs[0].name == name
    with pytest.raises(Malformed):
        read(OPSET + b"\x3a" + varint(1 << 20) + b"\x0a\x00")
