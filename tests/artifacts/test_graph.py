"""GraphDefs: functions, versions, merges, duplicates; small and large files alike."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from models.everything import CPU, function, graph
from models.writer import DType, Func, Function, Graph, Node, data, number, varint

from pytest_trt.artifacts import wire
from pytest_trt.artifacts.errors import ArtifactError, LimitReached, Malformed
from pytest_trt.artifacts.graph import Graph as Read
from pytest_trt.artifacts.graph import place, read_graph
from pytest_trt.artifacts.location import Location
from pytest_trt.artifacts.wire import Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Opened = Callable[[bytes], Source]
    Large = Callable[[], None]

CONTENT = graph().encode()
sizes = pytest.mark.parametrize("large", [False, True], ids=["small", "large"])


def read(source: Source) -> Read:
    return read_graph(source, [(0, source.size)])


@sizes
def test_everything_comes_back(opened: Opened, as_large: Large, large: bool) -> None:
    if large:
        as_large()
    found = read(opened(CONTENT))
    assert (found.producer, found.min_consumer, found.bad_consumers) == (1234, 12, [])
    assert found.gradients == {"f": "grad_f"}
    assert (found.duplicates, found.different) == ([], set())
    assert list(found.functions) == ["f", "g"]
    assert [body.name for body in found.bodies()] == ["", "f", "g"]
    main = found.main
    assert {op: tally.count for op, tally in main.ops.items()} == {
        "Placeholder": 1,
        "Const": 3,
        "AddV2": 1,
        "If": 1,
        "Case": 1,
        "NoOp": 1,
    }
    assert {device: tally.count for device, tally in main.devices.items()} == {CPU: 1}
    assert [node.name for node in main.valueless] == ["empty"]
    assert [(node.name, node.calls) for node in main.calling()] == [
        ("if", (("then_branch", "f"), ("else_branch", "g"))),
        ("case", (("branches", "f"), ("branches", "g"), ("branches", "f"))),
    ]
    assert [node.name for node in main.nodes()] == "x c empty sum if case names init".split()
    assert main.nodes() is main.nodes()
    assert [node.name for node in main.calling()] == ["if", "case"]
    node = main.node("sum")
    assert node is not None
    assert node.inputs == ("x", "c", "^empty")
    assert main.node("absent") is None


@sizes
def test_a_function_comes_back(opened: Opened, as_large: Large, large: bool) -> None:
    if large:
        as_large()
    body = read(opened(CONTENT)).functions["f"]
    assert (body.inputs, body.stateful) == (["a", "b"], True)
    assert (body.argument("b"), body.argument("c")) == (1, None)
    assert (body.ret, body.control_ret) == ({"r": "call:output:0"}, {"done": "call"})
    assert body.attrs == {"_noinline": b"\x28\x01", "_text": b"\x12\x05hello"}
    assert {op: tally.count for op, tally in body.ops.items()} == {"Neg": 1, "PartitionedCall": 1}
    assert [(node.name, node.calls, node.device) for node in body.calling()] == [("call", (("f", "g"),), CPU)]
    assert [node.name for node in body.nodes()] == ["inner", "call"]
    assert place(body, body.nodes()[1], "serve").trail == (("metagraph", "serve"), ("function", "f"), ("node", "call"))
    assert place(body, None) == Location("file.pb", [("function", "f")], body.offset)


@sizes
def test_graphs_are_merged(opened: Opened, as_large: Large, large: bool) -> None:
    """graph_def twice in a MetaGraphDef is one message: what repeats is appended, of a number the last counts."""
    if large:
        as_large()
    second = Graph([Node("more", "Neg")], [Function("h", [], [], [], {})], {"h": "grad_h"}, producer=7).encode()
    source = opened(CONTENT + second)
    for found in (read(source), read_graph(source, [(0, len(CONTENT)), (len(CONTENT), source.size)])):
        assert [node.name for node in found.main.nodes()][-2:] == ["init", "more"]
        assert list(found.functions) == ["f", "g", "h"]
        assert (found.producer, found.min_consumer) == (7, 12)
        assert found.gradients == {"f": "grad_f", "h": "grad_h"}


def test_parts_of_a_function_may_come_in_any_order(opened: Opened) -> None:
    content = function().encode()
    source = opened(content)
    pieces = [content[begin:end] for _, _, begin, _, end in wire.fields(source, 0, source.size)]
    turned = read(opened(data(2, data(1, b"".join(reversed(pieces)))))).functions["f"]
    assert (turned.inputs, turned.ret, turned.stateful) == (["a", "b"], {"r": "call:output:0"}, True)
    assert [node.name for node in turned.nodes()] == ["call", "inner"]


@sizes
def test_functions_of_one_name(opened: Opened, as_large: Large, large: bool) -> None:
    if large:
        as_large()
    same, other = Function("g", [], [], [], {}), Function("g", [], [], [Node("x", "Neg")], {})
    found = read(opened(Graph(functions=[same, same]).encode()))
    assert (found.duplicates, found.different) == (["g"], set())
    found = read(opened(Graph(functions=[same, other, other]).encode()))
    assert (found.duplicates, found.different) == (["g", "g"], {"g"})
    assert found.functions["g"].ops == {}
    long = Function("n" * 70, [], [], [Node(f"x{number}", "Neg") for number in range(50)], {})
    turned = Function("n" * 70, [], [], [*long.nodes[:-1], Node("y49", "Neg")], {})
    assert read(opened(Graph(functions=[long, long]).encode())).different == set()
    assert read(opened(Graph(functions=[long, turned]).encode())).different == {long.name}


def test_versions(opened: Opened) -> None:
    negative = varint(2**64 - 5)
    found = read(opened(number(3, 5)))
    assert found.producer == 5
    found = read(opened(data(4, number(1, 9) + b"\x10" + negative + number(3, 4) + data(3, b"\x05\x06"))))
    assert (found.producer, found.min_consumer, found.bad_consumers) == (9, -5, [4, 5, 6])
    assert read(opened(data(4, number(1, 9)) + number(3, 5))).producer == 9


def test_an_empty_graph(opened: Opened) -> None:
    found = read(opened(b""))
    assert not found.main.ops
    assert not found.main.nodes()
    assert not list(found.main.calling())


def test_what_is_refused_in_the_library(opened: Opened) -> None:
    for content in (
        data(1, data(1, b"\xff")),
        data(1, data(1, data(1, "f") + data(2, data(1, b"\xff")))),
        data(1, data(4, data(1, b"\xff"))),
        data(1, data(5, data(1, "a") + data(2, b"\x0f"))),
        data(1, data(7, number(1, 1) + b"\0")),
        data(1, data(8, b"\x0f")),
        data(2, data(1, b"\xff")),
        data(3, data(1, b"\xff")),
        data(1, b"\0"),
        b"\0",
    ):
        source = opened(in_library(content))
        with pytest.raises(Malformed) as caught:
            read(source)
        assert caught.value.location.offset is not None
        assert 0 < caught.value.location.offset < source.size


def in_library(content: bytes) -> bytes:
    return data(1, Node("a", "Neg").encode()) + data(2, content)


@pytest.mark.parametrize("large", [False, True])
def test_cut_at_every_byte(opened: Opened, as_large: Large, large: bool) -> None:
    """Taken between two fields of the GraphDef only; refused at a place before the cut otherwise."""
    if large:
        as_large()
    source = opened(CONTENT)
    between = {begin for _, _, begin, _, _ in wire.fields(source, 0, source.size)}
    for end in range(len(CONTENT)):
        if end in between:
            read(opened(CONTENT[:end]))
            continue
        with pytest.raises(Malformed) as caught:
            read(opened(CONTENT[:end]))
        assert caught.value.ran_out
        assert caught.value.location.offset is not None
        assert caught.value.location.offset <= end


def test_every_bit_flipped(opened: Opened) -> None:
    for at in range(len(CONTENT)):
        for bit in range(0, 8, 1 + at % 3):
            bent = bytearray(CONTENT)
            bent[at] ^= 1 << bit
            source = opened(bytes(bent))
            try:
                found = read(source)
                for body in found.bodies():
                    body.nodes()
            except Malformed as error:
                assert error.location.offset is not None
                assert error.location.offset <= len(bent)


@given(st.binary(max_size=200))
def test_any_bytes(opened: Opened, content: bytes) -> None:
    try:
        read(opened(content))
    except ArtifactError as error:
        assert error.location.offset is not None


def test_names_have_a_bound(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name longer than any name is a limit of ours: the server takes it."""
    source = opened(data(1, Node("n" * (3 << 20), "Neg").encode()))
    with pytest.raises(LimitReached, match=r"3,145,728 bytes where a name belongs"):
        read(source)
    with pytest.raises(LimitReached):
        read(opened(data(2, data(1, data(1, data(2, data(1, "n" * (3 << 20))))))))


def test_many_functions(opened: Opened) -> None:
    """Ten thousand functions that call one another in a ring."""
    call = {"f": Func("f0")}
    functions = [
        Function(f"f{place}", [], [], [Node("c", "PartitionedCall", [], {"f": Func(f"f{(place + 1) % 10_000}")})], {})
        for place in range(10_000)
    ]
    found = read(opened(Graph([Node("c", "PartitionedCall", [], call)], functions).encode()))
    assert len(found.functions) == 10_000
    assert found.functions["f9999"].calling()[0].calls == (("f", "f0"),)


@sizes
def test_deep_groups_and_messages(opened: Opened, as_large: Large, large: bool) -> None:
    if large:
        as_large()
    start, end = varint(77 << 3 | 3), varint(77 << 3 | 4)
    read(opened(CONTENT + start * 98 + end * 98))
    for content in (start * 99 + end * 99, start * 200 + end * 200, start * 5, data(2, start * 98 + end * 98)):
        with pytest.raises(Malformed):
            read(opened(CONTENT + content))
    assert DType.FLOAT == 1
