"""TRT417 words files that config.pbtxt wants and the version folder lacks."""

from __future__ import annotations

from typing import Any

from pytest_trt_rules.trt417_model_file_missing import model_file_missing


def test_example(example: Any) -> None:
    example(model_file_missing, "file", file="1/model.plan", platform="tensorrt_plan")


def test_fires(deploys: Any, repository: Any) -> None:
    root = repository(
        {"repository/m/config.pbtxt": 'name: "m"\nplatform: "tensorrt_plan"'},
        {"repository/m/1/other.plan": "data/plans/fp32.plan"},
    )
    (finding,) = deploys(model_file_missing, root)
    assert "model.plan" in finding.message and finding.at.path.endswith("config.pbtxt")


def test_silent_where_it_is_named(deploys: Any, repository: Any) -> None:
    root = repository(
        {"repository/m/config.pbtxt": 'platform: "tensorrt_plan"\ndefault_model_filename: "other.plan"'},
        {"repository/m/1/other.plan": "data/plans/fp32.plan"},
    )
    assert deploys(model_file_missing, root) == []
