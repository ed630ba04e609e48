"""Variables in words."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_trt.deploy.edge import Said, line
from pytest_trt.deploy.scope import TOTAL_LIMIT, UNKNOWN, Partly, Variables, below, parent, shape, unanchored
from pytest_trt.deploy.scripts.variables import env_file, fields, substituted

AT = line("scripts/run.sh", 3)
SCOPE: dict[str, Said | list[Said]] = {
    "TAG": Said("2.17.0", AT),
    "EMPTY": Said("", AT),
    "OPTIONS": Said("-it  --rm", AT),
    "DIR": Said("./x/y", AT),
    "URI": Said("s3://bucket/a/b.tar.gz", AT),
    "LIST": [Said("a", AT), Said("b c", AT)],
    "LOST": Said(None, AT, "why not"),
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tensorflow/serving:$TAG", "tensorflow/serving:2.17.0"),
        ("${TAG}-gpu", "2.17.0-gpu"),
        ("${TAG:-1}", "2.17.0"),
        ("${NO:-1}", "1"),
        ("${NO-1}", "1"),
        ("${NO:=1}", "1"),
        ("${EMPTY:-1}", "1"),
        ("${EMPTY-1}", ""),
        ("${NO:-${TAG}-gpu}", "2.17.0-gpu"),
        ("${NO:-}", ""),
        ("${TAG:+x}", "x"),
        ("${EMPTY:+x}", ""),
        ("${TAG:?no}", "2.17.0"),
        ("${TAG%.*}", "2.17"),
        ("${TAG%%.*}", "2"),
        ("${TAG#2.}", "17.0"),
        ("${TAG/./-}", "2-17.0"),
        ("${TAG//./-}", "2-17-0"),
        ("${DIR%/}", "./x/y"),
        ("${DIR%/*}", "./x"),
        ("${DIR##*/}", "y"),
        ("${URI##*/}", "b.tar.gz"),
        ("${URI%.tar.gz}", "s3://bucket/a/b"),
        ("${LIST[1]}", "b c"),
        ("$LIST", "a"),
        ("${LIST[@]}", "a b c"),
        ("$PWD/m", "./m"),
        ("${PWD}/m", "./m"),
        ("$(pwd)/m", "./m"),
        ("`pwd`/m", "./m"),
        ("$(pwd -P)", "."),
        ("$(dirname $0)/m", "./m"),
        ('$(dirname "$0")/../m', "./../m"),
        ("${0%/*}/m", "./m"),
        ('$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/m', "./m"),
        ('$(cd "$(dirname "$0")/.." >/dev/null 2>&1 && pwd)', "./.."),
        ("$(basename $URI)", "b.tar.gz"),
        ("$(dirname $URI)", "s3://bucket/a"),
        ("$(realpath x)", "./x"),
        ("$(readlink -f ./x)", "./x"),
        ("\\$TAG", "$TAG"),
        ("a$", "a$"),
        ("$%", "$%"),
        ("\\n", "\\n"),
        ("plain", "plain"),
    ],
)
def test_what_a_shell_makes_of_it(text: str, expected: str) -> None:
    found = substituted(text, SCOPE, AT, "sh")
    assert (found.text, found.why) == (expected, "")


@pytest.mark.parametrize(
    ("text", "why", "known"),
    [
        ("a:$NO/b", "NO is not set in the file", "a:\0/b"),
        ("$LOST", "why not", "\0"),
        ("${NO:?x}", "NO must be set by whoever runs this", "\0"),
        ("${NO:+x}", "NO is not set in the file", "\0"),
        ("$1", "$1 is given by whoever calls it", "\0"),
        ("$((1 + 2))", "a sum is computed only when this runs", "\0"),
        ("$(date)", "`date` gives its answer only when this runs", "\0"),
        ("${TAG:0:3}", "`:0:3` of a variable is computed only when this runs", "\0"),
        ("${!TAG}", "! is not set in the file", "\0"),
        ("${TAG", "a `${` is never closed", "\0"),
        ("$(pwd", "a `$(` is never closed", "\0"),
        ("${DIR#*x}", "`#*x` of a variable is computed only when this runs", "\0"),
    ],
)
def test_what_is_not_known_says_why(text: str, why: str, known: str) -> None:
    found = substituted(text, SCOPE, AT, "sh")
    assert (found.text, shape(found)) == (None, known)
    if not text.startswith("${!"):
        assert found.why == why


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$TAG", "2.17.0"),
        ("${NO:-x}", "x"),
        ("$$TAG", "$TAG"),
        ("${NO-a}b", "ab"),
        ("\\$TAG", "\\2.17.0"),
        ("`pwd`", "`pwd`"),
        ("${NO:-${TAG}}", "2.17.0"),
        ("$PWD/m", "./m"),
        ('"$TAG"', '"2.17.0"'),
    ],
)
def test_compose(text: str, expected: str) -> None:
    assert substituted(text, SCOPE, AT, "compose").text == expected


@pytest.mark.parametrize("text", ["$(pwd)", "${TAG%.*}", "${LIST[0]}", "$NO"])
def test_compose_does_not_know(text: str) -> None:
    assert substituted(text, SCOPE, AT, "compose").text is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$(TAG)", "2.17.0"),
        ("${TAG}-x", "2.17.0-x"),
        ("$$TAG", "$TAG"),
        ("$(CURDIR)/m", "./m"),
        ("$(PWD)/m", "./m"),
        ("$(shell pwd)/m", "./m"),
        ("$(dir $(abspath $(lastword $(MAKEFILE_LIST))))m", "./m"),
        ("$(notdir a/b)", "b"),
        ("$(strip  a  b )", "a b"),
        ("$(TAG:.0=.1)", "2.17.1"),
        ("$(shell dirname $(realpath $(firstword $(MAKEFILE_LIST))))/m", "./m"),
        ("$(EMPTY)", ""),
    ],
)
def test_make(text: str, expected: str) -> None:
    assert unanchored(substituted(text, SCOPE, AT, "make").text or "") == expected


@pytest.mark.parametrize("text", ["$(NO)", "$(shell date)", "$(call f,a)", "$@", "$(wildcard *)", "$(TAG", "$(if a,b)"])
def test_make_does_not_know(text: str) -> None:
    found = substituted(text, SCOPE, AT, "make")
    assert found.text is None and found.why


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("%TAG%-gpu", "2.17.0-gpu"),
        ("%tag%", "2.17.0"),
        ("%cd%/m", "./m"),
        ("%CD%\\m", ".\\m"),
        ("%~dp0m", ".\\m"),
        ("100%%", "100%"),
        ("%NO%", None),
        ("%1", None),
        ("%TAG:.=-%", None),
    ],
)
def test_cmd(text: str, expected: str | None) -> None:
    found = substituted(text, SCOPE, AT, "cmd")
    assert (None if found.text is None else unanchored(found.text)) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("$OPTIONS", ["-it", "--rm"]),
        ('"$OPTIONS"', ["-it  --rm"]),
        ("a$OPTIONS", ["a-it", "--rm"]),
        ('"${LIST[@]}"', ["a", "b c"]),
        ("'$TAG'", ["$TAG"]),
        ("$'a\\tb'", ["a\tb"]),
        ("a\\ b", ["a b"]),
        ("''", [""]),
        ("$EMPTY", []),
        ('"$EMPTY"', [""]),
        ('-v"$(pwd)"/x:/y', ["-v./x:/y"]),
        ("a\\\nb", ["ab"]),
        ("~/m", [None]),
        ("a~", ["a~"]),
        ('"a\\"b"', ['a"b']),
    ],
)
def test_fields(raw: str, expected: list[str | None]) -> None:
    assert [each.text for each in fields(raw, SCOPE, AT)] == expected


def test_fields_of_a_dockerfile_are_not_split() -> None:
    assert [each.text for each in fields('"$OPTIONS"$TAG$(pwd)', SCOPE, AT, "dockerfile")] == ["-it  --rm2.17.0$(pwd)"]


def test_known_parts_stay() -> None:
    found = fields('"$NO:/models/$TAG:ro"', SCOPE, AT)[0]
    assert isinstance(found, Partly)
    assert found.known == f"{UNKNOWN}:/models/2.17.0:ro"


def test_what_doubles_is_given_up() -> None:
    scope = Variables(A=Said("x", AT))
    for _ in range(200):
        scope["A"] = substituted("$A$A", scope, AT, "sh")
    assert scope["A"].text is None  # type: ignore[union-attr]
    assert len(shape(scope["A"])) < 1 << 16  # type: ignore[arg-type]


def test_all_lookups_together_have_a_limit() -> None:
    scope = Variables(A=Said("x" * 10_000, AT))
    known = sum(substituted("$A", scope, AT, "sh").text is not None for _ in range(2_000))
    assert known == TOTAL_LIMIT // (10_000 + 32)


def test_env_files() -> None:
    text = "# comment\nA=1\r\nexport B='x y'\nC=\"$A-$$\"\nD=$A # note\n\nE\n"
    docker, compose = env_file(text, ".env"), env_file(text, ".env", "compose")
    assert {name: value.text for name, value in docker.items()} == {
        "A": "1",
        "B": "'x y'",
        "C": '"$A-$$"',
        "D": "$A # note",
        "E": None,
    }
    assert {name: value.text for name, value in compose.items()} == {
        "A": "1",
        "B": "x y",
        "C": "1-$",
        "D": "1",
        "E": None,
    }
    assert compose["C"].at.line == 4


@pytest.mark.parametrize(
    ("path", "above"),
    [("a/b", "a"), ("a", "."), ("/a", "/"), (".", ".."), ("..", "../.."), ("./a", "."), ("a/b/", "a"), ("/", "/")],
)
def test_parent(path: str, above: str) -> None:
    assert parent(path) == above


@pytest.mark.parametrize(
    ("folder", "path", "expected"),
    [
        (".", "m", "./m"),
        (".", "./m", "./m"),
        ("./a", "m", "./a/m"),
        ("./a", "./m", "./a/m"),
        ("./a", "../m", "./a/../m"),
        ("./a", ".", "./a"),
        ("./a", "/m", "/m"),
        (None, "m", None),
        (None, "/m", "/m"),
        ("./a", ".//b", ".//b"),
    ],
)
def test_below(folder: str | None, path: str, expected: str | None) -> None:
    assert below(folder, path) == expected


@settings(max_examples=500, deadline=None)
@given(
    st.text(alphabet="$(){}:-=+?%#/~`'\"\\ ATG!@*1[]\n\0", max_size=60),
    st.sampled_from(["sh", "make", "cmd", "compose", "dockerfile"]),
)
def test_no_text_raises(text: str, dialect: str) -> None:
    found = substituted(text, SCOPE, AT, dialect)
    assert (found.text is None) == bool(found.why)
