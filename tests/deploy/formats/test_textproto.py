"""Text format without a schema, and with one: what is taken, where each value stands, what is refused.

The texts are checked against protobuf itself where it is installed; of its C++ parser, which the servers use, the
Python one differs in what tests/oracle/test_text_agrees.py lists.
"""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_trt.deploy.formats import textproto
from pytest_trt.deploy.formats.messages import ENUMS, MESSAGES
from pytest_trt.deploy.formats.textcheck import MODEL_SERVER_CONFIG, TRITON_CONFIG, faults, kinds
from pytest_trt.deploy.formats.textproto import Field, Message, TextError, parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def flat(message: Message) -> list[tuple[str, object]]:
    return [(field.name, flat(field.message) if field.message else field.text) for field in message.fields]


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("", []),
        ("# nothing\n", []),
        ("a: 1", [("a", "1")]),
        ("a:1;b:2,c:3", [("a", "1"), ("b", "2"), ("c", "3")]),
        ("a: 'x' \"y\" # z\n'z'", [("a", "xyz")]),
        (r"a: 'q\'\x41\n'", [("a", "q'A\n")]),
        ("a { b: 1 }", [("a", [("b", "1")])]),
        ("a: { b: 1 }", [("a", [("b", "1")])]),
        ("a < b < c: x > >", [("a", [("b", [("c", "x")])])]),
        ("a: [1, 2]", [("a", "1"), ("a", "2")]),
        ("a: []", [("a", "")]),
        ("a: [{b: 1}, <b: 2>]", [("a", [("b", "1")]), ("a", [("b", "2")])]),
        ("a [{}, {}]", [("a", []), ("a", [])]),
        ("a: -1 b: - 0x1F c: -inf d: 1.5e3f", [("a", "-1"), ("b", "-0x1F"), ("c", "-inf"), ("d", "1.5e3f")]),
        ("a: TENSORFLOW", [("a", "TENSORFLOW")]),
        ("a { [type.googleapis.com/x.Y] { b: 1 } }", [("a", [("[type.googleapis.com/x.Y]", [("b", "1")])])]),
        ("a: 1\r\nb: 2\r\n", [("a", "1"), ("b", "2")]),
        ("a: 'é\ud83d\ude00'".encode("utf-16", "surrogatepass").decode("utf-16"), [("a", "é😀")]),
    ],
)
def test_what_is_taken(text: str, fields: list[tuple[str, object]]) -> None:
    assert flat(parse(text)) == fields


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("a", 1),
        ("a:", 1),
        ("a 1", 1),
        ("a: [1", 1),
        ("a: [1 2]", 1),
        ("a: [[1]]", 1),
        ("a [1]", 1),
        ("a {", 1),
        ("a {\n b: 1\n>", 3),
        ("a: 1\n}", 2),
        ("a: 'x\n'", 1),
        ("a: 1\nb: 'x", 2),
        ("\n\n{}", 3),
        ("'a': 1", 1),
        ("a: -x", 1),
        ("a: 08", 1),
        ("a: 1x", 1),
        ("a: \x01", 1),
        ("a: {{ .Values.name }}", 1),
        ("\ufeffa: 1", 1),
        ("[a.b: 1", 1),
        ("a: @b", 1),
    ],
)
def test_what_is_refused(text: str, number: int) -> None:
    with pytest.raises(TextError) as refused:
        parse(text)
    assert refused.value.line == number
    assert not refused.value.ours
    assert refused.value.why


def test_each_value_has_its_line() -> None:
    text = "a {\n  b:\n    'x'\n    'y'\n  # c: 1\n  d: [\n    1,\n    2\n  ]\n}\nm [\n  {},\n  {}\n]\n"
    found = [(field.name, field.line, field.value_line) for field in parse(text).walk()]
    assert found == [("a", 1, 1), ("b", 2, 3), ("d", 6, 7), ("d", 6, 8), ("m", 11, 12), ("m", 11, 13)]


def test_bounds_are_ours() -> None:
    for text in ("a{" * 5_000, "a:1 " * (textproto.FIELD_LIMIT + 1), "a:[" + "1," * (textproto.FIELD_LIMIT + 1)):
        with pytest.raises(TextError) as refused:
            parse(text)
        assert refused.value.ours


def test_time_is_linear() -> None:
    took = []
    for count in (10_000, 80_000):
        text = "a: 'x' # y\n" * count
        start = time.perf_counter()
        parse(text)
        took.append(time.perf_counter() - start)
    assert took[1] < 60 * took[0] + 0.5


@given(st.text(alphabet="ab:{}<>[],;#'\"\\\n 0123-.xXeE/_\r\té\0", max_size=60))
@settings(max_examples=400)
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        root = parse(text)
    except TextError as error:
        assert 1 <= error.line <= text.count("\n") + 1
        return
    for field in root.walk():
        assert 1 <= field.line <= field.value_line <= text.count("\n") + 1
    faults(root, MODEL_SERVER_CONFIG)


@pytest.mark.parametrize(
    ("text", "number"),
    [("1", 1), ("-7", -7), ("0", 0), ("017", 15), ("-0x1f", -31), ("9" * 40, None), ("x", None), ("1.0", None)],
)
def test_integers(text: str, number: int | None) -> None:
    assert parse(f"a: {text}").fields[0].integer() == number


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("models { }", f'Message type "{MODEL_SERVER_CONFIG}" has no field named "models".'),
        (
            "model_config_list { } model_config_list { }",
            'Non-repeated field "model_config_list" is specified multiple times.',
        ),
        (
            "model_config_list { } custom_model_config { }",
            'Field "custom_model_config" is specified along with field "model_config_list", another member of oneof'
            ' "config".',
        ),
        ("model_config_list { config { name: 1 } }", "Expected string, got: 1"),
        ("model_config_list { config { name: x } }", "Expected string, got: x"),
        ("model_config_list { config: 'x' }", 'Expected "{", found "x".'),
        (
            "model_config_list { config { model_type: GPU } }",
            'Unknown enumeration value of "GPU" for field "model_type".',
        ),
        ("model_config_list { config { version_labels { key: 'a' value: 'b' } } }", 'Expected integer, got: "b"'),
        (
            "model_config_list { config { model_version_policy { latest { num_versions: -1 } } } }",
            "Expected integer, got: -1",
        ),
        (
            "model_config_list { config { model_version_policy { specific { versions: 9223372036854775808 } } } }",
            "Integer out of range (9223372036854775808)",
        ),
        # Refused by TextFormat of protobuf 5.28.3 (C++), each found by a comparison with it.
        (
            "model_config_list { config { model_version_policy { specific { versions [] } } } }",
            'Expected ":", found "[".',
        ),
        ("custom_model_config { [a.b]: {} }", 'Expected "/", found "]".'),
        ("custom_model_config { [a.b/c.d]: {} }", 'Could not find type "a.b/c.d" stored in google.protobuf.Any.'),
        ("custom_model_config { [type.googleapis.com/a.b]: 'x' }", 'Expected "{", found "x".'),
        ("custom_model_config { [type.googleapis.com/a.b-c]: {} }", 'Expected "]", found "-".'),
        ("[a.b]: 1", f'Extension "a.b" is not defined or is not an extension of "{MODEL_SERVER_CONFIG}".'),
    ],
)
def test_what_the_server_refuses(text: str, message: str) -> None:
    found = faults(parse(text), MODEL_SERVER_CONFIG)
    assert [fault.message for fault in found] == [message]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "model_config_list: {}",
        "model_config_list { config [] }",
        "model_config_list { config { name: '' name: 'x' model_type: 0 model_type: TENSORFLOW } }",
        "model_config_list { config { model_type: 7 model_version_policy { specific { versions: [1, 0x2] } } } }",
        "model_config_list { config { logging_config { sampling_config { sampling_rate: 1e-3 } } } }",
        "model_config_list { config { logging_config { sampling_config { sampling_rate: -inf } } } }",
        "custom_model_config { [type.googleapis.com/a.B] { c: 1 } }",
        "custom_model_config { type_url: 'a/b' value: 'x' }",
    ],
)
def test_what_the_server_takes(text: str) -> None:
    assert faults(parse(text), MODEL_SERVER_CONFIG) == []


def test_triton_s_message_is_known() -> None:
    text = (
        "platform: 'tensorrt_plan' max_batch_size: 8 input [{ name: 'x' data_type: TYPE_FP32 dims: [3, -1] }]"
        " optimization { execution_accelerators { gpu_execution_accelerator: [{ name: 'tensorrt'"
        " parameters { key: 'a' value: 'b' } }] } } dynamic_batching {} is_x: true"
    )
    (fault,) = faults(parse(text), TRITON_CONFIG)
    assert (fault.name, fault.unknown, fault.of) == ("is_x", True, TRITON_CONFIG)


@pytest.mark.parametrize("number", ["-0", "-1"])
def test_a_bool_is_no_negative_number(number: str) -> None:
    (fault,) = faults(parse(f"response_cache {{ enable: {number} }}"), TRITON_CONFIG)
    assert fault.message == f"Expected identifier, got: {number}"


def test_faults_are_bounded() -> None:
    assert len(faults(parse("x: 1\n" * 1_000), MODEL_SERVER_CONFIG)) == 20


def test_tables_hold_together() -> None:
    for message in MESSAGES:
        for kind in kinds(message).values():
            assert kind.type in MESSAGES or kind.type in ENUMS or kind.type.islower()


def descriptors() -> Any:
    """The messages of the table as protobuf has them; .proto files of servers are not needed for it."""
    descriptor_pb2 = pytest.importorskip("google.protobuf.descriptor_pb2")
    from google.protobuf import descriptor_pool, message_factory

    field_types = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="t.proto", package="t", syntax="proto3")

    def short(name: str) -> str:
        return name.replace(".", "_")

    for enum, values in ENUMS.items():
        made = file.enum_type.add(name=short(enum))
        for name, number in values.items():
            # Values of two enums may have one name, which stands beside the enum.
            made.value.add(
                name=f"{short(enum)}_{name}" if enum != "tensorflow.serving.ModelType" else name, number=number
            )
    for message in MESSAGES:
        made = file.message_type.add(name=short(message))
        oneofs: list[str] = []
        for number, kind in enumerate(kinds(message).values(), 1):
            field = made.field.add(name=kind.name, number=number)
            field.label = field_types.LABEL_REPEATED if kind.repeated else field_types.LABEL_OPTIONAL
            if kind.type in MESSAGES:
                field.type, field.type_name = field_types.TYPE_MESSAGE, f".t.{short(kind.type)}"
            elif kind.type in ENUMS:
                field.type, field.type_name = field_types.TYPE_ENUM, f".t.{short(kind.type)}"
            else:
                field.type = getattr(field_types, f"TYPE_{kind.type.upper()}")
            if kind.oneof:
                if kind.oneof not in oneofs:
                    oneofs.append(kind.oneof)
                    made.oneof_decl.add(name=kind.oneof)
                field.oneof_index = oneofs.index(kind.oneof)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    found = pool.FindMessageTypeByName(f"t.{short(MODEL_SERVER_CONFIG)}")
    return message_factory.GetMessageClass(found)


POLICIES = st.one_of(
    st.builds(lambda n: {"latest": {"num_versions": n}}, st.integers(0, 2**32 - 1)),
    st.just({"all": {}}),
    st.builds(lambda n: {"specific": {"versions": n}}, st.lists(st.integers(-(2**63), 2**63 - 1), max_size=3)),
)
CONFIGS = st.fixed_dictionaries(
    {},
    optional={
        "name": st.text(max_size=8),
        "base_path": st.text(max_size=8),
        "model_type": st.sampled_from([1, 2, 9]),
        "model_platform": st.sampled_from(["tensorflow", "a\"b'c\n\\"]),
        "model_version_policy": POLICIES,
        "version_labels": st.lists(
            st.fixed_dictionaries({"key": st.text(min_size=1, max_size=3), "value": st.integers(1, 2**63 - 1)}),
            max_size=2,
        ),
        "logging_config": st.fixed_dictionaries(
            {"sampling_config": st.fixed_dictionaries({"sampling_rate": st.floats(allow_nan=False)})}
        ),
    },
)


@given(st.lists(CONFIGS, max_size=3), st.booleans(), st.booleans(), st.booleans())
@settings(max_examples=100, deadline=None)
def test_what_protobuf_writes_is_read(configs: list[dict[str, Any]], one: bool, short: bool, pointed: bool) -> None:
    kind = descriptors()
    from google.protobuf import text_format

    root = kind(model_config_list={"config": configs})
    text = text_format.MessageToString(
        root, as_one_line=one, use_short_repeated_primitives=short, pointy_brackets=pointed, as_utf8=short
    )
    read = parse(text)
    assert faults(read, MODEL_SERVER_CONFIG) == []
    (models,) = read.messages("model_config_list")
    assert [_values(message) for message in models.messages("config")] == [
        {name: config[name] for name in ("name", "base_path", "model_platform") if config.get(name)}
        for config in configs
    ]


def _values(message: Message) -> dict[str, str | None]:
    names = ("name", "base_path", "model_platform")
    return {name: message.text(name) for name in names if message.last(name) is not None}


PIECES = st.sampled_from(
    "model_config_list config name base_path model_type model_platform model_version_policy latest all specific"
    " versions num_versions version_labels key value { } < > [ ] : , ; 'x' \"y\" 1 -1 0 2 TENSORFLOW tensorflow"
    " #c\n".split(" ")
)


@given(st.lists(PIECES, max_size=14))
@settings(max_examples=500, deadline=None)
def test_as_protobuf_s_own_parser_has_it(pieces: list[str]) -> None:
    kind = descriptors()
    from google.protobuf import text_format

    text = "model_config_list { config { " + " ".join(pieces) + " } }"
    try:
        found: list[object] = list(faults(parse(text), MODEL_SERVER_CONFIG))
    except TextError as error:
        found = [error]
    try:
        text_format.Parse(text, kind())
        theirs = None
    except text_format.ParseError as error:
        theirs = str(error)
    if theirs is not None and "should not have multiple" in theirs:
        # Python's parser counts a zero as given.
        return
    assert (theirs is None) == (not found), (text, theirs, found)


def test_repr_tells_what_it_is() -> None:
    assert repr(parse("a: 'x' b { }")) == "Message([Field('a', 1, 'x'), Field('b', 1, Message([]))])"
    assert repr(Field("a", 2)) == "Field('a', 2, '')"
