"""The base class of the plugin's errors, and how hostile text is shown."""

from __future__ import annotations

from pytest_trt.errors import TrtError, visible


def test_visible() -> None:
    assert visible("a\tb\x1b\u202e \u00e9\n") == "a\\tb\\x1b\\u202e \u00e9\\n"


def test_an_error_keeps_its_lines_and_shows_the_rest() -> None:
    assert str(TrtError("m\x1b[2J:\n  why", "mend it")) == "m\\x1b[2J:\n  why\n  cure: mend it"
    assert str(TrtError("nothing to do", "")) == "nothing to do"
