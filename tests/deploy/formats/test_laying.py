"""YAML values laid over one another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("yaml")

from pytest_trt.deploy.formats.laying import CannotLay, merged, patched
from pytest_trt.deploy.formats.nodes import LIST, MAP, Node
from pytest_trt.deploy.formats.yamls import documents


def node(text: str) -> Node:
    roots, remarks = documents(text, "f.yaml")
    assert not remarks
    return roots[0]


def plain(value: Node) -> object:
    if value.kind == MAP:
        return {key.raw: plain(each) for key, each in value.items()}
    if value.kind == LIST:
        return [plain(each) for each in value.elements()]
    return value.text


POD = "containers: [{name: a, image: i, args: [x, y], env: [{name: E, value: '1'}]}, {name: b, image: j}]"


@pytest.mark.parametrize(
    ("over", "expected"),
    [
        ("containers: [{name: a, image: k}]", {"image": "k", "args": ["x", "y"]}),
        ("containers: [{name: a, args: [z]}]", {"args": ["z"]}),
        ("containers: [{name: a, args: null}]", {"args": None}),
        (
            "containers: [{name: a, env: [{name: F, value: '2'}]}]",
            {"env": [{"name": "E", "value": "1"}, {"name": "F", "value": "2"}]},
        ),
        ("containers: [{name: a, env: [{name: E, $patch: delete}]}]", {"env": []}),
        ("containers: [{name: a, env: [{$patch: replace}, {name: G}]}]", {"env": [{"name": "G"}]}),
    ],
)
def test_strategic_merge(over: str, expected: dict[str, object]) -> None:
    found = plain(merged(node(POD), node(over), True))
    assert isinstance(found, dict)
    first, second = found["containers"]
    assert {name: first.get(name) for name in expected} == expected
    assert second == {"name": "b", "image": "j"}


def test_deleting_and_replacing_whole_values() -> None:
    assert plain(merged(node(POD), node("containers: [{name: a, $patch: delete}]"), True)) == {
        "containers": [{"name": "b", "image": "j"}]
    }
    assert plain(merged(node(POD), node("containers: {$patch: delete}"), True)) == {}
    kept = plain(merged(node("a: {b: '1', c: '2'}"), node("a: {$patch: replace, d: '3'}"), True))
    assert isinstance(kept, dict) and "b" not in kept["a"] and kept["a"]["d"] == "3"


def test_a_merge_patch_replaces_lists() -> None:
    assert plain(merged(node(POD), node("containers: [{name: c}]"), False)) == {"containers": [{"name": "c"}]}


def test_places_stay_those_of_their_files() -> None:
    under = documents("a:\n  b: x\n  c: y\n", "under.yaml")[0][0]
    over = documents("\n\na:\n  c: z\n", "over.yaml")[0][0]
    found = merged(under, over, True)
    b, c = found.get("a", "b"), found.get("a", "c")
    assert b is not None and c is not None
    assert (b.at.path, b.at.line, c.at.path, c.at.line) == ("under.yaml", 2, "over.yaml", 4)


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        ("[{op: replace, path: /a/0/i, value: z}]", {"a": [{"i": "z"}], "x/y": "1"}),
        ("[{op: add, path: /a/-, value: {i: k}}]", {"a": [{"i": "j"}, {"i": "k"}], "x/y": "1"}),
        ("[{op: add, path: /a/0, value: {i: k}}]", {"a": [{"i": "k"}, {"i": "j"}], "x/y": "1"}),
        ("[{op: remove, path: /a/0}, {op: test, path: /b, value: 1}]", {"a": [], "x/y": "1"}),
        ("[{op: remove, path: /x~1y}]", {"a": [{"i": "j"}]}),
        ("[{op: add, path: /a/0/n, value: m}]", {"a": [{"i": "j", "n": "m"}], "x/y": "1"}),
    ],
)
def test_json_patch(operations: str, expected: object) -> None:
    assert plain(patched(node("a: [{i: j}]\nx/y: '1'\n"), node(operations).elements())) == expected


@pytest.mark.parametrize(
    "operations",
    [
        "[{op: move, path: /a, from: /b}]", "[{op: replace, path: /a/5/i, value: z}]", "[{op: replace, path: ''}]",
        "[{op: add, path: /q/r, value: z}]", "[{}]", "[{op: replace, path: /a}]", "[{op: add, path: /a/x, value: 1}]",
        "[{op: add, path: /a/99999999999999999999, value: 1}]", "[{op: add, path: /a/0/i/k, value: 1}]",
    ],
)  # fmt: skip
def test_a_json_patch_that_does_not_fit(operations: str) -> None:
    with pytest.raises(CannotLay):
        patched(node("a: [{i: j}]"), node(operations).elements())


VALUES = st.recursive(
    st.sampled_from(["x", "y"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "env", "a"]), inner),
    max_leaves=12,
)


def written(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {written(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    return str(value)


@given(VALUES, VALUES)
def test_a_patch_is_there_afterwards(under: object, over: object) -> None:
    once = merged(node(written(under)), node(written(over)), False)
    assert plain(merged(once, node(written(over)), False)) == plain(once)
    merged(node(written(under)), node(written(over)), True)
