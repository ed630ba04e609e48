"""TRT411 words TensorFlow models on a Triton without TensorFlow."""

from __future__ import annotations

from typing import Any

from pytest_trt_rules.trt411_tensorflow_backend_gone import tensorflow_backend_gone


def test_example(example: Any) -> None:
    facts = {"image": "nvcr.io/nvidia/tritonserver:25.03-py3", "artifact": "repository/resnet", "last": "25.02"}
    assert "tritonserver:25.02-py3" in example(tensorflow_backend_gone, "file", **facts).hint


def test_a_plan(says: Any) -> None:
    finding = says(tensorflow_backend_gone, "load", backend="tensorrt", why="the -min image has no backends")
    assert finding.message == "The server will refuse to load the model: the -min image has no backends."
    assert "-py3 image" in finding.hint


RUN = "docker run --gpus all -v $PWD/repository:/m {image} tritonserver --model-repository=/m"
MODEL = {"repository/m/1/model.savedmodel": "../examples/conv/1"}
CONFIG = 'platform: "tensorflow_savedmodel"'


def test_fires(deploys: Any, repository: Any) -> None:
    image = "nvcr.io/nvidia/tritonserver:25.03-py3"
    files = {"run.sh": RUN.format(image=image), "repository/m/config.pbtxt": CONFIG}
    (finding,) = deploys(tensorflow_backend_gone, repository(files, MODEL))
    assert finding.at.path.endswith("run.sh") and finding.message.startswith(f"Image {image} will refuse to load ")
    assert finding.quote.startswith("unable to find backend library for backend 'tensorflow'")


def test_silent_for_an_image_with_the_backend(deploys: Any, repository: Any) -> None:
    files = {"run.sh": RUN.format(image="nvcr.io/nvidia/tritonserver:24.05-py3"), "repository/m/config.pbtxt": CONFIG}
    assert deploys(tensorflow_backend_gone, repository(files, MODEL)) == []
