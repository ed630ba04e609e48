"""TRT420 words deployment files that their own tool refuses."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_trt_rules.trt420_deployment_malformed import deployment_malformed


def test_example(example: Any) -> None:
    example(deployment_malformed, "file", why="found a tab where indentation is expected")


@pytest.mark.parametrize(
    "text",
    ["services:\n\tserving:\n    image: tensorflow/serving:2.20.0",
     'services:\n  serving:\n    image: "tensorflow/serving:2.20.0',
     "services:\n  a:\n    image: tensorflow/serving:2.20.0\n    image: tensorflow/serving:2.17.1"],
    ids=["tab", "quote", "twice"],
)  # fmt: skip
def test_fires(deploys: Any, repository: Any, text: str) -> None:
    root = repository({})
    (root / "docker-compose.yml").write_text(text)
    findings = deploys(deployment_malformed, root)
    assert findings and findings[0].severity == "warning"


def test_silent(deploys: Any, repository: Any) -> None:
    text = "services:\n  serving:\n    image: tensorflow/serving:2.20.0\n"
    assert deploys(deployment_malformed, repository({"docker-compose.yml": text})) == []
