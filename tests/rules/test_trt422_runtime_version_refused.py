"""TRT422 words runtime versions that do not go with the GPU limit."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_trt_rules.trt422_runtime_version_refused import runtime_version_refused


def test_example(example: Any) -> None:
    assert "remove the limit" in example(runtime_version_refused, "file", version="2.17.1").hint


def test_the_reverse(says: Any) -> None:
    assert "needs a GPU limit, and there is none" in says(runtime_version_refused, "file", version="2.17.1-gpu").message


ISVC = """
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: {{name: m}}
spec:
  predictor:
    tensorflow:
      storageUri: gs://bucket/m
      runtimeVersion: "{version}"
      resources:
        limits: {{{limits}}}
"""


@pytest.mark.parametrize(("version", "limits"), [("2.17.1", "nvidia.com/gpu: 1"), ("2.17.1-gpu", "cpu: 1")])
def test_fires(deploys: Any, repository: Any, version: str, limits: str) -> None:
    (finding,) = deploys(
        runtime_version_refused, repository({"isvc.yaml": ISVC.format(version=version, limits=limits)})
    )
    assert finding.quote.startswith("Tensorflow RuntimeVersion is")


@pytest.mark.parametrize(("version", "limits"), [("2.17.1-gpu", "nvidia.com/gpu: 1"), ("2.17.1", "cpu: 1")])
def test_silent(deploys: Any, repository: Any, version: str, limits: str) -> None:
    assert (
        deploys(runtime_version_refused, repository({"isvc.yaml": ISVC.format(version=version, limits=limits)})) == []
    )
