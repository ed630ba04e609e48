"""YAML of deployment files: nodes and their lines, what is refused, bounds."""

from __future__ import annotations

import builtins
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

yaml = pytest.importorskip("yaml")

from pytest_trt.artifacts.errors import LimitReached  # noqa: E402
from pytest_trt.deploy.formats import yamls  # noqa: E402
from pytest_trt.deploy.formats.yamls import LIST, MAP, SCALAR, Node, documents, matters  # noqa: E402
from pytest_trt.deploy.scope import UNKNOWN, shape  # noqa: E402


def one(text: str) -> Node:
    roots, remarks = documents(text, "f.yaml")
    assert not remarks
    assert len(roots) == 1
    return roots[0]


def plain(node: Node) -> object:
    """What the text of a node says, all scalars as strings."""
    if node.kind == MAP:
        return {key.raw: plain(value) for key, value in node.items()}
    if node.kind == LIST:
        return [plain(each) for each in node.elements()]
    return None if node.null else node.raw


def test_scalars_have_their_lines() -> None:
    root = one("a: 1\nb:\n  - x\n  - y: 'z'\n")
    assert root.get("b", 1, "y").at.line == 4  # type: ignore[union-attr]
    assert root.get("b", 1, "y").text == "z"  # type: ignore[union-attr]
    assert root.get("b", 2) is None
    assert root.get("a", "b") is None
    assert root.get("b", 0, "y") is None


@pytest.mark.parametrize("break_", ["\n", "\r\n"])
def test_a_block_scalar_begins_at_its_first_line(break_: str) -> None:
    root = one(break_.join(["# one", "data:", "  models.config: |", "    model_config_list {", "", "    }", ""]))
    text = root.get("data", "models.config")
    assert text is not None
    assert text.text == "model_config_list {\n\n}\n"
    assert text.at.line == 4


def test_other_line_ends_of_unicode_count_no_lines() -> None:
    root = one("a: 'x\u2028y\x85z'\nb: 1\n")
    assert root.get("b").at.line == 2  # type: ignore[union-attr]


def test_anchors_and_merges() -> None:
    root = one("x-a: &a {image: i, tag: t}\nx-b: &b {tag: u, more: m}\ns:\n  <<: [*a, *b]\n  image: own\n")
    assert plain(root.get("s")) == {"image": "own", "tag": "t", "more": "m"}  # type: ignore[arg-type]


def test_a_map_that_merges_itself_ends() -> None:
    assert plain(one("s: &s\n  <<: *s\n  a: 1\n").get("s")) == {"a": "1"}  # type: ignore[arg-type]


def test_tags_run_nothing() -> None:
    root = one("a: !!python/object/apply:os.system ['exit 1']\nb: !x y\n")
    assert plain(root) == {"a": ["exit 1"], "b": "y"}


def test_json_is_yaml() -> None:
    assert plain(one('{"kind": "Pod", "spec": {"a": [1, null]}}')) == {"kind": "Pod", "spec": {"a": ["1", None]}}


def test_two_equal_keys_are_said_and_the_last_counts() -> None:
    roots, remarks = documents("a: 1\nb: 2\na: 3\n", "f.yaml")
    assert roots[0].get("a").text == "3"  # type: ignore[union-attr]
    assert [(each.code, each.at.line) for each in remarks] == [("TRT420", 3)]
    assert remarks[0].also[0][0].line == 1


@pytest.mark.parametrize(
    ("text", "number", "words"),
    [
        ("a:\n\tb: 1\n", 2, "a tab"),
        ("a: [1, 2\n", 2, "flow sequence from line 1"),
        ("a: 'x\n", 2, "quoted scalar from line 1"),
        ("a: @b\n", 1, "@"),
        ("a: b: c\n", 1, "mapping values"),
        ("a: *b\n", 1, "*b refers to nothing"),
        ("x: 1\na: \x07\n", 2, "U+0007"),
        ("a: \ud800\n", 1, "no encoding"),
        ("a: 1\n b: 2\n", 2, ""),
    ],
)
def test_what_is_no_yaml_is_said_with_its_line(text: str, number: int, words: str) -> None:
    roots, remarks = documents(text, "f.yaml")
    assert not roots
    assert [(each.code, each.at.line) for each in remarks] == [("TRT420", number)]
    assert words in remarks[0].facts["why"]


def test_a_document_with_a_fault_does_not_lose_the_others() -> None:
    roots, remarks = documents("a: 1\n---\nb: [\n---\nc: 3\n---\nd: @\n---\ne: 5\n", "f.yaml")
    assert [plain(root) for root in roots] == [{"a": "1"}, {"c": "3"}, {"e": "5"}]
    assert roots[1].get("c").at.line == 5  # type: ignore[union-attr]
    assert [each.at.line for each in remarks] == [4, 7]


def test_templates_are_unknown_words() -> None:
    root = one("image: {{ image }}:{{ tag }}\narg: --name={{ name }}\nplain: x\n")
    image, arg = root.get("image"), root.get("arg")
    assert image is not None and arg is not None
    assert image.text is None
    assert image.raw == "{{ image }}:{{ tag }}"
    assert image.said().why == "`{{ image }}` is filled in by a template"
    assert shape(arg.said()) == f"--name={UNKNOWN}"
    assert root.get("plain").text == "x"  # type: ignore[union-attr]


def test_statements_of_templates_leave_a_note_and_no_guess() -> None:
    roots, remarks = documents("{% if gpu %}\nimage: a\n{% else %}\nimage: b\n{% endif %}\nname: n\n", "f.yaml")
    assert roots[0].get("image").text is None  # type: ignore[union-attr]
    assert roots[0].get("name").text == "n"  # type: ignore[union-attr]
    assert [(each.code, each.at.line) for each in remarks] == [("TRT418", 1)]


def test_text_that_a_template_makes_no_yaml_is_a_note() -> None:
    _, remarks = documents("a: 1\n{{ x }} {{ y }}: [\n", "f.yaml")
    assert {each.code for each in remarks} == {"TRT418"}


@pytest.mark.parametrize(
    "text",
    [
        "[" * 5000,
        "{a: " * 5000,
        "- " * 5000,
        "? " * 5000,
        "- a\n" * 210_000,
    ],
)
def test_depth_and_number_are_bounded(text: str) -> None:
    with pytest.raises(LimitReached):
        documents(text, "f.yaml")


def test_an_alias_bomb_is_bounded() -> None:
    names = "abcdefghij"
    text = "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    text += "".join(f"{new}: &{new} [{', '.join(['*' + old] * 10)}]\n" for old, new in zip(names, names[1:]))
    root = one(text)

    def walk(node: Node) -> int:
        return 1 + sum(walk(each) for each in node.elements())

    with pytest.raises(LimitReached):
        walk(root.get("j"))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    ["{{" * 200_000, "{% " * 200_000, "{{ a }}\n" * 100_000, "x: {{ a }}\n" * 60_000, "'" + "a\n" * 500_000,
     "a: |\n" + "  x\n" * 500_000, "--- [\n" * 50_000, "a: &a *a\n", "\ue000" * 10_000 + "{{ x }}"],
)  # fmt: skip
def test_hostile_text_takes_bounded_time(text: str) -> None:
    start = time.perf_counter()
    try:
        documents(text, "f.yaml")
    except LimitReached:
        pass
    assert time.perf_counter() - start < 10


def test_characters_of_ours_in_the_text_stand_for_nothing() -> None:
    root = one("a: \ue0000\ue001\nb: {{ x }}\n")
    assert root.get("a").text == "\ufffd0\ufffd"  # type: ignore[union-attr]


def test_without_pyyaml_a_note_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: object) -> object:
        if name == "yaml":
            raise ImportError(name)
        return real(name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without)
    roots, remarks = documents("a: 1\n", "f.yaml")
    assert not roots
    assert [each.code for each in remarks] == ["TRT418"]
    assert "pip install PyYAML" in remarks[0].facts["why"]


def test_the_parser_in_python_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a: {b: [1, x]}\nc: |\n  d\n"
    expected = plain(one(text))
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    assert plain(one(text)) == expected
    with pytest.raises(LimitReached):
        documents("a" * (yamls.PYTHON_LIMIT + 1), "f.yaml")


def test_what_matters_is_told_by_the_text_alone() -> None:
    assert matters("services:\n  a:\n    build: .\n")
    assert matters("kind: InferenceService")
    assert matters("image: tensorflow/serving:2.19.0\n")
    assert not matters("kind: Service\nspec: {ports: []}\n")
    assert not matters("image: nginx\nkind: Deployment\n")
    assert not matters("model: 3\n")


def test_a_hundred_files_take_little_time() -> None:
    entry = (
        "  - name: a\n    image: tensorflow/serving\n    args: ['--port=8500']\n    env:\n      - {name: A, value: b}\n"
    )
    text = "kind: Pod\nitems:\n" + entry * 20
    documents(text, "f.yaml")
    start = time.process_time()
    for _ in range(100):
        documents(text, "f.yaml")
    assert time.process_time() - start < (0.6 if yaml.__with_libyaml__ else 10)


_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="{}\x85\u2028\u2029\ue000\ue001"))
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc-. ", max_size=5), inner, max_size=4),
    max_leaves=20,
)


@given(_VALUES)
def test_what_pyyaml_writes_is_read_back(value: object) -> None:
    roots, remarks = documents(yaml.safe_dump(value, allow_unicode=True), "f.yaml")
    assert not remarks

    def same(node: Node, expected: object) -> bool:
        if isinstance(expected, dict):
            return node.kind == MAP and all(
                (found := node.get(str(key))) is not None and same(found, each) for key, each in expected.items()
            )
        if isinstance(expected, list):
            return [same(each, other) for each, other in zip(node.elements(), expected)] == [True] * len(expected)
        if expected is None:
            return node.null
        if isinstance(expected, bool):
            return node.kind == SCALAR and node.true is expected
        return node.raw == str(expected)

    assert same(roots[0], value)


@given(st.text(st.sampled_from("ab:-[]{}&*!|>'\"%@`#?,\t\n {%}"), max_size=60))
def test_any_text_ends_in_documents_or_remarks(text: str) -> None:
    try:
        roots, remarks = documents(text, "f.yaml")
    except LimitReached:
        return
    for each in remarks:
        assert each.code in ("TRT418", "TRT420")
        assert 1 <= (each.at.line or 0) <= text.count("\n") + 2
    for root in roots:
        if "*" not in text:
            plain(root)


def test_tags_that_a_tool_carries_out() -> None:
    (root,), _ = documents("a: !Ref Thing\nb: !!str 1\nc: !reset null\nd: !override [x]\ne: ! x\n", "f.yaml")
    known = {key.raw: value for key, value in root.items()}
    assert known["a"].text is None and "!Ref" in known["a"].why and known["a"].said().text is None
    assert (known["b"].text, known["e"].text) == ("1", "x")
    assert (known["c"].tag, known["d"].tag, known["b"].tag) == ("!reset", "!override", "")


def test_a_file_that_generates_config_maps_matters() -> None:
    assert matters("resources: [d.yaml]\nconfigMapGenerator:\n- name: m\n  files: [models.config]\n")
