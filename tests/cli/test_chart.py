"""The chart of Mermaid: labels that are text in every version of it, and what none of them draws."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from pytest_trt.cli.chart import mermaid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Run


@pytest.mark.parametrize(
    "text",
    [
        "https://h/x.plan", "ftp://h/x", "www.h.com/x", "1. first/model", "2) x", "- x", "+ x", "__init__/x", "_x_",
        "models/_a_/m.plan", "models/half_plus_two/1", "a__b", "end", "subgraph", 'a"]|b', "`x`", "*x*", "#35;", "&lt;",
        "a\\nb", "<b>", "me@h.com", "===", "%%{init: {}}%%", "\u202e",
    ],
)  # fmt: skip
def test_a_label_is_text_for_markdown(text: str) -> None:
    """Mermaid puts the entities back once Markdown has been read."""
    label = mermaid._label(text)
    assert not set(label) & set('"<>|`&[]{}*\\%@')
    assert re.sub(r"#(\d+);", lambda match: chr(int(match[1])), label) == text
    held = re.sub(r"#(\d+);", r"zz\1zz", label)  # as Mermaid holds an entity meanwhile: letters of its own
    (_, inline, _) = MarkdownIt("gfm-like", {"linkify": False}).parse(held)
    assert [token.type for token in inline.children or []] == ["text"]
    assert not re.search(r"(https?|ftp)://|www\.", held)


def test_what_names_have_stays_readable() -> None:
    text = "examples/half_plus_two_trt/00000123 (tensorflow/serving:2.14.1-gpu), s3://b/k"
    assert mermaid._label(text) == text


@pytest.mark.parametrize(("files", "said"), [(20, False), (501, True)])
def test_a_chart_that_github_does_not_draw(trt_lint: Callable[..., Run], here: Path, files: int, said: bool) -> None:
    line = "docker run -v s3://b/m{}:/x -e MODEL_BASE_PATH=s3://b/m{} tensorflow/serving:2.17.1\n"
    (here / "run.sh").write_text("".join(line.format(number, number) for number in range(files)))
    run = trt_lint("destinations", ".", "--output-format", "mermaid")
    assert run.code == 0
    assert run.out.startswith("flowchart LR\n")
    assert ("500 at most" in run.err) is said
