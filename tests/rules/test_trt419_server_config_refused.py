"""TRT419 words configs that their server refuses."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_trt_rules.trt419_server_config_refused import server_config_refused


def test_example(example: Any) -> None:
    example(server_config_refused, "file", server="tensorflow-serving", why="model 'resnet' is listed twice.")


def test_triton(says: Any) -> None:
    assert says(server_config_refused, "file", server="triton", why="x").message == "Triton will refuse this config: x."


ONE = 'config {{ name: "{name}" base_path: "/models/m" model_platform: "tensorflow" }}'


@pytest.mark.parametrize(
    "inside",
    [ONE.format(name="m") + ONE.format(name="m"), "config {", "config { nonsense: 1 }",
     'config { name: "m" base_path: "/models/m" }'],
    ids=["twice", "unclosed", "unknown field", "no platform"],
)  # fmt: skip
def test_fires(deploys: Any, repository: Any, inside: str) -> None:
    findings = deploys(server_config_refused, repository({"models.config": "model_config_list {\n" + inside + "\n}"}))
    assert findings and findings[0].message.startswith("TensorFlow Serving will refuse this config: ")


def test_silent(deploys: Any, repository: Any) -> None:
    text = "model_config_list {" + ONE.format(name="m") + ONE.format(name="n") + "}"
    assert deploys(server_config_refused, repository({"models.config": text})) == []


@pytest.mark.parametrize(("flag", "count"), [("", 1), (" --model-namespacing=true", 0)])
def test_one_model_in_two_repositories(deploys: Any, repository: Any, flag: str, count: int) -> None:
    run = (
        'docker run -v "$PWD/a:/a" -v "$PWD/b:/b" nvcr.io/nvidia/tritonserver:24.05-py3 tritonserver'
        f" --model-repository=/a --model-repository=/b{flag}"
    )
    plan = "data/plans/fp32.plan"
    models = {"a/m/1/model.plan": plan, "b/m/1/model.plan": plan, "b/n/1/model.plan": plan}
    found = deploys(server_config_refused, repository({"run.sh": run}, models))
    assert len(found) == count
    for finding in found:
        assert "model 'm' lies in two of its repositories" in finding.message
        assert finding.quote == "failed to poll model 'm': not unique across all model repositories"
