"""Nodes: read whole, counted in a scan, or read carefully. All three must say the same."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from models.writer import DType, Func, Node, Shape, Tensor, data, fixed32, number, tensor_proto, varint

from pytest_trt.artifacts import wire
from pytest_trt.artifacts.errors import ArtifactError, Malformed
from pytest_trt.artifacts.graph import GRAPH_NODE, Body, read_graph
from pytest_trt.artifacts.nodes import walk
from pytest_trt.artifacts.wire import Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Opened = Callable[[bytes], Source]
    Large = Callable[[], None]

FLOAT = DType.FLOAT


def facts(source: Source, wanted: frozenset[str] = frozenset()) -> dict[str, Any]:
    """All that is read of a main graph."""
    body = read_graph(source, [(0, source.size)], wanted).main
    return {
        "ops": {op: (tally.count, tally.places) for op, tally in body.ops.items()},
        "devices": {device: (tally.count, tally.places) for device, tally in body.devices.items()},
        "callers": [(node.name, node.op, node.calls, node.offset, node.length) for node in body.calling()],
        "valueless": [(node.name, node.offset) for node in body.valueless],
        "wanted": sorted(body.find(set(wanted))),
    }


def both(opened: Opened, content: bytes, wanted: frozenset[str] = frozenset()) -> dict[str, Any]:
    """The facts of a graph that is read whole, which must be those of one that is scanned."""
    whole = facts(opened(content), wanted)
    with pytest.MonkeyPatch.context() as patched:
        shrink(patched)
        scanned = facts(opened(content), wanted)
    assert scanned == whole
    return whole


def shrink(patched: pytest.MonkeyPatch, window: int = 256) -> None:
    from pytest_trt.artifacts import graph, nodes

    for module in (wire, graph, nodes):
        patched.setattr(module, "WHOLE", 0)
    patched.setattr(wire, "FIRST_WINDOW", 64)
    patched.setattr(wire, "LAST_WINDOW", window)


def in_graph(*nodes: Node | bytes) -> bytes:
    return b"".join(data(1, node if isinstance(node, bytes) else node.encode()) for node in nodes)


def test_a_node_comes_back(opened: Opened) -> None:
    attrs = {"f": Func("f"), "branches": [Func("a"), Func("b")], "T": FLOAT, "value": Tensor(FLOAT, [1.0])}
    source = opened(in_graph(Node("n\u00e4me/x", "Op", ["a:1", "^b"], attrs, "/device:GPU:0")))
    (node,) = read_graph(source, [(0, source.size)]).main.nodes()
    assert (node.name, node.op, node.inputs, node.device) == ("n\u00e4me/x", "Op", ("a:1", "^b"), "/device:GPU:0")
    assert node.calls == (("f", "f"), ("branches", "a"), ("branches", "b"))
    assert node.valued
    assert (
        source.at(node.offset, node.length) == Node("n\u00e4me/x", "Op", ["a:1", "^b"], attrs, "/device:GPU:0").encode()
    )


def test_counts(opened: Opened) -> None:
    nodes = [
        Node(f"n{place}", "Neg" if place % 2 else "Abs", device="/cpu:0" if place < 4 else "") for place in range(9)
    ]
    found = both(opened, in_graph(*nodes), frozenset({"n3", "n8", "absent"}))
    assert {op: count for op, (count, _) in found["ops"].items()} == {"Abs": 5, "Neg": 4}
    assert found["devices"]["/cpu:0"][0] == 4
    assert len(found["ops"]["Abs"][1]) == 3
    assert found["wanted"] == ["n3", "n8"]


name, op = data(1, "name"), data(2, "Op")
ATTR = data(5, data(1, "f") + data(2, data(10, data(1, "g"))))
VALUE = data(5, data(1, "value") + data(2, data(8, tensor_proto(Tensor(FLOAT, [1.0])))))
ODD = {
    "out of order": ATTR + data(4, "/cpu:0") + data(3, "in") + op + name,
    "op first": op + name,
    "no name": op,
    "no op": name,
    "nothing": b"",
    "op twice": name + data(2, "First") + op,
    "op again behind the attributes": name + data(2, "First") + ATTR + op,
    "device again behind the attributes": name + op + data(4, "/gpu:0") + ATTR + data(4, "/cpu:0"),
    "input behind the attributes": name + op + ATTR + data(3, "in"),
    "unknown fields": name + op + number(99, 5) + ATTR + fixed32(98, b"abcd"),
    "unknown field between": name + data(77, b"x") + op + ATTR,
    "a group": varint(77 << 3 | 3) + data(1, "other") + varint(77 << 3 | 4) + name + op + ATTR,
    "debug information": name + op + ATTR + data(6, data(1, "original")),
    "full type": name + op + ATTR + data(7, number(1, 2)),
    "long name": data(1, "n" * 200) + op + ATTR,
    "long op": name + data(2, "O" * 200) + ATTR,
    "long input": name + op + data(3, "i" * 130) + ATTR,
    'long input that ends in "': name + op + data(3, "i" * 129 + '"') + ATTR + data(4, "/cpu:0"),
    "long input that ends in *": name + op + data(3, "i" * 129 + "*") + ATTR,
    "long input that looks like a device": name + op + data(3, "i" * 127 + '"\x03abc' + "i" * 124) + ATTR,
    "long device": name + op + data(4, "d" * 200) + ATTR,
    "empty fields": data(1, "") + data(2, "") + data(3, "") + data(4, ""),
    "lengths in more bytes than they need": b"\x0a\x84\x00name\x12\x82\x80\x00Op" + ATTR,
    "tags in more bytes than they need": b"\x8a\x00\x04name\x92\x00\x02Op" + ATTR,
    "value before key": name + op + data(5, data(2, data(10, data(1, "g"))) + data(1, "f")),
    "key in two bytes": name + op + data(5, b"\x0a\x81\x00f" + data(2, data(10, data(1, "g")))),
    "attribute without key": name + op + data(5, data(2, data(10, data(1, "g")))),
    "attribute without value": name + op + data(5, data(1, "f")),
    "empty attribute": name + op + data(5, b""),
    "function without a name": name + op + data(5, data(1, "f") + data(2, data(10, b""))),
    "empty list": name + op + data(5, data(1, "f") + data(2, data(1, b""))),
    "list of functions": Node("name", "Op", [], {"f": [Func("a"), Func("b" * 200)]}).encode(),
    "function with attributes": Node("name", "Op", [], {"f": Func("g", {"h": Func("not called")})}).encode(),
    "shapes of 74 and 82": Node("name", "Op", [], {"s": [Shape((74, 82))] * 20, "JR": "RJ"}).encode(),
    "long list of functions": Node(
        "name", "Op", [], {"f": [Func(f"function_{place}") for place in range(9000)]}
    ).encode(),
    "constant": data(1, "c") + data(2, "Const") + VALUE,
    "constant without value": data(1, "c") + data(2, "Const"),
    "constant whose type comes last": data(1, "c") + data(2, "Const") + VALUE + data(5, data(1, "dtype")),
    "constant with the bytes of a value": data(1, "c")
    + data(2, "Const")
    + data(5, data(1, "dtype") + data(2, data(2, b"\n\x05value"))),
    "large constant": data(1, "c")
    + data(2, "Const")
    + data(5, data(1, "value") + data(2, data(8, data(4, b"R\x05J" * 40_000)))),
}


@pytest.mark.parametrize("content", ODD.values(), ids=ODD)
def test_odd_nodes_count_the_same(opened: Opened, content: bytes) -> None:
    """In the midst of others, so that what is remembered of one shows in the next."""
    content = in_graph(Node("before", "Neg", ["x"]), content, Node("between", "Neg", ["x"]), content, Node("z", "Neg"))
    found = both(opened, content, frozenset({"name", "before", "z"}))
    assert found["ops"]["Neg"][0] == 3
    assert sum(count for count, _ in found["ops"].values()) == 5


EXPECTED = [
    ("op again behind the attributes", "ops", "Op"),
    ("op twice", "ops", "Op"),
    ("out of order", "devices", "/cpu:0"),
    ("device again behind the attributes", "devices", "/cpu:0"),
    ('long input that ends in "', "devices", "/cpu:0"),
]


@pytest.mark.parametrize(("which", "where", "what"), EXPECTED)
def test_the_last_of_a_field_counts(opened: Opened, which: str, where: str, what: str) -> None:
    found = both(opened, in_graph(ODD[which], ODD[which]))
    assert {key: count for key, (count, _) in found[where].items()} == {what: 2}


def test_every_function_of_a_long_list_is_seen(opened: Opened) -> None:
    (caller,) = both(opened, in_graph(ODD["long list of functions"]))["callers"]
    assert caller[2][-1] == ("f", "function_8999")
    assert len(caller[2]) == 9000


def test_a_valueless_constant_is_told(opened: Opened) -> None:
    nodes = [ODD[key] for key in ODD if "constant" in key]
    assert len(both(opened, in_graph(*nodes))["valueless"]) == 2


text = st.text(st.sampled_from('abR"*J/:\u00e4\x1a'), max_size=6) | st.just("n" * 150)
value: st.SearchStrategy[Any] = st.one_of(
    st.builds(Func, text),
    st.lists(st.builds(Func, text), max_size=3),
    st.sampled_from([FLOAT, True, 3, 0.5, "RJ", b"\xff", Shape((1, -1)), Tensor(FLOAT, [1.0, 2.0])]),
)
node = st.builds(
    Node,
    text,
    st.sampled_from(["Const", "Neg", "If", "TRTEngineOp", "\u00e4"]),
    st.lists(text, max_size=4),
    st.dictionaries(st.sampled_from(["value", "T", "f", "k" * 140]), value, max_size=3),
    st.sampled_from(["", "/cpu:0", "d" * 140]),
)


@given(st.lists(node, max_size=8), st.randoms(use_true_random=False))
def test_generated_nodes_count_the_same(opened: Opened, nodes: list[Node], chance: random.Random) -> None:
    """Their fields in any order, some of them twice."""
    parts = []
    for one in nodes:
        content = one.encode()
        source = opened(content)
        pieces = [content[begin:end] for _, _, begin, _, end in wire.fields(source, 0, source.size)]
        if chance.random() < 0.4:
            chance.shuffle(pieces)
        if chance.random() < 0.3:
            pieces += pieces[:1]
        parts.append(b"".join(pieces))
    found = both(opened, in_graph(*parts), frozenset({"a", "b"}))
    assert sum(count for count, _ in found["ops"].values()) == len(nodes)


@given(st.lists(node, min_size=1, max_size=4), st.integers(0, 10_000), st.integers(0, 255), st.booleans())
def test_bent_graphs_count_the_same_or_are_refused(
    opened: Opened, nodes: list[Node], at: int, byte: int, cut: bool
) -> None:
    content = in_graph(*nodes)
    at %= len(content)
    content = content[:at] if cut else content[:at] + bytes([byte]) + content[at + 1 :]
    try:
        facts(opened(content))
    except Malformed:
        with pytest.MonkeyPatch.context() as patched:
            shrink(patched)
            try:
                facts(opened(content))  # what only the deep check sees may pass here
            except ArtifactError:
                pass
        return
    both(opened, content)


def test_a_node_larger_than_any_window(opened: Opened, as_large: Large) -> None:
    as_large()
    tensor = Tensor(DType.STRING, [b"x" * 100_000])
    content = in_graph(Node("a", "Neg"), Node("big", "Const", [], {"value": tensor}, "/cpu:0"), Node("b", "Neg"))
    source = opened(content)
    found = facts(source, frozenset({"big"}))
    assert {op: count for op, (count, _) in found["ops"].items()} == {"Neg": 2, "Const": 1}
    assert found["devices"]["/cpu:0"][0] == 1
    assert found["wanted"] == ["big"]
    assert source.bytes_read < 4096


def test_no_work_grows_with_the_square_of_a_node(opened: Opened) -> None:
    calls = b"".join(data(5, data(1, str(place)) + data(2, data(10, data(1, "f")))) for place in range(60_000))
    source = opened(in_graph(name + op + calls))
    assert len(read_graph(source, [(0, source.size)]).main.nodes()[0].calls) == 60_000


@pytest.mark.parametrize("keep", [False, True])
def test_fields_beside_the_nodes_are_given_back(opened: Opened, keep: bool) -> None:
    content = (
        number(3, 7) + in_graph(Node("a", "Neg")) + data(4, number(1, 5)) + in_graph(Node("b", "Neg")) + data(9, "x")
    )
    source = opened(content)
    body = Body("", source, [(0, source.size)], GRAPH_NODE)
    given_back = [(tag, value) for tag, value, *_ in walk(source, 0, source.size, body, keep)]
    assert given_back == [(0x18, 7), (0x22, 0), (0x4A, 0)]
    assert body.ops["Neg"].count == 2


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (data(1, b"\xff") + op, "a string that is not UTF-8"),
        (name + data(2, b"\xff"), "a string that is not UTF-8"),
        (name + op + data(3, b"\xff"), "a string that is not UTF-8"),
        (name + op + data(4, b"\xff"), "a string that is not UTF-8"),
        (name + op + data(5, data(1, b"\xff")), "a string that is not UTF-8"),
        (name + op + b"\0", "a field with number 0"),
        (name + op + b"\x2a\x05", "a field that is 5 bytes longer than its node"),
        (name + op + data(5, b"\x0a\x09"), "a field that is 9 bytes longer than what it is in"),
    ],
)
def test_refused(opened: Opened, content: bytes, why: str) -> None:
    source = opened(in_graph(Node("a", "Neg"), content, Node("b", "Neg")))
    with pytest.raises(Malformed) as caught:
        read_graph(source, [(0, source.size)])
    assert caught.value.why == why
    assert caught.value.location.offset is not None
    assert len(in_graph(Node("a", "Neg"))) <= caught.value.location.offset < source.size


def test_an_op_that_is_not_utf_8_is_refused_in_a_scan_too(opened: Opened, as_large: Large) -> None:
    as_large()
    with pytest.raises(Malformed, match="an op that is not UTF-8"):
        facts(opened(in_graph(Node("a", "Neg"), name + data(2, b"\xff"))))
