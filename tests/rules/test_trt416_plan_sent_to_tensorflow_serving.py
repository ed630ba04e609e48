"""TRT416 words plans that a deployment gives to TensorFlow Serving."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_trt_rules.trt416_plan_sent_to_tensorflow_serving import plan_sent_to_tensorflow_serving

PLAN = {"models/m/1/model.plan": "data/plans/fp32.plan"}


def test_example(example: Any) -> None:
    facts = {"image": "tensorflow/serving:2.20.0", "artifact": "models/resnet/1/model.plan"}
    assert "Triton" in example(plan_sent_to_tensorflow_serving, "file", **facts).hint


@pytest.mark.parametrize(
    "text",
    ["docker run -v $PWD/models:/models -e MODEL_NAME=m tensorflow/serving:2.20.0",
     "docker run -v $PWD/models/m:/bitnami/model-data bitnami/tensorflow-serving:2.19.1",
     "tensorflow_model_server --model_name=m --model_base_path={root}/models/m"],
    ids=["stock", "bitnami", "on the host"],
)  # fmt: skip
def test_fires(deploys: Any, repository: Any, text: str) -> None:
    root = repository({}, PLAN)
    (root / "run.sh").write_text(text.format(root=root))
    (finding,) = deploys(plan_sent_to_tensorflow_serving, root)
    assert "models/m/1/model.plan: it is a TensorRT plan" in finding.message
    assert finding.also[0][0].path.endswith("models/m/1/model.plan")


def test_silent_beside_a_saved_model(deploys: Any, repository: Any) -> None:
    text = "docker run -v $PWD/models:/models -e MODEL_NAME=m tensorflow/serving:2.20.0"
    model = {"models/m/1": "../examples/conv/1", **PLAN}
    assert deploys(plan_sent_to_tensorflow_serving, repository({"run.sh": text}, model)) == []


def test_silent_at_home(deploys: Any, repository: Any) -> None:
    assert (
        deploys(
            plan_sent_to_tensorflow_serving, repository({"models/m/config.pbtxt": 'platform: "tensorrt_plan"'}, PLAN)
        )
        == []
    )
