"""TRT903 says that a bound of ours stopped the reading, and claims nothing of the server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pytest_trt.artifacts.text import TEXT_LIMIT
from pytest_trt.lint import check
from pytest_trt_rules.trt903_limit_reached import limit_reached


def test_example(example: Any) -> None:
    example(limit_reached, "file", why="more than 20,000,000 nodes")


def test_fires(fires: Any, sample: Any) -> None:
    """A sparse file, as large as no text is read."""
    model: Path = sample("oracle/c00_v1_clean")
    (model / "saved_model.pb").unlink()
    with open(model / "saved_model.pbtxt", "wb") as file:
        file.truncate(TEXT_LIMIT + 1)
    findings = fires(limit_reached, model, "tensorflow/serving:2.20.0")
    assert len(findings) == 1
    report = check([str(model)], targets=["tensorflow/serving:2.20.0"])
    assert report.cases[0].verdicts[0].load == "unknown"
    assert report.exit_status() == 3


def test_silent_on_a_clean_model(silent: Any, sample: Any) -> None:
    silent(limit_reached, sample("oracle/c00_v1_clean"))
