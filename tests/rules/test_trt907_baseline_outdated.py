"""TRT907 notes what a baseline holds though it is gone."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from pytest_trt.lint import check
from pytest_trt.lint.config import Config
from pytest_trt_rules.trt907_baseline_outdated import baseline_outdated


def test_example(example: Any) -> None:
    finding = example(baseline_outdated, "file", count="3", baseline="baseline.json")
    assert "--write-baseline baseline.json" in finding.hint


def test_one(says: Any) -> None:
    assert says(baseline_outdated, "file", count="1").message == "The baseline excuses 1 finding that is gone."


def test_fires(fires: Any, sample: Any, tmp_path: Path) -> None:
    from pytest_trt.lint import baseline

    model = sample("oracle/tftrt_2.14.1_fp16_nobuild")
    file = tmp_path / "baseline.json"
    file.write_text(baseline.document(check([str(model)]).findings))
    config = Config()
    config.baseline = str(file)
    assert check([str(model)], config=config).findings == []
    shutil.rmtree(model)
    sample("oracle/c00_v1_clean")
    (finding,) = fires(baseline_outdated, model, config=config)
    assert (finding.severity, finding.count) == ("note", 1)
    assert finding.at.path == str(file)


def test_silent_without_a_baseline(silent: Any, sample: Any) -> None:
    silent(baseline_outdated, sample("oracle/c00_v1_clean"))
