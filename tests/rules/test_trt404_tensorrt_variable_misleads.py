"""TRT404 words TensorRT beside a server that cannot use it."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_trt_rules.trt404_tensorrt_variable_misleads import tensorrt_variable_misleads


def test_example(example: Any) -> None:
    facts = {"image": "tensorflow/serving:2.18.0-gpu", "what": "TF_TENSORRT_VERSION=8.6.1"}
    assert "2.17.1-gpu" in example(tensorrt_variable_misleads, "file", **facts).hint


@pytest.mark.parametrize(
    "line", ["ENV TF_TENSORRT_VERSION=8.6.1", "RUN apt-get update && apt-get install -y libnvinfer8"]
)
def test_fires(deploys: Any, repository: Any, line: str) -> None:
    root = repository({"Dockerfile": f"FROM tensorflow/serving:2.18.0-gpu\n{line}\nCOPY models/m /models/model"})
    (finding,) = deploys(tensorrt_variable_misleads, root)
    assert finding.severity == "warning" and finding.at.trail == (("line", "2"),)


def test_silent_for_an_image_with_the_ops(deploys: Any, repository: Any) -> None:
    root = repository({"Dockerfile": "FROM tensorflow/serving:2.17.1-gpu\nENV TF_TENSORRT_VERSION=8.6.1"})
    assert deploys(tensorrt_variable_misleads, root) == []
