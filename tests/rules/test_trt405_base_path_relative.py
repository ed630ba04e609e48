"""TRT405 words base paths that the server refuses."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_trt_rules.trt405_base_path_relative import base_path_relative


def test_example(example: Any) -> None:
    example(base_path_relative, "file", base_path="models/resnet", model="resnet")


CONFIG = """
model_config_list {{
  config {{
    name: "m"
    base_path: "{path}"
    model_platform: "tensorflow"
  }}
}}
"""


def test_fires(deploys: Any, repository: Any) -> None:
    (finding,) = deploys(base_path_relative, repository({"models.config": CONFIG.format(path="models/m")}))
    assert finding.at.trail == (("line", "4"),)
    assert finding.quote == "Expected model m to have an absolute path or URI; got base_path()=models/m"


@pytest.mark.parametrize("path", ["/models/m", "s3://bucket/m"])
def test_silent(deploys: Any, repository: Any, path: str) -> None:
    assert deploys(base_path_relative, repository({"models.config": CONFIG.format(path=path)})) == []
