"""TRT402 names the flavour that would do, and fires on CPU images."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_trt_rules.trt402_cpu_image_for_gpu_model import cpu_image_for_gpu_model

FACTS = {"image": "tensorflow/serving:2.17.1", "better": "tensorflow/serving:2.17.1-gpu", "artifact": "models/resnet/1"}


def test_example(example: Any) -> None:
    assert example(cpu_image_for_gpu_model, "file", **FACTS).hint.startswith(
        "Deploy tensorflow/serving:2.17.1-gpu on a node"
    )


def test_pinned(says: Any) -> None:
    message = says(
        cpu_image_for_gpu_model, "file", **FACTS, need="a node of the model is pinned to /device:GPU:0"
    ).message
    assert message.endswith(": it is a CPU image, and a node of the model is pinned to /device:GPU:0.")


K8S = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: conv}}
spec:
  template:
    spec:
      containers:
        - name: serving
          image: {image}
          args: ["--model_name=conv", "--model_base_path={base}"]
          volumeMounts: [{{name: models, mountPath: /models}}]
      volumes:
        - name: models
          hostPath: {{path: {root}/models}}
"""


@pytest.mark.parametrize(
    ("image", "better"),
    [
        ("tensorflow/serving:2.17.1", "tensorflow/serving:2.17.1-gpu"),
        ("registry.example:5000/tensorflow/serving:2.14.1", "registry.example:5000/tensorflow/serving:2.14.1-gpu"),
    ],
)
def test_fires(deploys: Any, repository: Any, image: str, better: str) -> None:
    root = repository({}, {"models/conv/1": "data/tftrt/conv_fp32_built"})
    (root / "k8s.yaml").write_text(K8S.format(image=image, base="/models/conv", root=root))
    (finding,) = deploys(cpu_image_for_gpu_model, root)
    assert f"{image} will refuse to load" in finding.message and f"only in {better}." in finding.message


def test_fires_on_a_docker_run(deploys: Any, repository: Any) -> None:
    files = {"run.sh": 'docker run -e MODEL_NAME=conv -v "$PWD/models/conv:/models/conv" tensorflow/serving:2.11.0'}
    (finding,) = deploys(cpu_image_for_gpu_model, repository(files, {"models/conv/1": "data/tftrt/conv_fp32_built"}))
    assert finding.at.trail == (("line", "1"),)


def test_a_model_pinned_to_a_gpu(deploys: Any, repository: Any) -> None:
    files = {"run.sh": 'docker run -e MODEL_NAME=m -v "$PWD/models/m:/models/m" tensorflow/serving:2.20.0'}
    (finding,) = deploys(
        cpu_image_for_gpu_model, repository(files, {"models/m/1": "data/oracle/c36_v1_device_gpu_pinned"})
    )
    assert "is pinned to /device:GPU:0" in finding.message and "tensorflow/serving:2.20.0-gpu" in finding.hint
