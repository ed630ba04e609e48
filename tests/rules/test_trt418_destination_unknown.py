"""TRT418 words what of a deployment cannot be told."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_trt_rules.trt418_destination_unknown import destination_unknown


def test_example(example: Any) -> None:
    example(destination_unknown, "file", what="image", why="variable TAG is not set in this file")


@pytest.mark.parametrize(
    ("what", "words"),
    [("path", "Which model is served here cannot"), ("file", "What this file deploys cannot"),
     ("load", "What the server loads of this model cannot")],
)  # fmt: skip
def test_what(says: Any, what: str, words: str) -> None:
    assert words in says(destination_unknown, "file", what=what, why="x.").message


def test_fires(deploys: Any, repository: Any) -> None:
    text = 'docker run -e MODEL_NAME=m -v "$MODELS/m:/models/m" tensorflow/serving:2.20.0'
    (finding,) = deploys(destination_unknown, repository({"run.sh": text}))
    assert finding.severity == "note" and finding.message.startswith("Which model is served here cannot be told: ")
    assert "MODELS" in finding.message


def test_an_image_that_is_not_said(deploys: Any, repository: Any) -> None:
    root = repository({}, {"models/m/1": "../examples/conv/1"})
    (root / "run.sh").write_text(f"tensorflow_model_server --model_name=m --model_base_path={root}/models/m")
    (finding,) = deploys(destination_unknown, root)
    assert finding.message.startswith("Which image serves this cannot be told: ")


def test_another_metagraph(deploys: Any, repository: Any) -> None:
    text = 'docker run -v "$PWD/models:/models" -e MODEL_NAME=m tensorflow/serving:2.20.0 --saved_model_tags=serve,gpu'
    root = repository({"run.sh": text}, {"models/m/1": "data/tftrt/conv_fp32_built"})
    (finding,) = deploys(destination_unknown, root)
    assert "--saved_model_tags=serve,gpu" in finding.message


def test_silent_for_a_config_that_never_names_an_image(deploys: Any, repository: Any) -> None:
    root = repository(
        {"repository/m/config.pbtxt": 'platform: "tensorrt_plan"'},
        {"repository/m/1/model.plan": "data/plans/fp32.plan"},
    )
    assert deploys(destination_unknown, root) == []
