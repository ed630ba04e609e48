"""The Markdown summary."""

from __future__ import annotations

import made
import pytest
from markdown_it import MarkdownIt

from pytest_trt.lint.report import markdown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize("name", ["report", "deployed"])
def test_golden(golden: Callable[[str, str], None], name: str) -> None:
    golden(f"{name}.md", markdown.render(getattr(made, name)()))


def test_quiet() -> None:
    shown = markdown.render(made.report(), quiet=True)
    assert "|---|" not in shown
    assert "Found" not in shown
    assert "TRT101" in shown


def test_table() -> None:
    """A row for each artifact and what is said alike of servers."""
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown.render(made.report()))
    assert sum(token.type == "table_open" for token in tokens) == 1
    assert sum(token.type == "tr_open" for token in tokens) == 1 + 7


def test_the_gravest_artifacts_first() -> None:
    shown = markdown.render(made.deployed())
    assert shown.index("### `deploy/Dockerfile`") < shown.index("### `trt-lint.toml`")


def test_empty() -> None:
    assert markdown.render(made.Report([made.NAMES[0]])) == "## trt-lint\n\n**No model artifacts found.**\n"


def test_no_more_than_a_summary_can_hold() -> None:
    report = made.Report([made.NAMES[0]])
    target = made.parse(made.NAMES[0])
    for number in range(3000):
        made.add_model(report, f"models/{number}", [target], {"serving_default": "ok"})
        finding = made.Finding(f"{number} " + "it fails. " * 60, made.Location(f"models/{number}/x"), "Cure.")
        made.add_finding(report, finding, "TRT101", "engine-op-fails-load", "error")
    shown = markdown.render(report)
    assert len(shown.encode()) < 1 << 20
    told = shown.count("**error TRT101**")
    assert 500 < told < 3000
    assert f"{3000 - told:,} findings left out: more than a step's summary can hold." in shown
    assert "and 2,800 more rows" in shown
    MarkdownIt("commonmark").enable("table").parse(shown)
