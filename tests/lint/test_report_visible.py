"""Hostile text: what it becomes, and that no format lets it out."""

from __future__ import annotations

import re

import made
import pytest

from pytest_trt.lint.report import concise, json, terminal, text
from pytest_trt.lint.report.visible import visible, whole


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("StatefulPartitionedCall/TRTEngineOp_0", "StatefulPartitionedCall/TRTEngineOp_0"),
        ("modèle/日本", "modèle/日本"),
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("a\x9b31mb", "a\\u009b31mb"),
        ("a\nb\r\tc\0", "a\\nb\\r\\tc\\x00"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("a\u2028b\u200b", "a\\u2028b\\u200b"),
        (b"m\xff".decode("utf-8", "surrogateescape"), "m\\xff"),
        ("lone \ud800", "lone \\ud800"),
        ("\U000e0041", "\\U000e0041"),
        ("::error::x", ":\\x3aerror:\\x3ax"),
        ("  ::error::x", "  :\\x3aerror:\\x3ax"),
        ("std::bad", "std:\\x3abad"),
        ("x##[error]y", "x#\\x23[error]y"),
        ("##vso[task]", "#\\x23vso[task]"),
        ("[bold]", "[bold]"),
        ("\u00ff", "\u00ff"),
    ],
)
def test_visible(raw: str, shown: str) -> None:
    assert visible(raw) == shown
    assert shown.isprintable()


def test_visible_shortens() -> None:
    shown = visible("a" * 600 + "b" * 600)
    assert len(shown) < 450
    assert "(800 more characters)" in shown


def test_whole_keeps_all_but_bytes() -> None:
    assert whole("a\x1b\n") == "a\x1b\n"
    assert whole("m\udcff\ud800") == "m\\xff\\ud800"


@pytest.mark.parametrize("width", [20, 80, 200])
def test_no_format_lets_it_out(width: int) -> None:
    report = made.hostile()
    drawn = terminal.render(report, terminal.console(False, styled=False, width=width))
    for shown in (text.render(report), concise.render(report), drawn):
        assert all(character.isprintable() or character == "\n" for character in shown)
        assert not re.search(r"^\s*::", shown, re.MULTILINE)
        assert "##" not in shown
        shown.encode()
    assert made.ESCAPED in text.render(report)
    assert len(concise.render(report).splitlines()) == 1
    assert made.HOSTILE.replace("\udcff", "\\xff") in json.document(report)["findings"][0]["message"]  # type: ignore[index]


def test_no_style_of_theirs() -> None:
    """rich sees no markup: the colours are ours alone."""
    drawn = terminal.render(made.hostile(), terminal.console(True, width=200))
    assert "[bold]owned[/bold]" in drawn
    assert set(re.findall(r"\x1b\[([\d;]*)m", drawn)) <= {
        "0",
        "1",
        "2",
        "31",
        "32",
        "33",
        "1;31",
        "1;32",
        "1;33",
        "3",
    }
    assert "\x1b" not in re.sub(r"\x1b\[[\d;]*m", "", drawn)
