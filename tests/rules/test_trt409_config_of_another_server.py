"""TRT409 words configs in the words of another server."""

from __future__ import annotations

from typing import Any

from pytest_trt_rules.trt409_config_of_another_server import config_of_another_server


def test_example(example: Any) -> None:
    example(
        config_of_another_server, "file", words="platform, max_batch_size", file_kind="models.config", meant="triton"
    )


def test_the_other_way_round(says: Any) -> None:
    finding = says(
        config_of_another_server, "file", words="base_path", file_kind="config.pbtxt", meant="tensorflow-serving"
    )
    assert finding.message == "Triton will refuse this config.pbtxt: base_path is a word of TensorFlow Serving."


def test_fires(deploys: Any, repository: Any) -> None:
    text = """
        model_config_list {
          config {
            name: "m"
            base_path: "/models/m"
            platform: "tensorrt_plan"
          }
        }
    """
    (finding,) = deploys(config_of_another_server, repository({"models.config": text}))
    assert finding.message.startswith("TensorFlow Serving will refuse this models.config: platform")


MODEL = {"repository/m/1/model.plan": "data/plans/fp32.plan"}


def test_fires_on_tritons_config(deploys: Any, repository: Any) -> None:
    text = 'name: "m"\nbase_path: "/models/m"\nmodel_platform: "tensorflow"'
    (finding,) = deploys(config_of_another_server, repository({"repository/m/config.pbtxt": text}, MODEL))
    assert finding.message.startswith("Triton will refuse this config.pbtxt: ")
