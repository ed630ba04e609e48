"""TRT401 says which image cannot have the model, and fires where a deployment gives it one."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_trt_rules.trt401_image_without_engine_ops import image_without_engine_ops

CONV = "data/tftrt/conv_fp32_built"
FACTS = {"image": "tensorflow/serving:2.19.0-gpu", "version": "2.19.0", "artifact": "models/resnet/1"}


def test_example(example: Any) -> None:
    assert "2.17.1-gpu" in example(image_without_engine_ops, "file", **FACTS).hint


def test_requests(says: Any) -> None:
    message = says(image_without_engine_ops, "request", **FACTS).message
    assert message.startswith("Image tensorflow/serving:2.19.0-gpu will load models/resnet/1, but fail requests: ")


def test_warm_up(says: Any) -> None:
    assert ", because its warm-up requests fail:" in says(image_without_engine_ops, "warmup", **FACTS).message


@pytest.mark.parametrize(("others", "words"), [("1", "and another version:"), ("3", "and 3 other versions:")])
def test_versions(says: Any, others: str, words: str) -> None:
    assert words in says(image_without_engine_ops, "file", **FACTS, others=others).message


COMPOSE = """
services:
  serving:
    image: tensorflow/serving:{tag}
    environment:
      MODEL_NAME: conv
    volumes:
      - ./models/conv:/models/conv
"""


def test_fires(deploys: Any, repository: Any) -> None:
    root = repository({"docker-compose.yml": COMPOSE.format(tag="2.18.0-gpu")}, {"models/conv/1": CONV})
    (finding,) = deploys(image_without_engine_ops, root)
    assert finding.at.trail == (("line", "7"),)
    assert "tensorflow/serving:2.18.0-gpu will refuse to load" in finding.message
    assert "Op type not registered" in finding.quote
    assert finding.also[0][0].path.endswith("models/conv/1/saved_model.pb")
    assert finding.also[1][0].trail == (("line", "3"),)


def test_versions_of_a_model_are_one_finding(deploys: Any, repository: Any) -> None:
    files = {
        "models.config": """
            model_config_list {
              config {
                name: "conv"
                base_path: "/models/conv"
                model_platform: "tensorflow"
                model_version_policy { all {} }
              }
            }
        """,
        "Dockerfile": """
            FROM tensorflow/serving:2.19.0-gpu
            COPY models /models
            COPY models.config /models/models.config
            CMD ["--model_config_file=/models/models.config"]
        """,
    }
    (finding,) = deploys(image_without_engine_ops, repository(files, {"models/conv/1": CONV, "models/conv/2": CONV}))
    assert finding.count == 2 and "and another version" in finding.message
    assert finding.at.path.endswith("models.config")


def test_silent_where_the_ops_are(deploys: Any, repository: Any) -> None:
    root = repository({"docker-compose.yml": COMPOSE.format(tag="2.17.1-gpu")}, {"models/conv/1": CONV})
    assert deploys(image_without_engine_ops, root) == []


def test_silent_for_a_native_model(deploys: Any, repository: Any) -> None:
    model = {"models/conv/1": "../examples/conv/1"}
    assert (
        deploys(image_without_engine_ops, repository({"docker-compose.yml": COMPOSE.format(tag="2.18.0-gpu")}, model))
        == []
    )
