"""TRT408 words platforms that the stock server has no loader for."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_trt_rules.trt408_model_platform_refused import model_platform_refused


def test_example(example: Any) -> None:
    facts = {"model": "resnet", "platform": "tensorrt_plan", "config_list": "yes"}
    assert "serve anything else with Triton" in example(model_platform_refused, "file", **facts).hint


CONFIG = """
model_config_list {{
  config {{ name: "m" base_path: "/models/m"
    model_platform: "{platform}" }}
}}
"""


@pytest.mark.parametrize("platform", ["tensorrt", "tensorflow_savedmodel"])
def test_fires(deploys: Any, repository: Any, platform: str) -> None:
    (finding,) = deploys(model_platform_refused, repository({"models.config": CONFIG.format(platform=platform)}))
    assert finding.quote == f"Model m requests unsupported platform {platform}"
    assert finding.at.trail == (("line", "3"),)


def test_silent(deploys: Any, repository: Any) -> None:
    assert deploys(model_platform_refused, repository({"models.config": CONFIG.format(platform="tensorflow")})) == []
