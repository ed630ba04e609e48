"""TRT906 warns of allowances that allow nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pytest_trt.lint.config import load
from pytest_trt_rules.trt906_allowance_unused import allowance_unused


def test_example(example: Any) -> None:
    example(allowance_unused, "file", allows="TRT105", path="models/ranker", line="12")


def test_node(says: Any) -> None:
    finding = says(allowance_unused, "file", allows="TRT105", path="m", node="a*", line="1")
    assert "in m at a* (line 1)" in finding.message


def test_fires(fires: Any, sample: Any, tmp_path: Path) -> None:
    model = sample("oracle/c00_v1_clean")
    (tmp_path / "c.toml").write_text('[[allow]]\nrule = "TRT102"\npath = "m/1"\nreason = "known"\n')
    (finding,) = fires(allowance_unused, model, config=load(str(tmp_path / "c.toml")))
    assert finding.severity == "warning"
    assert finding.at.trail == (("line", "1"), ("allow", "TRT102 in m/1"))


def test_silent_without_a_configuration(silent: Any, sample: Any) -> None:
    silent(allowance_unused, sample("oracle/c00_v1_clean"))
