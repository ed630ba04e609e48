"""TRT417 words files that config.pbtxt wants and the version folder lacks."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_trt_rules.trt417_model_file_missing import model_file_missing
from pytest_trt_rules.trt418_destination_unknown import destination_unknown


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


COMPOSE = """
services:
  triton:
    image: nvcr.io/nvidia/tritonserver:{}-py3
    command: tritonserver --model-repository=/m {}
    volumes: ["./repository:/m"]
"""


@pytest.mark.parametrize(
    ("month", "flag", "fires"),
    [
        ("22.06", "", True),
        ("22.06", "--strict-model-config=false", False),
        ("22.08", "", False),
        ("22.08", "--strict-model-config=true", True),
        ("24.05", "--disable-auto-complete-config", True),
    ],
)
def test_no_config_where_triton_completes_none(
    deploys: Any, repository: Any, month: str, flag: str, fires: bool
) -> None:
    root = repository(
        {"docker-compose.yml": COMPOSE.format(month, flag)}, {"repository/m/1/model.plan": "data/plans/fp32.plan"}
    )
    found = deploys(model_file_missing, root)
    assert len(found) == fires
    for finding in found:
        assert finding.at.path.endswith("docker-compose.yml") and "config.pbtxt is not there" in finding.message
        assert finding.quote == "failed to open text file for read /m/m/config.pbtxt: No such file or directory"
        assert "--strict-model-config=false" in finding.hint


def test_a_backend_without_platform(deploys: Any, repository: Any) -> None:
    root = repository({"repository/m/config.pbtxt": 'backend: "python"', "repository/m/1/other.py": ""})
    (finding,) = deploys(model_file_missing, root)
    assert "1/model.py, which backend python wants, is not there" in finding.message


@pytest.mark.parametrize("name", ["/models/net.plan", "../../../net.plan"])
def test_a_name_that_leads_out_is_not_known_to_be_missing(deploys: Any, repository: Any, name: str) -> None:
    config = f'platform: "tensorrt_plan"\ndefault_model_filename: "{name}"'
    root = repository({"repository/m/config.pbtxt": config, "repository/m/1/readme": ""})
    assert deploys(model_file_missing, root) == []
    (note,) = deploys(destination_unknown, root)
    assert "leads out of the version folder" in note.message and note.at.trail == (("line", "2"),)
