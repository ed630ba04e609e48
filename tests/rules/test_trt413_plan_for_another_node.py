"""TRT413 words plans for another GPU than the deployment asks for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_trt_rules.trt413_plan_for_another_node import plan_for_another_node

PLANS = Path(__file__).resolve().parent.parent / "data" / "plans"


def test_example(example: Any) -> None:
    facts = {"image": "nvcr.io/nvidia/tritonserver:24.05-py3", "artifact": "repository/resnet/1/model.plan"}
    example(
        plan_for_another_node, "file", **facts, plan="9.0", node="8.6", selector="nvidia.com/gpu.product: NVIDIA-A10"
    )


def test_without_the_selectors_words(says: Any) -> None:
    assert (
        "and the node of this deployment is 8.6." in says(plan_for_another_node, "file", plan="9.0", node="8.6").message
    )


K8S = """
apiVersion: v1
kind: Pod
metadata: {{name: triton}}
spec:
  nodeSelector:
    nvidia.com/gpu.product: {gpu}
  containers:
    - name: triton
      image: {image}
      args: ["tritonserver", "--model-repository=/m"]
      volumeMounts: [{{name: m, mountPath: /m}}]
  volumes:
    - name: m
      hostPath: {{path: {root}/repository}}
"""


# The capability of the GPU as the plans' engines have it.
BUILT_ON = bytes.fromhex("12800100 10800100 07800100 09000000 07800100 00000000")


def deployed(
    repository: Any,
    gpu: str,
    month: str = "23.05",
    version: tuple[int, int, int, int] = (8, 6, 1, 2),
    capability: int = 9,
) -> Path:
    """A Triton of this month and a plan of its TensorRT, built on a GPU of this capability."""
    root: Path = repository({"repository/m/config.pbtxt": 'platform: "tensorrt_plan"'})
    plan = (PLANS / "fp32.plan").read_bytes()
    for old, new in (
        (bytes([8, 6, 0, 12]), bytes(version)),
        (engine(8, 6, 0, 12), engine(*version)),
        (BUILT_ON, BUILT_ON.replace(b"\x09", bytes([capability]))),
    ):
        assert plan.count(old) == 1
        plan = plan.replace(old, new)
    (root / "repository" / "m" / "1").mkdir()
    (root / "repository" / "m" / "1" / "model.plan").write_bytes(plan)
    (root / "k8s.yaml").write_text(K8S.format(gpu=gpu, image=f"nvcr.io/nvidia/tritonserver:{month}-py3", root=root))
    return root


def engine(*version: int) -> bytes:
    return b"".join(b"\x02\x80\x01\x00" + bytes([part]) for part in version)


def test_fires(deploys: Any, repository: Any) -> None:
    (finding,) = deploys(plan_for_another_node, deployed(repository, "NVIDIA-A10"))
    assert "it was built for compute capability 9.0, and" in finding.message and "is 8.6." in finding.message
    assert finding.at.path.endswith("k8s.yaml")
    assert any(at.trail == (("line", "7"),) for at, _ in finding.also)


def test_silent_for_the_same_gpu(deploys: Any, repository: Any) -> None:
    assert deploys(plan_for_another_node, deployed(repository, "NVIDIA-H100-80GB-HBM3")) == []


@pytest.mark.parametrize(
    ("gpu", "words"),
    [
        ("Tesla-V100-SXM2-16GB", "supports compute capability 7.5 and above, and "),
        ("Unheard-Of", "supports compute capability 7.5 and above, and the plan's GPU is 7.0."),
    ],
)
def test_a_gpu_that_the_image_no_longer_supports(deploys: Any, repository: Any, gpu: str, words: str) -> None:
    root = deployed(repository, gpu, "25.03", (10, 9, 0, 34), 7)
    (finding,) = deploys(plan_for_another_node, root)
    assert words in finding.message and finding.message.endswith("is 7.0.") and finding.at.path.endswith("k8s.yaml")


@pytest.mark.parametrize("month", ["24.10", "24.12"])
def test_silent_where_it_supports_it_or_nobody_knows(deploys: Any, repository: Any, month: str) -> None:
    root = deployed(repository, "Tesla-V100-SXM2-16GB", month, (10, 5, 0, 18), 7)
    assert deploys(plan_for_another_node, root) == []


def test_a_file_for_gpus_of_another_kind(deploys: Any, repository: Any) -> None:
    text = """
        platform: "tensorrt_plan"
        cc_model_filenames [
          { key: "8.6" value: "model.plan" }
        ]
    """
    root = repository({"repository/m/config.pbtxt": text}, {"repository/m/1/model.plan": "data/plans/fp32.plan"})
    (finding,) = deploys(plan_for_another_node, root)
    assert finding.at.path.endswith("config.pbtxt") and finding.at.trail == (("line", "3"),)
