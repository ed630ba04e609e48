"""TRT423 words what the server never reads."""

from __future__ import annotations

from typing import Any

from pytest_trt_rules.trt423_arguments_ignored import arguments_ignored

EFFECT = "words behind the image are added to its entrypoint, which starts the server already"


def test_example(example: Any) -> None:
    example(arguments_ignored, "file", words="tensorflow_model_server", effect=EFFECT)


def test_fires(deploys: Any, repository: Any) -> None:
    text = """
        FROM tensorflow/serving:2.20.0
        COPY models/m /models/m
        ENV MODEL_NAME=m
        CMD tensorflow_model_server --model_base_path=/models/m
    """
    findings = deploys(arguments_ignored, repository({"Dockerfile": text}, {"models/m/1": "../examples/conv/1"}))
    assert findings and findings[0].severity == "warning" and findings[0].at.trail == (("line", "4"),)


def test_silent_for_flags(deploys: Any, repository: Any) -> None:
    text = """
        FROM tensorflow/serving:2.20.0
        COPY models/m /models/m
        CMD ["--model_base_path=/models/m", "--model_name=m"]
    """
    assert deploys(arguments_ignored, repository({"Dockerfile": text}, {"models/m/1": "../examples/conv/1"})) == []
