"""Shell text as commands of words."""

from __future__ import annotations

import shlex
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_trt.deploy.edge import line
from pytest_trt.deploy.scripts.variables import fields
from pytest_trt.deploy.scripts.words import BRANCH, CLOSE, COMMAND, OPEN, script, simple_commands


def raws(text: str) -> list[list[str]]:
    return [[word.raw for word in command] for command in simple_commands(text)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a b", [["a", "b"]]),
        ("a 'b c' \"d e\"f", [["a", "'b c'", '"d e"f']]),
        ("a; b & c && d || e | f |& g", [["a"], ["b"], ["c"], ["d"], ["e"], ["f"], ["g"]]),
        ("a # b\n#c\nd e#f", [["a"], ["d", "e#f"]]),
        ("a \\\n  b\\\nc", [["a", "b\\\nc"]]),
        ("a $(b | c) `d; e` ${f:-g h}", [["a", "$(b | c)", "`d; e`", "${f:-g h}"]]),
        ('a "$(b "c d")" $\'e\\\'f\'', [["a", '"$(b "c d")"', "$'e\\'f'"]]),
        ('a "${x:-it\'s}" b', [["a", '"${x:-it\'s}"', "b"]]),
        ("a >b 2>&1 <c d", [["a", "d"]]),
        ("o=(a\n 'b c') d", [["o=(a\n 'b c')", "d"]]),
        ("if a; then b; else c; fi", [["a"], ["b"], ["c"]]),
        ("for x in 1 2; do a $x; done", [["a", "$x"]]),
        ("for ((i=0; i<3; i++)); do a; done", [["a"]]),
        ("case $1 in a|b) c ;; *) d;; esac; e", [["c"], ["d"], ["e"]]),
        ("f() { a; }\nfunction g { b; }", [["a"], ["b"]]),
        ("((a = 1)) && b", [["b"]]),
        ("a <(b) c", [["a", "<(b)", "c"]]),
        ("cat <<A <<'B'\n$x\nA\ny\nB\nz", [["cat"], ["z"]]),
        ("", []),
    ],
)
def test_commands(text: str, words: list[list[str]]) -> None:
    assert raws(text) == words


def test_lines() -> None:
    text = "a\n\nb \\\n c 'd\ne' f\ncat <<E\nx\nE\ng\n"
    found = [(word.raw, word.line) for command in simple_commands(text, 10) for word in command]
    assert found == [("a", 10), ("b", 12), ("c", 13), ("'d\ne'", 13), ("f", 14), ("cat", 15), ("g", 18)]


def test_heredocs() -> None:
    command = script("cat >f <<-'E' 2>/dev/null\n\ta\n\t\tb\n\tE\n").commands[0]
    heredoc = command.redirects[1]
    assert (heredoc.operator, heredoc.word.raw, heredoc.body, heredoc.line) == ("<<-", "'E'", "a\nb\n", 2)


def test_compound_commands() -> None:
    found = [(each.kind, each.words[0].raw) for each in script("if a; then (b); fi; case x in y) c;; esac").commands]
    assert found == [
        (OPEN, "if"),
        (COMMAND, "a"),
        (BRANCH, "then"),
        (OPEN, "("),
        (COMMAND, "b"),
        (CLOSE, ")"),
        (CLOSE, "fi"),
        (OPEN, "case"),
        (BRANCH, "pattern"),
        (COMMAND, "c"),
        (CLOSE, "esac"),
    ]


@pytest.mark.parametrize(
    ("text", "unclosed"),
    [
        ("a\nb 'c", (2, "a quote or bracket")),
        ("a $(b", (1, "a quote or bracket")),
        ("a <<E\nb", (1, "the heredoc E")),
        ("if a", (1, "`if`")),
        ("a", None),
        ("a )", None),
    ],
)
def test_what_is_never_closed(text: str, unclosed: tuple[int, str] | None) -> None:
    assert script(text).unclosed == unclosed


PLAIN = st.text(alphabet="abAB01-_./:=,@%+ '\"\\\t", max_size=40)


@settings(max_examples=500, deadline=None)
@given(PLAIN)
def test_words_are_those_of_shlex(text: str) -> None:
    """Texts without operators, variables and comments; shlex is the standard library's POSIX splitting."""
    try:
        expected = shlex.split(text)
    except ValueError:
        assert script(text).unclosed is not None or text.endswith("\\")
        return
    at = line("x.sh", 1)
    found = [each.text for command in simple_commands(text) for word in command for each in fields(word.raw, {}, at)]
    assert found == expected


@settings(max_examples=500, deadline=None)
@given(st.text(alphabet="a$(){}[]`'\"\\\n ;&|<>#=-!*~1\t\r\0é", max_size=80))
def test_no_text_raises(text: str) -> None:
    for command in script(text).commands:
        for word in command.words:
            fields(word.raw, {}, line("x.sh", word.line))


@pytest.mark.parametrize(
    "text",
    [
        "$(",
        '"$(',
        '"',
        "'",
        "`",
        "${",
        "${a:-",
        "\\",
        "\\\n",
        "(",
        "((",
        "{ ",
        "a=(",
        "if ",
        "case a in ",
        "<<A ",
        "<<A\n",
        "f(){ ",
        "$((",
        '"${',
        "#",
        "a b\n",
        "<(",
        "$'",
        ";;",
        ")",
        "esac ",
    ],
)
def test_time_is_linear(text: str) -> None:
    def seconds(size: int) -> float:
        whole = text * (size // len(text))
        start = time.process_time()
        for command in script(whole).commands:
            for word in command.words:
                fields(word.raw, {}, line("x.sh", word.line))
        return time.process_time() - start

    short, long = seconds(20_000), seconds(160_000)
    assert long < 24 * short + 0.3
