"""TRT412 words plans of another TensorRT than the image has."""

from __future__ import annotations

from typing import Any

from pytest_trt_rules.trt412_plan_on_another_triton import plan_on_another_triton


def test_example(example: Any) -> None:
    facts = {"image": "nvcr.io/nvidia/tritonserver:23.05-py3", "artifact": "repository/resnet/1/model.plan"}
    example(plan_on_another_triton, "file", **facts, plan="8.6.1.6", image_tensorrt="8.6.1.2")


def test_another_product(says: Any) -> None:
    assert says(plan_on_another_triton, "file", why="TensorRT-RTX built it").message.endswith(
        ": TensorRT-RTX built it."
    )


RUN = "docker run --gpus all -v $PWD/repository:/m {image} tritonserver --model-repository=/m"
CONFIG = 'platform: "tensorrt_plan"'


def test_fires(deploys: Any, repository: Any) -> None:
    image = "nvcr.io/nvidia/tritonserver:23.05-py3"
    files = {"run.sh": RUN.format(image=image), "repository/m/config.pbtxt": CONFIG}
    (finding,) = deploys(
        plan_on_another_triton, repository(files, {"repository/m/1/model.plan": "data/plans/fp32.plan"})
    )
    assert "TensorRT 8.6.0.12 built it, and the image has 8.6.1.2." in finding.message
    assert "expecting library version 8.6.1.2 got 8.6.0.12" in finding.quote


def test_silent_where_the_image_is_not_said(deploys: Any, repository: Any) -> None:
    root = repository({"repository/m/config.pbtxt": CONFIG}, {"repository/m/1/model.plan": "data/plans/fp32.plan"})
    assert deploys(plan_on_another_triton, root) == []
