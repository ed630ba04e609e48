"""The guides name everything there is."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

from pytest_trt.engines.building.spec import PRECISIONS, BuildSpec
from pytest_trt.evidence.record import MEMBERS
from pytest_trt.suite.requirements import Requirements

DOCS = Path(__file__).parents[2] / "docs"


def named(page: str, heading: str) -> set[str]:
    """What stands in backquotes in a section of a page, without quotation marks."""
    text = re.sub(r"^```.*?^```$", "", (DOCS / page).read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    section = re.split(r"^## ", text.partition(f"\n## {heading}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    return {word.strip('"') for word in re.findall(r"`([^`]+)`", section)}


def test_builder_options() -> None:
    options = {field.name for field in dataclasses.fields(BuildSpec)} - {"precision", "profiles"}
    assert options <= named("engines.md", "Builder options")


def test_precisions() -> None:
    assert set(PRECISIONS) <= named("engines.md", "Precision")


def test_marker() -> None:
    assert {field.name for field in dataclasses.fields(Requirements)} <= named("engines.md", "The marker")


def test_evidence() -> None:
    assert set(MEMBERS) <= named("evidence.md", "Members")
